/* What respub__format writes is what snprintf writes. */
#include "net/format.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* In every capacity up to one more than it takes; the byte behind must stay as it was. */
#define CHECK_AS_SNPRINTF(...)                                                                     \
  do {                                                                                             \
    char want[200], got[200];                                                                      \
    size_t size = (size_t)snprintf(NULL, 0, __VA_ARGS__) + 2;                                      \
    CU_ASSERT_FATAL(size < sizeof got);                                                            \
    for (size_t cap = 0; cap <= size; cap++) {                                                     \
      memset(want, '#', sizeof want);                                                              \
      memset(got, '#', sizeof got);                                                                \
      int length = snprintf(want, cap, __VA_ARGS__);                                               \
      CU_ASSERT_EQUAL(respub__format(got, cap, __VA_ARGS__), (size_t)length);                      \
      CU_ASSERT_EQUAL(memcmp(want, got, sizeof want), 0);                                          \
    }                                                                                              \
  } while (0)

static void text_stands_for_itself(void) {
  char nothing[1] = "";
  CHECK_AS_SNPRINTF("%s", nothing);
  CHECK_AS_SNPRINTF("a sentence, 100%% true");
  CHECK_AS_SNPRINTF("%c%c", 'x', '\xff');
}

static void strings_are_cut_at_their_precision_or_their_end(void) {
  const char unended[3] = {'a', 'b', 'c'};
  CHECK_AS_SNPRINTF("[%s]", "text");
  CHECK_AS_SNPRINTF("[%.*s] [%.*s]", 3, unended, 0, unended);
  CHECK_AS_SNPRINTF("[%.*s] [%.*s]", 9, "short", -1, "all of it");
  CHECK_AS_SNPRINTF("[%.2s] [%.200s]", "text", "text");
}

static void an_empty_slice_needs_no_pointer(void) {
  char got[8];
  const char *volatile none = NULL; /* compilers warn of one that they see */
  CU_ASSERT_EQUAL(respub__format(got, sizeof got, "[%.*s]", 0, none), 2);
  CU_ASSERT_STRING_EQUAL(got, "[]");
}

static void integers_have_all_their_digits(void) {
  CHECK_AS_SNPRINTF("%d %d %d %d", 0, 7, INT_MIN, INT_MAX);
  CHECK_AS_SNPRINTF("%u %u", 0U, UINT_MAX);
  CHECK_AS_SNPRINTF("%ld %ld %lu", LONG_MIN, LONG_MAX, ULONG_MAX);
  CHECK_AS_SNPRINTF("%lld %lld %llu", LLONG_MIN, LLONG_MAX, ULLONG_MAX);
  CHECK_AS_SNPRINTF("%zu %zu", (size_t)0, SIZE_MAX);
  CHECK_AS_SNPRINTF("%" PRIu64 " %" PRId64, UINT64_MAX, INT64_MIN);
}

static void parts_follow_each_other(void) {
  CHECK_AS_SNPRINTF("%s:%u/%ld is %zu bytes, %.*s%c", "host", 6379U, -1L, (size_t)12, 2, "abc",
                    '.');
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(text_stands_for_itself),
      RESPUB_TEST(strings_are_cut_at_their_precision_or_their_end),
      RESPUB_TEST(an_empty_slice_needs_no_pointer),
      RESPUB_TEST(integers_have_all_their_digits),
      RESPUB_TEST(parts_follow_each_other),
  };
  return respub_test_main("net format", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
