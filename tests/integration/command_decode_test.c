/* respub decode as a process: shapes, exactness, errors, limits. */
#include "tests/support/command.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool decodes(const char *input, const char *output) {
  return respub_test_command_does(RESPUB_TEST_WORDS("decode"), input, 0, output, "");
}

static bool refuses(const char *input, const char *output, const char *sentence) {
  return respub_test_command_does(RESPUB_TEST_WORDS("decode"), input, 1, output, sentence);
}

static void resp2_types_have_their_shapes(void) {
  CU_ASSERT_TRUE(decodes("+OK\r\n-ERR no\r\n:1\r\n$2\r\nhi\r\n*2\r\n:1\r\n*0\r\n",
                         "{\"type\":\"simple\",\"value\":\"OK\"}\n"
                         "{\"type\":\"error\",\"value\":\"ERR no\"}\n"
                         "{\"type\":\"integer\",\"value\":1}\n"
                         "{\"type\":\"bulk\",\"value\":\"hi\"}\n"
                         "{\"type\":\"array\",\"value\":[{\"type\":\"integer\",\"value\":1},"
                         "{\"type\":\"array\",\"value\":[]}]}\n"));
}

static void both_nulls_are_null(void) {
  CU_ASSERT_TRUE(decodes("$-1\r\n*-1\r\n_\r\n", "{\"type\":\"null\",\"value\":null}\n"
                                                "{\"type\":\"null\",\"value\":null}\n"
                                                "{\"type\":\"null\",\"value\":null}\n"));
}

static void integers_keep_every_digit(void) {
  CU_ASSERT_TRUE(decodes(":9223372036854775807\r\n:-9223372036854775808\r\n:9007199254740993\r\n",
                         "{\"type\":\"integer\",\"value\":9223372036854775807}\n"
                         "{\"type\":\"integer\",\"value\":-9223372036854775808}\n"
                         "{\"type\":\"integer\",\"value\":9007199254740993}\n"));
}

static void resp3_types_have_their_shapes(void) {
  CU_ASSERT_TRUE(decodes("%1\r\n+k\r\n:1\r\n~1\r\n#t\r\n>1\r\n#f\r\n,1.50\r\n,inf\r\n"
                         "(12345678901234567890123\r\n=6\r\nmkd:hi\r\n!5\r\nERR x\r\n",
                         "{\"type\":\"map\",\"value\":[[{\"type\":\"simple\",\"value\":\"k\"},"
                         "{\"type\":\"integer\",\"value\":1}]]}\n"
                         "{\"type\":\"set\",\"value\":[{\"type\":\"boolean\",\"value\":true}]}\n"
                         "{\"type\":\"push\",\"value\":[{\"type\":\"boolean\",\"value\":false}]}\n"
                         "{\"type\":\"double\",\"value\":\"1.50\"}\n"
                         "{\"type\":\"double\",\"value\":\"inf\"}\n"
                         "{\"type\":\"bignum\",\"value\":\"12345678901234567890123\"}\n"
                         "{\"type\":\"verbatim\",\"value\":\"hi\",\"format\":\"mkd\"}\n"
                         "{\"type\":\"error\",\"value\":\"ERR x\"}\n"));
}

static void attributes_stand_on_the_value_that_they_precede(void) {
  CU_ASSERT_TRUE(decodes("|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n*1\r\n|1\r\n+c\r\n:3\r\n:4\r\n",
                         "{\"type\":\"array\",\"value\":[{\"type\":\"integer\",\"value\":4,"
                         "\"attributes\":[[{\"type\":\"simple\",\"value\":\"c\"},"
                         "{\"type\":\"integer\",\"value\":3}]]}],"
                         "\"attributes\":[[{\"type\":\"simple\",\"value\":\"a\"},"
                         "{\"type\":\"integer\",\"value\":1}],"
                         "[{\"type\":\"simple\",\"value\":\"b\"},"
                         "{\"type\":\"integer\",\"value\":2}]]}\n"));
}

static void attributes_without_pairs_leave_an_empty_list(void) {
  CU_ASSERT_TRUE(decodes("|0\r\n:1\r\n|0\r\n|1\r\n+a\r\n:1\r\n|0\r\n:2\r\n",
                         "{\"type\":\"integer\",\"value\":1,\"attributes\":[]}\n"
                         "{\"type\":\"integer\",\"value\":2,\"attributes\":"
                         "[[{\"type\":\"simple\",\"value\":\"a\"},"
                         "{\"type\":\"integer\",\"value\":1}]]}\n"));
}

static void utf8_stays_and_control_characters_are_escaped(void) {
  CU_ASSERT_TRUE(decodes("$18\r\n\"a/b\\\b\f\n\r\t\x01\xc3\xa9\xf0\x9f\x98\x80\x7f\r\n",
                         "{\"type\":\"bulk\",\"value\":\"\\\"a/b\\\\\\b\\f\\n\\r\\t\\u0001"
                         "\xc3\xa9\xf0\x9f\x98\x80\x7f\"}\n"));
}

static void a_nul_byte_is_part_of_a_string(void) {
  respub_test_output r;
  const char input[] = "$3\r\na\0b\r\n";
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("decode"), input, sizeof input - 1, &r), 0);
  CU_ASSERT_STRING_EQUAL(r.out, "{\"type\":\"bulk\",\"value\":\"a\\u0000b\"}\n");
  respub_test_output_free(&r);
}

/* An overlong form, a surrogate, beyond U+10FFFF, a cut sequence, a lone tail; all three paddings.
 */
static void what_is_not_utf8_is_base64(void) {
  CU_ASSERT_TRUE(decodes("$2\r\n\xc0\x80\r\n$3\r\n\xed\xa0\x80\r\n$4\r\n\xf4\x90\x80\x80\r\n"
                         "$2\r\na\xc3\r\n$1\r\n\xbf\r\n+\xff\r\n",
                         "{\"type\":\"bulk\",\"value\":\"wIA=\",\"encoding\":\"base64\"}\n"
                         "{\"type\":\"bulk\",\"value\":\"7aCA\",\"encoding\":\"base64\"}\n"
                         "{\"type\":\"bulk\",\"value\":\"9JCAgA==\",\"encoding\":\"base64\"}\n"
                         "{\"type\":\"bulk\",\"value\":\"YcM=\",\"encoding\":\"base64\"}\n"
                         "{\"type\":\"bulk\",\"value\":\"vw==\",\"encoding\":\"base64\"}\n"
                         "{\"type\":\"simple\",\"value\":\"/w==\",\"encoding\":\"base64\"}\n"));
}

static void whole_values_come_before_the_error_and_its_offset(void) {
  CU_ASSERT_TRUE(refuses("+OK\r\n:12x\r\n", "{\"type\":\"simple\",\"value\":\"OK\"}\n",
                         "respub: decode: offset 8: malformed number\n"));
  CU_ASSERT_TRUE(refuses("+OK\r\n+OK\r\n?\r\n",
                         "{\"type\":\"simple\",\"value\":\"OK\"}\n"
                         "{\"type\":\"simple\",\"value\":\"OK\"}\n",
                         "respub: decode: offset 10: unknown type byte\n"));
}

static void truncated_input_is_told_with_its_length(void) {
  CU_ASSERT_TRUE(refuses("+OK\r\n$5\r\nhel", "{\"type\":\"simple\",\"value\":\"OK\"}\n",
                         "respub: decode: offset 12: the input ends inside a value\n"));
  CU_ASSERT_TRUE(refuses("*2\r\n:1\r\n", "", "respub: decode: offset 8: "));
  CU_ASSERT_TRUE(decodes("", ""));
}

static void hostile_headers_are_refused(void) {
  static const char *const inputs[] = {"*1000000000\r\n",
                                       "$9223372036854775807\r\n",
                                       "$99999999999999999999\r\n",
                                       "$-2\r\n",
                                       "*-2\r\n",
                                       "$+5\r\n",
                                       "$05\r\n",
                                       "*?\r\n",
                                       "$?\r\n",
                                       "+a\nb\r\n",
                                       "$1\r\nab\r\n",
                                       ":\r\n",
                                       "|1\r\n+a\r\n:1\r\n"};
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
    CU_ASSERT_TRUE(refuses(inputs[i], "", "respub: decode: offset "));
}

static void deep_nesting_is_an_error_and_no_crash(void) {
  enum {
    LEVELS = 100000
  };
  char *input = malloc(LEVELS * 4 + 1);
  if (input == NULL) {
    CU_FAIL("out of memory");
    return;
  }
  for (size_t i = 0; i < LEVELS; i++)
    memcpy(input + i * 4, "*1\r\n", 5);
  CU_ASSERT_TRUE(refuses(input, "", ": nested deeper than the limit\n"));
  /* At the limit all is well. */
  memcpy(input + 32 * 4, ":1\r\n", 5);
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("decode"), input, strlen(input), &r), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "[{\"type\":\"integer\",\"value\":1}]"));
  respub_test_output_free(&r);
  free(input);
}

/* More than the first buffer and more than the first array of nodes, in pieces as a pipe brings
 * them. */
static void large_values_come_whole(void) {
  enum {
    BYTES = 3000000,
    COUNT = 20000
  };
  static const char middle[] = "\r\n*20000\r\n";
  size_t len = 10 + BYTES + sizeof middle - 1 + COUNT * 4;
  char *input = malloc(len + 1);
  if (input == NULL) {
    CU_FAIL("out of memory");
    return;
  }
  size_t at = (size_t)snprintf(input, len, "$%d\r\n", BYTES);
  memset(input + at, 'x', BYTES);
  at += BYTES;
  memcpy(input + at, middle, sizeof middle - 1);
  at += sizeof middle - 1;
  for (size_t i = 0; i < COUNT; i++, at += 4)
    memcpy(input + at, ":7\r\n", 4);
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("decode"), input, at, &r), 0);
  size_t bulk = strlen("{\"type\":\"bulk\",\"value\":\"\"}\n") + BYTES;
  size_t array = strlen("{\"type\":\"array\",\"value\":[]}\n") +
                 COUNT * strlen("{\"type\":\"integer\",\"value\":7}") + COUNT - 1;
  CU_ASSERT_EQUAL(r.out_len, bulk + array);
  CU_ASSERT_EQUAL(respub_test_count_lines(r.out), 2);
  respub_test_output_free(&r);
  free(input);
}

/* Values that come slowly are printed as they come. */
static void a_value_is_printed_before_the_next_is_there(void) {
  respub_test_process *p = respub_test_command_start(RESPUB_TEST_WORDS("decode"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE(respub_test_process_write(p, "+one\r\n+t", 8, 10000));
  const char *line = respub_test_process_line(p, 10000);
  CU_ASSERT_PTR_NOT_NULL(line);
  if (line != NULL)
    CU_ASSERT_STRING_EQUAL(line, "{\"type\":\"simple\",\"value\":\"one\"}");
  CU_ASSERT_TRUE(respub_test_process_write(p, "wo\r\n", 4, 10000));
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "two", 10000));
  respub_test_process_close_input(p);
  CU_ASSERT_EQUAL(respub_test_process_wait(p, 10000), 0);
  respub_test_process_end(p);
}

static void a_full_disk_is_an_error(void) {
  static const char *const script = "printf '+OK\\r\\n' | \"$0\" decode >/dev/full; exit $?";
  char path[1024];
  const char *argv[] = {"sh", "-c", script, respub_test_built("respub", path, sizeof path), NULL};
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, 10000, &r), 4);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "respub: decode: cannot write to standard output: "));
  respub_test_output_free(&r);
}

static void what_encode_prints_decode_reads(void) {
  respub_test_output r;
  CU_ASSERT_EQUAL(
      respub_test_command(RESPUB_TEST_WORDS("encode", "PUBLISH", "", "-1", "--help", "\xff"), NULL,
                          0, &r),
      0);
  CU_ASSERT_STRING_EQUAL(
      r.out, "*5\r\n$7\r\nPUBLISH\r\n$0\r\n\r\n$2\r\n-1\r\n$6\r\n--help\r\n$1\r\n\xff\r\n");
  CU_ASSERT_TRUE(decodes(r.out, "{\"type\":\"array\",\"value\":["
                                "{\"type\":\"bulk\",\"value\":\"PUBLISH\"},"
                                "{\"type\":\"bulk\",\"value\":\"\"},"
                                "{\"type\":\"bulk\",\"value\":\"-1\"},"
                                "{\"type\":\"bulk\",\"value\":\"--help\"},"
                                "{\"type\":\"bulk\",\"value\":\"/w==\","
                                "\"encoding\":\"base64\"}]}\n"));
  respub_test_output_free(&r);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(resp2_types_have_their_shapes),
      RESPUB_TEST(both_nulls_are_null),
      RESPUB_TEST(integers_keep_every_digit),
      RESPUB_TEST(resp3_types_have_their_shapes),
      RESPUB_TEST(attributes_stand_on_the_value_that_they_precede),
      RESPUB_TEST(attributes_without_pairs_leave_an_empty_list),
      RESPUB_TEST(utf8_stays_and_control_characters_are_escaped),
      RESPUB_TEST(a_nul_byte_is_part_of_a_string),
      RESPUB_TEST(what_is_not_utf8_is_base64),
      RESPUB_TEST(whole_values_come_before_the_error_and_its_offset),
      RESPUB_TEST(truncated_input_is_told_with_its_length),
      RESPUB_TEST(hostile_headers_are_refused),
      RESPUB_TEST(deep_nesting_is_an_error_and_no_crash),
      RESPUB_TEST(large_values_come_whole),
      RESPUB_TEST(a_value_is_printed_before_the_next_is_there),
      RESPUB_TEST(a_full_disk_is_an_error),
      RESPUB_TEST(what_encode_prints_decode_reads),
  };
  return respub_test_main("command_decode", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
