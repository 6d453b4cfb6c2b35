/* The way in: socket -> read buffer -> tape. */
#include "net/conn.h"
#include "net/inline.h"
#include "net/memory.h"
#include "net/replies.h"
#include "net/text.h"

#include <errno.h>
#include <string.h>

/* A larger tape than this is given back when the buffer is empty. */
#define KEPT_NODES 1024

respub_status respub__conn_usable(const respub_conn *conn) {
  if (conn->generation != respub__fork_generation())
    return RESPUB_EFORKED;
  switch (conn->state) {
  case RESPUB__CONN_READY:
    return RESPUB_OK;
  case RESPUB__CONN_LOST:
    return conn->status;
  case RESPUB__CONN_DIALING:
  case RESPUB__CONN_SHAKING:
  case RESPUB__CONN_REFUSED:
    return RESPUB_ESTATE;
  }
  return RESPUB_ESTATE;
}

respub_status respub__conn_lose(respub_conn *conn, respub_status status, const char *doing) {
  char why[RESPUB__ERRNO_TEXT];
  int reason = errno;
  (void)respub__fail(&conn->error, status, "connection lost while %s: %s", doing,
                     status == RESPUB_EIO ? respub__errno_text(reason, why, sizeof why)
                                          : respub_status_text(status));
  conn->state = RESPUB__CONN_LOST;
  conn->status = status;
  respub__log(&conn->log, RESPUB_LOG_DEBUG, "%s", conn->error.text);
  errno = reason;
  return status;
}

static void drop_taken(respub_conn *conn) {
  respub__buffer_consume(&conn->input, conn->taken);
  conn->taken = 0;
}

/* ------------------------------------------------------------------------------------------------
 * Reading */

RESPUB__APART static respub_status make_room(respub_conn *conn, size_t need) {
  respub__buffer *in = &conn->input;
  size_t used = respub__buffer_used(in);
  if (used < conn->input_limit && need > conn->input_limit - used)
    need = conn->input_limit - used;
  respub_status status = respub__buffer_reserve(in, &conn->allocator, need, conn->input_limit);
  /* Better small calls than none. */
  return status == RESPUB_ENOMEM
             ? respub__buffer_reserve(in, &conn->allocator, 1, conn->input_limit)
             : status;
}

/* wait_ms 0: never waits. */
RESPUB__INLINE respub_status read_bytes(respub_conn *conn, int wait_ms) {
  respub__buffer *in = &conn->input;
  drop_taken(conn);
  /* With less room than this at the end, reading would take many small calls. */
  size_t need = in->capacity / 4 + 1;
  respub_status status = RESPUB_OK;
  if (in->capacity - in->end < need || respub__buffer_used(in) + need > conn->input_limit)
    status = make_room(conn, need);
  if (status != RESPUB_OK)
    return status;
  const respub_transport *t = &conn->transport;
  char *end = in->data + in->end;
  size_t room = in->capacity - in->end;
  ptrdiff_t got =
      wait_ms > 0 ? t->read_wait(t->ctx, end, room, wait_ms) : t->read(t->ctx, end, room);
  if (got <= 0)
    return got == 0 ? RESPUB_AGAIN : (respub_status)got;
  respub__buffer_commit(in, (size_t)got);
  conn->bytes_in += (uint64_t)got;
  return RESPUB_OK;
}

respub_status respub__conn_read(respub_conn *conn) {
  return read_bytes(conn, 0);
}

/* A server that refuses says why and closes, so that writing may fail while its reason waits. */
RESPUB__APART static respub_status read_last_words(respub_conn *conn) {
  respub_status status = respub__conn_usable(conn);
  bool may_read = status != RESPUB_EFORKED && conn->state == RESPUB__CONN_LOST && conn->half_lost;
  return may_read && respub__conn_read(conn) == RESPUB_OK ? RESPUB_OK : status;
}

static inline respub_status filled(respub_conn *conn, respub_status status) {
  if (status >= 0 || status == RESPUB_EFULL || status == RESPUB_ENOMEM)
    return status;
  return respub__conn_lose(conn, status, "reading");
}

respub_status respub_conn_fill(respub_conn *conn) {
  if (!respub__conn_is_ready(conn))
    return read_last_words(conn);
  return filled(conn, respub__conn_read(conn));
}

respub_status respub__conn_fill_wait(respub_conn *conn, int timeout_ms) {
  if (!respub__conn_is_ready(conn) || conn->transport.read_wait == NULL)
    return RESPUB_AGAIN;
  return filled(conn, read_bytes(conn, timeout_ms));
}

/* ------------------------------------------------------------------------------------------------
 * Decoding */

static respub_status grow_nodes(respub_conn *conn) {
  size_t capacity = conn->node_capacity * 2;
  if (capacity > SIZE_MAX / sizeof(respub_node))
    return RESPUB_ENOMEM;
  respub_node *old = conn->nodes == conn->embedded ? NULL : conn->nodes;
  respub_node *nodes = respub__resize(&conn->allocator, old, capacity * sizeof *nodes);
  if (nodes == NULL)
    return RESPUB_ENOMEM;
  if (old == NULL)
    memcpy(nodes, conn->embedded, sizeof conn->embedded);
  conn->nodes = nodes;
  conn->node_capacity = capacity;
  respub_decoder_grow(&conn->decoder, nodes, capacity);
  return RESPUB_OK;
}

/* Between two values, with nothing left in the buffer: the memory of an unusually large one goes
 * back. */
RESPUB__APART static void trim(respub_conn *conn) {
  conn->input.begin = conn->input.end = 0;
  respub__buffer_trim(&conn->input, &conn->allocator);
  if (conn->node_capacity <= KEPT_NODES || conn->fixed)
    return;
  respub__free(&conn->allocator, conn->nodes);
  conn->nodes = conn->embedded;
  conn->node_capacity = RESPUB_FIRST_NODES;
  respub_decoder_init(&conn->decoder, &conn->limits, conn->nodes, conn->node_capacity);
}

static respub_status malformed(respub_conn *conn, respub_status status) {
  (void)respub__fail(&conn->error, status, "malformed reply: %s at byte %zu of it",
                     respub_status_text(status), conn->decoder.position);
  if (conn->state == RESPUB__CONN_READY) {
    conn->state = RESPUB__CONN_LOST;
    conn->status = status;
    respub__log(&conn->log, RESPUB_LOG_DEBUG, "%s", conn->error.text);
  }
  return status;
}

/* What decode does when it does not find a whole value at once. */
RESPUB__APART static respub_status decode_rest(respub_conn *conn, respub_status status) {
  const respub__buffer *in = &conn->input;
  while (status == RESPUB_NODES) {
    status = grow_nodes(conn);
    if (status != RESPUB_OK)
      return status;
    status =
        respub_decode(&conn->decoder, in->data + in->begin, respub__buffer_used(in), &conn->taken);
  }
  return status < 0 ? malformed(conn, status) : status;
}

/* Every message passes here: what is rare is elsewhere. */
static inline respub_status decode(respub_conn *conn, const respub_node **value) {
  respub__buffer *in = &conn->input;
  in->begin += conn->taken;
  conn->taken = 0;
  if (in->begin == in->end) {
    trim(conn);
    return RESPUB_MORE;
  }
  respub_status status =
      respub_decode(&conn->decoder, in->data + in->begin, in->end - in->begin, &conn->taken);
  if (status != RESPUB_OK)
    status = decode_rest(conn, status);
  if (status == RESPUB_OK)
    *value = conn->nodes;
  return status;
}

respub_status respub__conn_decode(respub_conn *conn, const respub_node **value) {
  return decode(conn, value);
}

RESPUB__APART static respub_status not_takeable(const respub_conn *conn) {
  return conn->generation != respub__fork_generation() ? RESPUB_EFORKED : RESPUB_ESTATE;
}

RESPUB__APART static void count_reply(respub_conn *conn, const respub_node *value) {
  if (respub_node_value(value)->type != RESPUB_PUSH)
    conn->due--;
}

respub_status respub_conn_take(respub_conn *conn, const respub_node **value) {
  *value = NULL;
  if (respub__fork_generation() != conn->generation || conn->state < RESPUB__CONN_READY)
    return not_takeable(conn);
  respub_status status = decode(conn, value);
  if (status == RESPUB_OK && conn->due > 0)
    count_reply(conn, *value);
  return status;
}
