#include "tests/support/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Before each block, as large as the strictest alignment. */
typedef union header {
  size_t size;
  max_align_t align;
} header;

static bool must_fail(respub_test_alloc *a) {
  size_t call = atomic_fetch_add(&a->calls, 1);
  return call == a->fail_at || (a->fail_for_ever && call > a->fail_at);
}

static void count_bytes(respub_test_alloc *a, size_t size) {
  size_t now = atomic_fetch_add(&a->live_bytes, size) + size;
  size_t peak = atomic_load(&a->peak_bytes);
  while (now > peak && !atomic_compare_exchange_weak(&a->peak_bytes, &peak, now))
    continue;
}

static void *give(respub_test_alloc *a, size_t size) {
  header *h = must_fail(a) ? NULL : malloc(sizeof *h + size);
  if (h == NULL) {
    atomic_fetch_add(&a->failed, 1);
    return NULL;
  }
  h->size = size;
  atomic_fetch_add(&a->live, 1);
  count_bytes(a, size);
  return memset(h + 1, 0xa5, size);
}

static void take_back(respub_test_alloc *a, void *ptr) {
  header *h = (header *)ptr - 1;
  atomic_fetch_sub(&a->live, 1);
  atomic_fetch_sub(&a->live_bytes, h->size);
  memset(ptr, 0xdd, h->size);
  free(h);
}

static void *resize(void *ctx, void *ptr, size_t size) {
  respub_test_alloc *a = ctx;
  void *moved = size > 0 ? give(a, size) : NULL;
  if (ptr == NULL || (size > 0 && moved == NULL))
    return moved;
  if (moved != NULL) {
    size_t old = ((header *)ptr - 1)->size;
    memcpy(moved, ptr, old < size ? old : size);
  }
  take_back(a, ptr);
  return moved;
}

respub_allocator respub_test_allocator(respub_test_alloc *alloc) {
  respub_allocator allocator = {alloc, resize};
  return allocator;
}
