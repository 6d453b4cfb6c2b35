/* Memory that is given back all at once. */
#include "schema/arena.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <stdint.h>
#include <string.h>

/* max_align_t may be for vectors, which nothing here has. */
enum {
  WIDEST = _Alignof(long double),
  PIECES = 600
};

/* Sizes around every alignment and around the size of a block. */
static size_t size_of(size_t i) {
  return i % 50 == 49 ? 4000 + i : 1 + i % 40;
}

static void pieces_are_zeroed_aligned_and_apart(void) {
  respub__arena arena = {0};
  unsigned char *pieces[PIECES];
  for (size_t i = 0; i < PIECES; i++) {
    pieces[i] = respub__arena_take(&arena, size_of(i), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pieces[i]);
    RESPUB_CHECK((uintptr_t)pieces[i] % WIDEST == 0, "%zu", i);
    for (size_t k = 0; k < size_of(i); k++) {
      if (pieces[i][k] != 0)
        CU_FAIL("not zeroed");
    }
    memset(pieces[i], (int)(i % 255) + 1, size_of(i));
  }
  for (size_t i = 0; i < PIECES; i++) {
    size_t same = 0;
    while (same < size_of(i) && pieces[i][same] == i % 255 + 1)
      same++;
    RESPUB_CHECK(same == size_of(i), "piece %zu at %zu", i, same);
  }
  respub__arena_free(&arena);
  CU_ASSERT_PTR_NULL(arena.blocks);
  respub__arena_free(&arena);
}

static void what_no_memory_can_hold_is_refused(void) {
  respub__arena arena = {0};
  CU_ASSERT_PTR_NULL(respub__arena_take(&arena, SIZE_MAX, 1));
  CU_ASSERT_PTR_NULL(respub__arena_take(&arena, SIZE_MAX / 8 + 2, 8));
  CU_ASSERT_PTR_NULL(respub__arena_take(&arena, (size_t)PTRDIFF_MAX, 2));
  CU_ASSERT_PTR_NULL(respub__take_array(SIZE_MAX / 8 + 2, 8));
  CU_ASSERT_PTR_NULL(respub__take_array(SIZE_MAX, 1));
  void *one = respub__take_array(3, 5);
  CU_ASSERT_PTR_NOT_NULL(one);
  respub__give_back(one);
  respub__give_back(NULL);
  respub__arena_free(&arena);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(pieces_are_zeroed_aligned_and_apart),
      RESPUB_TEST(what_no_memory_can_hold_is_refused),
  };
  return respub_test_main("schema_arena", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
