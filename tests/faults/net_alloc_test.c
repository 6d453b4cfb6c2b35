/* The n-th request for memory fails, for n = 0, 1, 2, ... until none does. A call that had none
 * leaves the connection as it was, so that here each is simply made again, and the results must be
 * as if nothing had been. */
#include "net/dial.h"
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LARGE = 100000,
  ELEMENTS = 5000,
  COMMANDS = 500
};

static char large_reply[LARGE + 32];
static size_t large_size;
static char array_reply[ELEMENTS * 4 + 32];
static size_t array_size;
static char pongs[COMMANDS * 7];

static void prepare_replies(void) {
  large_size = respub_encode_bulk_header(large_reply, sizeof large_reply, LARGE);
  memset(large_reply + large_size, 'x', LARGE);
  memcpy(large_reply + large_size + LARGE, "\r\n", 2);
  large_size += LARGE + 2;
  array_size = respub_encode_aggregate(array_reply, sizeof array_reply, RESPUB_ARRAY, ELEMENTS);
  for (int i = 0; i < ELEMENTS; i++, array_size += 4)
    memcpy(array_reply + array_size, ":5\r\n", 4);
  for (int i = 0; i < COMMANDS; i++)
    memcpy(pongs + 7 * i, "+PONG\r\n", 7);
}

/* ------------------------------------------------------------------------------------------------
 * Everything that a connection does */

typedef struct scene {
  respub_test_opened o;
  respub_test_alloc alloc;
  size_t refusals; /* calls that had no memory */
  bool give_up;    /* at the first of them */
} scene;

/* True when the call was refused for want of memory and is to be made again. */
static bool again(scene *s, respub_status status) {
  if (status != RESPUB_ENOMEM)
    return false;
  s->refusals++;
  return !s->give_up;
}

static respub_status open_it(scene *s) {
  respub_status status;
  do {
    status = respub_conn_open(&s->o.conn, &s->o.options, &s->o.error);
    if (status != RESPUB_OK && (s->o.error.status != status || s->o.conn != NULL))
      return RESPUB_ESTATE;
  } while (again(s, status));
  return status;
}

static respub_status reply(scene *s, const respub_node **value) {
  respub_status status;
  do {
    status = respub_conn_reply(s->o.conn, 5000, value);
  } while (again(s, status));
  return status;
}

static respub_status command(scene *s, const respub_node **value) {
  respub_slice args[] = {RESPUB_LIT("GET"), RESPUB_LIT("key")};
  respub_status status;
  do {
    status = respub_conn_command(s->o.conn, args, 2, 5000, value, &s->o.error);
  } while (status == RESPUB_ENOMEM && respub_conn_due(s->o.conn) == 0 && again(s, status));
  return status == RESPUB_ENOMEM && again(s, status) ? reply(s, value) : status;
}

static respub_status append_and_flush(scene *s) {
  respub_slice ping = RESPUB_LIT("PING");
  for (int i = 0; i < COMMANDS; i++) {
    respub_status status;
    do {
      status = respub_conn_append(s->o.conn, &ping, 1);
    } while (again(s, status));
    if (status != RESPUB_OK)
      return status;
  }
  return respub_conn_flush(s->o.conn, 5000);
}

static respub_status write_parts(scene *s) {
  static char payload[3000];
  respub_slice parts[] = {RESPUB_LIT("$3000\r\n"), respub_slice_of(payload, sizeof payload)};
  respub_status status;
  size_t written;
  do {
    status = respub_conn_write(s->o.conn, parts, 2, 1, false, &written);
  } while (again(s, status));
  return status == RESPUB_OK ? respub_conn_push(s->o.conn) : status;
}

static respub_status take(scene *s, const respub_node **value) {
  for (;;) {
    respub_status status = respub_conn_take(s->o.conn, value);
    if (status == RESPUB_MORE)
      status = respub_conn_fill(s->o.conn);
    if (status == RESPUB_ENOMEM && !again(s, status))
      return status;
    if (*value != NULL || (status < 0 && status != RESPUB_ENOMEM))
      return status;
  }
}

static respub_status run(scene *s) {
  const respub_node *value = NULL;
  respub_status status = open_it(s);
  if (status == RESPUB_OK)
    status = command(s, &value);
  if (status == RESPUB_OK && value->text.len != LARGE)
    return RESPUB_EPROTOCOL;
  if (status == RESPUB_OK)
    status = command(s, &value);
  if (status == RESPUB_OK && (value->span != ELEMENTS + 1 || value[ELEMENTS].integer != 5))
    return RESPUB_EPROTOCOL;
  if (status == RESPUB_OK)
    status = append_and_flush(s);
  for (int i = 0; i < COMMANDS && status == RESPUB_OK; i++) {
    status = reply(s, &value);
    if (status == RESPUB_OK && !respub_node_equals(value, RESPUB_LIT("PONG")))
      return RESPUB_EPROTOCOL;
  }
  if (status == RESPUB_OK)
    status = write_parts(s);
  if (status == RESPUB_OK)
    status = take(s, &value);
  if (status == RESPUB_OK && !respub_node_equals(value, RESPUB_LIT("end")))
    return RESPUB_EPROTOCOL;
  return status;
}

static void set_scene(scene *s, size_t fail_at, bool for_ever) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_FAILING(fail_at);
  memset(s, 0, sizeof *s);
  respub_test_opened_init(&s->o);
  s->alloc = alloc;
  s->alloc.fail_for_ever = for_ever;
  s->give_up = for_ever;
  s->o.options.allocator = respub_test_allocator(&s->alloc);
  s->o.options.buffer_bytes = 64;
  (void)snprintf(s->o.options.password, sizeof s->o.options.password, "pw");
  s->o.script.write_most = 700;
  s->o.script.read_most = 3000;
  respub_test_script_say(&s->o.script, "+OK\r\n+OK\r\n+OK\r\n");
  respub_test_script *script = &s->o.script;
  respub_test_script_say_bytes(script, respub_slice_of(large_reply, large_size));
  respub_test_script_say_bytes(script, respub_slice_of(array_reply, array_size));
  respub_test_script_say_bytes(script, respub_slice_of(pongs, sizeof pongs));
  respub_test_script_say(script, "+end\r\n");
}

static void every_call_survives_that_one_request_for_memory_fails(void) {
  prepare_replies();
  size_t n = 0;
  for (bool failed = true; failed; n++) {
    scene s;
    set_scene(&s, n, false);
    respub_status status = run(&s);
    failed = s.alloc.failed > 0;
    RESPUB_CHECK(status == RESPUB_OK, "n %zu: %s %s", n, respub_status_name(status),
                 s.o.error.text);
    respub_test_opened_close(&s.o);
    RESPUB_CHECK(s.alloc.live == 0 && s.alloc.live_bytes == 0, "n %zu: %zu left", n,
                 (size_t)s.alloc.live);
    if (status != RESPUB_OK)
      return;
  }
  /* As many as the growth of two buffers and a tape takes at the least. */
  CU_ASSERT_TRUE(n > 20);
}

static void without_any_memory_from_some_moment_on_everything_ends_cleanly(void) {
  prepare_replies();
  for (size_t n = 0;; n++) {
    scene s;
    set_scene(&s, n, true);
    respub_status status = run(&s);
    size_t failed = s.alloc.failed;
    RESPUB_CHECK(status == (failed > 0 ? RESPUB_ENOMEM : RESPUB_OK), "n %zu: %s", n,
                 respub_status_name(status));
    respub_test_opened_close(&s.o);
    RESPUB_CHECK(s.alloc.live == 0, "n %zu: %zu left", n, (size_t)s.alloc.live);
    if (failed == 0)
      return;
  }
}

/* ------------------------------------------------------------------------------------------------
 * Sockets */

static void dialing_survives_that_one_request_for_memory_fails(void) {
  int listener;
  respub__address at;
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&listener, NULL, 0, NULL, &at, NULL), RESPUB_OK);
  respub__socket_close(listener);
  static const char *const urls[] = {"redis://127.0.0.1", "unix:///no/such/folder/socket"};
  for (size_t i = 0; i < 2; i++) {
    for (size_t n = 0;; n++) {
      respub_test_alloc alloc = RESPUB_TEST_ALLOC_FAILING(n);
      respub_options o;
      respub_conn *conn;
      respub_error e;
      CU_ASSERT_EQUAL(respub_options_from_url(&o, urls[i], &e), RESPUB_OK);
      o.port = respub__address_port(&at);
      o.allocator = respub_test_allocator(&alloc);
      respub_status status = respub_conn_open(&conn, &o, &e);
      RESPUB_CHECK(status == (alloc.failed > 0 ? RESPUB_ENOMEM : RESPUB_ECONNECT), "n %zu: %s", n,
                   e.text);
      CU_ASSERT_EQUAL(e.status, status);
      CU_ASSERT_PTR_NULL(conn);
      CU_ASSERT_EQUAL(alloc.live, 0);
      if (alloc.failed == 0)
        break;
    }
  }
}

/* Opening for an event loop. */
static respub_status start_and_step(scene *s) {
  respub_status status = respub_conn_start(&s->o.conn, &s->o.options, 0, &s->o.error);
  CU_ASSERT_EQUAL(s->o.conn == NULL, status != RESPUB_OK);
  if (status != RESPUB_OK)
    return status;
  int64_t now_ms = 0;
  do {
    status = respub_conn_step(s->o.conn, now_ms++);
  } while (status == RESPUB_AGAIN);
  return status;
}

static void opening_by_steps_survives_that_one_request_for_memory_fails(void) {
  size_t failed = 1;
  for (size_t n = 0; failed > 0; n++) {
    scene s = {.alloc = RESPUB_TEST_ALLOC_FAILING(n)};
    respub_test_opened_init(&s.o);
    s.o.options.allocator = respub_test_allocator(&s.alloc);
    respub_test_script_say(&s.o.script, RESPUB_TEST_GREETING);
    respub_status status = start_and_step(&s);
    failed = s.alloc.failed;
    /* Without room for much, little is read at a time. */
    RESPUB_CHECK(status == RESPUB_OK || (status == RESPUB_ENOMEM && failed > 0), "n %zu: %s", n,
                 respub_status_text(status));
    respub_test_opened_close(&s.o);
    CU_ASSERT_EQUAL(s.alloc.live, 0);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(every_call_survives_that_one_request_for_memory_fails),
      RESPUB_TEST(without_any_memory_from_some_moment_on_everything_ends_cleanly),
      RESPUB_TEST(dialing_survives_that_one_request_for_memory_fails),
      RESPUB_TEST(opening_by_steps_survives_that_one_request_for_memory_fails),
  };
  return respub_test_main("net allocation faults", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
