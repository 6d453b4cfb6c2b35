#include "net/dial.h"

#include "net/lookup.h"
#include "net/memory.h"
#include "net/text.h"
#include "net/wait.h"

#include <errno.h>
#include <string.h>

/* How soon a Unix socket with a full backlog is tried again: no event announces its room. */
#define BACKLOG_RETRY_MS 5

typedef struct dialer {
  respub_allocator allocator;
  respub__socket_tuning tuning;
  int fd;                 /* -1: none at the moment */
  size_t next;            /* the address after the one being tried */
  int64_t share_end_ms;   /* when the one being tried is given up; valid while next > 0 */
  int reason;             /* errno of the last failure */
  int waiting_ms;         /* how long a read may wait; 0: not at all, yet */
  respub__lookup *lookup; /* NULL: the addresses are known */
  respub__addresses addresses;
} dialer;

static void close_socket(dialer *d) {
  respub__socket_close(d->fd);
  d->fd = -1;
}

static respub_status give_up(const dialer *d, respub_error *error) {
  char where[RESPUB__ADDRESS_TEXT];
  char why[RESPUB__ERRNO_TEXT];
  return respub__fail(error, RESPUB_ECONNECT, "cannot connect to %s: %s",
                      respub__address_text(&d->addresses.list[d->next - 1], where),
                      respub__errno_text(d->reason, why, sizeof why));
}

static int64_t share_end(const dialer *d, int64_t now_ms, int64_t deadline_ms) {
  size_t left = d->addresses.count - d->next;
  if (deadline_ms == RESPUB_NEVER || left <= 1)
    return deadline_ms;
  return now_ms + (deadline_ms - now_ms) / (int64_t)left;
}

/* Tries the address before next. OK, AGAIN or EIO. */
static respub_status try_current(dialer *d, int64_t now_ms, short *events, int64_t *deadline_ms) {
  respub_status status = RESPUB_OK;
  if (d->fd < 0)
    status = respub__socket_connect(&d->fd, &d->addresses.list[d->next - 1], &d->tuning);
  if (status == RESPUB_OK)
    status = respub__socket_connected(d->fd);
  if (status == RESPUB_EIO)
    d->reason = errno;
  if (status != RESPUB_AGAIN && status != RESPUB_EFULL)
    return status;
  if (now_ms >= d->share_end_ms) {
    d->reason = ETIMEDOUT;
    return RESPUB_EIO;
  }
  *events = POLLOUT;
  *deadline_ms = d->share_end_ms;
  if (status == RESPUB_EFULL && now_ms + BACKLOG_RETRY_MS < d->share_end_ms)
    *deadline_ms = now_ms + BACKLOG_RETRY_MS;
  return RESPUB_AGAIN;
}

/* OK: the addresses are known. MORE: not yet. */
static respub_status await_addresses(dialer *d, short *events, int64_t *deadline_ms,
                                     respub_error *error) {
  if (d->lookup == NULL)
    return RESPUB_OK;
  respub_status status = respub__lookup_take(d->lookup, &d->addresses, &d->allocator, error);
  if (status == RESPUB_AGAIN) {
    *events = POLLIN;
    *deadline_ms = RESPUB_NEVER;
    return RESPUB_MORE;
  }
  respub__lookup_end(d->lookup);
  d->lookup = NULL;
  return status;
}

static respub_status dial_connect(void *ctx, int64_t now_ms, short *events, int64_t *deadline_ms,
                                  respub_error *error) {
  dialer *d = ctx;
  int64_t whole_ms = *deadline_ms;
  respub_status known = await_addresses(d, events, deadline_ms, error);
  if (known != RESPUB_OK)
    return known;
  for (;;) {
    respub_status status = d->next > 0 ? try_current(d, now_ms, events, deadline_ms) : RESPUB_EIO;
    if (status != RESPUB_EIO)
      return status;
    close_socket(d);
    if (d->next == d->addresses.count)
      return give_up(d, error);
    d->share_end_ms = share_end(d, now_ms, whole_ms);
    d->next++;
  }
}

static ptrdiff_t dial_read(void *ctx, void *buf, size_t len) {
  return respub__socket_read(((dialer *)ctx)->fd, buf, len);
}

static ptrdiff_t dial_read_wait(void *ctx, void *buf, size_t len, int timeout_ms) {
  dialer *d = ctx;
  if (d->waiting_ms != timeout_ms) {
    if (respub__socket_allow_waiting(d->fd, timeout_ms) != RESPUB_OK)
      return 0;
    d->waiting_ms = timeout_ms;
  }
  return respub__socket_read_wait(d->fd, buf, len);
}

static ptrdiff_t dial_write(void *ctx, const respub_slice *parts, size_t n) {
  return respub__socket_write(((dialer *)ctx)->fd, parts, n);
}

static void dial_close(void *ctx) {
  dialer *d = ctx;
  respub_allocator allocator = d->allocator;
  close_socket(d);
  respub__lookup_end(d->lookup);
  respub__addresses_free(&d->addresses, &allocator);
  respub__free(&allocator, d);
}

static int dial_fd(void *ctx) {
  const dialer *d = ctx;
  return d->lookup != NULL ? respub__lookup_fd(d->lookup) : d->fd;
}

void respub__dial_plan(respub__plan *plan) {
  respub__plan_add(plan, sizeof(dialer), 1);
  respub__addresses_plan(plan);
}

static dialer *make_dialer(const respub_options *options) {
  respub_allocator allocator = respub__allocator(&options->allocator);
  dialer *d = respub__alloc_zero(&allocator, sizeof *d);
  if (d == NULL)
    return NULL;
  d->allocator = allocator;
  d->tuning.keepalive_s = options->keepalive_s;
  d->tuning.user_timeout_ms = options->user_timeout_ms;
  d->fd = -1;
  return d;
}

/* Ends in a transport, or frees d. */
static respub_status finish_dial(dialer *d, respub_status status, respub_transport *transport) {
  if (status == RESPUB_OK)
    *transport = (respub_transport){d,
                                    dial_connect,
                                    dial_read,
                                    dial_write,
                                    dial_close,
                                    dial_fd,
                                    RESPUB_FAST ? dial_read_wait : NULL};
  else
    dial_close(d);
  return status;
}

respub_status respub__dial_addresses(const respub__addresses *addresses,
                                     const respub_options *options, respub_transport *transport,
                                     respub_error *error) {
  dialer *d = make_dialer(options);
  if (d == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for a socket");
  respub_status status = respub__addresses_copy(&d->addresses, addresses, &d->allocator, error);
  return finish_dial(d, status, transport);
}

/* A name is left to a thread, or waited for when there is none to be had. */
static respub_status find_host(dialer *d, const respub_options *o, respub_error *error) {
  respub_status status =
      respub__resolve_numbers(&d->addresses, &d->allocator, o->host, o->port, error);
  if (status != RESPUB_AGAIN || respub__lookup_start(&d->lookup, o->host, o->port) == RESPUB_OK)
    return status == RESPUB_AGAIN ? RESPUB_OK : status;
  return respub__resolve(&d->addresses, &d->allocator, o->host, o->port, error);
}

respub_status respub__dial(void *ctx, const respub_options *options, int64_t now_ms,
                           respub_transport *transport, respub_error *error) {
  (void)ctx;
  (void)now_ms;
  dialer *d = make_dialer(options);
  if (d == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for a socket");
  bool local = options->unix_path[0] != '\0';
  respub_status status =
      local ? respub__resolve_local(&d->addresses, &d->allocator, options->unix_path, error)
            : find_host(d, options, error);
  return finish_dial(d, status, transport);
}
