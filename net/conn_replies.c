/* Replies of the usual kind on their way in. */
#include "net/conn.h"
#include "net/replies.h"

#include <string.h>

enum {
  MOST_DIGITS = 9, /* no overflow in 32 bits */
  CRLF_BYTES = 2
};

static inline unsigned digit_of(char c) {
  return (unsigned)(unsigned char)c - '0';
}

/* Limits so low that they concern even these lines are the decoder's business. */
static bool admits_counts(const respub_decoder *d) {
  return d->limits.line_bytes >= MOST_DIGITS && d->limits.bytes >= 1 + MOST_DIGITS + CRLF_BYTES;
}

/* The byte behind ":12\r\n", NULL for anything else. */
static inline const char *take_count(const char *p, const char *end, int64_t *count) {
  if (end - p < 2 + CRLF_BYTES || *p != ':')
    return NULL;
  const char *const last = end - CRLF_BYTES; /* a CR may be here, but no digit behind it */
  const char *const stop = last - p > 1 + MOST_DIGITS ? p + 1 + MOST_DIGITS : last;
  uint32_t number = digit_of(*++p);
  if (number > 9)
    return NULL;
  for (unsigned digit; ++p < stop && (digit = digit_of(*p)) <= 9;)
    number = number * 10 + digit;
  *count = number;
  return memcmp(p, "\r\n", CRLF_BYTES) == 0 ? p + CRLF_BYTES : NULL;
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
