/* The words of inline commands. That these are Redis's rules is shown by
 * integration/broker_replies_test.c. */
#include "broker/inline.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  MAX_WORDS = 8
};

typedef struct words {
  respub_status status; /* of the last call */
  size_t count;
  respub_slice at[MAX_WORDS];
} words;

/* Splits the line between unreadable pages. */
static void check(respub_slice line, const words *expected) {
  respub_guard guard = respub_guard_open(line.len + 1);
  char *copy = respub_guard_put_last(&guard, line.ptr, line.len);
  respub__broker_inline rest = {copy, copy + line.len};
  respub_slice word;
  respub_status status = RESPUB_OK;
  size_t n = 0;
  while ((status = respub__broker_inline_word(&rest, &word)) == RESPUB_OK) {
    CU_ASSERT_TRUE_FATAL(n < MAX_WORDS);
    CU_ASSERT_TRUE(n < expected->count && respub_slice_equal(word, expected->at[n]));
    n++;
  }
  CU_ASSERT_EQUAL(n, expected->count);
  CU_ASSERT_EQUAL(status, expected->status);
  respub_guard_close(&guard);
}

#define COUNT(...) (sizeof((respub_slice[]){__VA_ARGS__}) / sizeof(respub_slice))
#define SPLITS(line, ...)                                                                          \
  check(RESPUB_LIT(line), &(words){RESPUB_MORE, COUNT(__VA_ARGS__), {__VA_ARGS__}})
#define W(text) RESPUB_LIT(text)

static void blanks_separate_words(void) {
  SPLITS("PUBLISH news hello", W("PUBLISH"), W("news"), W("hello"));
  SPLITS(" \t a  b\r", W("a"), W("b"));
  SPLITS("a", W("a"));
}

static void a_line_of_blanks_has_no_words(void) {
  check(RESPUB_LIT(""), &(words){RESPUB_MORE, 0, {{0}}});
  check(RESPUB_LIT(" \t\r\v\f"), &(words){RESPUB_MORE, 0, {{0}}});
}

static void double_quotes_hold_blanks_and_escapes(void) {
  SPLITS("\"a b\"", W("a b"));
  SPLITS("x \"\" y", W("x"), W(""), W("y"));
  SPLITS("\"\\n\\r\\t\\b\\a\\\\\\\"\\q\"", W("\n\r\t\b\a\\\"q"));
  SPLITS("\"\\x00\\xfF\\x41\"", W("\0\xff"
                                  "A"));
  SPLITS("\"\\x4\" \"\\xg0\" \"\\x\"", W("x4"), W("xg0"), W("x"));
}

static void single_quotes_hold_all_but_themselves(void) {
  SPLITS("'a b' 'it\\'s' 'a\\n\\x41\"'", W("a b"), W("it's"), W("a\\n\\x41\""));
  SPLITS("''", W(""));
}

static void quotes_may_begin_inside_a_word_and_end_it(void) {
  SPLITS("a\"b c\" d'e'", W("ab c"), W("de"));
}

static void bytes_of_any_value_are_words(void) {
  SPLITS("a\0b \x80\xff", W("a\0b"), W("\x80\xff"));
  SPLITS("a\vb", W("a\vb"));
}

static void quotes_without_an_end_are_refused(void) {
  const respub_slice lines[] = {
      W("\""),   W("'"),       W("\"a"),   W("'a"),     W("\"a\\"),
      W("'a\\"), W("\"a\\\""), W("'a\\'"), W("\"\\x4"), W("a\""),
  };
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    check(lines[i], &(words){RESPUB_ELENGTH, 0, {{0}}});
}

static void something_behind_a_closing_quote_is_refused(void) {
  check(RESPUB_LIT("a \"b\"c"), &(words){RESPUB_ELENGTH, 1, {W("a")}});
  check(RESPUB_LIT("'b''c'"), &(words){RESPUB_ELENGTH, 0, {{0}}});
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(blanks_separate_words),
      RESPUB_TEST(a_line_of_blanks_has_no_words),
      RESPUB_TEST(double_quotes_hold_blanks_and_escapes),
      RESPUB_TEST(single_quotes_hold_all_but_themselves),
      RESPUB_TEST(quotes_may_begin_inside_a_word_and_end_it),
      RESPUB_TEST(bytes_of_any_value_are_words),
      RESPUB_TEST(quotes_without_an_end_are_refused),
      RESPUB_TEST(something_behind_a_closing_quote_is_refused),
  };
  return respub_test_main("broker inline", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
