#include "resp/plain.h"

#if RESPUB_FAST

/* The take_ functions return the byte behind what they took; NULL, and nothing is changed, when it
 * is not plain or not all there. */

static const char *take_array(respub_decoder *d, const char *p, const char *end) {
  uint32_t count;
  const char *const next = respub__plain_number(p + 1, end, &count);
  if (next == NULL || d->depth >= d->limits.depth || count > d->limits.elements ||
      count > d->limits.total - d->promised)
    return NULL;
  respub__tape_append(d, RESPUB_ARRAY, count);
  if (count > 0)
    respub__tape_open(d, count);
  else
    respub__tape_close(d);
  return next;
}

static const char *take_line(respub_decoder *d, const char *p, const char *end) {
  const char *const next = respub__plain_line(&d->limits, p, end, &d->nodes[d->node_count]);
  if (next != NULL) {
    d->node_count++;
    respub__tape_close(d);
  }
  return next;
}

/* The header of a string alone: its body is the next to be taken. */
static const char *take_length(respub_decoder *d, const char *p, const char *end) {
  uint32_t len;
  const char *const text = respub__plain_number(p + 1, end, &len);
  if (text == NULL)
    return take_line(d, p, end);
  if (len > d->limits.bulk_bytes)
    return NULL;
  return respub__await_body(d, d->position + (size_t)(text - p), len) ? text : NULL;
}

static const char *take_body(respub_decoder *d, const char *text, const char *end) {
  const size_t room = (size_t)(end - text);
  const size_t len = (size_t)d->number;
  if (room < len || room - len < RESPUB__CRLF_SIZE || !respub__is_crlf(text + len))
    return NULL;
  respub__tape_append(d, d->pending_type, 0)->text = respub_slice_of(text, len);
  respub__tape_close(d);
  d->phase = RESPUB__PHASE_VALUE;
  return text + len + RESPUB__CRLF_SIZE;
}

static const char *take(respub_decoder *d, const char *p, const char *end) {
  if (d->phase == RESPUB__PHASE_BODY)
    return take_body(d, p, end);
  if (d->phase != RESPUB__PHASE_VALUE || p == end || d->node_count >= d->node_capacity)
    return NULL;
  if (*p == '$')
    return take_length(d, p, end);
  return *p == '*' ? take_array(d, p, end) : take_line(d, p, end);
}

void respub__plain_run(respub_decoder *d, const char *buf, size_t len) {
  while (d->left > 0) {
    const char *const next = take(d, buf + d->position, buf + len);
    if (next == NULL)
      break;
    d->position = (size_t)(next - buf);
  }
}

#endif
