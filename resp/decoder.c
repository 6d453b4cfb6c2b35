#include "resp/decoder.h"
#include "resp/number.h"
#include "resp/type.h"

/* What the arithmetic of this layer relies on: nothing announced within the limits overflows. */
_Static_assert(RESPUB_MAX_DEPTH >= 1, "a depth of 0 admits no array");
_Static_assert(RESPUB_MAX_LINE_BYTES < SIZE_MAX / 4, "a line must fit in memory");
_Static_assert(RESPUB_MAX_BULK_BYTES < SIZE_MAX / 4, "a string must fit in memory");
_Static_assert(RESPUB_MAX_ELEMENTS <= UINT32_MAX / 4, "a node's span has 32 bits");

enum {
  CRLF_SIZE = 2,
  PLAIN_DIGITS = 9, /* no overflow in 32 bits */
  PLAIN_SIZE = 1 + PLAIN_DIGITS + CRLF_SIZE
};

static size_t limit_of(size_t wanted, size_t cap) {
  return wanted == 0 || wanted > cap ? cap : wanted;
}

void respub_decoder_init(respub_decoder *d, const respub_limits *limits, respub_node *nodes,
                         size_t n) {
  static const respub_limits defaults = {0, 0, 0, 0, 0, 0};
  const respub_limits *l = limits != NULL ? limits : &defaults;
  d->limits.line_bytes = limit_of(l->line_bytes, RESPUB_MAX_LINE_BYTES);
  d->limits.bulk_bytes = limit_of(l->bulk_bytes, RESPUB_MAX_BULK_BYTES);
  d->limits.elements = limit_of(l->elements, RESPUB_MAX_ELEMENTS);
  d->limits.total = limit_of(l->total, RESPUB_MAX_ELEMENTS);
  d->limits.depth = limit_of(l->depth, RESPUB_MAX_DEPTH);
  d->limits.bytes = l->bytes != 0 ? l->bytes : (size_t)RESPUB_MAX_BULK_BYTES + 64 * 1024;
  respub_decoder_grow(d, nodes, n);
  respub_decoder_reset(d);
}

void respub_decoder_reset(respub_decoder *d) {
  d->node_count = 0;
  d->position = 0;
  d->mark = 0;
  d->promised = 0;
  d->unresolved = 0;
  d->number = 0;
  d->status = RESPUB_OK;
  d->left = 1;
  d->depth = 0;
  d->phase = RESPUB__PHASE_VALUE;
  d->pending_type = 0;
  d->number_state = 0;
}

void respub_decoder_grow(respub_decoder *d, respub_node *nodes, size_t n) {
  d->nodes = nodes;
  d->node_capacity = n;
}

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

/* Reads "digits CR LF" without a leading zero and returns the byte behind it; NULL if it is
 * anything else. PLAIN_SIZE bytes are there, so no byte needs a check of its own. */
static inline const char *plain_length(const char *p, uint32_t *number) {
  if (respub__digit(*p) - 1 > 8)
    return NULL;
  uint32_t n = 0;
  const char *stop = p + PLAIN_DIGITS;
  for (unsigned digit; (digit = respub__digit(*p)) <= 9 && p < stop; p++)
    n = n * 10 + digit;
  *number = n;
  return p[0] == '\r' && p[1] == '\n' ? p + CRLF_SIZE : NULL;
}

/* The string of len bytes at p, with its CR LF; NULL unless it is all there. */
static inline const char *plain_string(respub_decoder *d, const char *p, const char *end,
                                       uint32_t len) {
  const size_t left = (size_t)(end - p);
  if (left < CRLF_SIZE || len > left - CRLF_SIZE || len > d->limits.bulk_bytes)
    return NULL;
  if (p[len] != '\r' || p[len + 1] != '\n')
    return NULL;
  respub__tape_append(d, RESPUB_BULK, 0)->text = respub_slice_of(p, len);
  respub__tape_close(d);
  return p + len + CRLF_SIZE;
}

static inline const char *plain_array(respub_decoder *d, const char *p, uint32_t count) {
  if (d->depth >= d->limits.depth || count > d->limits.elements ||
      count > d->limits.total - d->promised)
    return NULL;
  respub__tape_append(d, RESPUB_ARRAY, count);
  respub__tape_open(d, count);
  return p;
}

/* Takes values as long as they are strings, arrays and small integers that lie whole in the buffer,
 * and returns the byte behind them. */
static inline const char *take_plain(respub_decoder *d, const char *p, const char *end) {
  while (end - p >= PLAIN_SIZE && d->node_count < d->node_capacity && d->left > 0) {
    uint32_t number;
    const char type = *p;
    const char *next = plain_length(p + 1, &number);
    if (next == NULL)
      break;
    if (type == '$') {
      next = plain_string(d, next, end, number);
    } else if (type == '*') {
      next = plain_array(d, next, number);
    } else if (type == ':') {
      respub__tape_append(d, RESPUB_INTEGER, number);
      respub__tape_close(d);
    } else {
      break;
    }
    if (next == NULL)
      break;
    p = next;
  }
  return p;
}

static respub_status take_value(respub_decoder *d, respub__input *in) {
  for (;;) {
    if (d->phase == RESPUB__PHASE_VALUE) {
      in->next = take_plain(d, in->next, in->end);
      if (d->left == 0)
        return RESPUB_OK;
    }
    const respub_status status = respub__phase_run(d, in);
    if (status != RESPUB_OK)
      return status;
    if (d->left == 0)
      return RESPUB_OK;
  }
}

respub_status respub_decode(respub_decoder *d, const char *buf, size_t len, size_t *used) {
  *used = 0;
  if (d->status < 0)
    return d->status;
  if (d->status == RESPUB_OK)
    respub_decoder_reset(d);
  if (len <= d->position)
    return d->status = RESPUB_MORE;

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

respub_status respub_decode_end(const respub_decoder *d) {
  if (d->status == RESPUB_MORE && d->position == 0)
    return RESPUB_OK;
  return d->status > 0 ? RESPUB_ETRUNCATED : d->status;
}

size_t respub_decoder_wants(const respub_decoder *d) {
  if (d->status == RESPUB_OK)
    return 0;
  if (d->phase == RESPUB__PHASE_FORMAT || d->phase == RESPUB__PHASE_BODY)
    return d->mark + (size_t)d->number + CRLF_SIZE;
  return d->position;
}
