/* memory.h - allocation through an object's respub_allocator. */
#ifndef RESPUB_NET_MEMORY_H
#define RESPUB_NET_MEMORY_H

#include "net/net.h"

/* The options' allocator, or malloc's when it has no function. */
respub_allocator respub__allocator(const respub_allocator *chosen);

/* NULL on failure; size >= 1. Resize leaves ptr valid on failure. Free accepts NULL. */
void *respub__alloc(const respub_allocator *a, size_t size);
void *respub__alloc_zero(const respub_allocator *a, size_t size);
void *respub__resize(const respub_allocator *a, void *ptr, size_t size);
void respub__free(const respub_allocator *a, void *ptr);

/* The size of the smallest chunk for size bytes, such that another one may follow; SIZE_MAX: none.
 */
static inline size_t respub__round_up(size_t size) {
  const size_t align = _Alignof(max_align_t);
  return size > SIZE_MAX - align ? SIZE_MAX : (size + align - 1) / align * align;
}

/* What a buffer of respub_buffer_allocator has to hold beside the one block that is taken of it. */
size_t respub__buffer_overhead(void);

/* Zeroes a secret in a way that no compiler leaves out. */
void respub__wipe(void *ptr, size_t size);

#endif
