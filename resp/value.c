#include "resp/decoder.h"
#include "resp/plain.h"
#include "resp/type.h"

/* The buffer may move between two calls: a node that outlives its call keeps its text as an offset,
 * in integer, until the value is complete. So each node is touched at most twice more. */
static void keep_offsets(respub_decoder *d, const char *buf) {
  for (size_t i = d->unresolved; i < d->node_count; i++) {
    respub_node *node = &d->nodes[i];
    if (respub__type_in(node->type, RESPUB__TEXTS))
      node->integer = node->text.ptr - buf;
  }
  d->unresolved = d->node_count;
}

static void resolve_offsets(respub_decoder *d, const char *buf) {
  for (size_t i = 0; i < d->unresolved; i++) {
    respub_node *node = &d->nodes[i];
    if (respub__type_in(node->type, RESPUB__TEXTS)) {
      node->text.ptr = buf + node->integer;
      node->integer = 0;
    }
  }
  d->unresolved = 0;
}

/* The take_ functions take what is plain and all there. They return the byte behind it; NULL for
 * anything else, which is left to the phases. */

static const char *take_array(respub_decoder *d, const respub__input *in) {
  uint32_t count;
  const char *const next = respub__plain_number(in->next + 1, in->end, &count);
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

static const char *take_line(respub_decoder *d, const respub__input *in) {
  respub_node *node = &d->nodes[d->node_count];
  const char *const next = respub__plain_line(&d->limits, in->next, in->end, node);
  if (next != NULL) {
    d->node_count++;
    respub__tape_close(d);
  }
  return next;
}

static const char *take_length(respub_decoder *d, const respub__input *in) {
  uint32_t len;
  const char *const text = respub__plain_number(in->next + 1, in->end, &len);
  if (text == NULL)
    return take_line(d, in);
  return respub__await_body(d, (size_t)(text - in->start), len) ? text : NULL;
}

static const char *take_body(respub_decoder *d, const respub__input *in) {
  const char *const text = in->next;
  const size_t room = (size_t)(in->end - text);
  const size_t len = (size_t)d->number;
  if (room < len || room - len < RESPUB__CRLF_SIZE || !respub__is_crlf(text + len))
    return NULL;
  respub__tape_append(d, d->pending_type, 0)->text = respub_slice_of(text, len);
  respub__tape_close(d);
  d->phase = RESPUB__PHASE_VALUE;
  return text + len + RESPUB__CRLF_SIZE;
}

static const char *take_plain(respub_decoder *d, const respub__input *in) {
  if (d->phase == RESPUB__PHASE_BODY)
    return take_body(d, in);
  if (d->phase != RESPUB__PHASE_VALUE || in->next == in->end || d->node_count >= d->node_capacity)
    return NULL;
  if (*in->next == '$')
    return take_length(d, in);
  return *in->next == '*' ? take_array(d, in) : take_line(d, in);
}

static respub_status take_value(respub_decoder *d, respub__input *in) {
  while (d->left > 0) {
    if (d->phase == RESPUB__PHASE_BODY && (size_t)(in->end - in->next) < d->number)
      return RESPUB_MORE;
    const char *const next = take_plain(d, in);
    if (next != NULL) {
      in->next = next;
    } else {
      const respub_status status = respub__phase_run(d, in);
      if (status != RESPUB_OK)
        return status;
    }
  }
  return RESPUB_OK;
}

respub_status respub__value_resume(respub_decoder *d, const char *buf, size_t len, size_t *used) {
  *used = 0;
  if (d->status < 0)
    return d->status;
  if (d->status == RESPUB_OK)
    respub__value_begin(d);
  if (len < d->position)
    return RESPUB_MORE;

  const bool beyond = len > d->limits.bytes;
  respub__input in = {buf, buf + d->position, buf + (beyond ? d->limits.bytes : len)};
  respub_status status = take_value(d, &in);
  if (status == RESPUB_OK) {
    *used = (size_t)(in.next - buf);
    resolve_offsets(d, buf);
    return d->status = status;
  }
  if (status == RESPUB_MORE && beyond) {
    in.next = in.end;
    status = RESPUB_EBYTES;
  }
  d->position = (size_t)(in.next - buf);
  keep_offsets(d, buf);
  return d->status = status;
}
