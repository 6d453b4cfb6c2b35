#include "resp/resp.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* A way to call one encoder: each case below is encoded through it into every size of memory. */
typedef size_t (*encode)(char *out, size_t cap);

static respub_guard memory;

/* The encoding must be exactly want; with too little memory, which ends at an unreadable page,
 * nothing may be written. */
static void check(encode run, respub_slice want) {
  CU_ASSERT_EQUAL_FATAL(run(NULL, 0), want.len);
  for (size_t cap = 0; cap <= want.len + 1; cap++) {
    char *out = memory.end - cap;
    memset(memory.start, '#', (size_t)(memory.end - memory.start));
    CU_ASSERT_EQUAL(run(out, cap), want.len);
    if (cap >= want.len)
      CU_ASSERT(memcmp(out, want.ptr, want.len) == 0);
    for (size_t i = cap >= want.len ? want.len : 0; i < cap; i++)
      CU_ASSERT_EQUAL(out[i], '#');
  }
}

#define CHECK(call, want)                                                                          \
  do {                                                                                             \
    check(call, respub_slice_of("" want, sizeof(want) - 1));                                       \
  } while (0)

static size_t publish(char *out, size_t cap) {
  const respub_slice args[] = {RESPUB_LIT("PUBLISH"), RESPUB_LIT("news"), RESPUB_LIT("a\r\nb\0c")};
  return respub_encode_command(out, cap, args, 3);
}

static size_t command_of_empty(char *out, size_t cap) {
  const respub_slice args[] = {RESPUB_LIT("ECHO"), {NULL, 0}};
  return respub_encode_command(out, cap, args, 2);
}

static size_t command_of_sizes(char *out, size_t cap) {
  static const char a[1000];
  const respub_slice args[] = {{a, 9}, {a, 10}, {a, 99}, {a, 100}, {a, 999}, {a, 1000}};
  return respub_encode_command(out, cap, args, 6);
}

static size_t prefix_of_publish(char *out, size_t cap) {
  const respub_slice args[] = {RESPUB_LIT("PUBLISH"), RESPUB_LIT("news")};
  return respub_encode_command_prefix(out, cap, 3, args, 2);
}

static size_t prefix_of_nothing(char *out, size_t cap) {
  return respub_encode_command_prefix(out, cap, 12, NULL, 0);
}

static void commands_are_arrays_of_bulk_strings(void) {
  CHECK(publish, "*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$6\r\na\r\nb\0c\r\n");
  CHECK(command_of_empty, "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n");
  CHECK(prefix_of_publish, "*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n");
  CHECK(prefix_of_nothing, "*12\r\n");
}

static void lengths_of_every_width_are_right(void) {
  char out[4096];
  respub_node nodes[7];
  respub_decoder d;
  size_t used;
  const size_t lengths[] = {9, 10, 99, 100, 999, 1000};
  const size_t size = command_of_sizes(out, sizeof out);
  CU_ASSERT_EQUAL(command_of_sizes(NULL, 0), size);
  respub_decoder_init(&d, NULL, nodes, 7);
  CU_ASSERT_EQUAL_FATAL(respub_decode(&d, out, size, &used), RESPUB_OK);
  CU_ASSERT_EQUAL(used, size);
  for (size_t i = 0; i < 6; i++)
    CU_ASSERT_EQUAL(nodes[i + 1].text.len, lengths[i]);
}

static void a_command_goes_out_whole_from_its_parts(void) {
  char whole[128], parts[128];
  const respub_slice payload = RESPUB_LIT("a\r\nb\0c");
  const size_t size = publish(whole, sizeof whole);
  size_t n = prefix_of_publish(parts, sizeof parts);
  n += respub_encode_bulk_header(parts + n, sizeof parts - n, payload.len);
  memcpy(parts + n, payload.ptr, payload.len);
  memcpy(parts + n + payload.len, "\r\n", 2);
  n += payload.len + 2;
  CU_ASSERT_EQUAL(n, size);
  CU_ASSERT(memcmp(whole, parts, size) == 0);
}

static size_t header_0(char *out, size_t cap) {
  return respub_encode_bulk_header(out, cap, 0);
}

static size_t header_max(char *out, size_t cap) {
  return respub_encode_bulk_header(out, cap, SIZE_MAX);
}

static void headers_reach_the_greatest_length(void) {
  CHECK(header_0, "$0\r\n");
#if SIZE_MAX == UINT64_MAX
  CHECK(header_max, "$18446744073709551615\r\n");
#else
  CHECK(header_max, "$4294967295\r\n");
#endif
}

static size_t simple(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_SIMPLE, RESPUB_LIT("OK"));
}

static size_t empty_simple(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_SIMPLE, respub_slice_of(NULL, 0));
}

static size_t error(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_ERROR, RESPUB_LIT("ERR no"));
}

static size_t bulk(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_BULK, RESPUB_LIT("\r\n"));
}

static size_t zero(char *out, size_t cap) {
  return respub_encode_integer(out, cap, 0);
}

static size_t greatest(char *out, size_t cap) {
  return respub_encode_integer(out, cap, INT64_MAX);
}

static size_t least(char *out, size_t cap) {
  return respub_encode_integer(out, cap, INT64_MIN);
}

static size_t minus_ten(char *out, size_t cap) {
  return respub_encode_integer(out, cap, -10);
}

static size_t array(char *out, size_t cap) {
  return respub_encode_aggregate(out, cap, RESPUB_ARRAY, 10);
}

static size_t null_bulk(char *out, size_t cap) {
  return respub_encode_null(out, cap, RESPUB_BULK);
}

static size_t null_array(char *out, size_t cap) {
  return respub_encode_null(out, cap, RESPUB_ARRAY);
}

static void encodes_every_resp2_type(void) {
  CHECK(simple, "+OK\r\n");
  CHECK(empty_simple, "+\r\n");
  CHECK(error, "-ERR no\r\n");
  CHECK(bulk, "$2\r\n\r\n\r\n");
  CHECK(zero, ":0\r\n");
  CHECK(greatest, ":9223372036854775807\r\n");
  CHECK(least, ":-9223372036854775808\r\n");
  CHECK(minus_ten, ":-10\r\n");
  CHECK(array, "*10\r\n");
  CHECK(null_bulk, "$-1\r\n");
  CHECK(null_array, "*-1\r\n");
}

#if RESPUB_RESP3

static size_t null(char *out, size_t cap) {
  return respub_encode_null(out, cap, RESPUB_NULL);
}

static size_t yes(char *out, size_t cap) {
  return respub_encode_boolean(out, cap, true);
}

static size_t no(char *out, size_t cap) {
  return respub_encode_boolean(out, cap, false);
}

static size_t verbatim(char *out, size_t cap) {
  return respub_encode_verbatim(out, cap, RESPUB_LIT("mkd"), RESPUB_LIT("# hi"));
}

static size_t empty_verbatim(char *out, size_t cap) {
  return respub_encode_verbatim(out, cap, RESPUB_LIT("txt"), respub_slice_of(NULL, 0));
}

static size_t number(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_DOUBLE, RESPUB_LIT("-1.5e3"));
}

static size_t bignum(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_BIGNUM, RESPUB_LIT("123456789012345678901234567890"));
}

static size_t blob_error(char *out, size_t cap) {
  return respub_encode_text(out, cap, RESPUB_BLOB_ERROR, RESPUB_LIT("ERR\r\n"));
}

static size_t map(char *out, size_t cap) {
  return respub_encode_aggregate(out, cap, RESPUB_MAP, 2);
}

static size_t set(char *out, size_t cap) {
  return respub_encode_aggregate(out, cap, RESPUB_SET, 0);
}

static size_t push(char *out, size_t cap) {
  return respub_encode_aggregate(out, cap, RESPUB_PUSH, 3);
}

static size_t attribute(char *out, size_t cap) {
  return respub_encode_aggregate(out, cap, RESPUB_ATTRIBUTE, 1);
}

static void encodes_every_resp3_type(void) {
  CHECK(null, "_\r\n");
  CHECK(yes, "#t\r\n");
  CHECK(no, "#f\r\n");
  CHECK(verbatim, "=8\r\nmkd:# hi\r\n");
  CHECK(empty_verbatim, "=4\r\ntxt:\r\n");
  CHECK(number, ",-1.5e3\r\n");
  CHECK(bignum, "(123456789012345678901234567890\r\n");
  CHECK(blob_error, "!5\r\nERR\r\n\r\n");
  CHECK(map, "%2\r\n");
  CHECK(set, "~0\r\n");
  CHECK(push, ">3\r\n");
  CHECK(attribute, "|1\r\n");
}

static void numbers_that_no_reader_accepts_are_not_encoded(void) {
  static const char *const bad[] = {"",  "x",   ".5", "1.", "1e",  "1e+",
                                    "+", "- 1", "1 ", "in", "+inf"};
  char out[32];
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const respub_slice text = respub_slice_of_string(bad[i]);
    CU_ASSERT_EQUAL(respub_encode_text(out, sizeof out, RESPUB_DOUBLE, text), RESPUB_UNENCODABLE);
    CU_ASSERT_EQUAL(respub_encode_text(out, sizeof out, RESPUB_BIGNUM, text), RESPUB_UNENCODABLE);
  }
  CU_ASSERT_EQUAL(respub_encode_text(out, sizeof out, RESPUB_BIGNUM, RESPUB_LIT("1.5")),
                  RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_text(out, sizeof out, RESPUB_DOUBLE, RESPUB_LIT("-inf")), 7);
}

static void a_verbatim_format_has_three_bytes(void) {
  char out[32];
  CU_ASSERT_EQUAL(respub_encode_verbatim(out, 32, RESPUB_LIT("tx"), RESPUB_LIT("a")),
                  RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_verbatim(out, 32, RESPUB_LIT("text"), RESPUB_LIT("a")),
                  RESPUB_UNENCODABLE);
}

#else

static void resp3_types_cannot_be_encoded_when_switched_off(void) {
  char out[32];
  const respub_slice text = RESPUB_LIT("1");
  CU_ASSERT_EQUAL(respub_encode_null(out, 32, RESPUB_NULL), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_boolean(out, 32, true), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_verbatim(out, 32, RESPUB_LIT("txt"), text), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_text(out, 32, RESPUB_DOUBLE, text), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_text(out, 32, RESPUB_BIGNUM, text), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_text(out, 32, RESPUB_BLOB_ERROR, text), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_aggregate(out, 32, RESPUB_MAP, 1), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_aggregate(out, 32, RESPUB_PUSH, 1), RESPUB_UNENCODABLE);
  for (uint8_t type = RESPUB_MAP; type <= RESPUB_ATTRIBUTE; type++) {
    const respub_node node = {text, 1, 1, type};
    CU_ASSERT_EQUAL(respub_encode_nodes(out, 32, &node), RESPUB_UNENCODABLE);
  }
}

#endif

static void a_line_never_carries_the_end_of_a_line(void) {
  char out[32] = "untouched";
  static const respub_type types[] = {RESPUB_SIMPLE, RESPUB_ERROR};
  static const char *const bad[] = {"\r", "\n", "a\r\nb", "a\n", "\rb"};
  for (size_t t = 0; t < 2; t++) {
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
      CU_ASSERT_EQUAL(respub_encode_text(out, sizeof out, types[t], respub_slice_of_string(bad[i])),
                      RESPUB_UNENCODABLE);
  }
  CU_ASSERT_STRING_EQUAL(out, "untouched");
}

static void what_has_no_encoding_is_unencodable(void) {
  char out[64] = "untouched";
  const respub_slice a = RESPUB_LIT("a");
  CU_ASSERT_EQUAL(respub_encode_command(out, sizeof out, &a, 0), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_command_prefix(out, sizeof out, 0, &a, 0), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_command_prefix(out, sizeof out, 1, &a, 2), RESPUB_UNENCODABLE);
  for (int type = -1; type < 40; type++) {
    const respub_type t = (respub_type)type;
    const bool text = t == RESPUB_SIMPLE || t == RESPUB_ERROR || t == RESPUB_BULK ||
                      t == RESPUB_DOUBLE || t == RESPUB_BIGNUM || t == RESPUB_BLOB_ERROR;
    const bool aggregate = t == RESPUB_ARRAY || t == RESPUB_MAP || t == RESPUB_SET ||
                           t == RESPUB_PUSH || t == RESPUB_ATTRIBUTE;
    if (!text)
      CU_ASSERT_EQUAL(respub_encode_text(out, sizeof out, t, a), RESPUB_UNENCODABLE);
    if (!aggregate)
      CU_ASSERT_EQUAL(respub_encode_aggregate(out, sizeof out, t, 1), RESPUB_UNENCODABLE);
    if (t != RESPUB_BULK && t != RESPUB_ARRAY && t != RESPUB_NULL)
      CU_ASSERT_EQUAL(respub_encode_null(out, sizeof out, t), RESPUB_UNENCODABLE);
  }
  CU_ASSERT_STRING_EQUAL(out, "untouched");
}

/* The slices claim more bytes than any object has, so their bytes must not be touched. */
static void sizes_that_overflow_are_unencodable(void) {
  char out[8] = "intact";
  const respub_slice huge = {out, SIZE_MAX - 8};
  const respub_slice half = {out, SIZE_MAX / 2};
  const respub_slice two[] = {half, half};
  const respub_slice three[] = {half, half, half};
  CU_ASSERT_EQUAL(respub_encode_command(out, SIZE_MAX, &huge, 1), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_command(out, 6, two, 2), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_command(out, 6, three, 3), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_text(out, SIZE_MAX, RESPUB_BULK, huge), RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(respub_encode_text(out, SIZE_MAX, RESPUB_BULK, respub_slice_of(out, SIZE_MAX)),
                  RESPUB_UNENCODABLE);
#if RESPUB_RESP3
  CU_ASSERT_EQUAL(respub_encode_verbatim(out, SIZE_MAX, RESPUB_LIT("txt"), huge),
                  RESPUB_UNENCODABLE);
  CU_ASSERT_EQUAL(
      respub_encode_verbatim(out, SIZE_MAX, RESPUB_LIT("txt"), respub_slice_of(out, SIZE_MAX - 2)),
      RESPUB_UNENCODABLE);
#endif
  CU_ASSERT_STRING_EQUAL(out, "intact");
}

static size_t tape(char *out, size_t cap) {
  const respub_node nodes[] = {{{NULL, 0}, 4, 6, RESPUB_ARRAY},    {{"ab", 2}, 0, 1, RESPUB_BULK},
                               {{NULL, 0}, -5, 1, RESPUB_INTEGER}, {{NULL, 0}, 1, 2, RESPUB_ARRAY},
                               {{"E", 1}, 0, 1, RESPUB_ERROR},     {{NULL, 0}, 0, 1, RESPUB_NULL}};
  return respub_encode_nodes(out, cap, nodes);
}

static void a_tape_encodes_in_its_order(void) {
  CHECK(tape, "*4\r\n$2\r\nab\r\n:-5\r\n*1\r\n-E\r\n$-1\r\n");
}

static void a_tape_with_one_bad_node_is_unencodable(void) {
  char out[64] = "untouched";
  respub_node nodes[] = {{{NULL, 0}, 1, 2, RESPUB_ARRAY}, {{"a\n", 2}, 0, 1, RESPUB_SIMPLE}};
  CU_ASSERT_EQUAL(respub_encode_nodes(out, sizeof out, nodes), RESPUB_UNENCODABLE);
  nodes[1] = (respub_node){{NULL, 0}, -1, 1, RESPUB_ARRAY};
  CU_ASSERT_EQUAL(respub_encode_nodes(out, sizeof out, nodes), RESPUB_UNENCODABLE);
  nodes[1] = (respub_node){{NULL, 0}, 0, 1, 99};
  CU_ASSERT_EQUAL(respub_encode_nodes(out, sizeof out, nodes), RESPUB_UNENCODABLE);
  CU_ASSERT_STRING_EQUAL(out, "untouched");
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
    RESPUB_TEST(commands_are_arrays_of_bulk_strings),
    RESPUB_TEST(lengths_of_every_width_are_right),
    RESPUB_TEST(a_command_goes_out_whole_from_its_parts),
    RESPUB_TEST(headers_reach_the_greatest_length),
    RESPUB_TEST(encodes_every_resp2_type),
#if RESPUB_RESP3
    RESPUB_TEST(encodes_every_resp3_type),
    RESPUB_TEST(numbers_that_no_reader_accepts_are_not_encoded),
    RESPUB_TEST(a_verbatim_format_has_three_bytes),
#else
    RESPUB_TEST(resp3_types_cannot_be_encoded_when_switched_off),
#endif
    RESPUB_TEST(a_line_never_carries_the_end_of_a_line),
    RESPUB_TEST(what_has_no_encoding_is_unencodable),
    RESPUB_TEST(sizes_that_overflow_are_unencodable),
    RESPUB_TEST(a_tape_encodes_in_its_order),
    RESPUB_TEST(a_tape_with_one_bad_node_is_unencodable),
  };
  memory = respub_guard_open(4096);
  return respub_test_main("encoder", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
