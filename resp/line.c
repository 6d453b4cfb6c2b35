#include "resp/plain.h"

#if RESPUB_FAST

/* Longer lines are rare; the phases search them with memchr. */
enum {
  SHORT_LINE = 64
};

/* Is one of the 8 bytes at p below 14, as CR and LF are? */
static inline bool has_low_byte(const char *p) {
  const uint64_t each = UINT64_MAX / 0xff;
  uint64_t bytes;
  memcpy(&bytes, p, sizeof bytes);
  return ((bytes - each * 14) & ~bytes & each * 0x80) != 0;
}

static inline const char *text_line(const respub_limits *limits, uint8_t type, const char *p,
                                    const char *end, respub_node *node) {
  const char *const text = p;
  const char *const stop = end - p > SHORT_LINE ? p + SHORT_LINE : end;
  while (stop - p >= 8 && !has_low_byte(p))
    p += 8;
  while (p < stop && *p != '\r' && *p != '\n')
    p++;
  const size_t len = (size_t)(p - text);
  if (end - p < RESPUB__CRLF_SIZE || !respub__is_crlf(p) || len > limits->line_bytes)
    return NULL;
  respub__node_put(node, type, respub_slice_of(text, len), 0, 1);
  return p + RESPUB__CRLF_SIZE;
}

static inline const char *integer_line(const respub_limits *limits, const char *p, const char *end,
                                       respub_node *node) {
  uint32_t n;
  const char *const next = respub__plain_number(p, end, &n);
  if (next == NULL || (size_t)(next - p) - RESPUB__CRLF_SIZE > limits->line_bytes)
    return NULL;
  respub__node_put(node, RESPUB_INTEGER, respub_slice_of(NULL, 0), n, 1);
  return next;
}

static inline const char *null_line(const char *p, const char *end, respub_node *node) {
  static const char null[] = {'-', '1', '\r', '\n'};
  if (end - p < (ptrdiff_t)sizeof null || memcmp(p, null, sizeof null) != 0)
    return NULL;
  respub__node_put(node, RESPUB_NULL, respub_slice_of(NULL, 0), 0, 1);
  return p + sizeof null;
}

const char *respub__plain_line(const respub_limits *limits, const char *p, const char *end,
                               respub_node *node) {
  switch (*p) {
  case ':':
    return integer_line(limits, p + 1, end, node);
  case '$':
    return null_line(p + 1, end, node);
  case '+':
    return text_line(limits, RESPUB_SIMPLE, p + 1, end, node);
  case '-':
    return text_line(limits, RESPUB_ERROR, p + 1, end, node);
  default:
    return NULL;
  }
}

respub_status respub__line_decode(respub_decoder *d, const char *buf, size_t len, size_t *used) {
  const char *const end = buf + len;
  const char *const next =
      d->node_capacity > 0 ? respub__plain_line(&d->limits, buf, end, d->nodes) : NULL;
  if (next == NULL)
    return respub__value_resume(d, buf, (size_t)(end - buf), used);
  d->node_count = 1;
  *used = (size_t)(next - buf);
  return RESPUB_OK;
}

#endif
