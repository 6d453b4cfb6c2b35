/* Regular expressions: what they match, in what time, and which are not taken. */
#include "schema/pattern.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

typedef struct match {
  const char *pattern; /* NULL: that of the row before */
  const char *text;
  bool matches;
} match;

static void check_matches(const match *rows, size_t n) {
  respub__arena arena = {0};
  const respub__pattern *pattern = NULL;
  for (size_t i = 0; i < n; i++) {
    const char *reason = "";
    if (rows[i].pattern != NULL)
      pattern = respub__pattern_compile(&arena, rows[i].pattern, &reason);
    if (RESPUB_CHECK(pattern != NULL, "%s: %s", rows[i].pattern, reason))
      RESPUB_CHECK(respub__pattern_matches(pattern, rows[i].text) == rows[i].matches, "row %zu: %s",
                   i, rows[i].text);
  }
  respub__arena_free(&arena);
}

#define MATCHES(...)                                                                               \
  do {                                                                                             \
    static const match rows[] = {__VA_ARGS__};                                                     \
    check_matches(rows, sizeof rows / sizeof rows[0]);                                             \
  } while (0)

static void characters_stand_for_themselves_anywhere(void) {
  MATCHES({"b", "abc", true}, {NULL, "ac", false}, {NULL, "", false}, {"", "", true},
          {NULL, "x", true}, {"ab", "aab", true}, {NULL, "ba", false},
          {"\xc3\xa9", "caf\xc3\xa9", true}, {NULL, "cafe", false}, {"a,-:=\"'", "a,-:=\"'", true});
}

static void anchors_are_the_ends_of_the_text(void) {
  MATCHES({"^a", "ab", true}, {NULL, "ba", false}, {"a$", "ba", true}, {NULL, "ab", false},
          {NULL, "a\n", false}, {"^$", "", true}, {NULL, "x", false}, {NULL, "\n", false},
          {"^a|b$", "ax", true}, {NULL, "xb", true}, {NULL, "xa", false}, {"a^b", "ab", false},
          {"(^|,)x(,|$)", "a,x", true}, {NULL, "ax", false});
}

static void repetition_counts(void) {
  MATCHES({"^a*$", "", true}, {NULL, "aaa", true}, {NULL, "ab", false}, {"^a+$", "", false},
          {NULL, "aa", true}, {"^a?b$", "b", true}, {NULL, "aab", false}, {"^a{3}$", "aaa", true},
          {NULL, "aa", false}, {NULL, "aaaa", false}, {"^a{2,}$", "a", false},
          {NULL, "aaaaa", true}, {"^a{1,3}$", "aaa", true}, {NULL, "", false},
          {NULL, "aaaa", false}, {"^a{0}b$", "b", true}, {NULL, "ab", false},
          {"^(ab){2,3}$", "ababab", true}, {NULL, "ab", false}, {NULL, "ababa", false},
          {"^a*?b+?c??$", "aabb", true}, {"^(a{0,2}){2}$", "aaaa", true}, {NULL, "aaaaa", false},
          {"^(a|b)*c{2}$", "abbacc", true});
}

static void alternatives_and_groups(void) {
  MATCHES({"^(a|bc|)$", "a", true}, {NULL, "bc", true}, {NULL, "", true}, {NULL, "b", false},
          {"^(?:x|y)z$", "yz", true}, {NULL, "z", false},
          {"^(?<year>\\d{4})-(?<n>\\d)$", "2025-4", true}, {NULL, "205-4", false},
          {"a|b|c|d", "xxd", true}, {NULL, "xyz", false}, {"^((a|(b))+)$", "abba", true},
          {NULL, "abca", false}, {"(|a)+b", "aab", true}, {"^(a*)*$", "aaa", true},
          {NULL, "b", false}, {"^(a*)+b$", "b", true});
}

static void classes_hold_characters_and_ranges(void) {
  MATCHES({"^[abc]$", "b", true}, {NULL, "d", false}, {"^[^abc]$", "d", true}, {NULL, "a", false},
          {NULL, "", false}, {"^[a-cx-z]+$", "abxz", true}, {NULL, "d", false},
          {"^[-a]+$", "-a", true}, {"^[a-]+$", "-a", true}, {NULL, "b", false},
          {"^[\\]\\\\^]+$", "]\\^", true}, {"^[.*+?(){}|$]+$", ".*+?(){}|$", true},
          {NULL, "a", false}, {"[]", "a", false}, {"^[^]$", "\n", true},
          {"^[\\d\\s]+$", "1 2", true}, {NULL, "a", false}, {"^[^a]$", "^", true},
          {"^[a][b-c][d]$", "abd", true}, {NULL, "acd", true}, {NULL, "add", false},
          {NULL, "aad", false}, {"^[a][^b][c]$", "acc", true}, {NULL, "abc", false},
          {"^[^\\d]$", "x", true}, {NULL, "1", false}, {"^[\\D1]+$", "1x", true},
          {NULL, "2", false}, {"^[\\b]$", "\b", true}, {"^[\xce\xb1-\xcf\x89]$", "\xce\xbb", true},
          {NULL, "l", false}, {"^[\xf0\x9f\x98\x80-\xf0\x9f\x99\x8f]$", "\xf0\x9f\x98\x8e", true},
          {NULL, "\xf0\x9f\x9a\x80", false},
          {"^[\\u{1F600}-\\u{1F64F}]$", "\xf0\x9f\x98\x8e", true}, {"^[\\w-]+$", "a-b", true});
}

static void escapes_are_those_of_ecma(void) {
  MATCHES({"^\\d+$", "0123456789", true}, {NULL, "\xd9\xa1", false}, {"^\\D$", "x", true},
          {NULL, "1", false}, {"^\\w+$", "azAZ_09", true}, {NULL, "\xc3\xa9", false},
          {NULL, "-", false}, {"^\\W$", "\xc3\xa9", true}, {NULL, "_", false},
          {"^\\s+$", " \t\n\v\f\r\xc2\xa0\xe2\x80\xa8\xe3\x80\x80\xef\xbb\xbf", true},
          {NULL, "\xe2\x80\x8b", false}, {"^\\S$", "x", true}, {NULL, "\xc2\xa0", false},
          {"^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", true},
          {"^\\x41\\u0042\\u{43}\\u{1f600}$", "ABC\xf0\x9f\x98\x80", true},
          {"^\\ud83d\\ude00$", "\xf0\x9f\x98\x80", true}, {"\\ud83d\\n|x", "x", true},
          {"\\ud83d\\u{1f600}|\\ud83dy|\\ude00|x", "x", true}, {"^\\cA\\cz$", "\x01\x1a", true},
          {"^\\.\\*\\/\\-\\$\\@$", ".*/-$@", true}, {NULL, "x*/-$@", false}, {"\\0", "a", false});
}

static void a_dot_is_any_character_of_a_line(void) {
  MATCHES({"^.$", "a", true}, {NULL, "\xc3\xa9", true}, {NULL, "\xf0\x9f\x98\x80", true},
          {NULL, "ab", false}, {NULL, "\n", false}, {NULL, "\r", false},
          {NULL, "\xe2\x80\xa8", false}, {NULL, "\xe2\x80\xa9", false}, {NULL, "\x0b", true});
}

static void edges_lie_between_word_and_other_characters(void) {
  MATCHES({"\\bcat\\b", "the cat sat", true}, {NULL, "cat", true}, {NULL, "concat", false},
          {NULL, "cats", false}, {"\\Bcat", "concat", true}, {NULL, "cat", false},
          {"^\\b", "", false}, {"^\\B$", "", true}, {"a\\b\xc3\xa9", "a\xc3\xa9", true},
          {"a\\b1", "a1", false}, {"\\b0Z_z9\\b", "-0Z_z9-", true});
}

/* Engines that go back take 2^30 steps for this. */
static void no_text_makes_matching_slow(void) {
  enum {
    LENGTH = 100000
  };
  char *text = malloc(LENGTH + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  memset(text, 'a', LENGTH);
  text[LENGTH] = '\0';
  respub__arena arena = {0};
  const char *reason;
  static const char *const patterns[] = {"^(a+)+$", "^(a|a)*$", "^(a*)*b?$", "(a?){30}a{30}$"};
  for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
    const respub__pattern *pattern = respub__pattern_compile(&arena, patterns[i], &reason);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
    CU_ASSERT_TRUE(respub__pattern_matches(pattern, text));
    text[LENGTH - 1] = '!';
    CU_ASSERT_FALSE(respub__pattern_matches(pattern, text));
    text[LENGTH - 1] = 'a';
  }
  respub__arena_free(&arena);
  free(text);
}

typedef struct refusal {
  const char *pattern;
  const char *reason;
} refusal;

static void what_is_not_understood_is_refused_with_a_reason(void) {
  static const char brace[] = "a brace that stands for itself needs a backslash";
  static const char bracket[] = "a brace or bracket that stands for itself needs a backslash";
  static const refusal rows[] = {
      {"*a", "nothing to repeat"},
      {"a|+", "nothing to repeat"},
      {"^*", "nothing to repeat"},
      {"a***", "nothing to repeat"},
      {"(?:)|?", "nothing to repeat"},
      {"a{,3}", brace},
      {"a{x}", brace},
      {"a{1", brace},
      {"a{1,2", brace},
      {"a{2,1}", "a repetition with its counts out of order"},
      {"{", bracket},
      {"}", bracket},
      {"a]", bracket},
      {"a{1}{2}", bracket},
      {"(a", "a group without its closing parenthesis"},
      {"(", "a group without its closing parenthesis"},
      {"a)", "a closing parenthesis without its group"},
      {"(?=a)", "lookahead and lookbehind are not supported"},
      {"(?!a)", "lookahead and lookbehind are not supported"},
      {"(?<=a)", "lookahead and lookbehind are not supported"},
      {"(?<!a)", "lookahead and lookbehind are not supported"},
      {"(?i)a", "an unknown kind of group"},
      {"(?", "an unknown kind of group"},
      {"(?<>a)", "a group's name is not closed"},
      {"(?<a", "a group's name is not closed"},
      {"\\1", "backreferences are not supported"},
      {"(a)\\k<x>", "backreferences are not supported"},
      {"\\01", "backreferences are not supported"},
      {"\\p{Lu}", "\\p{...} is not supported"},
      {"[\\P{Lu}]", "\\p{...} is not supported"},
      {"\\", "a backslash at the end"},
      {"\\a", "an unknown escape"},
      {"\\_", "an unknown escape"},
      {"\\\xc3\xa9", "an unknown escape"},
      {"\\x4", "an escape lacks hexadecimal digits"},
      {"\\u12g4", "an escape lacks hexadecimal digits"},
      {"\\u{}", "an escape lacks hexadecimal digits"},
      {"\\u{110000}", "an escape is beyond U+10FFFF"},
      {"\\ud800\\u0041", "an escape is half of a surrogate pair"},
      {"\\c1", "\\c needs a letter"},
      {"[a", "a class without its closing bracket"},
      {"[", "a class without its closing bracket"},
      {"[a\\", "a backslash at the end"},
      {"[b-a]", "a range of a class is out of order"},
      {"[\\d-z]", "a range of a class is out of order"},
      {"[a-\\d]", "a range of a class is out of order"},
      {"(a{100}){100}", "too large"},
      {"a{999999999999}", "too large"},
      {"(a{1,100}b){11}", "too large"},
  };
  respub__arena arena = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *reason = NULL;
    RESPUB_CHECK(respub__pattern_compile(&arena, rows[i].pattern, &reason) == NULL, "%s",
                 rows[i].pattern);
    RESPUB_CHECK(reason != NULL && strcmp(reason, rows[i].reason) == 0, "%s: %s", rows[i].pattern,
                 reason != NULL ? reason : "nothing");
  }
  respub__arena_free(&arena);
}

/* n groups inside each other, around a character. */
static const respub__pattern *nested_groups(respub__arena *arena, size_t n, const char **reason) {
  char source[128];
  memset(source, '(', n);
  source[n] = 'a';
  memset(source + n + 1, ')', n);
  source[2 * n + 1] = '\0';
  return respub__pattern_compile(arena, source, reason);
}

static void limits_hold_at_the_limit(void) {
  respub__arena arena = {0};
  const char *reason = NULL;
  CU_ASSERT_PTR_NOT_NULL(respub__pattern_compile(&arena, "a{999}", &reason));
  CU_ASSERT_PTR_NULL(respub__pattern_compile(&arena, "a{1000}", &reason));
  CU_ASSERT_STRING_EQUAL(reason, "too large");
  const respub__pattern *pattern = respub__pattern_compile(&arena, "^a{0,499}$", &reason);
  CU_ASSERT_PTR_NULL(pattern);
  pattern = respub__pattern_compile(&arena, "^a{0,498}$", &reason);
  CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
  CU_ASSERT_FALSE(respub__pattern_matches(pattern, "aab"));
  CU_ASSERT_PTR_NOT_NULL(nested_groups(&arena, 32, &reason));
  CU_ASSERT_PTR_NULL(nested_groups(&arena, 33, &reason));
  CU_ASSERT_STRING_EQUAL(reason, "groups are nested deeper than 32");
  respub__arena_free(&arena);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(characters_stand_for_themselves_anywhere),
      RESPUB_TEST(anchors_are_the_ends_of_the_text),
      RESPUB_TEST(repetition_counts),
      RESPUB_TEST(alternatives_and_groups),
      RESPUB_TEST(classes_hold_characters_and_ranges),
      RESPUB_TEST(escapes_are_those_of_ecma),
      RESPUB_TEST(a_dot_is_any_character_of_a_line),
      RESPUB_TEST(edges_lie_between_word_and_other_characters),
      RESPUB_TEST(no_text_makes_matching_slow),
      RESPUB_TEST(what_is_not_understood_is_refused_with_a_reason),
      RESPUB_TEST(limits_hold_at_the_limit),
  };
  return respub_test_main("schema_pattern", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
