/* The way out: encoder or caller's bytes -> queue -> socket. */
#include "net/conn.h"
#include "net/inline.h"

#include <string.h>

respub_status respub__conn_drain(respub_conn *conn) {
  respub__buffer *out = &conn->output;
  while (respub__buffer_used(out) > 0) {
    respub_slice rest = respub_slice_of(out->data + out->begin, respub__buffer_used(out));
    ptrdiff_t put = conn->transport.write(conn->transport.ctx, &rest, 1);
    if (put <= 0)
      return put == 0 ? RESPUB_AGAIN : (respub_status)put;
    respub__buffer_consume(out, (size_t)put);
    conn->bytes_out += (uint64_t)put;
  }
  respub__buffer_trim(out, &conn->allocator);
  return RESPUB_OK;
}

respub_status respub__conn_lose_writing(respub_conn *conn, respub_status status) {
  conn->half_lost = true;
  return respub__conn_lose(conn, status, "writing");
}

respub_status respub_conn_push(respub_conn *conn) {
  respub_status status = respub__conn_usable(conn);
  if (status != RESPUB_OK)
    return status;
  status = respub__conn_drain(conn);
  return status < 0 ? respub__conn_lose_writing(conn, status) : status;
}

respub_status respub_conn_append(respub_conn *conn, const respub_slice *args, size_t n) {
  respub_status status = respub__conn_usable(conn);
  if (status != RESPUB_OK)
    return status;
  respub__buffer *out = &conn->output;
  size_t room = out->capacity - out->end;
  char *end = out->data != NULL ? out->data + out->end : NULL;
  /* Most commands fit behind the last one: they are encoded without being measured first. */
  size_t size = n > 0 ? respub_encode_command(end, room, args, n) : RESPUB_UNENCODABLE;
  if (size == RESPUB_UNENCODABLE)
    return RESPUB_EARGUMENT;
  status = respub__buffer_reserve(out, &conn->allocator, size, conn->output_limit);
  if (status != RESPUB_OK)
    return status;
  if (size > room)
    (void)respub_encode_command(out->data + out->end, size, args, n);
  respub__buffer_commit(out, size);
  conn->due++;
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Write */

/* Where a caller's parts have been taken up to. */
typedef struct cursor {
  const respub_slice *parts;
  size_t n;
  size_t offset; /* bytes of parts[0] that are gone */
} cursor;

static void advance(cursor *c, size_t bytes) {
  c->offset += bytes;
  while (c->n > 0 && c->offset >= c->parts->len) {
    c->offset -= c->parts->len;
    c->parts++;
    c->n--;
  }
}

static respub_slice rest_of_part(const cursor *c) {
  return respub_slice_of(c->parts->ptr + c->offset, c->parts->len - c->offset);
}

/* OK: the transport takes no more, or all is taken. */
static respub_status write_now(respub_conn *conn, cursor *c, size_t *written) {
  while (c->n > 0) {
    respub_slice rest = rest_of_part(c);
    ptrdiff_t put = c->offset > 0 ? conn->transport.write(conn->transport.ctx, &rest, 1)
                                  : conn->transport.write(conn->transport.ctx, c->parts, c->n);
    if (put <= 0)
      return (respub_status)put;
    advance(c, (size_t)put);
    *written += (size_t)put;
    conn->bytes_out += (uint64_t)put;
  }
  return RESPUB_OK;
}

/* The room has been reserved. */
static void queue_rest(respub__buffer *out, cursor *c) {
  while (c->n > 0) {
    respub_slice rest = rest_of_part(c);
    memcpy(out->data + out->end, rest.ptr, rest.len);
    respub__buffer_commit(out, rest.len);
    advance(c, rest.len);
  }
}

static bool sum_parts(const respub_slice *parts, size_t n, size_t *total) {
  *total = 0;
  for (size_t i = 0; i < n; i++) {
    if (parts[i].len > SIZE_MAX - *total)
      return false;
    *total += parts[i].len;
  }
  return true;
}

/* What is left of the parts is queued. */
static respub_status queue_parts(respub_conn *conn, cursor *c, size_t left) {
  respub_status status =
      respub__buffer_reserve(&conn->output, &conn->allocator, left, conn->output_limit);
  if (status == RESPUB_OK)
    queue_rest(&conn->output, c);
  return status;
}

/* Of which the socket has taken the first *taken bytes. */
RESPUB__APART static respub_status write_parts(respub_conn *conn, const respub_slice *parts,
                                               size_t n, bool now, size_t *taken) {
  size_t total;
  size_t queued = respub_conn_unsent(conn);
  respub_status status = respub__conn_usable(conn);
  if (status != RESPUB_OK)
    return status;
  if (!sum_parts(parts, n, &total) || queued > conn->output_limit ||
      total > conn->output_limit - queued)
    return RESPUB_EFULL;
  cursor c = {parts, n, *taken};
  advance(&c, 0);
  if (now && queued == 0)
    status = write_now(conn, &c, taken);
  if (status != RESPUB_OK)
    return respub__conn_lose_writing(conn, status);
  if (*taken < total)
    status = queue_parts(conn, &c, total - *taken);
  return status != RESPUB_OK && *taken > 0 ? respub__conn_lose_writing(conn, status) : status;
}

/* The usual case: one part, and nothing in front of it. Bytes taken, or a status. */
static inline ptrdiff_t write_part(respub_conn *conn, respub_slice part) {
  if (!respub__conn_is_ready(conn) || respub__buffer_used(&conn->output) > 0 || part.len == 0 ||
      part.len > conn->output_limit)
    return 0;
  ptrdiff_t put = conn->transport.write(conn->transport.ctx, &part, 1);
  if (put > 0)
    conn->bytes_out += (uint64_t)put;
  return put;
}

respub_status respub_conn_write(respub_conn *conn, const respub_slice *parts, size_t n,
                                size_t replies, bool now, size_t *written) {
  size_t ignored = 0;
  size_t *taken = written != NULL ? written : &ignored;
  ptrdiff_t put = now && n == 1 ? write_part(conn, parts[0]) : 0;
  *taken = put > 0 ? (size_t)put : 0;
  if (put < 0)
    return respub__conn_lose_writing(conn, (respub_status)put);
  if (put == 0 || *taken < parts[0].len) {
    respub_status status = write_parts(conn, parts, n, now, taken);
    if (status != RESPUB_OK)
      return status;
  }
  conn->due += replies;
  return RESPUB_OK;
}
