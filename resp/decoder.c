#include "resp/plain.h"

/* What the arithmetic of this layer relies on: nothing announced within the limits overflows. */
_Static_assert(RESPUB_MAX_DEPTH >= 1, "a depth of 0 admits no array");
_Static_assert(RESPUB_MAX_LINE_BYTES < SIZE_MAX / 4, "a line must fit in memory");
_Static_assert(RESPUB_MAX_BULK_BYTES < SIZE_MAX / 4, "a string must fit in memory");
_Static_assert(RESPUB_MAX_ELEMENTS <= UINT32_MAX / 4, "a node's span has 32 bits");

static size_t limit_of(size_t wanted, size_t cap) {
  return wanted - 1 < cap ? wanted : cap; /* 0 wraps around */
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
  respub__value_begin(d);
  d->status = RESPUB_OK;
  d->mark = 0;
  d->number = 0;
  d->pending_type = 0;
  d->number_state = 0;
}

void respub_decoder_grow(respub_decoder *d, respub_node *nodes, size_t n) {
  d->nodes = nodes;
  d->node_capacity = n;
}

/* A long string arrives in many reads; all but the last end here. */
static inline bool waits_for_body(const respub_decoder *d, size_t len) {
  return d->status == RESPUB_MORE && d->phase == RESPUB__PHASE_BODY && len >= d->position &&
         len - d->position < d->number;
}

respub_status respub_decode(respub_decoder *d, const char *buf, size_t len, size_t *used) {
  /* One comparison for "not empty and within the limit". */
  if (d->status == RESPUB_OK && len - 1 < d->limits.bytes)
    return *buf == '*' ? respub__frame_decode(d, buf, len, used)
                       : respub__line_decode(d, buf, len, used);
  if ((d->status == RESPUB_OK && len == 0) || (RESPUB_FAST && waits_for_body(d, len))) {
    *used = 0;
    return RESPUB_MORE;
  }
  return respub__value_resume(d, buf, len, used);
}

respub_status respub_decode_end(const respub_decoder *d) {
  return d->status > 0 ? RESPUB_ETRUNCATED : d->status;
}

size_t respub_decoder_wants(const respub_decoder *d) {
  if (d->status == RESPUB_OK)
    return 0;
  bool in_string = d->phase == RESPUB__PHASE_BODY;
#if RESPUB_RESP3
  in_string = in_string || d->phase == RESPUB__PHASE_FORMAT;
#endif
  return in_string ? d->mark + (size_t)d->number + RESPUB__CRLF_SIZE : d->position;
}
