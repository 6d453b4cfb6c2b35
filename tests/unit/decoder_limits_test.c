/* Each limit is tested at its value and one beyond, at once and at every split in two. */
#include "resp/resp.h"
#include "tests/support/pieces.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  NODES = 64
};

static bool is(respub_outcome got, respub_status status, size_t offset, const char *how) {
  const bool same = got.status == status && got.offset == offset;
  if (!same)
    printf("\n    %s: got %s at %zu, want %s at %zu\n", how, respub_status_name(got.status),
           got.offset, respub_status_name(status), offset);
  return same;
}

static void check_with_nodes(const respub_limits *limits, respub_slice input, respub_status status,
                             size_t offset, size_t nodes) {
  respub_pieces p;
  respub_pieces_open(&p, limits, input.len, nodes);
  CU_ASSERT(is(respub_pieces_decode(&p, input.ptr, input.len, NULL, 0), status, offset, input.ptr));
  size_t wrong = 0;
  for (size_t cut = 0; cut <= input.len; cut++)
    wrong += !is(respub_pieces_decode(&p, input.ptr, input.len, &cut, 1), status, offset, "split");
  CU_ASSERT_EQUAL(wrong, 0);
  respub_pieces_close(&p);
}

/* RESPUB_OK means that the value takes all of the input. */
static void check(respub_limits limits, const char *string, respub_status status, size_t offset) {
  const respub_slice input = respub_slice_of_string(string);
  const size_t expected = status == RESPUB_OK ? input.len : offset;
  check_with_nodes(&limits, input, status, expected, 0);
  check_with_nodes(&limits, input, status, expected, NODES);
}

static void a_line_may_be_as_long_as_the_limit(void) {
  const respub_limits limits = {.line_bytes = 4};
  check(limits, "+abcd\r\n", RESPUB_OK, 0);
  check(limits, "+abcde\r\n", RESPUB_ELINE, 5);
  check(limits, "+abcdefghijklmnopqrstuvwxyz", RESPUB_ELINE, 5);
  check(limits, "-abcd\r\n", RESPUB_OK, 0);
  check(limits, "-abcde\r\n", RESPUB_ELINE, 5);
  check(limits, ":1234\r\n", RESPUB_OK, 0);
  check(limits, ":12345\r\n", RESPUB_ELINE, 5);
  check(limits, ":-123\r\n", RESPUB_OK, 0);
  check(limits, ":00000000001\r\n", RESPUB_ELINE, 5);
  check(limits, "*1\r\n+abcde\r\n", RESPUB_ELINE, 9);
  check(limits, "+abcd\n", RESPUB_ECRLF, 5);
}

static void a_string_may_be_as_long_as_the_limit(void) {
  const respub_limits limits = {.bulk_bytes = 12};
  check(limits, "$12\r\nabcdefghijkl\r\n", RESPUB_OK, 0);
  check(limits, "$13\r\nabcdefghijklm\r\n", RESPUB_EBULK, 2);
  check(limits, "*1\r\n$12\r\nabcdefghijkl\r\n", RESPUB_OK, 0);
  check(limits, "*1\r\n$13\r\nabcdefghijklm\r\n", RESPUB_EBULK, 6);
  check(limits, "$120000000000000000000\r\n", RESPUB_EBULK, 3);
}

static void an_array_may_have_as_many_elements_as_the_limit(void) {
  const respub_limits limits = {.elements = 3};
  check(limits, "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", RESPUB_OK, 0);
  check(limits, "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", RESPUB_EELEMENTS, 1);
  check(limits, "*1\r\n*3\r\n:1\r\n:2\r\n:3\r\n", RESPUB_OK, 0);
  check(limits, "*1\r\n*4\r\n:1\r\n:2\r\n:3\r\n", RESPUB_EELEMENTS, 5);
  check(limits, "*10\r\n", RESPUB_EELEMENTS, 2);
}

static void a_value_may_have_as_many_elements_as_the_limit(void) {
  const respub_limits limits = {.total = 5};
  check(limits, "*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n", RESPUB_OK, 0);
  check(limits, "*6\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n", RESPUB_ETOTAL, 1);
  check(limits, "*2\r\n*3\r\n:1\r\n:2\r\n:3\r\n:4\r\n", RESPUB_OK, 0);
  check(limits, "*2\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", RESPUB_ETOTAL, 5);
  check(limits, "*3\r\n$12\r\nabcdefghijkl\r\n*2\r\n:1\r\n:2\r\n*1\r\n:1\r\n", RESPUB_ETOTAL, 36);
}

static void aggregates_may_nest_as_deep_as_the_limit(void) {
  const respub_limits limits = {.depth = 2};
  check(limits, "*1\r\n*1\r\n:1\r\n", RESPUB_OK, 0);
  check(limits, "*1\r\n*1\r\n*1\r\n:1\r\n", RESPUB_EDEPTH, 9);
  check(limits, "*1\r\n*1\r\n*0\r\n", RESPUB_EDEPTH, 9);
  check(limits, "*1\r\n*1\r\n*-1\r\n", RESPUB_OK, 0);
  check(limits, "*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n", RESPUB_OK, 0);
}

static void a_value_may_have_as_many_bytes_as_the_limit(void) {
  const respub_limits limits = {.bytes = 24};
  check(limits, "*2\r\n$7\r\nmessage\r\n$1\r\na\r\n", RESPUB_OK, 0);
  check(limits, "*2\r\n$7\r\nmessage\r\n$2\r\nab\r\n", RESPUB_EBYTES, 18);
  check(limits, "*2\r\n$7\r\nmessage\r\n:1234\r\n", RESPUB_OK, 0);
  check(limits, "*2\r\n$7\r\nmessage\r\n:12345\r\n", RESPUB_EBYTES, 24);
  check(limits, "+abcdefghijklmnopqrstu\r\n", RESPUB_OK, 0);
  check(limits, "+abcdefghijklmnopqrstuv\r\n", RESPUB_EBYTES, 24);
  check(limits, "*9\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n", RESPUB_EBYTES, 24);
  check(limits, "*1\r\n$100\r\nabcdefghijkl", RESPUB_EBYTES, 7);
  check(limits, "*2\r\n*1\r\n$100\r\nabcdefghi", RESPUB_EBYTES, 10);
  check(limits, "$17\r\nabcdefghijklmnopq\r\n", RESPUB_OK, 0);
  check(limits, "$18\r\nabcdefghijklmnopqr\r\n", RESPUB_EBYTES, 2);
}

#if RESPUB_RESP3
static void the_limits_hold_for_resp3_types(void) {
  check((respub_limits){.line_bytes = 4}, "(1234\r\n", RESPUB_OK, 0);
  check((respub_limits){.line_bytes = 4}, "(12345\r\n", RESPUB_ELINE, 5);
  check((respub_limits){.line_bytes = 4}, ",1e10\r\n", RESPUB_OK, 0);
  check((respub_limits){.line_bytes = 4}, ",1e100\r\n", RESPUB_ELINE, 5);
  check((respub_limits){.bulk_bytes = 8}, "=8\r\ntxt:abcd\r\n", RESPUB_OK, 0);
  check((respub_limits){.bulk_bytes = 8}, "=9\r\ntxt:abcde\r\n", RESPUB_EBULK, 1);
  check((respub_limits){.bulk_bytes = 3}, "!4\r\nabcd\r\n", RESPUB_EBULK, 1);
  check((respub_limits){.elements = 2}, "%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n", RESPUB_OK, 0);
  check((respub_limits){.elements = 2}, "%3\r\n", RESPUB_EELEMENTS, 1);
  check((respub_limits){.elements = 2}, "~3\r\n", RESPUB_EELEMENTS, 1);
  check((respub_limits){.elements = 2}, ">3\r\n", RESPUB_EELEMENTS, 1);
  check((respub_limits){.total = 4}, "%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n", RESPUB_OK, 0);
  check((respub_limits){.total = 3}, "%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n", RESPUB_ETOTAL, 1);
  check((respub_limits){.total = 3}, "|1\r\n:1\r\n:2\r\n:3\r\n", RESPUB_OK, 0);
  check((respub_limits){.total = 2}, "|1\r\n:1\r\n:2\r\n:3\r\n", RESPUB_ETOTAL, 1);
  check((respub_limits){.depth = 1}, "|1\r\n:1\r\n:2\r\n:3\r\n", RESPUB_OK, 0);
  check((respub_limits){.depth = 1}, "|1\r\n:1\r\n:2\r\n*1\r\n:3\r\n", RESPUB_EDEPTH, 13);
  check((respub_limits){.depth = 1}, "|0\r\n|0\r\n:1\r\n", RESPUB_EDEPTH, 5);
}
#endif

static void run_time_limits_cannot_exceed_those_of_the_build(void) {
  respub_decoder d;
  const respub_limits wide = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
  respub_decoder_init(&d, &wide, NULL, 0);
  CU_ASSERT_EQUAL(d.limits.line_bytes, RESPUB_MAX_LINE_BYTES);
  CU_ASSERT_EQUAL(d.limits.bulk_bytes, RESPUB_MAX_BULK_BYTES);
  CU_ASSERT_EQUAL(d.limits.elements, RESPUB_MAX_ELEMENTS);
  CU_ASSERT_EQUAL(d.limits.total, RESPUB_MAX_ELEMENTS);
  CU_ASSERT_EQUAL(d.limits.depth, RESPUB_MAX_DEPTH);
  CU_ASSERT_EQUAL(d.limits.bytes, SIZE_MAX);
}

static void the_default_limits_hold_exactly(void) {
  static char input[RESPUB_MAX_LINE_BYTES + 4];
  respub_node nodes[RESPUB_MAX_DEPTH + 2];
  respub_decoder d;
  size_t used;
  memset(input, 'a', sizeof input);
  input[0] = '+';
  memcpy(input + RESPUB_MAX_LINE_BYTES + 1, "\r\n", 2);
  respub_decoder_init(&d, NULL, nodes, RESPUB_MAX_DEPTH + 2);
  CU_ASSERT_EQUAL(respub_decode(&d, input, sizeof input - 1, &used), RESPUB_OK);
  CU_ASSERT_EQUAL(nodes[0].text.len, RESPUB_MAX_LINE_BYTES);
  memcpy(input + RESPUB_MAX_LINE_BYTES + 1, "a\r\n", 3);
  CU_ASSERT_EQUAL(respub_decode(&d, input, sizeof input, &used), RESPUB_ELINE);
  CU_ASSERT_EQUAL(d.position, RESPUB_MAX_LINE_BYTES + 1);

  respub_decoder_reset(&d);
  for (size_t i = 0; i <= RESPUB_MAX_DEPTH; i++)
    memcpy(input + 4 * i, "*1\r\n", 4);
  memcpy(input + 4 * RESPUB_MAX_DEPTH, ":1\r\n", 4);
  CU_ASSERT_EQUAL(respub_decode(&d, input, 4 * RESPUB_MAX_DEPTH + 4, &used), RESPUB_OK);
  memcpy(input + 4 * RESPUB_MAX_DEPTH, "*1\r\n", 4);
  CU_ASSERT_EQUAL(respub_decode(&d, input, 4 * RESPUB_MAX_DEPTH + 4, &used), RESPUB_EDEPTH);

  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decode(&d, "$536870912\r\n", 12, &used), RESPUB_MORE);
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decode(&d, "$536870913\r\n", 12, &used), RESPUB_EBULK);
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1048576\r\n", 10, &used), RESPUB_MORE);
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1048577\r\n", 10, &used), RESPUB_EELEMENTS);
  CU_ASSERT_EQUAL(d.position, 7);
}

/* The decoder allocates nothing, so what it and these nodes take is all that a peer can make it
 * use. */
static void hostile_headers_are_refused_within_64_kibibytes(void) {
  static respub_node nodes[1024];
  static const struct {
    const char *input;
    respub_status status;
    size_t offset;
  } headers[] = {{"*1000000000\r\n", RESPUB_EELEMENTS, 8},
                 {"*4294967295\r\n", RESPUB_EELEMENTS, 7},
                 {"*9223372036854775807\r\n", RESPUB_EELEMENTS, 7},
                 {"*18446744073709551617\r\n", RESPUB_EELEMENTS, 7},
                 {"$9223372036854775807\r\n", RESPUB_EBULK, 9},
                 {"$4294967296\r\n", RESPUB_EBULK, 10},
                 {"$18446744073709551615\r\n", RESPUB_EBULK, 10},
                 {"$99999999999999999999999999999999999\r\n", RESPUB_EBULK, 9},
                 {"*1048576\r\n*1048576\r\n", RESPUB_ETOTAL, 11},
                 {"*-2147483649\r\n", RESPUB_ELENGTH, 2},
                 {"$-9223372036854775808\r\n", RESPUB_ELENGTH, 2}};
  CU_ASSERT(sizeof nodes + sizeof(respub_decoder) < 64 * 1024);
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    respub_decoder d;
    size_t used;
    respub_decoder_init(&d, NULL, nodes, 1024);
    const respub_slice input = respub_slice_of_string(headers[i].input);
    const respub_outcome got = {respub_decode(&d, input.ptr, input.len, &used), d.position};
    CU_ASSERT(is(got, headers[i].status, headers[i].offset, headers[i].input));
  }
}

static void a_million_levels_are_refused_at_the_first_beyond_the_limit(void) {
  const size_t levels = 1000000;
  respub_node nodes[RESPUB_MAX_DEPTH + 1];
  respub_decoder d;
  size_t used;
  char *input = (char *)malloc(4 * levels);
  CU_ASSERT_PTR_NOT_NULL_FATAL(input);
  for (size_t i = 0; i < levels; i++)
    memcpy(input + 4 * i, "*1\r\n", 4);
  respub_decoder_init(&d, NULL, nodes, RESPUB_MAX_DEPTH + 1);
  CU_ASSERT_EQUAL(respub_decode(&d, input, 4 * levels, &used), RESPUB_EDEPTH);
  CU_ASSERT_EQUAL(d.position, 4 * RESPUB_MAX_DEPTH + 1);
  free(input);
}

static void an_array_of_the_most_elements_decodes(void) {
  const size_t count = RESPUB_MAX_ELEMENTS;
  char *input = (char *)malloc(16 + 4 * count);
  respub_node *nodes = (respub_node *)calloc(count + 1, sizeof *nodes);
  respub_decoder d;
  size_t used;
  CU_ASSERT_FATAL(input != NULL && nodes != NULL);
  const size_t head = (size_t)snprintf(input, 16, "*%zu\r\n", count);
  for (size_t i = 0; i < count; i++)
    memcpy(input + head + 4 * i, ":7\r\n", 4);
  respub_decoder_init(&d, NULL, nodes, count + 1);
  CU_ASSERT_EQUAL(respub_decode(&d, input, head + 4 * count, &used), RESPUB_OK);
  CU_ASSERT_EQUAL(used, head + 4 * count);
  CU_ASSERT_EQUAL(nodes[0].span, count + 1);
  CU_ASSERT_EQUAL(respub_node_at(nodes, count - 1)->integer, 7);
  free(nodes);
  free(input);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
    RESPUB_TEST(a_line_may_be_as_long_as_the_limit),
    RESPUB_TEST(a_string_may_be_as_long_as_the_limit),
    RESPUB_TEST(an_array_may_have_as_many_elements_as_the_limit),
    RESPUB_TEST(a_value_may_have_as_many_elements_as_the_limit),
    RESPUB_TEST(aggregates_may_nest_as_deep_as_the_limit),
    RESPUB_TEST(a_value_may_have_as_many_bytes_as_the_limit),
#if RESPUB_RESP3
    RESPUB_TEST(the_limits_hold_for_resp3_types),
#endif
    RESPUB_TEST(run_time_limits_cannot_exceed_those_of_the_build),
    RESPUB_TEST(the_default_limits_hold_exactly),
    RESPUB_TEST(hostile_headers_are_refused_within_64_kibibytes),
    RESPUB_TEST(a_million_levels_are_refused_at_the_first_beyond_the_limit),
    RESPUB_TEST(an_array_of_the_most_elements_decodes),
  };
  return respub_test_main("decoder_limits", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
