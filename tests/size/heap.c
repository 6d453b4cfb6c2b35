/* The heap of a program on a small machine: one array that never grows, for the library and the C
 * library alike. It takes the place of the C library's own, which is larger than all of the
 * decoder. */
#include "respub.h"

#include <string.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);
void free(void *ptr);

static void *resize(void *ptr, size_t size) {
  static _Alignas(16) char memory[65536];
  static respub_allocator heap;
  if (heap.resize == NULL)
    heap = respub_buffer_allocator(memory, sizeof memory);
  return heap.resize(heap.ctx, ptr, size);
}

void *malloc(size_t size) {
  return resize(NULL, size > 0 ? size : 1);
}

void *calloc(size_t count, size_t size) {
  if (size > 0 && count > SIZE_MAX / size)
    return NULL;
  size_t bytes = count * size > 0 ? count * size : 1;
  void *ptr = resize(NULL, bytes);
  return ptr != NULL ? memset(ptr, 0, bytes) : NULL;
}

void *realloc(void *ptr, size_t size) {
  return resize(ptr, size > 0 ? size : 1);
}

void free(void *ptr) {
  if (ptr != NULL)
    (void)resize(ptr, 0);
}
