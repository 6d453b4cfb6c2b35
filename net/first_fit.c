/* An allocator in a buffer of the caller's: chunks one behind the other, of which the first that is
 * large enough is taken. Neighbours that are free become one when they are passed. */
#include "net/fork.h"
#include "net/memory.h"
#include "net/thread.h"

#include <string.h>

typedef struct chunk {
  size_t size; /* with this header; rounded up */
  size_t used;
} chunk;

/* At the beginning of the buffer. */
typedef struct store {
  respub__mutex lock;
  unsigned fork_generation;
  char *begin, *end; /* of the chunks */
} store;

static size_t header_bytes(void) {
  return respub__round_up(sizeof(chunk));
}

size_t respub__buffer_overhead(void) {
  return respub__round_up(sizeof(store)) + header_bytes();
}

static chunk *header_of(void *ptr) {
  return (chunk *)(void *)((char *)ptr - header_bytes());
}

static void *bytes_of(chunk *c) {
  return (char *)c + header_bytes();
}

/* ------------------------------------------------------------------------------------------------
 * Chunks */

/* NULL: it is the last. */
static chunk *chunk_behind(const store *s, chunk *c) {
  char *next = (char *)c + c->size;
  return next == s->end ? NULL : (chunk *)(void *)next;
}

static void merge_free(const store *s, chunk *c) {
  for (chunk *next; (next = chunk_behind(s, c)) != NULL && !next->used;)
    c->size += next->size;
}

/* What is behind the first size bytes becomes a chunk of its own. */
static void cut_chunk(chunk *c, size_t size) {
  if (c->size - size < header_bytes() + respub__round_up(1))
    return;
  *(chunk *)(void *)((char *)c + size) = (chunk){.size = c->size - size};
  c->size = size;
}

static void *first_fit(const store *s, size_t size) {
  for (chunk *c = (chunk *)(void *)s->begin; c != NULL; c = chunk_behind(s, c)) {
    if (c->used)
      continue;
    merge_free(s, c);
    if (c->size < size)
      continue;
    cut_chunk(c, size);
    c->used = 1;
    return bytes_of(c);
  }
  return NULL;
}

static void *refit(const store *s, chunk *c, size_t size) {
  size_t old = c->size;
  merge_free(s, c);
  if (c->size >= size) {
    cut_chunk(c, size);
    return bytes_of(c);
  }
  cut_chunk(c, old);
  void *moved = first_fit(s, size);
  if (moved != NULL) {
    memcpy(moved, bytes_of(c), c->size - header_bytes());
    c->used = 0;
  }
  return moved;
}

/* ------------------------------------------------------------------------------------------------
 * The allocator */

static void *resize_in_store(void *ctx, void *ptr, size_t size) {
  store *s = ctx;
  if (s == NULL || s->fork_generation != respub__fork_generation() || size > PTRDIFF_MAX)
    return NULL;
  respub__mutex_lock(&s->lock);
  void *result = NULL;
  size_t needed = respub__round_up(size) + header_bytes();
  if (ptr == NULL)
    result = first_fit(s, needed);
  else if (size == 0)
    header_of(ptr)->used = 0;
  else
    result = refit(s, header_of(ptr), needed);
  respub__mutex_unlock(&s->lock);
  return result;
}

respub_allocator respub_buffer_allocator(void *buffer, size_t size) {
  respub_allocator allocator = {NULL, resize_in_store};
  const size_t align = respub__round_up(1);
  size_t skipped = (align - (uintptr_t)buffer % align) % align;
  if (size < skipped || size - skipped < respub__buffer_overhead() + align)
    return allocator;
  store *s = (store *)(void *)((char *)buffer + skipped);
  if (respub__mutex_open(&s->lock) != RESPUB_OK)
    return allocator;
  s->fork_generation = respub__fork_generation();
  s->begin = (char *)s + respub__round_up(sizeof *s);
  s->end = (char *)s + (size - skipped) / align * align;
  *(chunk *)(void *)s->begin = (chunk){.size = (size_t)(s->end - s->begin)};
  allocator.ctx = s;
  return allocator;
}
