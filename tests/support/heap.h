/* heap.h - how often a whole program asks for memory, the C library's own calls included.
 *
 * A program that includes this, in one file, gets its memory of here: from one large array, of
 * which little comes back. A sanitizer keeps its own, and is asked instead. It is no source of the
 * archive of helpers, because the linker would take its malloc for every test. */
#ifndef RESPUB_TESTS_SUPPORT_HEAP_H
#define RESPUB_TESTS_SUPPORT_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static atomic_size_t heap_calls;
static atomic_bool looks_away;

static void count_call(void) {
  if (!atomic_load(&looks_away))
    atomic_fetch_add(&heap_calls, 1);
}

#ifdef SANITIZED

int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));

static void count_malloc(const volatile void *ptr, size_t size) {
  (void)ptr;
  (void)size;
  count_call();
}

static void ignore_free(const volatile void *ptr) {
  (void)ptr;
}

__attribute__((constructor)) static void install(void) {
  (void)__sanitizer_install_malloc_and_free_hooks(count_malloc, ignore_free);
}

#else

enum {
  HEAP_BYTES = 64 << 20
};

typedef union heap_block {
  size_t size;
  max_align_t align;
} heap_block;

static heap_block heap[HEAP_BYTES / sizeof(heap_block)];
static atomic_size_t used;

static size_t blocks_for(size_t size) {
  return (size + sizeof(heap_block) - 1) / sizeof(heap_block) + 1;
}

static void *give(size_t size) {
  size_t n = blocks_for(size);
  count_call();
  size_t at = size > HEAP_BYTES ? SIZE_MAX : atomic_fetch_add(&used, n);
  if (at >= sizeof heap / sizeof *heap - n)
    return NULL;
  heap[at].size = size;
  return &heap[at + 1];
}

void *malloc(size_t size) {
  return give(size);
}

void *calloc(size_t nmemb, size_t size) {
  void *ptr = size > 0 && nmemb > SIZE_MAX / size ? NULL : give(nmemb * size);
  return ptr != NULL ? memset(ptr, 0, nmemb * size) : NULL;
}

void *realloc(void *ptr, size_t size) {
  char *moved = give(size);
  if (moved == NULL || ptr == NULL)
    return moved;
  size_t old = ((heap_block *)ptr - 1)->size;
  memcpy(moved, ptr, old < size ? old : size);
  return moved;
}

/* What was given last comes back. */
void free(void *ptr) {
  if (ptr == NULL)
    return;
  heap_block *block = (heap_block *)ptr - 1;
  size_t at = (size_t)(block - heap);
  size_t end = at + blocks_for(block->size);
  (void)atomic_compare_exchange_strong(&used, &end, at);
}

#endif

/* Calls of malloc, calloc and realloc so far, in all threads, are not counted while it was told to
 * look away: from the test's own. */
static inline void respub_test_heap_look_away(bool away) {
  atomic_store(&looks_away, away);
}

static inline size_t respub_test_heap_calls(void) {
  return atomic_load(&heap_calls);
}

#endif
