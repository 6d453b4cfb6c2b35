/* buffer.h - bytes that come in at one end and leave at the other. */
#ifndef RESPUB_NET_BUFFER_H
#define RESPUB_NET_BUFFER_H

#include "net/net.h"

/* The bytes in use are data[begin] to data[end - 1]. All zero: empty, nothing allocated. */
typedef struct respub__buffer {
  char *data;
  size_t begin;
  size_t end;
  size_t capacity;
  size_t first; /* the smallest capacity that is ever allocated */
  size_t peak;  /* most bytes in use since the buffer was last empty; for trim */
} respub__buffer;

static inline size_t respub__buffer_used(const respub__buffer *b) {
  return b->end - b->begin;
}

/* Makes room for at least need (>= 1) more bytes behind the used ones, moving them to the front
 * only when that costs no more than what has left since (so that a byte is moved a bounded number
 * of times, whatever the sizes), else doubling. limit bounds the bytes in use; the capacity may be
 * twice that. ENOMEM; EFULL: more than limit would be in use. The bytes are then as they were. */
RESPUB_MUST_USE respub_status respub__buffer_reserve(respub__buffer *b, const respub_allocator *a,
                                                     size_t need, size_t limit);

/* n bytes behind the used ones (<= what was reserved) are now in use. */
void respub__buffer_commit(respub__buffer *b, size_t n);

/* The first n (<= used) bytes leave. */
static inline void respub__buffer_consume(respub__buffer *b, size_t n) {
  b->begin += n;
  if (b->begin == b->end)
    b->begin = b->end = 0;
}

/* To be called when the buffer is empty: gives back memory that a burst left behind. A capacity
 * over 1 MiB goes at once, a smaller one above first when less than a quarter was used since the
 * last call. */
void respub__buffer_trim(respub__buffer *b, const respub_allocator *a);

void respub__buffer_free(respub__buffer *b, const respub_allocator *a);

#endif
