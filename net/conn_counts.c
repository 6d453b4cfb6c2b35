/* Numbers on their way in: socket -> read buffer -> caller. */
#include "net/conn.h"
#include "net/counts.h"

enum {
  MOST_DIGITS = 9, /* no overflow in 32 bits */
  CRLF_BYTES = 2
};

/* Limits so low that they concern even these lines are the decoder's business. */
static bool admits_counts(const respub_decoder *d) {
  return d->limits.line_bytes >= MOST_DIGITS && d->limits.bytes >= 1 + MOST_DIGITS + CRLF_BYTES;
}

/* The byte behind ":12\r\n", NULL for anything else. */
static inline const char *take_count(const char *p, const char *end, int64_t *count) {
  uint32_t number = 0;
  if (p == end || *p++ != ':')
    return NULL;
  const char *const first = p;
  const char *const stop = end - p > MOST_DIGITS ? p + MOST_DIGITS : end;
  for (unsigned digit; p < stop && (digit = (unsigned)(unsigned char)*p - '0') <= 9; p++)
    number = number * 10 + digit;
  if (p == first || end - p < CRLF_BYTES || p[0] != '\r' || p[1] != '\n')
    return NULL;
  *count = number;
  return p + CRLF_BYTES;
}

size_t respub__conn_take_counts(respub_conn *conn, int64_t *counts, size_t max) {
  respub__buffer *in = &conn->input;
  size_t n = 0;
  /* With a status the decoder is in the middle of a value. */
  if (!respub__conn_is_ready(conn) || conn->decoder.status != RESPUB_OK ||
      !admits_counts(&conn->decoder) || in->data == NULL)
    return 0;
  const char *p = in->data + in->begin + conn->taken;
  const char *const end = in->data + in->end;
  for (const char *next; n < max && (next = take_count(p, end, &counts[n])) != NULL; n++)
    p = next;
  conn->taken = 0;
  in->begin = (size_t)(p - in->data);
  conn->due -= n < conn->due ? n : conn->due;
  return n;
}
