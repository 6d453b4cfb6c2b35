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
  while (d->unresolved > 0) {
    respub_node *node = &d->nodes[--d->unresolved];
    if (respub__type_in(node->type, RESPUB__TEXTS)) {
      node->text.ptr = buf + node->integer;
      node->integer = 0;
    }
  }
}

static respub_status take_value(respub_decoder *d, const char *buf, size_t len) {
  for (;;) {
    respub__plain_run(d, buf, len);
    if (d->left == 0)
      return RESPUB_OK;
    const respub_status status = respub__phase_run(d, buf, len);
    if (status != RESPUB_OK)
      return status;
  }
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
  d->status = take_value(d, buf, beyond ? d->limits.bytes : len);
  if (d->status == RESPUB_OK) {
    *used = d->position;
    resolve_offsets(d, buf);
    return RESPUB_OK;
  }
  keep_offsets(d, buf);
  if (d->status == RESPUB_MORE && beyond) {
    d->status = RESPUB_EBYTES;
    d->position = d->limits.bytes;
  }
  return d->status;
}
