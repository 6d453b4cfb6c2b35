/* The command line of respub: help, version, and what happens when it is wrong. */
#include "resp/resp.h"
#include "tests/support/command.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"pub",    "sub",    "validate", "schema",
                                    "decode", "encode", "broker"};

enum {
  NAME_COUNT = sizeof names / sizeof names[0]
};

static void help_names_every_command(void) {
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("--help"), NULL, 0, &r), 0);
  for (size_t i = 0; i < NAME_COUNT; i++) {
    char line[32];
    snprintf(line, sizeof line, "\n  %s ", names[i]);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, line));
  }
  CU_ASSERT_STRING_EQUAL(r.err, "");
  respub_test_output_free(&r);
}

static void every_command_has_help_with_an_example(void) {
  for (size_t i = 0; i < NAME_COUNT; i++) {
    respub_test_output r;
    char usage[64];
    CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS(names[i], "--help"), NULL, 0, &r), 0);
    snprintf(usage, sizeof usage, "usage: respub %s ", names[i]);
    CU_ASSERT_EQUAL(strncmp(r.out, usage, strlen(usage)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\nOptions:\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\nExample:\n  "));
    CU_ASSERT_STRING_EQUAL(r.err, "");
    respub_test_output_free(&r);
  }
}

static bool help_has(const char *name, const char *const options[], size_t n) {
  respub_test_output r;
  bool all = respub_test_command(RESPUB_TEST_WORDS(name, "--help"), NULL, 0, &r) == 0;
  for (size_t i = 0; i < n && all; i++)
    all = strstr(r.out, options[i]) != NULL;
  respub_test_output_free(&r);
  return all;
}

static void help_tells_every_option(void) {
  static const char *const sub[] = {
      "-u, --url URL", "-p, --pattern PATTERN", "--count N",       "--timeout S", "--raw",
      "--events",      "--ping-interval S",     "--ping-timeout S"};
  static const char *const pub[] = {"-u, --url URL", "--sender NAME", "--raw"};
  static const char *const broker[] = {"--port N", "--unix PATH"};
  CU_ASSERT_TRUE(help_has("sub", sub, sizeof sub / sizeof sub[0]));
  CU_ASSERT_TRUE(help_has("pub", pub, sizeof pub / sizeof pub[0]));
  CU_ASSERT_TRUE(help_has("broker", broker, sizeof broker / sizeof broker[0]));
}

static void version_is_that_of_the_library(void) {
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("--version"), NULL, 0,
                                          "respub " RESPUB_VERSION "\n", ""));
}

static bool is_usage_error(const char *const words[], const char *sentence) {
  return respub_test_command_does(words, NULL, 2, "", sentence);
}

static void wrong_words_are_usage_errors(void) {
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("nonsense"), "respub: unknown command"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS(""), "respub: a command is missing"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("encode"), "respub: encode: "));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("decode", "file"), "respub: decode: "));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("pub"), "respub: pub: a channel is missing"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("pub", "a", "b", "c"),
                                "respub: pub: one argument too many: c"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub"), "respub: sub: a channel or pattern"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "a", ""),
                                "respub: sub: the name of a channel is empty"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "a", "-p", ""),
                                "respub: sub: the name of a pattern is empty"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("validate"), "respub: validate: "));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("schema", "a", "b"), "respub: schema: "));
}

/* Neither ASCII's, nor those of the C1 set, nor bytes that are not UTF-8. */
static void control_characters_are_shown_not_sent(void) {
  CU_ASSERT_TRUE(
      is_usage_error(RESPUB_TEST_WORDS("a\x1b[2J\xc2\x9b\x9b\xc3\xa9\x7f"),
                     "respub: unknown command 'a\\x1b[2J\\xc2\\x9b\\x9b\xc3\xa9\\x7f';"));
}

static void wrong_options_are_named(void) {
  CU_ASSERT_TRUE(
      is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--nonsense", "y"), "option --nonsense;"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "-z", "x"), "option -z;"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--raw=1"), "option --raw=1;"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--count"), "behind --count;"));
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "-u"), "behind -u;"));
}

static void numbers_are_checked(void) {
  static const char *const counts[] = {"0", "-1", "1.5", "x", "", "99999999999999999999"};
  static const char *const seconds[] = {"-1",  "x", "",    "1s",
                                        "1e3", ".", "nan", "99999999999999999999"};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
    CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--count", counts[i]),
                                  "respub: sub: --count is a whole number from 1 to "
                                  "9223372036854775807, not "));
  for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
    CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--timeout", seconds[i]),
                                  "respub: sub: --timeout is a number of seconds from 0 "));
    CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--ping-interval", seconds[i]),
                                  "respub: sub: --ping-interval is a number of seconds "));
  }
  CU_ASSERT_TRUE(is_usage_error(RESPUB_TEST_WORDS("sub", "x", "--ping-timeout", "0"),
                                "respub: sub: --ping-timeout is a number of seconds from 0.001 "));
}

static void urls_are_checked_and_passwords_are_not_shown(void) {
  CU_ASSERT_TRUE(
      is_usage_error(RESPUB_TEST_WORDS("sub", "-u", "http://x", "c"), "respub: sub: --url: "));
  CU_ASSERT_TRUE(
      is_usage_error(RESPUB_TEST_WORDS("pub", "-u", "redis://h:99999", "c", "{}"), "--url: "));
  respub_test_output r;
  CU_ASSERT_EQUAL(
      respub_test_command(RESPUB_TEST_WORDS("pub", "-u", "redis://u:sesame@h:x", "c", "{}"), NULL,
                          0, &r),
      2);
  CU_ASSERT_PTR_NULL(strstr(r.err, "sesame"));
  respub_test_output_free(&r);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(help_names_every_command),
      RESPUB_TEST(every_command_has_help_with_an_example),
      RESPUB_TEST(help_tells_every_option),
      RESPUB_TEST(version_is_that_of_the_library),
      RESPUB_TEST(wrong_words_are_usage_errors),
      RESPUB_TEST(control_characters_are_shown_not_sent),
      RESPUB_TEST(wrong_options_are_named),
      RESPUB_TEST(numbers_are_checked),
      RESPUB_TEST(urls_are_checked_and_passwords_are_not_shown),
  };
  return respub_test_main("command_usage", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
