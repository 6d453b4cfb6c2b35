/* plain.h - the fast paths: what lies whole in the buffer and has the usual form. Private to resp/.
 *
 * They know no error: what they do not take is left to the phases. With RESPUB_FAST 0 they take
 * nothing. */
#ifndef RESPUB_RESP_PLAIN_H
#define RESPUB_RESP_PLAIN_H

#include "resp/decoder.h"
#include "resp/memory.h"
#include "resp/number.h"

#if RESPUB_FAST

enum {
  RESPUB__PLAIN_DIGITS = 9 /* no overflow in 32 bits */
};

/* A new value that begins with "*", or with something else: at least one byte of it is there, and
 * the limit of bytes admits all len. As respub__value_resume. */
RESPUB_MUST_USE respub_status respub__frame_decode(respub_decoder *d, const char *buf, size_t len,
                                                   size_t *used);
RESPUB_MUST_USE respub_status respub__line_decode(respub_decoder *d, const char *buf, size_t len,
                                                  size_t *used);

/* Takes what is at d->position as long as it is a bulk string's body or its header, an array's
 * header, or a short line, and all there. */
void respub__plain_run(respub_decoder *d, const char *buf, size_t len);

/* Takes a value that is one short line: an integer, a simple string, an error, the null of a bulk
 * string. Its type byte is at p, in front of end. Returns the byte behind it, NULL if it is not. */
const char *respub__plain_line(const respub_limits *limits, const char *p, const char *end,
                               respub_node *node);

static inline bool respub__is_crlf(const char *p) {
  return memcmp(p, "\r\n", RESPUB__CRLF_SIZE) == 0;
}

/* Reads digits, not more than cannot overflow and without a leading zero, and CR LF; returns the
 * byte behind them, NULL for anything else. */
static inline const char *respub__plain_number(const char *p, const char *end, uint32_t *number) {
  const char *const stop = end - p > RESPUB__PLAIN_DIGITS ? p + RESPUB__PLAIN_DIGITS : end;
  if (p == end || respub__digit(*p) > 9)
    return NULL;
  uint32_t n = respub__digit(*p++);
  if (n > 0) {
    for (unsigned digit; p < stop && (digit = respub__digit(*p)) <= 9; p++)
      n = n * 10 + digit;
  }
  *number = n;
  return end - p >= RESPUB__CRLF_SIZE && respub__is_crlf(p) ? p + RESPUB__CRLF_SIZE : NULL;
}

/* The header of a bulk string has been read, which ends at mark: its body is next. False, and
 * nothing done, where the value would have too many bytes; the phases find the byte at fault. */
static inline bool respub__await_body(respub_decoder *d, size_t mark, uint32_t len) {
  if (d->limits.bytes - mark < (size_t)len + RESPUB__CRLF_SIZE)
    return false;
  d->pending_type = RESPUB_BULK;
  d->phase = RESPUB__PHASE_BODY;
  d->mark = mark;
  d->number = len;
  d->position = mark;
  return true;
}

#else

#define respub__frame_decode respub__value_resume
#define respub__line_decode respub__value_resume
#define respub__plain_run(d, buf, len) ((void)0)

#endif

#endif
