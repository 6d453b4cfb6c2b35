/* respub validate and respub schema as processes. */
#include "tests/support/command.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD "{\"type\":\"price\",\"timestamp\":\"t\",\"price\":1.5,\"volume\":null}\n"

static void good_lines_say_nothing(void) {
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("validate", "TICKER_UPDATES_A"),
                                          GOOD GOOD, 0, "", ""));
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("validate", "anything", "-"),
                                          "{}\n{\"x\":[1]}", 0, "", ""));
  CU_ASSERT_TRUE(
      respub_test_command_does(RESPUB_TEST_WORDS("validate", "anything"), "", 0, "", ""));
}

static void each_line_that_fails_is_told_with_its_reason(void) {
  respub_test_output r;
  static const char input[] = GOOD "{\"type\":\"price\"}\n" GOOD "oops\n"
                                   "{\"type\":\"sale\",\"timestamp\":\"t\"}\n";
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("validate", "TICKER_UPDATES_A"), input,
                                      sizeof input - 1, &r),
                  3);
  CU_ASSERT_STRING_EQUAL(r.out, "");
  CU_ASSERT_EQUAL(respub_test_count_lines(r.err), 3);
  CU_ASSERT_EQUAL(strncmp(r.err, "respub: validate: line 2: ", 26), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\"timestamp\""));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\nrespub: validate: line 4: offset 0: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\nrespub: validate: line 5: /type: "));
  respub_test_output_free(&r);
}

/* One in the middle and one at the end, each much longer than what is read at once. */
static void lines_beyond_the_limit_are_told_and_passed_over(void) {
  enum {
    LONG = 17 * 1024 * 1024
  };
  static const char between[] = "\n{}\n";
  size_t len = 2 * (size_t)LONG + sizeof between - 1;
  char *input = malloc(len);
  CU_ASSERT_PTR_NOT_NULL_FATAL(input);
  memset(input, 'x', len);
  memcpy(input + LONG, between, sizeof between - 1);
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("validate", "any"), input, len, &r), 3);
  CU_ASSERT_STRING_EQUAL(r.err, "respub: validate: line 1: longer than 16 MiB\n"
                                "respub: validate: line 3: longer than 16 MiB\n");
  respub_test_output_free(&r);
  free(input);
}

static void a_file_is_read_like_standard_input(void) {
  char path[RESPUB_TEST_TEMPORARY];
  int fd = mkstemp(respub_test_temporary(path, "validate"));
  CU_ASSERT_TRUE_FATAL(fd >= 0);
  static const char text[] = GOOD "{}\n";
  CU_ASSERT_EQUAL(write(fd, text, sizeof text - 1), (ssize_t)(sizeof text - 1));
  close(fd);
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("validate", "TICKER_UPDATES_A", path),
                                          NULL, 3, "", "respub: validate: line 2: "));
  CU_ASSERT_EQUAL(unlink(path), 0);
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("validate", "TICKER_UPDATES_A", path),
                                          NULL, 4, "", "respub: validate: cannot open "));
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("validate", "TICKER_UPDATES_A", "/"),
                                          NULL, 4, "", "respub: validate: cannot read /: "));
}

/* A peer's text cannot drive the terminal. */
static void control_characters_are_shown_not_sent(void) {
  respub_test_output r;
  static const char input[] = "{\"type\":\"\\u001b[2J\",\"timestamp\":\"t\"}\n{\"\x1b[2J\": 1}\n";
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("validate", "TICKER_UPDATES_A"), input,
                                      sizeof input - 1, &r),
                  3);
  CU_ASSERT_EQUAL(respub_test_count_lines(r.err), 2);
  CU_ASSERT_PTR_NULL(strchr(r.err, '\033'));
  respub_test_output_free(&r);
}

static void the_registry_is_a_line_an_entry(void) {
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("schema"), NULL, 0, &r), 0);
  CU_ASSERT_EQUAL(respub_test_count_lines(r.out), 3);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"channel\":\"BROKER_REGISTRATION\",\"schema\":{"));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"prefix\":\"TICKER_UPDATES_\",\"schema\":{"));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"prefix\":\"ACCOUNT_UPDATES_\",\"schema\":{"));
  respub_test_output_free(&r);
}

static void a_channel_has_a_json_schema(void) {
  respub_test_output r;
  CU_ASSERT_EQUAL(
      respub_test_command(RESPUB_TEST_WORDS("schema", "BROKER_REGISTRATION"), NULL, 0, &r), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"$schema\": \"https://json-schema.org/draft/2020-12"));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"required\""));
  respub_test_output_free(&r);
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("schema", "no such channel"), NULL, 0,
                                          "{\"type\": \"object\"}\n", ""));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(good_lines_say_nothing),
      RESPUB_TEST(each_line_that_fails_is_told_with_its_reason),
      RESPUB_TEST(lines_beyond_the_limit_are_told_and_passed_over),
      RESPUB_TEST(a_file_is_read_like_standard_input),
      RESPUB_TEST(control_characters_are_shown_not_sent),
      RESPUB_TEST(the_registry_is_a_line_an_entry),
      RESPUB_TEST(a_channel_has_a_json_schema),
  };
  return respub_test_main("command_validate", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
