/* output.h - bytes on their way to one client.
 *
 * A block of bytes that many clients get is kept once and counted; what is short is copied, because
 * then it shares a block with its neighbours and costs no place of its own in the queue. */
#ifndef RESPUB_BROKER_OUTPUT_H
#define RESPUB_BROKER_OUTPUT_H

#include "net/memory.h"

typedef struct respub__broker_block {
  size_t holders;
  size_t capacity;
  char bytes[];
} respub__broker_block;

/* A block for exactly size bytes that the caller holds and fills before it shares it. NULL: no
 * memory. */
respub__broker_block *respub__broker_block_new(const respub_allocator *allocator, size_t size);

/* The caller holds it no longer. Accepts NULL. */
void respub__broker_block_release(const respub_allocator *allocator, respub__broker_block *block);

typedef struct respub__broker_piece {
  respub__broker_block *block;
  size_t start; /* bytes [start, end) of block are still to be sent */
  size_t end;
} respub__broker_piece;

/* All zero but for the allocator: empty. */
typedef struct respub__broker_output {
  const respub_allocator *allocator;
  respub__broker_piece *pieces; /* a ring */
  size_t first;
  size_t count;
  size_t capacity; /* 0 or a power of two */
  size_t bytes;    /* unsent */
} respub__broker_output;

void respub__broker_output_free(respub__broker_output *output);

/* Adds size (>= 1) bytes, which the caller writes to the returned place before anything else is
 * done with output. NULL: no memory, nothing was added. */
char *respub__broker_output_add(respub__broker_output *output, size_t size);

/* Adds the whole of a block that is filled. ENOMEM: nothing was added. */
RESPUB_MUST_USE respub_status respub__broker_output_share(respub__broker_output *output,
                                                          respub__broker_block *block);

/* The first unsent bytes as at most max parts, in order; returns their number. Valid until output
 * is changed. */
size_t respub__broker_output_parts(const respub__broker_output *output, respub_slice *parts,
                                   size_t max);

/* The first n (<= bytes) unsent bytes are sent. */
void respub__broker_output_sent(respub__broker_output *output, size_t n);

#endif
