/* Reading and writing without waiting, on a connection that is ready. */
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * In */

static void values_are_taken_one_by_one_from_what_one_read_gave(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+one\r\n$3\r\ntwo\r\n*2\r\n:3\r\n$0\r\n\r\n+fo");
  respub_test_script_say(&o.script, "ur\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_PTR_NULL(value);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(value, RESPUB_LIT("one")));
  const char *first = value->text.ptr;
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(value, RESPUB_LIT("two")));
  /* No copy: the slices lie in the read buffer, at the distance that they had on the wire. */
  CU_ASSERT_EQUAL(value->text.ptr - first, 9);
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_EQUAL(value->span, 3);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(value, RESPUB_LIT("four")));
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_AGAIN);
  respub_test_opened_close(&o);
}

/* A taken value must survive everything up to the next call, whatever the sizes do to the buffer.
 */
static void a_value_stays_whole_until_the_next_call(void) {
  enum {
    MESSAGES = 400
  };
  static char stream[MESSAGES * 80];
  size_t size = 0;
  for (int i = 0; i < MESSAGES; i++) {
    char text[64];
    int length = i % 40;
    memset(text, 'a' + i % 26, (size_t)length);
    size += respub_encode_text(stream + size, sizeof stream - size, RESPUB_BULK,
                               respub_slice_of(text, (size_t)length));
  }
  for (size_t most = 1; most < 130; most += 3) {
    respub_test_opened o;
    const respub_node *value;
    int taken = 0;
    respub_test_opened_init(&o);
    o.options.buffer_bytes = 64;
    o.script.read_most = most;
    respub_test_script_say_bytes(&o.script, respub_slice_of(stream, size));
    respub_test_opened_open(&o);
    while (respub_conn_fill(o.conn) == RESPUB_OK) {
      while (respub_conn_take(o.conn, &value) == RESPUB_OK) {
        size_t length = (size_t)(taken % 40);
        bool right = value->text.len == length;
        for (size_t i = 0; right && i < length; i++)
          right = value->text.ptr[i] == 'a' + taken % 26;
        RESPUB_CHECK(right, "message %d in pieces of %zu", taken, most);
        taken++;
      }
    }
    CU_ASSERT_EQUAL(taken, MESSAGES);
    respub_test_opened_close(&o);
  }
}

static void messages_of_usual_size_cost_no_memory_once_it_runs(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_test_opened o;
  const respub_node *value;
  static char stream[60000];
  static const char one[] = "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$11\r\nhello world\r\n";
  size_t size = 0;
  for (; size + sizeof one <= sizeof stream; size += sizeof one - 1)
    memcpy(stream + size, one, sizeof one - 1);
  respub_test_opened_init(&o);
  o.options.allocator = respub_test_allocator(&alloc);
  for (int i = 0; i < 50; i++)
    respub_test_script_say_bytes(&o.script, respub_slice_of(stream, size));
  respub_test_opened_open(&o);
  size_t calls = alloc.calls;
  size_t taken = 0;
  while (respub_conn_fill(o.conn) == RESPUB_OK) {
    while (respub_conn_take(o.conn, &value) == RESPUB_OK)
      taken++;
  }
  CU_ASSERT_EQUAL(taken, 50 * size / (sizeof one - 1));
  CU_ASSERT_EQUAL(alloc.calls, calls);
  respub_test_opened_close(&o);
  CU_ASSERT_EQUAL(alloc.live, 0);
}

static void a_large_value_gets_memory_as_its_bytes_come_and_gives_it_back(void) {
  enum {
    LARGE = 5 * 1024 * 1024
  };
  static char payload[LARGE + 32];
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_test_opened o;
  const respub_node *value;
  size_t header = respub_encode_bulk_header(payload, 32, LARGE);
  memset(payload + header, 'x', LARGE);
  memcpy(payload + header + LARGE, "\r\n", 2);
  respub_test_opened_init(&o);
  o.options.allocator = respub_test_allocator(&alloc);
  o.script.read_most = 10000;
  respub_test_script_say_bytes(&o.script, respub_slice_of(payload, header + LARGE + 2));
  respub_test_opened_open(&o);
  size_t before = alloc.live_bytes;
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_TRUE(alloc.peak_bytes < 100000);
  while (respub_conn_take(o.conn, &value) == RESPUB_MORE)
    CU_ASSERT_EQUAL_FATAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(value);
  CU_ASSERT_EQUAL(value->text.len, LARGE);
  CU_ASSERT_EQUAL(value->text.ptr[LARGE - 1], 'x');
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_TRUE(alloc.live_bytes <= before);
  respub_test_opened_close(&o);
  CU_ASSERT_EQUAL(alloc.live, 0);
}

static void a_tape_of_many_nodes_grows_and_its_memory_goes_back(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_test_opened o;
  const respub_node *value;
  static char stream[40010] = "*9999\r\n";
  for (size_t i = 0; i < 9999; i++)
    memcpy(stream + 7 + 4 * i, ":5\r\n", 4);
  respub_test_opened_init(&o);
  o.options.allocator = respub_test_allocator(&alloc);
  o.script.read_most = 5000;
  respub_test_script_say_bytes(&o.script, respub_slice_of(stream, 7 + 4 * 9999));
  respub_test_script_say(&o.script, "+next\r\n");
  respub_test_opened_open(&o);
  size_t before = alloc.live_bytes;
  while (respub_conn_take(o.conn, &value) == RESPUB_MORE)
    CU_ASSERT_EQUAL_FATAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(value);
  CU_ASSERT_EQUAL(value->span, 10000);
  CU_ASSERT_EQUAL(value->type, RESPUB_ARRAY);
  CU_ASSERT_EQUAL(value->integer, 9999);
  int64_t sum = 0;
  for (const respub_node *child = value + 1; child < value + 10000; child++)
    sum += child->type == RESPUB_INTEGER && child->span == 1 ? child->integer : 0;
  CU_ASSERT_EQUAL(sum, 9999 * 5);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(value, RESPUB_LIT("next")));
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_TRUE(alloc.live_bytes <= before + 65536);
  CU_ASSERT_TRUE(alloc.live_bytes < 10000 * sizeof(respub_node));
  respub_test_opened_close(&o);
  CU_ASSERT_EQUAL(alloc.live, 0);
}

static void a_value_beyond_a_limit_ends_the_connection_with_its_code(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_slice ping = RESPUB_LIT("PING");
  respub_test_opened_init(&o);
  o.options.limits.bulk_bytes = 5;
  respub_test_script_say(&o.script, "$5\r\nhello\r\n$6\r\nfoobar\r\n+more\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_EBULK);
    CU_ASSERT_PTR_NULL(value);
    CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_EBULK);
    CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_EBULK);
    CU_ASSERT_EQUAL(respub_conn_error(o.conn)->status, RESPUB_EBULK);
  }
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(o.conn)->text, "at byte"));
  respub_test_opened_close(&o);
}

static void malformed_bytes_are_an_end_that_names_their_offset(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+ok\r\n*1\r\n@");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_ETYPE);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(o.conn)->text, "at byte 4"));
  respub_test_opened_close(&o);
}

static void what_came_before_the_end_can_still_be_taken(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "-ERR Protocol error\r\n+cut");
  respub_test_script_end(&o.script);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_EEOF);
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_is_error(value));
  CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_EEOF);
  CU_ASSERT_EQUAL(respub_conn_error(o.conn)->status, RESPUB_EEOF);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 0), RESPUB_EEOF);
  respub_test_opened_close(&o);
}

static void a_broken_stream_says_what_the_system_said(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  respub_test_script_break(&o.script, ETIMEDOUT);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_EIO);
  CU_ASSERT_EQUAL(errno, ETIMEDOUT);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(o.conn)->text, strerror(ETIMEDOUT)));
  respub_test_opened_close(&o);
}

/* Somebody who reads but never takes must not be made to hold everything that a peer sends. */
static void unread_values_are_bounded(void) {
  respub_test_opened o;
  const respub_node *value;
  static char stream[100000];
  for (size_t i = 0; i + 10 <= sizeof stream; i += 10)
    memcpy(stream + i, "$4\r\nabcd\r\n", 10);
  respub_test_opened_init(&o);
  o.options.buffer_bytes = 64;
  o.options.limits.bytes = 1000;
  respub_test_script_say_bytes(&o.script, respub_slice_of(stream, sizeof stream));
  respub_test_opened_open(&o);
  respub_status status;
  while ((status = respub_conn_fill(o.conn)) == RESPUB_OK)
    continue;
  CU_ASSERT_EQUAL(status, RESPUB_EFULL);
  CU_ASSERT_TRUE(respub_conn_bytes_in(o.conn) < 3000);
  size_t taken = 0;
  do {
    while (respub_conn_take(o.conn, &value) == RESPUB_OK)
      taken++;
  } while (respub_conn_fill(o.conn) == RESPUB_OK);
  CU_ASSERT_EQUAL(taken, sizeof stream / 10);
  respub_test_opened_close(&o);
}

static void a_push_is_a_value_that_answers_nothing(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_slice ping = RESPUB_LIT("PING");
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script,
                         ">1\r\n+a\r\n|1\r\n+k\r\n+v\r\n>1\r\n+b\r\n+PONG\r\n+extra\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
  for (int i = 0; i < 2; i++) {
    CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_node_value(value)->type, RESPUB_PUSH);
    CU_ASSERT_EQUAL(respub_conn_due(o.conn), 1);
  }
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
  CU_ASSERT_EQUAL_FATAL(respub_conn_take(o.conn, &value), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
  respub_test_opened_close(&o);
}

/* ------------------------------------------------------------------------------------------------
 * Out */

static void commands_wait_in_order_until_they_are_pushed(void) {
  respub_test_opened o;
  respub_slice a[] = {RESPUB_LIT("ECHO"), RESPUB_LIT("1")};
  respub_slice raw = RESPUB_LIT("*1\r\n$4\r\nPING\r\n");
  respub_test_opened_init(&o);
  respub_test_opened_open(&o);
  size_t written = 77;
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, a, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &raw, 1, 1, true, &written), RESPUB_OK);
  CU_ASSERT_EQUAL(written, 0);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &raw, 1, 2, false, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(o.script.sent_size, 0);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 4);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 49);
  CU_ASSERT_EQUAL(respub_conn_events(o.conn), POLLIN | POLLOUT);
  CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_script_sent(
      &o.script, "*2\r\n$4\r\nECHO\r\n$1\r\n1\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n"));
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 0);
  CU_ASSERT_EQUAL(respub_conn_events(o.conn), POLLIN);
  respub_test_opened_close(&o);
}

/* Forty parts, some of them empty, through a socket that takes a little at a time: what it takes at
 * once and what is queued must make up the bytes exactly. */
static void parts_leave_once_and_in_order_whatever_the_socket_takes(void) {
  enum {
    PARTS = 40
  };
  char bytes[PARTS * 10];
  respub_slice parts[PARTS];
  size_t total = 0;
  for (size_t i = 0; i < PARTS; i++) {
    size_t length = i % 7 == 0 ? 0 : i % 10;
    parts[i] = respub_slice_of(length > 0 ? bytes + total : NULL, length);
    for (size_t k = 0; k < length; k++)
      bytes[total + k] = (char)('!' + (total + k) % 90);
    total += length;
  }
  for (size_t most = 1; most <= total; most++) {
    respub_test_opened o;
    respub_test_opened_init(&o);
    respub_test_opened_open(&o);
    o.script.write_most = most;
    o.script.write_pause_every = 3 + most % 4;
    size_t written;
    CU_ASSERT_EQUAL(respub_conn_write(o.conn, parts, PARTS, 1, true, &written), RESPUB_OK);
    CU_ASSERT_EQUAL(written, o.script.sent_size);
    CU_ASSERT_EQUAL(written + respub_conn_unsent(o.conn), total);
    while (respub_conn_push(o.conn) == RESPUB_AGAIN)
      continue;
    RESPUB_CHECK(o.script.sent_size == total && memcmp(o.script.sent, bytes, total) == 0,
                 "at most %zu: %.*s", most, (int)o.script.sent_size, o.script.sent);
    respub_test_opened_close(&o);
  }
}

static void a_payload_that_the_socket_takes_is_not_copied(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_test_opened o;
  char *payload = calloc(1, 1000000);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  respub_slice parts[] = {RESPUB_LIT("$1000000\r\n"), respub_slice_of(payload, 1000000),
                          RESPUB_LIT("\r\n")};
  respub_test_opened_init(&o);
  o.options.allocator = respub_test_allocator(&alloc);
  respub_test_opened_open(&o);
  size_t calls = alloc.calls;
  size_t written;
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, parts, 3, 1, true, &written), RESPUB_OK);
  CU_ASSERT_EQUAL(written, 1000012);
  CU_ASSERT_EQUAL(o.script.writes, 2);
  CU_ASSERT_EQUAL(alloc.calls, calls);
  respub_test_opened_close(&o);
  free(payload);
}

static void a_full_queue_takes_all_of_a_command_or_nothing(void) {
  respub_test_opened o;
  respub_slice args[] = {RESPUB_LIT("ECHO"), RESPUB_LIT("12345678")};
  respub_slice raw[] = {RESPUB_LIT("12345"), RESPUB_LIT("67890")};
  respub_test_opened_init(&o);
  o.options.output_bytes = 60;
  respub_test_opened_open(&o);
  o.script.write_stop_at = 4;
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, args, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, args, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, args, 2), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 2);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 56);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, raw, 2, 1, true, NULL), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 56);
  CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 52);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, raw, 2, 1, true, NULL), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, raw, 1, 1, true, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 3);
  respub_slice absurd = respub_slice_of("x", SIZE_MAX - 3);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &absurd, 1, 1, true, NULL), RESPUB_EFULL);
  o.script.write_stop_at = SIZE_MAX;
  CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_OK);
  /* More than the queue holds is refused even if the socket might take it. */
  respub_slice large[] = {raw[0], respub_slice_of(NULL, SIZE_MAX), raw[0]};
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, large, 3, 1, true, NULL), RESPUB_EFULL);
  large[1].len = 61;
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, large, 2, 1, true, NULL), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_OK);
  respub_test_opened_close(&o);
}

static void a_failed_write_says_how_much_of_it_may_have_arrived(void) {
  static const size_t breaks[] = {0, 3, 5, 9};
  for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
    respub_test_opened o;
    respub_slice raw[] = {RESPUB_LIT("12345"), RESPUB_LIT("67890")};
    size_t written = 77;
    respub_test_opened_init(&o);
    respub_test_opened_open(&o);
    o.script.write_break_at = breaks[i];
    CU_ASSERT_EQUAL(respub_conn_write(o.conn, raw, 2, 1, true, &written), RESPUB_EIO);
    CU_ASSERT_EQUAL(written, breaks[i]);
    CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
    CU_ASSERT_EQUAL(respub_conn_write(o.conn, raw, 2, 1, true, &written), RESPUB_EIO);
    CU_ASSERT_EQUAL(written, 0);
    CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(o.conn)->text, "while writing"));
    respub_test_opened_close(&o);
  }
}

static void without_memory_for_the_rest_a_begun_command_ends_the_connection(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_test_opened o;
  respub_slice raw = RESPUB_LIT("1234567890");
  size_t written;
  respub_test_opened_init(&o);
  o.options.allocator = respub_test_allocator(&alloc);
  respub_test_opened_open(&o);
  respub_slice large = respub_slice_of(calloc(1, 5000), 5000);
  CU_ASSERT_PTR_NOT_NULL_FATAL(large.ptr);
  alloc.fail_at = alloc.calls;
  alloc.fail_for_ever = true;
  o.script.write_stop_at = 0;
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &large, 1, 1, true, &written), RESPUB_ENOMEM);
  CU_ASSERT_EQUAL(written, 0);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &raw, 1, 1, true, &written), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 1);
  o.script.write_stop_at = SIZE_MAX;
  CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_OK);
  o.script.write_stop_at = o.script.sent_size + 5;
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &large, 1, 1, true, &written), RESPUB_ENOMEM);
  CU_ASSERT_EQUAL(written, 5);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, &raw, 1, 1, true, &written), RESPUB_ENOMEM);
  CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_ENOMEM);
  union {
    const char *kept;
    void *freed;
  } pointer = {large.ptr};
  free(pointer.freed);
  respub_test_opened_close(&o);
}

static void what_is_no_command_is_refused(void) {
  respub_test_opened o;
  respub_slice args[] = {respub_slice_of("x", SIZE_MAX / 2), respub_slice_of("x", SIZE_MAX / 2),
                         RESPUB_LIT("xxxx")};
  respub_test_opened_init(&o);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, args, 0), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, args, 3), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, args, 1), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
  CU_ASSERT_EQUAL(respub_conn_write(o.conn, args, 0, 0, true, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 0);
  respub_test_opened_close(&o);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(values_are_taken_one_by_one_from_what_one_read_gave),
      RESPUB_TEST(a_value_stays_whole_until_the_next_call),
      RESPUB_TEST(messages_of_usual_size_cost_no_memory_once_it_runs),
      RESPUB_TEST(a_large_value_gets_memory_as_its_bytes_come_and_gives_it_back),
      RESPUB_TEST(a_tape_of_many_nodes_grows_and_its_memory_goes_back),
      RESPUB_TEST(a_value_beyond_a_limit_ends_the_connection_with_its_code),
      RESPUB_TEST(malformed_bytes_are_an_end_that_names_their_offset),
      RESPUB_TEST(what_came_before_the_end_can_still_be_taken),
      RESPUB_TEST(a_broken_stream_says_what_the_system_said),
      RESPUB_TEST(unread_values_are_bounded),
      RESPUB_TEST_OF(RESPUB_RESP3, a_push_is_a_value_that_answers_nothing),
      RESPUB_TEST(commands_wait_in_order_until_they_are_pushed),
      RESPUB_TEST(parts_leave_once_and_in_order_whatever_the_socket_takes),
      RESPUB_TEST(a_payload_that_the_socket_takes_is_not_copied),
      RESPUB_TEST(a_full_queue_takes_all_of_a_command_or_nothing),
      RESPUB_TEST(a_failed_write_says_how_much_of_it_may_have_arrived),
      RESPUB_TEST(without_memory_for_the_rest_a_begun_command_ends_the_connection),
      RESPUB_TEST(what_is_no_command_is_refused),
  };
  return respub_test_main("net exchange", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
