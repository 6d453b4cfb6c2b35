#include "net/buffer.h"

#include "net/memory.h"

#include <string.h>

/* Growing anew up to here costs a fraction of what filling it does. */
#define LARGE_BYTES ((size_t)4 * 1024 * 1024)

static void move_to_front(respub__buffer *b) {
  size_t used = respub__buffer_used(b);
  if (used > 0 && b->begin > 0)
    memmove(b->data, b->data + b->begin, used);
  b->begin = 0;
  b->end = used;
}

/* Twice the capacity, within twice the limit, but at least what is needed. */
static size_t next_capacity(const respub__buffer *b, size_t needed, size_t limit) {
  size_t most = limit > SIZE_MAX / 2 ? SIZE_MAX : limit * 2;
  size_t next = b->capacity > most / 2 ? most : b->capacity * 2;
  if (next < b->first)
    next = b->first;
  return next < needed ? needed : next;
}

static respub_status grow_buffer(respub__buffer *b, const respub_allocator *a, size_t needed,
                                 size_t limit) {
  move_to_front(b);
  size_t capacity = next_capacity(b, needed, limit);
  char *data = respub__resize(a, b->data, capacity);
  if (data == NULL)
    return b->capacity >= needed ? RESPUB_OK : RESPUB_ENOMEM;
  b->data = data;
  b->capacity = capacity;
  return RESPUB_OK;
}

respub_status respub__buffer_reserve(respub__buffer *b, const respub_allocator *a, size_t need,
                                     size_t limit) {
  size_t used = respub__buffer_used(b);
  if (used > limit || need > limit - used)
    return RESPUB_EFULL;
  if (b->capacity - b->end >= need)
    return RESPUB_OK;
  if (b->begin < used || b->capacity - used < need)
    return grow_buffer(b, a, used + need, limit);
  move_to_front(b);
  return RESPUB_OK;
}

void respub__buffer_commit(respub__buffer *b, size_t n) {
  b->end += n;
  size_t used = respub__buffer_used(b);
  if (used > b->peak)
    b->peak = used;
}

void respub__buffer_trim(respub__buffer *b, const respub_allocator *a) {
  if (b->capacity > LARGE_BYTES || (b->capacity > b->first && b->peak < b->capacity / 4))
    respub__buffer_free(b, a);
  b->peak = 0;
}

void respub__buffer_free(respub__buffer *b, const respub_allocator *a) {
  respub__free(a, b->data);
  b->data = NULL;
  b->begin = b->end = b->capacity = 0;
}
