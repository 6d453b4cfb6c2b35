/* pieces.h - decodes one value from input that arrives in pieces, in a buffer that moves at every
 * call and whose neighbours are unreadable. */
#ifndef RESPUB_TESTS_SUPPORT_PIECES_H
#define RESPUB_TESTS_SUPPORT_PIECES_H

#include "resp/resp.h"
#include "tests/support/guard.h"

typedef struct respub_pieces {
  respub_decoder decoder;
  respub_guard guards[2]; /* used in turn; the one not in use is overwritten */
  respub_node *nodes;     /* grows by one node at a time, to a new place */
  size_t node_capacity;
  size_t first_capacity; /* nodes at the begin of a value */
  size_t calls;
  const char *input; /* the bytes that the nodes point to */
} respub_pieces;

typedef struct respub_outcome {
  respub_status status;
  size_t offset; /* the size of the value, or the position of the error */
} respub_outcome;

/* Room for inputs of at most size bytes. Each value begins with so many nodes: with 0 the decoder
 * meets a full array at every node, with enough it may take its fastest path. */
void respub_pieces_open(respub_pieces *p, const respub_limits *limits, size_t size, size_t nodes);
void respub_pieces_close(respub_pieces *p);

/* A new value. */
void respub_pieces_begin(respub_pieces *p);

/* Shows the decoder the first len bytes of input. */
respub_outcome respub_pieces_show(respub_pieces *p, const char *input, size_t len);

/* A new value, shown up to each of the n_cuts offsets and then whole, until it is more than
 * incomplete. */
respub_outcome respub_pieces_decode(respub_pieces *p, const char *input, size_t len,
                                    const size_t *cuts, size_t n_cuts);

#endif
