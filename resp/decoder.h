/* decoder.h - how the decoder's parts share its state. Private to resp/.
 *
 * phase.c decodes everything: it can stop and resume at every byte, and it alone decides what is an
 * error, and where. In front of it stand the fast paths of plain.h for what lies whole in the
 * buffer in its usual form: frame.c and line.c take a new value, plain.c goes on with one in
 * progress. As they report no error, no error depends on how the input was split. */
#ifndef RESPUB_RESP_DECODER_H
#define RESPUB_RESP_DECODER_H

#include "resp/resp.h"

/* What the next byte belongs to. */
enum respub__phase {
  RESPUB__PHASE_VALUE, /* the type byte of a value */
#if RESPUB_FAST
  RESPUB__PHASE_TEXT, /* a line that is searched for its end: + - */
#endif
  RESPUB__PHASE_LINE, /* a line that is read byte by byte: : ( , and all without that search */
#if RESPUB_RESP3
  RESPUB__PHASE_BOOLEAN, /* t or f */
  RESPUB__PHASE_FORMAT,  /* "txt:" of a verbatim string */
#endif
  RESPUB__PHASE_LENGTH,    /* the length of a string or an aggregate */
  RESPUB__PHASE_LENGTH_LF, /* the LF behind it */
  RESPUB__PHASE_BODY,      /* the bytes of a string; position stays in front of them */
  RESPUB__PHASE_CR,        /* the end of a value */
  RESPUB__PHASE_LF
};

enum {
  RESPUB__CRLF_SIZE = 2
};

/* Reads on at d->position through the phases. OK: the next byte is a type byte, or the whole value
 * is complete. MORE: the len bytes are used up. NODES: the array is full. Else the error;
 * d->position is the byte at fault. */
RESPUB_MUST_USE respub_status respub__phase_run(respub_decoder *d, const char *buf, size_t len);

/* Takes a value on from where it stands: all of respub_decode but its fastest paths. */
RESPUB_MUST_USE respub_status respub__value_resume(respub_decoder *d, const char *buf, size_t len,
                                                   size_t *used);

/* Forgets what is known of a value: the next byte is the first of a new one. */
static inline void respub__value_begin(respub_decoder *d) {
  d->node_count = 0;
  d->position = 0;
  d->promised = 0;
  d->unresolved = 0;
  d->left = 1;
  d->depth = 0;
  d->phase = RESPUB__PHASE_VALUE;
}

static inline void respub__node_put(respub_node *node, uint8_t type, respub_slice text,
                                    int64_t integer, uint32_t span) {
  node->text = text;
  node->integer = integer;
  node->span = span;
  node->type = type;
}

/* Appends a node without text. The array has room. */
static inline respub_node *respub__tape_append(respub_decoder *d, uint8_t type, int64_t integer) {
  respub_node *node = &d->nodes[d->node_count++];
  respub__node_put(node, type, respub_slice_of(NULL, 0), integer, 1);
  return node;
}

/* Opens the aggregate that was appended last; so many values are its children, at least one. */
static inline void respub__tape_open(respub_decoder *d, uint32_t children) {
  d->stack[d->depth].left = d->left;
  d->stack[d->depth].node = (uint32_t)(d->node_count - 1);
  d->depth++;
  d->left = children;
  d->promised += children;
}

/* The node appended last lacks nothing: closes every aggregate that ends with it. Afterwards
 * d->left is 0 if the whole value is complete. */
static inline void respub__tape_close(respub_decoder *d) {
  while (--d->left == 0 && d->depth > 0) {
    d->depth--;
    const uint32_t node = d->stack[d->depth].node;
    d->nodes[node].span = (uint32_t)d->node_count - node;
    d->left = d->stack[d->depth].left;
  }
}

#endif
