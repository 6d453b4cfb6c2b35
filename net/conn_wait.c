/* The calls that wait, made of those that do not. */
#include "net/clock.h"
#include "net/conn.h"
#include "net/text.h"
#include "net/wait.h"

#include <errno.h>

static bool is_over(int64_t deadline_ms) {
  return respub__clock_ms() >= deadline_ms;
}

/* -1 does not fit any deadline of the monotonic clock. */
static int64_t deadline_of(const respub_conn *conn, int timeout_ms) {
  if (timeout_ms == RESPUB_DEFAULT_TIMEOUT)
    timeout_ms = conn->command_timeout_ms;
  return timeout_ms >= 0 ? respub__clock_ms() + timeout_ms : -1;
}

/* OK, TIMEOUT or EIO. The caller has just tried: a deadline that has passed needs no second look,
 * and a descriptor that is always ready must not put it off. */
static respub_status wait_for(respub_conn *conn, struct pollfd *p, int64_t deadline_ms) {
  if (is_over(deadline_ms))
    return RESPUB_TIMEOUT;
  respub_status status = respub__wait(p, 1, deadline_ms);
  return status == RESPUB_EIO ? respub__conn_lose(conn, status, "waiting") : status;
}

respub_status respub_conn_open(respub_conn **conn, const respub_options *options,
                               respub_error *error) {
  respub_status status = respub_conn_start(conn, options, respub__clock_ms(), error);
  if (status != RESPUB_OK)
    return status;
  while ((status = respub_conn_step(*conn, respub__clock_ms())) == RESPUB_AGAIN) {
    struct pollfd p = {respub_conn_fd(*conn), respub_conn_events(*conn), 0};
    status = wait_for(*conn, &p, respub_conn_deadline_ms(*conn));
    if (status < 0)
      break;
  }
  if (status == RESPUB_OK)
    return RESPUB_OK;
  if (error != NULL)
    *error = *respub_conn_error(*conn);
  respub_conn_close(*conn);
  *conn = NULL;
  return status;
}

/* While the peer does not take what is queued, what it sends is read, so that two full buffers do
 * not wait for each other. */
static respub_status flush_until(respub_conn *conn, int64_t deadline_ms) {
  short reading = POLLIN;
  for (;;) {
    respub_status status = respub_conn_push(conn);
    if (status != RESPUB_AGAIN)
      return status;
    struct pollfd p = {respub_conn_fd(conn), (short)(reading | POLLOUT), 0};
    status = wait_for(conn, &p, deadline_ms);
    if (status != RESPUB_OK)
      return status;
    if ((p.revents & reading) != 0)
      status = respub_conn_fill(conn);
    if (status == RESPUB_EFULL || status == RESPUB_ENOMEM)
      reading = 0;
    else if (status < 0)
      return status;
  }
}

respub_status respub_conn_flush(respub_conn *conn, int timeout_ms) {
  int64_t deadline_ms = deadline_of(conn, timeout_ms);
  return deadline_ms < 0 ? RESPUB_EARGUMENT : flush_until(conn, deadline_ms);
}

static respub_status reply_until(respub_conn *conn, int64_t deadline_ms,
                                 const respub_node **reply) {
  respub_status flushed = flush_until(conn, deadline_ms);
  for (bool filled = false;; filled = true) {
    respub_status status = respub_conn_take(conn, reply);
    if (status != RESPUB_MORE)
      return status;
    if (flushed != RESPUB_OK)
      return flushed;
    /* A reply that trickles, or never ends, is not waited for either. */
    if (filled && is_over(deadline_ms))
      return RESPUB_TIMEOUT;
    status = respub_conn_fill(conn);
    struct pollfd p = {respub_conn_fd(conn), POLLIN, 0};
    if (status == RESPUB_AGAIN)
      status = wait_for(conn, &p, deadline_ms);
    if (status != RESPUB_OK)
      return status;
  }
}

respub_status respub_conn_reply(respub_conn *conn, int timeout_ms, const respub_node **reply) {
  *reply = NULL;
  int64_t deadline_ms = deadline_of(conn, timeout_ms);
  if (deadline_ms < 0)
    return RESPUB_EARGUMENT;
  if (conn->generation != respub__fork_generation())
    return RESPUB_EFORKED;
  return conn->due > 0 ? reply_until(conn, deadline_ms, reply) : RESPUB_ESTATE;
}

static respub_status exchange(respub_conn *conn, const respub_slice *args, size_t n, int timeout_ms,
                              const respub_node **reply) {
  int64_t deadline_ms = deadline_of(conn, timeout_ms);
  if (deadline_ms < 0)
    return RESPUB_EARGUMENT;
  respub_status status = respub__conn_usable(conn);
  if (status == RESPUB_OK && conn->due > 0)
    status = RESPUB_ESTATE;
  if (status == RESPUB_OK)
    status = respub_conn_append(conn, args, n);
  if (status != RESPUB_OK)
    return status;
  for (;;) {
    status = reply_until(conn, deadline_ms, reply);
    if (status != RESPUB_OK || conn->due == 0)
      return status;
    /* That was a push; an endless row of them is no reply. */
    if (is_over(deadline_ms))
      return RESPUB_TIMEOUT;
  }
}

respub_status respub_conn_command(respub_conn *conn, const respub_slice *args, size_t n,
                                  int timeout_ms, const respub_node **reply, respub_error *error) {
  *reply = NULL;
  respub_status status = exchange(conn, args, n, timeout_ms, reply);
  if (status == RESPUB_OK)
    return RESPUB_OK;
  *reply = NULL;
  if (conn->state == RESPUB__CONN_LOST && status == conn->status && error != NULL)
    *error = conn->error;
  else
    (void)respub__fail(error, status, "no reply: %s", respub_status_text(status));
  return status;
}
