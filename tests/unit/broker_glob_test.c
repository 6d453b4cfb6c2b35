/* Redis's pattern rules. That these are its rules is shown by integration/broker_glob_test.c. */
#include "broker/glob.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct match {
  respub_slice pattern;
  respub_slice text;
  bool matches;
} match;

#define YES(pattern, text)                                                                         \
  { RESPUB_LIT(pattern), RESPUB_LIT(text), true }
#define NO(pattern, text)                                                                          \
  { RESPUB_LIT(pattern), RESPUB_LIT(text), false }

/* Both between unreadable pages, because a pattern is not followed by a NUL. */
static bool matches_guarded(respub_slice pattern, respub_slice text) {
  respub_guard a = respub_guard_open(pattern.len + 1);
  respub_guard b = respub_guard_open(text.len + 1);
  respub_slice p = {respub_guard_put_last(&a, pattern.ptr, pattern.len), pattern.len};
  respub_slice t = {respub_guard_put_last(&b, text.ptr, text.len), text.len};
  bool result = respub__broker_glob_match(p, t);
  respub_guard_close(&a);
  respub_guard_close(&b);
  return result;
}

static void check(const match *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    bool got = matches_guarded(cases[i].pattern, cases[i].text);
    if (got != cases[i].matches)
      fprintf(stderr, "\"%.*s\" and \"%.*s\": %s\n", (int)cases[i].pattern.len,
              cases[i].pattern.ptr, (int)cases[i].text.len, cases[i].text.ptr,
              got ? "match" : "no match");
    CU_ASSERT_EQUAL(got, cases[i].matches);
  }
}

#define CHECK(...)                                                                                 \
  do {                                                                                             \
    const match cases[] = {__VA_ARGS__};                                                           \
    check(cases, sizeof cases / sizeof cases[0]);                                                  \
  } while (0)

static void plain_bytes_match_themselves_with_case(void) {
  CHECK(YES("news", "news"), NO("news", "News"), NO("news", "new"), NO("new", "news"),
        YES("a\0b", "a\0b"), NO("a\0b", "a\0c"), YES("\xff", "\xff"), NO("", "a"), YES("", ""));
}

static void a_star_takes_any_bytes(void) {
  CHECK(YES("*", "x"), YES("news.*", "news.tech"), YES("news.*", "news."), NO("news.*", "news"),
        YES("*.tech", "news.tech"), YES("n*s", "ns"), YES("n*s", "news"), NO("n*s", "newt"),
        YES("*a*b*c*", "xxaxxbxxcxx"), NO("*a*b*c*", "xxaxxcxxbxx"), YES("***", "x"),
        YES("a**", "a"), YES("**a**", "bab"), YES("*ab", "aab"), YES("*aab", "aaaab"),
        NO("*ab*ab", "abxba"), YES("*\0*", "a\0b"));
}

static void an_empty_text_matches_an_empty_pattern_only(void) {
  CHECK(NO("*", ""), NO("**", ""), NO("?", ""), NO("[^a]", ""), YES("", ""));
}

static void a_question_mark_takes_one_byte(void) {
  CHECK(YES("h?llo", "hello"), YES("h?llo", "hallo"), NO("h?llo", "hllo"), NO("h?llo", "heello"),
        NO("?", "ab"), YES("??", "ab"), YES("*?", "a"), YES("?*", "a"), NO("?*?", "a"));
}

static void a_class_takes_one_of_its_bytes(void) {
  CHECK(YES("h[ae]llo", "hello"), YES("h[ae]llo", "hallo"), NO("h[ae]llo", "hillo"),
        NO("[abc]", "d"), NO("[]", "a"), NO("[]a]", "a"), NO("[]a]", "]a]"), YES("[a*]", "*"),
        YES("[?]", "?"), NO("[?]", "a"), YES("[[]", "["), YES("x[ab]*", "xbyy"));
}

static void a_class_may_be_negated(void) {
  CHECK(YES("h[^e]llo", "hallo"), NO("h[^e]llo", "hello"), YES("[^]", "a"), YES("[a^]", "^"),
        NO("[^^]", "^"), YES("[^a-c]", "d"), NO("[^a-c]", "b"), NO("[^a]", "ab"));
}

static void ranges_hold_in_either_order(void) {
  CHECK(YES("h[a-b]llo", "hallo"), YES("h[a-b]llo", "hbllo"), NO("h[a-b]llo", "hcllo"),
        YES("[z-a]", "m"), YES("[a-a]", "a"), YES("[a-c-e]", "-"), YES("[a-c-e]", "e"),
        NO("[a-c-e]", "d"), YES("[-a]", "-"), YES("[a-]", "a"), YES("[a-]", "]"), NO("[a-]", "-"),
        YES("[a-]]", "_"), NO("[a-]]", "b"), YES("[^-]]", "a]"));
}

/* Bytes above 127 are below all others. */
static void ranges_compare_signed_bytes(void) {
  CHECK(YES("[\x80-\xff]", "\x90"), YES("[a-\xff]", "A"), NO("[a-\xff]", "b"),
        YES("[\x80-\x7f]", "q"));
}

static void a_backslash_takes_the_next_byte_as_it_is(void) {
  CHECK(YES("\\*", "*"), NO("\\*", "a"), YES("\\?", "?"), NO("\\?", "a"), YES("\\\\", "\\"),
        YES("\\a", "a"), YES("a\\", "a\\"), NO("a\\", "a"), YES("[\\]]", "]"), YES("[\\-z]", "-"),
        NO("[\\a-c]", "b"), YES("[\\^a]", "^"), YES("\\[a]", "[a]"));
  /* As the end of a range it is itself; before the last ] it leaves the class without an end. */
  CHECK(YES("[a-\\]", "^"), NO("[a-\\]", "b"), YES("[\\]", "]"), NO("[\\]", "\\"));
}

static void an_unterminated_class_ends_with_the_pattern(void) {
  CHECK(NO("[", "["), NO("[", "a"), YES("[^", "a"), YES("[a", "a"), NO("[a", "b"), NO("[a", "aa"),
        YES("[ab", "b"), YES("[^a", "b"), NO("[^a", "a"), YES("[a-", "-"), YES("[a-", "a"),
        YES("[a-c", "b"), YES("[\\", "\\"), YES("x*[^", "xyz"));
}

/* Exponential in a matcher that tries every star again. */
static void many_stars_cost_little(void) {
  char pattern[2001];
  char text[3000];
  for (size_t i = 0; i < 2000; i++)
    pattern[i] = i % 2 == 0 ? '*' : 'a';
  memset(text, 'a', sizeof text);
  CU_ASSERT_TRUE(
      respub__broker_glob_match(respub_slice_of(pattern, 2000), respub_slice_of(text, 3000)));
  pattern[2000] = 'b';
  int64_t before = respub_test_now_ms();
  CU_ASSERT_FALSE(
      respub__broker_glob_match(respub_slice_of(pattern, 2001), respub_slice_of(text, 3000)));
  CU_ASSERT_TRUE(respub_test_now_ms() - before < respub_test_scaled(2000));
}

/* A million bytes each would take a million millions of steps. */
static void work_is_bounded_whatever_the_pattern(void) {
  const size_t size = 1000 * 1000;
  char *pattern = malloc(size);
  char *text = malloc(size);
  CU_ASSERT_FATAL(pattern != NULL && text != NULL);
  memset(pattern, 'a', size);
  memset(text, 'a', size);
  pattern[0] = '*';
  pattern[size / 2] = 'b';
  int64_t before = respub_test_now_ms();
  CU_ASSERT_FALSE(
      respub__broker_glob_match(respub_slice_of(pattern, size), respub_slice_of(text, size)));
  memcpy(pattern, "*[", 2); /* a class of a million bytes for every byte of the text */
  memset(pattern + 2, 'c', size - 2);
  CU_ASSERT_FALSE(
      respub__broker_glob_match(respub_slice_of(pattern, size), respub_slice_of(text, size)));
  CU_ASSERT_TRUE(respub_test_now_ms() - before < respub_test_scaled(2000));
  free(pattern);
  free(text);
}

/* The bound is out of reach of names of ordinary size. */
static void a_thousand_bytes_are_always_decided(void) {
  char pattern[1000];
  char text[1000];
  memset(pattern, 'a', sizeof pattern);
  memset(text, 'a', sizeof text);
  memcpy(pattern, "*", 1);
  memset(pattern + 501, 'b', 1);
  memset(text + 999, 'b', 1);
  CU_ASSERT_TRUE(
      respub__broker_glob_match(respub_slice_of(pattern, 502), respub_slice_of(text, 1000)));
  memcpy(pattern, "*[^", 3);
  memset(pattern + 3, 'x', 995);
  memcpy(pattern + 998, "]b", 2);
  CU_ASSERT_TRUE(
      respub__broker_glob_match(respub_slice_of(pattern, 1000), respub_slice_of(text, 1000)));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(plain_bytes_match_themselves_with_case),
      RESPUB_TEST(a_star_takes_any_bytes),
      RESPUB_TEST(an_empty_text_matches_an_empty_pattern_only),
      RESPUB_TEST(a_question_mark_takes_one_byte),
      RESPUB_TEST(a_class_takes_one_of_its_bytes),
      RESPUB_TEST(a_class_may_be_negated),
      RESPUB_TEST(ranges_hold_in_either_order),
      RESPUB_TEST(ranges_compare_signed_bytes),
      RESPUB_TEST(a_backslash_takes_the_next_byte_as_it_is),
      RESPUB_TEST(an_unterminated_class_ends_with_the_pattern),
      RESPUB_TEST(many_stars_cost_little),
      RESPUB_TEST(work_is_bounded_whatever_the_pattern),
      RESPUB_TEST(a_thousand_bytes_are_always_decided),
  };
  return respub_test_main("broker glob", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
