/* pool.h - the memory of an object that takes all of it when it is opened: one block, cut into
 * pieces of the sizes that the object asks for, each as often as it can have it at a time. Nothing
 * is split or merged, so what fits once fits for ever. */
#ifndef RESPUB_NET_POOL_H
#define RESPUB_NET_POOL_H

#include "net/net.h"

/* What an object may need: counted, or laid out in a block. */
typedef struct respub__plan {
  struct respub__pool *pool; /* NULL: only counts */
  size_t shelves;            /* calls of respub__plan_add */
  size_t bytes;              /* SIZE_MAX: more than there can be */
} respub__plan;

/* count pieces of size bytes. A plan with more than RESPUB__MOST_SHELVES of these is too large. */
void respub__plan_add(respub__plan *plan, size_t size, size_t count);
#define RESPUB__MOST_SHELVES 10

/* One piece for a table of count entries. */
void respub__plan_table(respub__plan *plan, size_t entry_size, size_t count);

/* Adds what an object with these options may need, the object itself included: the same each time.
 */
typedef void respub__planner(respub__plan *plan, const void *options);

/* The size of the block. SIZE_MAX: more than there can be. */
size_t respub__pool_bytes(respub__planner *planner, const void *options);

/* The same with what respub_buffer_allocator needs to give it. */
size_t respub__pool_buffer_bytes(respub__planner *planner, const void *options);

/* Takes the block from *allocator, which becomes the allocator of the pool: it has exactly what is
 * planned, and nothing else. ENOMEM: no such block; the error names its size after what. EIO: no
 * lock. Thread-safe afterwards. */
RESPUB_MUST_USE respub_status respub__pool_open(respub_allocator *allocator,
                                                respub__planner *planner, const void *options,
                                                const char *what, respub_error *error);

/* Gives the block back, whatever pieces of it are in use. */
void respub__pool_close(const respub_allocator *allocator);

/* The planner of a connection; options are a respub_options. */
void respub__conn_plan(respub__plan *plan, const void *options);

static inline bool respub__has_fixed_memory(const respub_options *options) {
  return RESPUB_FIXED_MEMORY && options->fixed_memory;
}

/* True for the allocator of a pool. */
bool respub__is_pool(const respub_allocator *allocator);

#endif
