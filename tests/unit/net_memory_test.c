/* Memory in a buffer of the caller's, and memory that is taken all at once. */
#include "net/memory.h"
#include "net/pool.h"
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum {
  BUFFER_BYTES = 65536,
  BLOCKS = 300,
  STEPS = 300000
};

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

typedef struct block {
  unsigned char *bytes;
  size_t size;
} block;

static bool is_whole(const block *b, unsigned char mark) {
  for (size_t i = 0; i < b->size; i++) {
    if (b->bytes[i] != mark)
      return false;
  }
  return true;
}

static bool is_inside(const block *b, const char *from, const char *to) {
  const char *at = (const char *)b->bytes;
  return at >= from && at + b->size <= to && (uintptr_t)at % _Alignof(max_align_t) == 0;
}

/* ------------------------------------------------------------------------------------------------
 * A buffer */

/* Another size for a block, or its end. */
static void change(const respub_allocator *a, block *b, unsigned char mark, uint32_t *seed) {
  uint32_t dice = next_random(seed);
  size_t size = dice % 3 == 0 ? 0 : 1 + dice % (dice % 7 == 0 ? 3000 : 150);
  if (size == 0) {
    respub__free(a, b->bytes);
    *b = (block){NULL, 0};
    return;
  }
  unsigned char *bytes = respub__resize(a, b->bytes, size);
  if (bytes == NULL)
    return;
  *b = (block){bytes, b->size < size ? b->size : size};
  CU_ASSERT_TRUE(is_whole(b, mark));
  b->size = size;
  memset(bytes, mark, size);
}

static void a_buffer_serves_for_ever_and_is_whole_again(void) {
  respub_guard guard = respub_guard_open(BUFFER_BYTES);
  size_t room = (size_t)(guard.end - guard.start);
  respub_allocator a = respub_buffer_allocator(guard.start, room);
  static block blocks[BLOCKS];
  uint32_t seed = 7;
  for (int step = 0; step < STEPS; step++) {
    size_t i = next_random(&seed) % BLOCKS;
    unsigned char mark = (unsigned char)(i % 251);
    if (!is_whole(&blocks[i], mark) ||
        (blocks[i].bytes != NULL && !is_inside(&blocks[i], guard.start, guard.end))) {
      RESPUB_CHECK(false, "block %zu at step %d", i, step);
      break;
    }
    change(&a, &blocks[i], mark, &seed);
  }
  for (size_t i = 0; i < BLOCKS; i++)
    respub__free(&a, blocks[i].bytes);
  void *whole = respub__alloc(&a, room - respub__buffer_overhead());
  CU_ASSERT_PTR_NOT_NULL(whole);
  CU_ASSERT_PTR_NULL(respub__alloc(&a, 1));
  respub__free(&a, whole);
  CU_ASSERT_PTR_NULL(respub__alloc(&a, room - respub__buffer_overhead() + 1));
  CU_ASSERT_PTR_NULL(respub__alloc(&a, SIZE_MAX));
  CU_ASSERT_PTR_NULL(respub__alloc(&a, PTRDIFF_MAX));
  respub_guard_close(&guard);
}

static void a_buffer_may_lie_anywhere_and_be_too_small(void) {
  char buffer[512];
  for (size_t at = 0; at < 20; at++) {
    for (size_t size = 0; size < 400; size += 3) {
      respub_allocator a = respub_buffer_allocator(buffer + at, size);
      block b = {respub__alloc(&a, 16), 16};
      RESPUB_CHECK(b.bytes == NULL || is_inside(&b, buffer + at, buffer + at + size),
                   "%zu bytes at %zu", size, at);
      RESPUB_CHECK(b.bytes != NULL || size < respub__buffer_overhead() + 16 + 15,
                   "%zu bytes at %zu have no room", size, at);
      respub__free(&a, b.bytes);
    }
  }
}

/* ------------------------------------------------------------------------------------------------
 * A pool */

static const size_t sizes[] = {24, 100, 1000};
static const size_t counts[] = {40, 20, 3};

static void plan_some(respub__plan *plan, const void *options) {
  (void)options;
  for (size_t i = 0; i < 3; i++)
    respub__plan_add(plan, sizes[i], counts[i]);
}

static void plan_too_much(respub__plan *plan, const void *options) {
  (void)options;
  respub__plan_add(plan, SIZE_MAX / 2, 3);
  respub__plan_table(plan, 16, SIZE_MAX / 8);
  respub__plan_add(plan, 1, 1);
}

/* Whatever was taken and given back before: what is planned is there, and nothing more. */
static void a_pool_has_what_is_planned_for_ever(void) {
  respub_test_alloc source = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator a = respub_test_allocator(&source);
  respub_error error;
  CU_ASSERT_EQUAL_FATAL(respub__pool_open(&a, plan_some, NULL, "a test", &error), RESPUB_OK);
  CU_ASSERT_TRUE(respub__is_pool(&a));
  CU_ASSERT_EQUAL(source.calls, 1);
  CU_ASSERT_EQUAL(source.live_bytes, respub__pool_bytes(plan_some, NULL));
  static block held[3][40];
  size_t n[3] = {0, 0, 0};
  uint32_t seed = 11;
  for (int step = 0; step < STEPS; step++) {
    size_t kind = next_random(&seed) % 3;
    if (next_random(&seed) % 2 == 0) {
      block b = {respub__alloc(&a, sizes[kind]), sizes[kind]};
      if ((b.bytes != NULL) != (n[kind] < counts[kind])) {
        RESPUB_CHECK(false, "%zu pieces of %zu bytes at step %d", n[kind], sizes[kind], step);
        break;
      }
      if (b.bytes == NULL)
        continue;
      memset(b.bytes, (int)kind + 1, b.size);
      held[kind][n[kind]++] = b;
    } else if (n[kind] > 0) {
      block *b = &held[kind][next_random(&seed) % n[kind]];
      CU_ASSERT_TRUE(is_whole(b, (unsigned char)(kind + 1)));
      respub__free(&a, b->bytes);
      *b = held[kind][--n[kind]];
    }
  }
  CU_ASSERT_PTR_NULL(respub__alloc(&a, 500));
  CU_ASSERT_EQUAL(source.calls, 1);
  respub__pool_close(&a);
  CU_ASSERT_EQUAL(source.live, 0);
}

static void a_piece_changes_its_size_where_it_is(void) {
  respub_allocator a = respub__allocator(NULL);
  CU_ASSERT_EQUAL_FATAL(respub__pool_open(&a, plan_some, NULL, "a test", NULL), RESPUB_OK);
  char *piece = respub__alloc(&a, 100);
  CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
  CU_ASSERT_PTR_EQUAL(respub__resize(&a, piece, 10), piece);
  CU_ASSERT_PTR_EQUAL(respub__resize(&a, piece, 100), piece);
  CU_ASSERT_PTR_NULL(respub__resize(&a, piece, 1000));
  respub__free(&a, piece);
  respub__pool_close(&a);
}

static void a_pool_without_its_block_says_how_large_that_is(void) {
  char text[64];
  respub_error error;
  for (size_t n = 0; n < 2; n++) {
    respub_test_alloc source = RESPUB_TEST_ALLOC_FAILING(0);
    respub_allocator a = respub_test_allocator(&source);
    respub__planner *planner = n == 0 ? plan_some : plan_too_much;
    CU_ASSERT_EQUAL(respub__pool_open(&a, planner, NULL, "a test", &error), RESPUB_ENOMEM);
    snprintf(text, sizeof text, "no block of %zu bytes", respub__pool_bytes(planner, NULL));
    RESPUB_CHECK(strstr(error.text, text) != NULL, "%s", error.text);
    CU_ASSERT_EQUAL(source.calls, n == 0);
  }
  CU_ASSERT_EQUAL(respub__pool_bytes(plan_too_much, NULL), SIZE_MAX);
  CU_ASSERT_EQUAL(respub__pool_buffer_bytes(plan_too_much, NULL), SIZE_MAX);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_buffer_serves_for_ever_and_is_whole_again),
      RESPUB_TEST(a_buffer_may_lie_anywhere_and_be_too_small),
      RESPUB_TEST(a_pool_has_what_is_planned_for_ever),
      RESPUB_TEST(a_piece_changes_its_size_where_it_is),
      RESPUB_TEST(a_pool_without_its_block_says_how_large_that_is),
  };
  return respub_test_main("net_memory", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
