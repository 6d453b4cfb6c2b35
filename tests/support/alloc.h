/* alloc.h - an allocator that counts, finds leaks, and fails when it is told to.
 *
 *     for (size_t n = 0; !done; n++) {
 *       respub_test_alloc a = RESPUB_TEST_ALLOC_FAILING(n);
 *       options.allocator = respub_test_allocator(&a);
 *       done = use(&options) == RESPUB_OK;
 *       CU_ASSERT_TRUE(done || a.failed > 0);
 *       CU_ASSERT_EQUAL(a.live, 0);
 *     }
 *
 * Every resize moves, and what was freed is overwritten, so that a pointer kept too long is
 * noticed. Safe to share between threads. */
#ifndef RESPUB_TESTS_SUPPORT_ALLOC_H
#define RESPUB_TESTS_SUPPORT_ALLOC_H

#include "net/net.h"

#include <stdatomic.h>

typedef struct respub_test_alloc {
  size_t fail_at;      /* the 0-based call that gets nothing; SIZE_MAX: none */
  bool fail_for_ever;  /* and every call after it */
  atomic_size_t calls; /* requests for memory so far */
  atomic_size_t failed;
  atomic_size_t live; /* blocks that are not freed */
  atomic_size_t live_bytes;
  atomic_size_t peak_bytes;
} respub_test_alloc;

#define RESPUB_TEST_ALLOC_FAILING(n)                                                               \
  { (n), false, 0, 0, 0, 0, 0 }
#define RESPUB_TEST_ALLOC_COUNTING RESPUB_TEST_ALLOC_FAILING(SIZE_MAX)

respub_allocator respub_test_allocator(respub_test_alloc *alloc);

#endif
