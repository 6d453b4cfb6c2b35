#include "net/buffer.h"
#include "net/memory.h"
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <string.h>

#define NO_LIMIT (SIZE_MAX / 4)

typedef struct fixture {
  respub_test_alloc alloc;
  respub_allocator a;
  respub__buffer b;
} fixture;

static void set_up(fixture *f, size_t first) {
  respub_test_alloc counting = RESPUB_TEST_ALLOC_COUNTING;
  memset(&f->b, 0, sizeof f->b);
  f->alloc = counting;
  f->a = respub_test_allocator(&f->alloc);
  f->b.first = first;
}

static void tear_down(fixture *f) {
  respub__buffer_free(&f->b, &f->a);
  CU_ASSERT_EQUAL(atomic_load(&f->alloc.live), 0);
}

/* The bytes of position are position mod 251, whatever the pieces. */
static void feed(fixture *f, size_t *position, size_t n, size_t limit) {
  CU_ASSERT_EQUAL_FATAL(respub__buffer_reserve(&f->b, &f->a, n, limit), RESPUB_OK);
  for (size_t i = 0; i < n; i++)
    f->b.data[f->b.end + i] = (char)((*position)++ % 251);
  respub__buffer_commit(&f->b, n);
}

static bool drain(fixture *f, size_t *position, size_t n) {
  bool right = true;
  for (size_t i = 0; i < n; i++)
    right = right && f->b.data[f->b.begin + i] == (char)((*position)++ % 251);
  respub__buffer_consume(&f->b, n);
  return right;
}

static void bytes_leave_in_the_order_in_which_they_came(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  size_t out = 0;
  unsigned seed = 1;
  for (int i = 0; i < 20000; i++) {
    seed = seed * 1103515245 + 12345;
    feed(&f, &in, (seed >> 16) % 97 + 1, NO_LIMIT);
    seed = seed * 1103515245 + 12345;
    size_t used = respub__buffer_used(&f.b);
    CU_ASSERT_EQUAL(used, in - out);
    CU_ASSERT_TRUE(drain(&f, &out, (seed >> 16) % (used + 1)));
  }
  CU_ASSERT_TRUE(drain(&f, &out, in - out));
  CU_ASSERT_TRUE(f.b.capacity < 64 * 1024);
  tear_down(&f);
}

/* Little is left in it, so that moving that would cost nothing, but it is too small all the same.
 */
static void what_does_not_fit_in_front_either_gets_a_larger_buffer(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  size_t out = 0;
  feed(&f, &in, 64, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 60));
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, 61, NO_LIMIT), RESPUB_OK);
  CU_ASSERT_TRUE(f.b.capacity - f.b.end >= 61);
  feed(&f, &in, 61, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 65));
  tear_down(&f);
}

static void an_empty_buffer_begins_anew_at_its_front(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  size_t out = 0;
  feed(&f, &in, 64, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 64));
  CU_ASSERT_EQUAL(f.b.begin, 0);
  CU_ASSERT_EQUAL(f.b.end, 0);
  CU_ASSERT_EQUAL(atomic_load(&f.alloc.calls), 1);
  tear_down(&f);
}

/* Each byte is moved a bounded number of times: what is moved is at most what left since the last
 * move, and the doubling of the capacity pays for the rest. */
static void compaction_costs_a_constant_for_each_byte(void) {
  fixture f;
  set_up(&f, 4096);
  size_t in = 0;
  size_t out = 0;
  size_t moved = 0;
  feed(&f, &in, 40000, NO_LIMIT);
  for (int i = 0; i < 100000; i++) {
    CU_ASSERT_TRUE(drain(&f, &out, 10));
    size_t begin = f.b.begin;
    feed(&f, &in, 10, NO_LIMIT);
    if (f.b.begin < begin)
      moved += respub__buffer_used(&f.b);
  }
  CU_ASSERT_TRUE(moved <= 2 * in);
  CU_ASSERT_TRUE(f.b.capacity <= 4 * 40010);
  tear_down(&f);
}

static void the_limit_bounds_the_bytes_in_use_not_those_that_passed(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  size_t out = 0;
  feed(&f, &in, 1000, 1000);
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, 1, 1000), RESPUB_EFULL);
  for (int i = 0; i < 1000; i++) {
    CU_ASSERT_TRUE(drain(&f, &out, 7));
    feed(&f, &in, 7, 1000);
  }
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, 1, 1000), RESPUB_EFULL);
  CU_ASSERT_TRUE(f.b.capacity <= 2000);
  CU_ASSERT_TRUE(drain(&f, &out, 1000));
  tear_down(&f);
}

static void absurd_sizes_are_refused_before_arithmetic(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, SIZE_MAX, 1000), RESPUB_EFULL);
  feed(&f, &in, 10, NO_LIMIT);
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, SIZE_MAX, SIZE_MAX), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, SIZE_MAX - 5, SIZE_MAX), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub__buffer_used(&f.b), 10);
  tear_down(&f);
}

static void without_memory_the_bytes_stay(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  size_t out = 0;
  feed(&f, &in, 60, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 20));
  f.alloc.fail_at = 0;
  f.alloc.fail_for_ever = true;
  CU_ASSERT_EQUAL(respub__buffer_reserve(&f.b, &f.a, 100, NO_LIMIT), RESPUB_ENOMEM);
  CU_ASSERT_EQUAL(respub__buffer_used(&f.b), 40);
  /* What fits after moving needs no memory. */
  feed(&f, &in, 24, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 64));
  tear_down(&f);
}

static void memory_of_a_burst_goes_back(void) {
  fixture f;
  set_up(&f, 64);
  size_t in = 0;
  size_t out = 0;
  feed(&f, &in, 5u * 1024 * 1024, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 5u * 1024 * 1024));
  respub__buffer_trim(&f.b, &f.a);
  CU_ASSERT_EQUAL(f.b.capacity, 0);
  feed(&f, &in, 100000, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 100000));
  respub__buffer_trim(&f.b, &f.a);
  CU_ASSERT_TRUE(f.b.capacity >= 100000);
  feed(&f, &in, 10, NO_LIMIT);
  CU_ASSERT_TRUE(drain(&f, &out, 10));
  respub__buffer_trim(&f.b, &f.a);
  CU_ASSERT_EQUAL(f.b.capacity, 0);
  feed(&f, &in, 10, NO_LIMIT);
  CU_ASSERT_EQUAL(f.b.capacity, 64);
  CU_ASSERT_TRUE(drain(&f, &out, 10));
  respub__buffer_trim(&f.b, &f.a);
  CU_ASSERT_EQUAL(f.b.capacity, 64);
  tear_down(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(bytes_leave_in_the_order_in_which_they_came),
      RESPUB_TEST(what_does_not_fit_in_front_either_gets_a_larger_buffer),
      RESPUB_TEST(an_empty_buffer_begins_anew_at_its_front),
      RESPUB_TEST(compaction_costs_a_constant_for_each_byte),
      RESPUB_TEST(the_limit_bounds_the_bytes_in_use_not_those_that_passed),
      RESPUB_TEST(absurd_sizes_are_refused_before_arithmetic),
      RESPUB_TEST(without_memory_the_bytes_stay),
      RESPUB_TEST(memory_of_a_burst_goes_back),
  };
  return respub_test_main("net buffer", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
