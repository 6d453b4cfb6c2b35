/* arena.h - memory that is given back all at once. */
#ifndef RESPUB_SCHEMA_ARENA_H
#define RESPUB_SCHEMA_ARENA_H

#include <stddef.h>

/* All zeros is an empty arena. */
typedef struct respub__arena {
  struct respub__block *blocks;
  size_t left; /* bytes free at the end of the first block */
} respub__arena;

/* Zeroed and fit for any number or pointer; for n elements of size bytes. NULL: out of memory. */
void *respub__arena_take(respub__arena *arena, size_t n, size_t size);

void respub__arena_free(respub__arena *arena);

/* n elements of size bytes from cJSON's hooks, not zeroed; NULL: out of memory, or a size beyond
 * all memory. To be given to respub__give_back. */
void *respub__take_array(size_t n, size_t size);

/* NULL is allowed, which cJSON's hooks need not know. */
void respub__give_back(void *taken);

#endif
