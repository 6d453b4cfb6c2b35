#include "resp/plain.h"

#if RESPUB_FAST

enum {
  /* A type byte, digits, CR LF, and the CR LF of a string. */
  FRAME_SIZE = 1 + RESPUB__PLAIN_DIGITS + 2 * RESPUB__CRLF_SIZE,
  FRAME_NUMBER_MAX = 999999999 /* RESPUB__PLAIN_DIGITS */
};

/* The array in front cannot be taken as a whole: hands over its nodes in front of node, which stand
 * for the bytes in front of position. */
static void leave_frame(respub_decoder *d, const respub_node *node, size_t position) {
  const uint32_t count = (uint32_t)d->nodes->integer;
  respub__value_begin(d);
  d->status = RESPUB_MORE;
  d->position = position;
  d->node_count = 1;
  respub__tape_open(d, count);
  d->node_count = (size_t)(node - d->nodes);
  d->left = count + 1 - (uint32_t)d->node_count;
}

/* As respub__plain_number, but without a check for each byte: with the type byte in front of p
 * there are FRAME_SIZE bytes. And 0 is left to others. */
static inline const char *frame_number(const char *p, uint32_t *number) {
  uint32_t n = respub__digit(*p++);
  if (n - 1 > 8)
    return NULL;
  for (; !respub__is_crlf(p); p++) {
    const unsigned digit = respub__digit(*p);
    if (digit > 9 || n > FRAME_NUMBER_MAX / 10)
      return NULL;
    n = n * 10 + digit;
  }
  *number = n;
  return p + RESPUB__CRLF_SIZE;
}

/* A new value that is an array of strings, as nearly all that a subscriber receives, and lies whole
 * in the buffer. Returns the byte behind it; NULL for every other, and then the decoder stands
 * behind what was taken of it. At last begin the last FRAME_SIZE bytes. */
static inline const char *take_frame(respub_decoder *d, const char *buf, const char *last) {
  uint32_t count;
  const char *p = frame_number(buf + 1, &count);
  if (p == NULL || count > d->limits.elements || count > d->limits.total ||
      count >= d->node_capacity)
    return NULL;
  respub_node *node = d->nodes;
  const respub_node *const behind = node + count + 1;
  respub__node_put(node++, RESPUB_ARRAY, respub_slice_of(NULL, 0), count, count + 1);
  while (p <= last && *p == '$') {
    uint32_t len;
    const char *const text = frame_number(p + 1, &len);
    if (text == NULL || len > d->limits.bulk_bytes)
      break;
    if (len > (size_t)(last + (FRAME_SIZE - RESPUB__CRLF_SIZE) - text)) {
      leave_frame(d, node, (size_t)(p - buf));
      (void)respub__await_body(d, (size_t)(text - buf), len);
      return NULL;
    }
    if (!respub__is_crlf(text + len))
      break;
    respub__node_put(node++, RESPUB_BULK, respub_slice_of(text, len), 0, 1);
    p = text + len + RESPUB__CRLF_SIZE;
    if (node == behind) {
      d->node_count = (size_t)count + 1;
      return p;
    }
  }
  leave_frame(d, node, (size_t)(p - buf));
  return NULL;
}

respub_status respub__frame_decode(respub_decoder *d, const char *buf, size_t len, size_t *used) {
  if (len < FRAME_SIZE)
    return respub__value_resume(d, buf, len, used);
  const char *const last = buf + len - FRAME_SIZE;
  const char *const next = take_frame(d, buf, last);
  if (next == NULL)
    return respub__value_resume(d, buf, (size_t)(last - buf) + FRAME_SIZE, used);
  *used = (size_t)(next - buf);
  return RESPUB_OK;
}

#endif
