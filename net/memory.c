#include "net/memory.h"

#include <string.h>

#if RESPUB_MALLOC
#include <stdlib.h>
#endif

#if RESPUB_MALLOC
static void *system_resize(void *ctx, void *ptr, size_t size) {
  (void)ctx;
  if (size != 0)
    return realloc(ptr, size);
  free(ptr);
  return NULL;
}
#else
static void *system_resize(void *ctx, void *ptr, size_t size) {
  (void)ctx;
  (void)ptr;
  (void)size;
  return NULL;
}
#endif

respub_allocator respub__allocator(const respub_allocator *chosen) {
  static const respub_allocator system_allocator = {NULL, system_resize};
  return chosen != NULL && chosen->resize != NULL ? *chosen : system_allocator;
}

void *respub__alloc(const respub_allocator *a, size_t size) {
  return a->resize(a->ctx, NULL, size);
}

void *respub__alloc_zero(const respub_allocator *a, size_t size) {
  void *p = respub__alloc(a, size);
  if (p != NULL)
    memset(p, 0, size);
  return p;
}

void *respub__resize(const respub_allocator *a, void *ptr, size_t size) {
  return a->resize(a->ctx, ptr, size);
}

void respub__free(const respub_allocator *a, void *ptr) {
  if (ptr != NULL)
    (void)a->resize(a->ctx, ptr, 0);
}

void respub__wipe(void *ptr, size_t size) {
  volatile unsigned char *p = ptr;
  while (size-- > 0)
    *p++ = 0;
}
