#include "resp/number.h"
#include "resp/type.h"

/* The bytes of "txt:" in front of a verbatim string's text. */
enum {
  FORMAT_BYTES = 3,
  FORMAT_PREFIX_SIZE = 4
};

size_t respub_node_count(const respub_node *node) {
  if (!respub__node_in(node, RESPUB__AGGREGATES))
    return 0;
  return (size_t)respub__type_children(node->type, (uint64_t)node->integer);
}

const respub_node *respub_node_at(const respub_node *node, size_t k) {
  if (k >= respub_node_count(node))
    return NULL;
  const respub_node *child = node + 1;
  while (k-- > 0)
    child = respub_node_next(child);
  return child;
}

bool respub_node_is_string(const respub_node *node) {
  return node->type == RESPUB_BULK || node->type == RESPUB_SIMPLE ||
         (RESPUB_RESP3 && node->type == RESPUB_VERBATIM);
}

bool respub_node_is_error(const respub_node *node) {
  return node->type == RESPUB_ERROR || (RESPUB_RESP3 && node->type == RESPUB_BLOB_ERROR);
}

bool respub_node_equals(const respub_node *node, respub_slice bytes) {
  return respub_node_is_string(node) && respub_slice_equal(node->text, bytes);
}

static respub_status integer_of(respub_slice text, int64_t *value) {
  uint8_t state = RESPUB__NUMBER_START;
  uint64_t magnitude = 0;
  for (size_t i = 0; i < text.len; i++) {
    const respub_status status = respub__integer_add(&state, &magnitude, text.ptr[i]);
    if (status != RESPUB_OK)
      return status;
  }
  if (!respub__integer_complete(state))
    return RESPUB_ENUMBER;
  *value = respub__integer_value(state, magnitude);
  return RESPUB_OK;
}

respub_status respub_node_integer(const respub_node *node, int64_t *value) {
  if (respub_node_is_string(node))
    return integer_of(node->text, value);
  if (node->type != RESPUB_INTEGER)
    return RESPUB_ENUMBER;
  *value = node->integer;
  return RESPUB_OK;
}

respub_slice respub_node_format(const respub_node *node) {
  if (!RESPUB_RESP3 || node->type != RESPUB_VERBATIM)
    return respub_slice_of(NULL, 0);
  return respub_slice_of(node->text.ptr - FORMAT_PREFIX_SIZE, FORMAT_BYTES);
}

const respub_node *respub_node_value(const respub_node *node) {
  while (RESPUB_RESP3 && node->type == RESPUB_ATTRIBUTE)
    node = respub_node_at(node, respub_node_count(node) - 1);
  return node;
}
