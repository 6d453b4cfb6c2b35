#include "resp/resp.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  NODES = 32
};

static respub_node nodes[NODES];

static const respub_node *decode(const char *input) {
  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, nodes, NODES);
  CU_ASSERT_EQUAL_FATAL(respub_decode(&d, input, strlen(input), &used), RESPUB_OK);
  return nodes;
}

static void the_kth_element_is_found_across_subtrees(void) {
  const respub_node *root = decode("*4\r\n:0\r\n*2\r\n:1\r\n*1\r\n:2\r\n*0\r\n:3\r\n");
  CU_ASSERT_EQUAL(respub_node_count(root), 4);
  CU_ASSERT_EQUAL(respub_node_at(root, 0)->integer, 0);
  CU_ASSERT_EQUAL(respub_node_at(root, 1)->type, RESPUB_ARRAY);
  CU_ASSERT_EQUAL(respub_node_at(root, 1)->span, 4);
  CU_ASSERT_EQUAL(respub_node_at(root, 2)->integer, 0);
  CU_ASSERT_EQUAL(respub_node_at(root, 2)->type, RESPUB_ARRAY);
  CU_ASSERT_EQUAL(respub_node_at(root, 3)->integer, 3);
  CU_ASSERT_PTR_NULL(respub_node_at(root, 4));
  CU_ASSERT_PTR_NULL(respub_node_at(root, SIZE_MAX));
  CU_ASSERT_PTR_EQUAL(respub_node_next(respub_node_at(root, 1)), respub_node_at(root, 2));
}

static void a_leaf_has_no_elements(void) {
  CU_ASSERT_PTR_NULL(respub_node_at(decode("$3\r\nabc\r\n"), 0));
  CU_ASSERT_EQUAL(respub_node_count(nodes), 0);
  CU_ASSERT_PTR_NULL(respub_node_at(decode(":5\r\n"), 0));
  CU_ASSERT_PTR_NULL(respub_node_at(decode("*0\r\n"), 0));
  const respub_node stranger = {{NULL, 0}, 5, 1, 32 + RESPUB_ARRAY};
  CU_ASSERT_EQUAL(respub_node_count(&stranger), 0);
}

static void strings_compare_by_their_bytes(void) {
  const respub_node *root = decode("*4\r\n$3\r\nabc\r\n+abc\r\n-abc\r\n:5\r\n");
  CU_ASSERT(respub_node_equals(respub_node_at(root, 0), RESPUB_LIT("abc")));
  CU_ASSERT(respub_node_equals(respub_node_at(root, 1), RESPUB_LIT("abc")));
  CU_ASSERT_FALSE(respub_node_equals(respub_node_at(root, 0), RESPUB_LIT("abd")));
  CU_ASSERT_FALSE(respub_node_equals(respub_node_at(root, 0), RESPUB_LIT("ab")));
  CU_ASSERT_FALSE(respub_node_equals(respub_node_at(root, 2), RESPUB_LIT("abc")));
  CU_ASSERT_FALSE(respub_node_equals(respub_node_at(root, 3), RESPUB_LIT("")));
  CU_ASSERT(respub_node_is_string(respub_node_at(root, 1)));
  CU_ASSERT_FALSE(respub_node_is_string(respub_node_at(root, 2)));
  CU_ASSERT(respub_node_is_error(respub_node_at(root, 2)));
  CU_ASSERT_FALSE(respub_node_is_error(respub_node_at(root, 0)));
}

static void an_integer_is_read_from_integers_and_strings(void) {
  int64_t value = 77;
  CU_ASSERT_EQUAL(respub_node_integer(decode(":-5\r\n"), &value), RESPUB_OK);
  CU_ASSERT_EQUAL(value, -5);
  CU_ASSERT_EQUAL(respub_node_integer(decode("$20\r\n-9223372036854775808\r\n"), &value),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(value, INT64_MIN);
  CU_ASSERT_EQUAL(respub_node_integer(decode("$19\r\n9223372036854775807\r\n"), &value), RESPUB_OK);
  CU_ASSERT_EQUAL(value, INT64_MAX);
  CU_ASSERT_EQUAL(respub_node_integer(decode("++12\r\n"), &value), RESPUB_OK);
  CU_ASSERT_EQUAL(value, 12);
}

static void what_is_no_integer_leaves_the_value_alone(void) {
  int64_t value = 77;
  static const char *const bad[] = {"$0\r\n\r\n",   "$1\r\n-\r\n",   "$2\r\n1 \r\n", "$2\r\n 1\r\n",
                                    "$2\r\n1x\r\n", "$3\r\n1.0\r\n", "*0\r\n",       "$-1\r\n",
                                    "-5\r\n",       "$3\r\n--1\r\n"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    CU_ASSERT_EQUAL(respub_node_integer(decode(bad[i]), &value), RESPUB_ENUMBER);
  CU_ASSERT_EQUAL(respub_node_integer(decode("$19\r\n9223372036854775808\r\n"), &value),
                  RESPUB_ERANGE);
  CU_ASSERT_EQUAL(respub_node_integer(decode("$20\r\n-9223372036854775809\r\n"), &value),
                  RESPUB_ERANGE);
  CU_ASSERT_EQUAL(value, 77);
}

static void a_value_without_attributes_is_itself(void) {
  const respub_node *root = decode("*1\r\n:1\r\n");
  CU_ASSERT_PTR_EQUAL(respub_node_value(root), root);
  CU_ASSERT_PTR_EQUAL(respub_node_value(root + 1), root + 1);
}

#if RESPUB_RESP3

static void a_map_is_a_flat_list_of_keys_and_values(void) {
  const respub_node *root = decode("%2\r\n+a\r\n*1\r\n:1\r\n+b\r\n:2\r\n");
  CU_ASSERT_EQUAL(respub_node_count(root), 4);
  CU_ASSERT(respub_node_equals(respub_node_at(root, 2), RESPUB_LIT("b")));
  CU_ASSERT_EQUAL(respub_node_at(root, 3)->integer, 2);
  CU_ASSERT_PTR_NULL(respub_node_at(root, 4));
}

static void the_value_is_found_behind_attributes(void) {
  const respub_node *root = decode("|1\r\n+k\r\n:1\r\n|2\r\n+l\r\n:2\r\n+m\r\n:3\r\n+value\r\n");
  CU_ASSERT_EQUAL(respub_node_count(root), 3);
  CU_ASSERT_PTR_EQUAL(respub_node_at(root, 2), root + 3);
  CU_ASSERT(respub_node_equals(respub_node_value(root), RESPUB_LIT("value")));
  CU_ASSERT_PTR_EQUAL(respub_node_value(root + 1), root + 1);
  CU_ASSERT(respub_node_equals(respub_node_value(decode("|0\r\n+x\r\n")), RESPUB_LIT("x")));
}

static void a_verbatim_string_knows_its_format(void) {
  const respub_node *root = decode("*2\r\n=7\r\nmkd:abc\r\n=4\r\ntxt:\r\n");
  CU_ASSERT(respub_slice_equal(respub_node_format(root + 1), RESPUB_LIT("mkd")));
  CU_ASSERT(respub_node_equals(root + 1, RESPUB_LIT("abc")));
  CU_ASSERT(respub_slice_equal(respub_node_format(root + 2), RESPUB_LIT("txt")));
  CU_ASSERT(respub_node_equals(root + 2, RESPUB_LIT("")));
  CU_ASSERT_EQUAL(respub_node_format(root).len, 0);
  CU_ASSERT(respub_node_is_error(decode("!2\r\nno\r\n")));
}

#endif

int main(int argc, char **argv) {
  static const respub_test tests[] = {
    RESPUB_TEST(the_kth_element_is_found_across_subtrees),
    RESPUB_TEST(a_leaf_has_no_elements),
    RESPUB_TEST(strings_compare_by_their_bytes),
    RESPUB_TEST(an_integer_is_read_from_integers_and_strings),
    RESPUB_TEST(what_is_no_integer_leaves_the_value_alone),
    RESPUB_TEST(a_value_without_attributes_is_itself),
#if RESPUB_RESP3
    RESPUB_TEST(a_map_is_a_flat_list_of_keys_and_values),
    RESPUB_TEST(the_value_is_found_behind_attributes),
    RESPUB_TEST(a_verbatim_string_knows_its_format),
#endif
  };
  return respub_test_main("node", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
