/* Numbers that are taken without a tape are those that respub_conn_take would have given. */
#include "net/replies.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  MOST = 8
};

/* Everything that comes, until there is no more; numbers through counts wherever it takes them. */
static respub_status take_all(respub_conn *conn, size_t at_once, int64_t *numbers, size_t *n) {
  const respub_node *value;
  respub_status status = RESPUB_OK;
  while (status == RESPUB_OK) {
    size_t taken = respub__conn_take_counts(conn, numbers + *n, at_once);
    CU_ASSERT_FATAL(taken <= at_once && *n + taken <= MOST);
    *n += taken;
    if (taken > 0)
      continue;
    status = respub_conn_take(conn, &value);
    if (status == RESPUB_MORE)
      status = respub_conn_fill(conn);
    else if (status == RESPUB_OK && value->type == RESPUB_INTEGER)
      numbers[(*n)++] = value->integer;
    else if (status == RESPUB_OK)
      numbers[(*n)++] = INT64_MIN; /* something else */
  }
  return status;
}

static void numbers_come_through_in_order_however_they_are_split(void) {
  static const char text[] =
      ":0\r\n:7\r\n-NO\r\n:123456789\r\n:1234567890\r\n:-1\r\n:+2\r\n:00\r\n";
  static const int64_t expected[MOST] = {0, 7, INT64_MIN, 123456789, 1234567890, -1, 2, 0};
  for (size_t split = 1; split < sizeof text; split++) {
    for (size_t at_once = 1; at_once <= 3; at_once++) {
      respub_test_opened o;
      int64_t numbers[MOST];
      size_t n = 0;
      respub_test_opened_init(&o);
      respub_test_script_say_bytes(&o.script, respub_slice_of(text, split));
      if (split < sizeof text - 1)
        respub_test_script_say(&o.script, text + split);
      respub_test_opened_open(&o);
      CU_ASSERT_EQUAL(take_all(o.conn, at_once, numbers, &n), RESPUB_AGAIN);
      CU_ASSERT_EQUAL_FATAL(n, MOST);
      CU_ASSERT_EQUAL(memcmp(numbers, expected, sizeof expected), 0);
      CU_ASSERT_EQUAL(respub_conn_untaken(o.conn), 0);
      respub_test_opened_close(&o);
    }
  }
}

static size_t count_those_in(respub_test_opened *o, const char *text) {
  int64_t numbers[MOST];
  respub_test_script_say(&o->script, text);
  respub_test_opened_open(o);
  CU_ASSERT_EQUAL(respub_conn_fill(o->conn), RESPUB_OK);
  return respub__conn_take_counts(o->conn, numbers, MOST);
}

static void what_is_no_small_number_is_left_as_it_is(void) {
  static const char *const others[] = {
      ":\r\n", ":1\n", ":1\rx",  ":1x\r\n",     ":-1\r\n",      ": 1\r\n",        ":1",
      ":1\r",  ":",    "+1\r\n", "$1\r\n1\r\n", "*1\r\n:1\r\n", ":1234567890\r\n"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    respub_test_opened o;
    respub_test_opened_init(&o);
    CU_ASSERT_EQUAL(count_those_in(&o, others[i]), 0);
    CU_ASSERT_EQUAL(respub_conn_untaken(o.conn), strlen(others[i]));
    respub_test_opened_close(&o);
  }
}

static void a_number_inside_of_another_value_is_not_taken(void) {
  respub_test_opened o;
  const respub_node *value;
  int64_t number;
  respub_test_opened_init(&o);
  CU_ASSERT_EQUAL(count_those_in(&o, "*2\r\n"), 0);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  respub_test_script_say(&o.script, ":1\r\n:2\r\n:3\r\n");
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__conn_take_counts(o.conn, &number, 1), 0);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_EQUAL(value->type, RESPUB_ARRAY);
  CU_ASSERT_EQUAL(respub__conn_take_counts(o.conn, &number, 1), 1);
  CU_ASSERT_EQUAL(number, 3);
  respub_test_opened_close(&o);
}

static void limits_that_concern_numbers_are_left_to_the_decoder(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_test_opened_init(&o);
  o.options.limits.line_bytes = 4;
  CU_ASSERT_EQUAL(count_those_in(&o, ":12345\r\n"), 0);
  CU_ASSERT(respub_conn_take(o.conn, &value) < 0);
  respub_test_opened_close(&o);
}

static void each_is_one_reply_less_that_is_due(void) {
  respub_test_opened o;
  int64_t numbers[MOST];
  respub_slice command = RESPUB_LIT("PING");
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, ":1\r\n:2\r\n:3\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &command, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &command, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__conn_take_counts(o.conn, numbers, 1), 1);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 1);
  CU_ASSERT_EQUAL(respub__conn_take_counts(o.conn, numbers, MOST),
                  2); /* one that nobody asked for */
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
  respub_test_opened_close(&o);
}

static const respub_test tests[] = {
    RESPUB_TEST(numbers_come_through_in_order_however_they_are_split),
    RESPUB_TEST(what_is_no_small_number_is_left_as_it_is),
    RESPUB_TEST(a_number_inside_of_another_value_is_not_taken),
    RESPUB_TEST(limits_that_concern_numbers_are_left_to_the_decoder),
    RESPUB_TEST(each_is_one_reply_less_that_is_due),
};

int main(int argc, char **argv) {
  return respub_test_main("counts", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
