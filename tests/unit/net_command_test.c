/* The calls that wait. */
#include "net/net.h"
#include "tests/support/check.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const respub_slice ping = {"PING", 4};

static void a_command_returns_its_reply_even_if_that_is_an_error(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_slice get[] = {RESPUB_LIT("GET"), RESPUB_LIT("k")};
  respub_test_opened_init(&o);
  o.script.read_most = 3;
  o.script.write_most = 5;
  o.script.write_pause_every = 2;
  respub_test_script_say(&o.script, "$5\r\nvalue\r\n");
  respub_test_script_pause(&o.script);
  respub_test_script_say(&o.script, "-WRONGTYPE no\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, get, 2, RESPUB_DEFAULT_TIMEOUT, &reply, NULL),
                        RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("value")));
  CU_ASSERT_TRUE(respub_test_script_sent(&o.script, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"));
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, get, 2, 5000, &reply, &o.error), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_is_error(reply));
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
  respub_test_opened_close(&o);
}

static void arguments_may_lie_in_the_last_reply(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n");
  respub_test_script_say(&o.script, "$3\r\nabc\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, NULL), RESPUB_OK);
  respub_slice args[] = {respub_node_at(reply, 0)->text, respub_node_at(reply, 1)->text};
  respub_test_script_forget(&o.script);
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, args, 2, 5000, &reply, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_script_sent(&o.script, "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n"));
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("abc")));
  respub_test_opened_close(&o);
}

static void after_a_timeout_the_late_reply_goes_to_its_own_command(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+la");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 5, &reply, &o.error), RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NULL(reply);
  CU_ASSERT_EQUAL(o.error.status, RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 1);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 5, &reply, &o.error), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 0, &reply), RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NULL(reply);
  respub_test_script_say(&o.script, "te\r\n");
  CU_ASSERT_EQUAL_FATAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("late")));
  respub_test_script_say(&o.script, "+PONG\r\n");
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, &o.error), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("PONG")));
  respub_test_opened_close(&o);
}

static void a_timeout_counts_from_the_call_however_often_it_wakes(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  respub_test_opened_open(&o);
  int64_t before = respub_test_now_ms();
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 30, &reply, NULL), RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(respub_test_now_ms() - before >= 29);
  CU_ASSERT_TRUE(o.script.reads > 10);
  o.script.wait_for_ever = true;
  before = respub_test_now_ms();
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 30, &reply), RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(respub_test_now_ms() - before >= 29);
  respub_test_opened_close(&o);
}

static void a_reply_that_trickles_is_not_waited_for_beyond_the_timeout(void) {
  respub_test_opened o;
  const respub_node *reply;
  static char large[1000000];
  size_t header = respub_encode_bulk_header(large, sizeof large, sizeof large);
  memset(large + header, 'x', sizeof large - header);
  respub_test_opened_init(&o);
  o.script.read_most = 1;
  respub_test_script_say_bytes(&o.script, respub_slice_of(large, sizeof large));
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 0, &reply, NULL), RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(o.script.reads < 1000);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 1);
  respub_test_opened_close(&o);
}

static void the_options_give_the_default_timeout(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  o.options.command_timeout_ms = 20;
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, RESPUB_DEFAULT_TIMEOUT, &reply, NULL),
                  RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, -2, &reply), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_conn_flush(o.conn, -2), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, -2, &reply, &o.error), RESPUB_EARGUMENT);
  respub_test_opened_close(&o);
}

static void pipelined_replies_come_in_the_order_of_their_commands(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  o.script.read_most = 4;
  respub_test_script_say(&o.script, ":0\r\n:1\r\n:2\r\n-3\r\n$1\r\n4\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 0, &reply), RESPUB_ESTATE);
  for (int i = 0; i < 5; i++)
    CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, NULL), RESPUB_ESTATE);
  for (int i = 0; i < 5; i++) {
    CU_ASSERT_EQUAL(respub_conn_due(o.conn), (size_t)(5 - i));
    CU_ASSERT_EQUAL_FATAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
    CU_ASSERT_EQUAL(reply->type == RESPUB_INTEGER ? reply->integer : reply->text.ptr[0] - '0', i);
  }
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 0, &reply), RESPUB_ESTATE);
  respub_test_opened_close(&o);
}

static void replies_before_an_end_are_given_and_then_the_end(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+one\r\n+two\r\n+thr");
  respub_test_script_end(&o.script);
  respub_test_opened_open(&o);
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  o.script.write_break_at = 20;
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_EIO);
  CU_ASSERT_PTR_NULL(reply);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, &o.error), RESPUB_EIO);
  CU_ASSERT_PTR_NOT_NULL(strstr(o.error.text, strerror(EPIPE)));
  respub_test_opened_close(&o);

  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+one\r\n+two\r\n+thr");
  respub_test_script_end(&o.script);
  respub_test_opened_open(&o);
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_EEOF);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 1);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, &o.error), RESPUB_EEOF);
  CU_ASSERT_EQUAL(o.error.status, RESPUB_EEOF);
  respub_test_opened_close(&o);
}

/* The peer stops reading until what it has said is read, as a server with a bounded output does. */
static void flushing_reads_what_comes_meanwhile(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  o.script.write_pause_every = 2;
  o.script.write_most = 7;
  o.script.read_most = 2;
  respub_test_script_say(&o.script, "+PONG\r\n+PONG\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  uint64_t before = respub_conn_bytes_in(o.conn);
  CU_ASSERT_EQUAL(respub_conn_flush(o.conn, 5000), RESPUB_OK);
  CU_ASSERT_TRUE(respub_conn_bytes_in(o.conn) > before);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 0);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  respub_test_opened_close(&o);
}

static void flushing_stops_reading_when_replies_fill_their_bound_and_goes_on_writing(void) {
  respub_test_opened o;
  const respub_node *reply;
  static char stream[7 * 1000 + 1];
  for (size_t i = 0; i < 1000; i++)
    memcpy(stream + 7 * i, "+PONG\r\n", 7);
  respub_test_opened_init(&o);
  o.options.buffer_bytes = 64;
  o.options.limits.bytes = 100;
  respub_test_script_say(&o.script, stream);
  respub_test_opened_open(&o);
  o.script.write_most = 1;
  o.script.write_pause_every = 2;
  for (int i = 0; i < 1000; i++)
    CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_flush(o.conn, respub_test_scaled(5000)), RESPUB_OK);
  CU_ASSERT_TRUE(respub_conn_bytes_in(o.conn) < 400);
  for (int i = 0; i < 1000; i++)
    CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  respub_test_opened_close(&o);
}

static void a_flush_that_is_not_taken_times_out_and_can_go_on(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  respub_test_opened_open(&o);
  o.script.write_stop_at = 6;
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_flush(o.conn, 5), RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 8);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5, &reply), RESPUB_TIMEOUT);
  o.script.write_stop_at = SIZE_MAX;
  respub_test_script_say(&o.script, "+PONG\r\n");
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_script_sent(&o.script, "*1\r\n$4\r\nPING\r\n"));
  respub_test_opened_close(&o);
}

static void pushes_pass_a_command_by_but_not_a_reader_of_replies(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, ">1\r\n+push\r\n+PONG\r\n>1\r\n+push\r\n+PONG\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("PONG")));
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_EQUAL(reply->type, RESPUB_PUSH);
  CU_ASSERT_EQUAL_FATAL(respub_conn_reply(o.conn, 5000, &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("PONG")));
  respub_test_opened_close(&o);
}

static void an_endless_row_of_pushes_is_no_reply(void) {
  respub_test_opened o;
  const respub_node *reply;
  static char pushes[4 * 300000 + 1];
  for (size_t i = 0; i < sizeof pushes - 1; i += 4)
    memcpy(pushes + i, ">0\r\n", 4);
  respub_test_opened_init(&o);
  o.script.read_most = 4;
  respub_test_script_say(&o.script, pushes);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 0, &reply, &o.error), RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NULL(reply);
  CU_ASSERT_TRUE(o.script.reads < 1000);
  respub_test_opened_close(&o);
}

static void a_command_too_large_for_the_queue_is_refused_and_the_next_one_served(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_slice large[] = {RESPUB_LIT("ECHO"), RESPUB_LIT("0123456789012345678901234567890")};
  respub_test_opened_init(&o);
  o.options.output_bytes = 32;
  respub_test_script_say(&o.script, "+PONG\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, large, 2, 5000, &reply, &o.error), RESPUB_EFULL);
  CU_ASSERT_EQUAL(o.error.status, RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, large, 0, 5000, &reply, &o.error), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, &o.error), RESPUB_OK);
  respub_test_opened_close(&o);
}

/* Where reading asks for more room than the limit has left, the last bytes still come. */
static void a_reply_as_large_as_the_limit_comes_whole(void) {
  enum {
    LIMIT = 100000,
    HEADER = 8,
    CONTENT = LIMIT - HEADER - 2
  };
  respub_test_opened o;
  const respub_node *reply;
  respub_test_opened_init(&o);
  o.options.limits.bytes = LIMIT;
  o.options.buffer_bytes = 64;
  o.script.read_most = 777;
  char *text = malloc(LIMIT + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  CU_ASSERT_EQUAL(snprintf(text, LIMIT, "$%d\r\n", CONTENT), HEADER);
  memset(text + HEADER, 'x', CONTENT);
  memcpy(text + LIMIT - 2, "\r\n", 3);
  respub_test_script_say(&o.script, text);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL_FATAL(respub_conn_command(o.conn, &ping, 1, 5000, &reply, &o.error), RESPUB_OK);
  CU_ASSERT_EQUAL(reply->text.len, CONTENT);
  respub_test_opened_close(&o);
  free(text);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_command_returns_its_reply_even_if_that_is_an_error),
      RESPUB_TEST(arguments_may_lie_in_the_last_reply),
      RESPUB_TEST(after_a_timeout_the_late_reply_goes_to_its_own_command),
      RESPUB_TEST(a_timeout_counts_from_the_call_however_often_it_wakes),
      RESPUB_TEST(a_reply_that_trickles_is_not_waited_for_beyond_the_timeout),
      RESPUB_TEST(the_options_give_the_default_timeout),
      RESPUB_TEST(pipelined_replies_come_in_the_order_of_their_commands),
      RESPUB_TEST(replies_before_an_end_are_given_and_then_the_end),
      RESPUB_TEST(flushing_reads_what_comes_meanwhile),
      RESPUB_TEST(flushing_stops_reading_when_replies_fill_their_bound_and_goes_on_writing),
      RESPUB_TEST(a_flush_that_is_not_taken_times_out_and_can_go_on),
      RESPUB_TEST_OF(RESPUB_RESP3, pushes_pass_a_command_by_but_not_a_reader_of_replies),
      RESPUB_TEST_OF(RESPUB_RESP3, an_endless_row_of_pushes_is_no_reply),
      RESPUB_TEST(a_command_too_large_for_the_queue_is_refused_and_the_next_one_served),
      RESPUB_TEST(a_reply_as_large_as_the_limit_comes_whole),
  };
  return respub_test_main("net command", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
