#include "resp/resp.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

static void a_string_gives_its_bytes_and_null_none(void) {
  respub_guard guard = respub_guard_open(16);
  const char *string = respub_guard_put_last(&guard, "abc", 4);
  CU_ASSERT_EQUAL(respub_slice_of_string(string).len, 3);
  CU_ASSERT_PTR_EQUAL(respub_slice_of_string(string).ptr, string);
  CU_ASSERT_EQUAL(respub_slice_of_string("").len, 0);
  CU_ASSERT_EQUAL(respub_slice_of_string(NULL).len, 0);
  CU_ASSERT_EQUAL(RESPUB_LIT("a\0b").len, 3);
  respub_guard_close(&guard);
}

static void equality_is_of_all_bytes(void) {
  CU_ASSERT(respub_slice_equal(RESPUB_LIT("a\0b"), RESPUB_LIT("a\0b")));
  CU_ASSERT_FALSE(respub_slice_equal(RESPUB_LIT("a\0b"), RESPUB_LIT("a\0c")));
  CU_ASSERT_FALSE(respub_slice_equal(RESPUB_LIT("abc"), RESPUB_LIT("ab")));
  CU_ASSERT_FALSE(respub_slice_equal(RESPUB_LIT("abc"), RESPUB_LIT("ABC")));
  CU_ASSERT(respub_slice_equal(RESPUB_LIT(""), respub_slice_of(NULL, 0)));
  CU_ASSERT(respub_slice_equal(respub_slice_of(NULL, 0), respub_slice_of(NULL, 0)));
}

static void case_is_ignored_for_ascii_letters_alone(void) {
  CU_ASSERT(respub_slice_equal_nocase(RESPUB_LIT("MeSSage-AZaz"), RESPUB_LIT("mEssAGE-azAZ")));
  CU_ASSERT_FALSE(respub_slice_equal_nocase(RESPUB_LIT("ab"), RESPUB_LIT("abc")));
  CU_ASSERT_FALSE(respub_slice_equal_nocase(RESPUB_LIT("ab"), RESPUB_LIT("ac")));
  CU_ASSERT_FALSE(respub_slice_equal_nocase(RESPUB_LIT("@"), RESPUB_LIT("`")));
  CU_ASSERT_FALSE(respub_slice_equal_nocase(RESPUB_LIT("["), RESPUB_LIT("{")));
  CU_ASSERT_FALSE(respub_slice_equal_nocase(RESPUB_LIT("\xc4"), RESPUB_LIT("\xe4")));
  CU_ASSERT(respub_slice_equal_nocase(respub_slice_of(NULL, 0), RESPUB_LIT("")));
}

static void a_prefix_may_be_empty_or_all(void) {
  CU_ASSERT(respub_slice_starts_with(RESPUB_LIT("abc"), RESPUB_LIT("ab")));
  CU_ASSERT(respub_slice_starts_with(RESPUB_LIT("abc"), RESPUB_LIT("abc")));
  CU_ASSERT(respub_slice_starts_with(RESPUB_LIT("abc"), respub_slice_of(NULL, 0)));
  CU_ASSERT(respub_slice_starts_with(respub_slice_of(NULL, 0), RESPUB_LIT("")));
  CU_ASSERT_FALSE(respub_slice_starts_with(RESPUB_LIT("abc"), RESPUB_LIT("abcd")));
  CU_ASSERT_FALSE(respub_slice_starts_with(RESPUB_LIT("abc"), RESPUB_LIT("b")));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_string_gives_its_bytes_and_null_none),
      RESPUB_TEST(equality_is_of_all_bytes),
      RESPUB_TEST(case_is_ignored_for_ascii_letters_alone),
      RESPUB_TEST(a_prefix_may_be_empty_or_all),
  };
  return respub_test_main("slice", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
