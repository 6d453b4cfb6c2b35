#include "net/dial.h"

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
  int fd;               /* -1: none at the moment */
  size_t next;          /* the address after the one being tried */
  int64_t share_end_ms; /* when the one being tried is given up; valid while next > 0 */
  int reason;           /* errno of the last failure */
  size_t count;
  respub__address addresses[];
} dialer;

static void close_socket(dialer *d) {
  respub__socket_close(d->fd);
  d->fd = -1;
}

static respub_status give_up(const dialer *d, respub_error *error) {
  char where[RESPUB__ADDRESS_TEXT];
  char why[RESPUB__ERRNO_TEXT];
  return respub__fail(error, RESPUB_ECONNECT, "cannot connect to %s: %s",
                      respub__address_text(&d->addresses[d->next - 1], where),
                      respub__errno_text(d->reason, why, sizeof why));
}

static int64_t share_end(const dialer *d, int64_t now_ms, int64_t deadline_ms) {
  size_t left = d->count - d->next;
  if (deadline_ms == RESPUB_NEVER || left <= 1)
    return deadline_ms;
  return now_ms + (deadline_ms - now_ms) / (int64_t)left;
}

/* Tries the address before next. OK, AGAIN or EIO. */
static respub_status try_current(dialer *d, int64_t now_ms, short *events, int64_t *deadline_ms) {
  respub_status status = RESPUB_OK;
  if (d->fd < 0)
    status = respub__socket_connect(&d->fd, &d->addresses[d->next - 1], &d->tuning);
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

static respub_status dial_connect(void *ctx, int64_t now_ms, short *events, int64_t *deadline_ms,
                                  respub_error *error) {
  dialer *d = ctx;
  int64_t whole_ms = *deadline_ms;
  for (;;) {
    respub_status status = d->next > 0 ? try_current(d, now_ms, events, deadline_ms) : RESPUB_EIO;
    if (status != RESPUB_EIO)
      return status;
    close_socket(d);
    if (d->next == d->count)
      return give_up(d, error);
    d->share_end_ms = share_end(d, now_ms, whole_ms);
    d->next++;
  }
}

static ptrdiff_t dial_read(void *ctx, void *buf, size_t len) {
  return respub__socket_read(((dialer *)ctx)->fd, buf, len);
}

static ptrdiff_t dial_write(void *ctx, const respub_slice *parts, size_t n) {
  return respub__socket_write(((dialer *)ctx)->fd, parts, n);
}

static void dial_close(void *ctx) {
  dialer *d = ctx;
  respub_allocator allocator = d->allocator;
  close_socket(d);
  respub__free(&allocator, d);
}

static int dial_fd(void *ctx) {
  return ((dialer *)ctx)->fd;
}

respub_status respub__dial_addresses(const respub__addresses *addresses,
                                     const respub_options *options, respub_transport *transport,
                                     respub_error *error) {
  respub_allocator allocator = respub__allocator(&options->allocator);
  size_t list_size = addresses->count * sizeof addresses->list[0];
  dialer *d = respub__alloc_zero(&allocator, sizeof *d + list_size);
  if (d == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for a socket");
  d->allocator = allocator;
  d->tuning.keepalive_s = options->keepalive_s;
  d->tuning.user_timeout_ms = options->user_timeout_ms;
  d->fd = -1;
  d->count = addresses->count;
  memcpy(d->addresses, addresses->list, list_size);
  *transport = (respub_transport){d, dial_connect, dial_read, dial_write, dial_close, dial_fd};
  return RESPUB_OK;
}

respub_status respub__dial(void *ctx, const respub_options *options, int64_t now_ms,
                           respub_transport *transport, respub_error *error) {
  (void)ctx;
  (void)now_ms;
  respub_allocator allocator = respub__allocator(&options->allocator);
  respub__addresses addresses;
  respub_status status =
      options->unix_path[0] != '\0'
          ? respub__resolve_local(&addresses, &allocator, options->unix_path, error)
          : respub__resolve(&addresses, &allocator, options->host, options->port, error);
  if (status != RESPUB_OK)
    return status;
  status = respub__dial_addresses(&addresses, options, transport, error);
  respub__addresses_free(&addresses, &allocator);
  return status;
}
