/* Connecting and shaking hands, over a transport that does what a network may do. */
#include "tests/support/check.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static respub_status step_to_the_end(respub_conn *conn) {
  respub_status status;
  do {
    status = respub_conn_step(conn, 0);
  } while (status == RESPUB_AGAIN);
  return status;
}

static void a_connection_opens_whatever_the_pieces_in_which_bytes_travel(void) {
  for (size_t most = 1; most < 24; most++) {
    respub_test_opened o;
    respub_test_opened_init(&o);
    o.script.read_most = most;
    o.script.write_most = 24 - most;
    o.script.write_pause_every = 2 + most % 3;
    o.script.connect_steps = most;
    memcpy(o.options.client_name, "bot", 4);
    memcpy(o.options.password, "pw", 3);
    for (int i = 0; i < 4; i++) {
      respub_test_script_pause(&o.script);
      respub_test_script_say(&o.script, "+OK\r\n");
    }
    CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_conn_deadline_ms(o.conn), 0);
    CU_ASSERT_EQUAL(step_to_the_end(o.conn), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_conn_step(o.conn, 1000000), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_conn_deadline_ms(o.conn), RESPUB_NEVER);
    CU_ASSERT_EQUAL(respub_conn_events(o.conn), POLLIN);
    CU_ASSERT_EQUAL(respub_conn_due(o.conn), 0);
    CU_ASSERT_EQUAL(respub_conn_unsent(o.conn), 0);
    CU_ASSERT_EQUAL(respub_conn_bytes_in(o.conn), 20);
    CU_ASSERT_EQUAL(respub_conn_bytes_out(o.conn), o.script.sent_size);
    CU_ASSERT_TRUE(respub_test_script_sent(
        &o.script, "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n"
                   "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$3\r\nbot\r\n"
                   "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$8\r\nlib-name\r\n$6\r\n"
                   "respub\r\n*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$7\r\nlib-ver"
                   "\r\n$5\r\n" RESPUB_VERSION "\r\n"));
    respub_test_opened_close(&o);
  }
}

static void events_and_deadline_say_what_opening_waits_for(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  o.script.connect_steps = 1;
  o.script.write_stop_at = 10;
  o.options.connect_timeout_ms = 700;
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 1000, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_deadline_ms(o.conn), 1000);
  /* The time begins with the first step, because resolving a name may have taken long. */
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5000), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_deadline_ms(o.conn), 5700);
  CU_ASSERT_EQUAL(respub_conn_events(o.conn), POLLOUT);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5100), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_deadline_ms(o.conn), 5700);
  CU_ASSERT_EQUAL(respub_conn_events(o.conn), POLLIN | POLLOUT);
  o.script.write_stop_at = SIZE_MAX;
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5200), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_events(o.conn), POLLIN);
  respub_test_opened_close(&o);
}

static void a_connect_that_never_ends_is_given_up_at_its_deadline(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  o.script.connect_steps = SIZE_MAX;
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 0), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 4999), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5000), RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5001), RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_conn_error(o.conn)->status, RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(o.conn)->text, "redis://localhost:6379/0"));
  CU_ASSERT_EQUAL(respub_conn_deadline_ms(o.conn), RESPUB_NEVER);
  respub_test_opened_close(&o);
}

static void a_server_that_says_nothing_is_given_up_at_the_same_deadline(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+PONG\r\n+OK\r\n+OK\r");
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 0), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 4999), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5000), RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(o.conn)->text, "5000 ms"));
  respub_test_opened_close(&o);
}

static void what_is_there_at_the_deadline_still_counts(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  respub_test_script_pause(&o.script);
  respub_test_script_say(&o.script, RESPUB_TEST_GREETING);
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 0), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 9000), RESPUB_OK);
  respub_test_opened_close(&o);
}

/* A step reads a bounded number of times: what its last read gave must be taken at once, because no
 * event would tell of it. */
static void a_step_leaves_no_reply_in_the_buffer(void) {
  static const char reason[] = "-01234567890123456789012345678901234567890123456789\r\n";
  for (size_t length = 1; length < sizeof reason - 4; length++) {
    respub_test_opened o;
    respub_test_opened_init(&o);
    o.script.read_most = 1;
    respub_test_script_say_bytes(&o.script, respub_slice_of(reason, length));
    respub_test_script_say(&o.script, "\r\n+OK\r\n+OK\r\n");
    CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
    respub_status status;
    while ((status = respub_conn_step(o.conn, 0)) == RESPUB_AGAIN)
      CU_ASSERT_TRUE_FATAL(o.script.scene < o.script.scene_count);
    CU_ASSERT_EQUAL(status, RESPUB_OK);
    respub_test_opened_close(&o);
  }
}

static void a_peer_that_never_stops_talking_is_given_up_at_the_deadline(void) {
  respub_test_opened o;
  static char pushes[4 * 4096 + 1];
  for (size_t i = 0; i < sizeof pushes - 1; i += 4)
    memcpy(pushes + i, ">0\r\n", 4);
  respub_test_opened_init(&o);
  o.script.read_most = 4;
  respub_test_script_say(&o.script, pushes);
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 0), RESPUB_AGAIN);
  CU_ASSERT_TRUE(o.script.reads < 100);
  CU_ASSERT_EQUAL(respub_conn_step(o.conn, 5000), RESPUB_TIMEOUT);
  respub_test_opened_close(&o);
}

static void a_transport_that_fails_gives_its_own_reason(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  o.script.connect_result = RESPUB_ECONNECT;
  CU_ASSERT_EQUAL(respub_conn_open(&o.conn, &o.options, &o.error), RESPUB_ECONNECT);
  CU_ASSERT_STRING_EQUAL(o.error.text, "the script refuses");
  CU_ASSERT_PTR_NULL(o.conn);
  o.script.refuse_dial = true;
  CU_ASSERT_EQUAL(o.script.closes, 1);
  CU_ASSERT_EQUAL(respub_conn_open(&o.conn, &o.options, &o.error), RESPUB_ERESOLVE);
  CU_ASSERT_STRING_EQUAL(o.error.text, "the script knows no such host");
  CU_ASSERT_PTR_NULL(o.conn);
  CU_ASSERT_EQUAL(o.script.closes, 1);
  o.script.refuse_dial = false;
  o.script.dials = 1;
  respub_test_opened_close(&o);
}

typedef struct ending {
  const char *said;
  int reason;            /* 0: an orderly end */
  size_t write_break_at; /* the peer is gone already when we write */
  respub_status status;
  const char *text;
} ending;

/* The server greets a client too many before it has read anything, and closes: what is written then
 * fails, or the stream breaks, or just ends. */
static void why_a_server_hangs_up_is_told_in_its_own_words(void) {
  static const ending endings[] = {
      {"-ERR max number of clients reached\r\n", 0, SIZE_MAX, RESPUB_EREFUSED, "max number"},
      {"-ERR max number of clients reached\r\n", ECONNRESET, SIZE_MAX, RESPUB_EREFUSED,
       "max number"},
      {"-ERR max number of clients reached\r\n", 0, 0, RESPUB_EREFUSED, "max number"},
      {"-ERR max number of clients reached\r\n", ECONNRESET, 7, RESPUB_EREFUSED, "max number"},
      {"-DENIED Redis is running in protected mode\r\n", EPIPE, 0, RESPUB_EREFUSED, "DENIED"},
      {"", 0, SIZE_MAX, RESPUB_EEOF, "the peer closed"},
      {"", ECONNRESET, SIZE_MAX, RESPUB_EIO, "reset"},
      {"", 0, 0, RESPUB_EEOF, "the peer closed"},
      {"+PONG\r\n", 0, SIZE_MAX, RESPUB_EEOF, "the peer closed"},
      {"+PONG\r\n-ERR unknown", 0, SIZE_MAX, RESPUB_EEOF, "the peer closed"},
      {"HTTP/1.1 400 Bad Request\r\n", 0, SIZE_MAX, RESPUB_ETYPE, "unknown type byte at byte 0"},
      {"+PONG\n", 0, SIZE_MAX, RESPUB_ECRLF, "byte 5"},
      {"$6\r\nfoobar\r\n", 0, SIZE_MAX, RESPUB_EPROTOCOL, "unexpected reply to PING"},
  };
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    const ending *row = &endings[i];
    respub_test_opened o;
    respub_test_opened_init(&o);
    o.script.write_break_at = row->write_break_at;
    if (row->said[0] != '\0')
      respub_test_script_say(&o.script, row->said);
    if (row->reason != 0)
      respub_test_script_break(&o.script, row->reason);
    else
      respub_test_script_end(&o.script);
    respub_status status = respub_conn_open(&o.conn, &o.options, &o.error);
    RESPUB_CHECK(status == row->status, "row %zu: %s", i, respub_status_name(status));
    RESPUB_CHECK(o.error.status == status, "row %zu", i);
    RESPUB_CHECK(strstr(o.error.text, row->text) != NULL, "row %zu: %s", i, o.error.text);
    CU_ASSERT_PTR_NULL(o.conn);
    respub_test_opened_close(&o);
  }
}

static void a_write_that_fails_with_nothing_to_read_fails_the_opening(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  o.script.write_break_at = 5;
  CU_ASSERT_EQUAL(respub_conn_open(&o.conn, &o.options, &o.error), RESPUB_EIO);
  CU_ASSERT_PTR_NOT_NULL(strstr(o.error.text, "Broken pipe"));
  respub_test_opened_close(&o);
}

static void nothing_can_be_asked_of_a_connection_that_is_not_ready(void) {
  respub_test_opened o;
  const respub_node *value;
  respub_slice ping = RESPUB_LIT("PING");
  size_t written = 77;
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "-ERR go\r\n");
  respub_test_script_pause(&o.script);
  respub_test_script_end(&o.script);
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&o.conn, &o.options, 0, NULL), RESPUB_OK);
  for (respub_status expected = RESPUB_AGAIN; expected != RESPUB_OK;) {
    CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_conn_take(o.conn, &value), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_conn_write(o.conn, &ping, 1, 1, true, &written), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(written, 0);
    CU_ASSERT_EQUAL(respub_conn_push(o.conn), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_conn_flush(o.conn, 0), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 0, &value), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_conn_command(o.conn, &ping, 1, 0, &value, &o.error), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(o.error.status, RESPUB_ESTATE);
    if (expected == RESPUB_EREFUSED)
      break;
    expected = respub_conn_step(o.conn, 0);
  }
  respub_test_opened_close(&o);
}

/* ------------------------------------------------------------------------------------------------
 * Credentials */

typedef struct vault {
  respub_status status;
  int asked;
  bool had_defaults;
  bool forget_the_end;
} vault;

static respub_status open_vault(void *ctx, char *username, size_t username_capacity, char *password,
                                size_t password_capacity) {
  vault *v = ctx;
  v->asked++;
  v->had_defaults = strcmp(username, "me") == 0 && strcmp(password, "old") == 0;
  memcpy(username, "you", 4);
  memcpy(password, "new", 4);
  if (v->forget_the_end) {
    memset(username, 'u', username_capacity);
    memset(password, 'p', password_capacity);
  }
  return v->status;
}

static void set_vault(respub_test_opened *o, vault *v) {
  respub_test_opened_init(o);
  memcpy(o->options.username, "me", 3);
  memcpy(o->options.password, "old", 4);
  o->options.credentials = open_vault;
  o->options.credentials_ctx = v;
}

static void credentials_are_asked_for_at_each_handshake(void) {
  vault v = {RESPUB_OK, 0, false, false};
  respub_test_opened o;
  set_vault(&o, &v);
  for (int i = 1; i <= 2; i++) {
    respub_test_script_say(&o.script, "+OK\r\n+OK\r\n+OK\r\n");
    CU_ASSERT_EQUAL_FATAL(respub_conn_open(&o.conn, &o.options, &o.error), RESPUB_OK);
    CU_ASSERT_EQUAL(v.asked, i);
    CU_ASSERT_TRUE(v.had_defaults);
    CU_ASSERT_PTR_NOT_NULL(strstr(o.script.sent, "AUTH\r\n$3\r\nyou\r\n$3\r\nnew\r\n"));
    respub_conn_close(o.conn);
    o.conn = NULL;
    respub_test_script_forget(&o.script);
  }
  respub_test_opened_close(&o);
}

static void credentials_that_fail_end_the_opening_before_a_byte_is_sent(void) {
  static const respub_status said[][2] = {
      {RESPUB_EIO, RESPUB_EIO}, {RESPUB_ENOTFOUND, RESPUB_ENOTFOUND}, {RESPUB_AGAIN, RESPUB_EAUTH}};
  for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
    vault v = {said[i][0], 0, false, false};
    respub_test_opened o;
    set_vault(&o, &v);
    CU_ASSERT_EQUAL(respub_conn_open(&o.conn, &o.options, &o.error), said[i][1]);
    CU_ASSERT_EQUAL(o.script.sent_size, 0);
    CU_ASSERT_PTR_NULL(strstr(o.error.text, "new"));
    respub_test_opened_close(&o);
  }
}

static void credentials_without_their_end_are_cut(void) {
  vault v = {RESPUB_OK, 0, false, true};
  respub_test_opened o;
  set_vault(&o, &v);
  respub_test_script_say(&o.script, "+OK\r\n+OK\r\n+OK\r\n");
  CU_ASSERT_EQUAL(respub_conn_open(&o.conn, &o.options, &o.error), RESPUB_OK);
  CU_ASSERT_PTR_NOT_NULL(strstr(o.script.sent, "\r\n$127\r\nuuu"));
  CU_ASSERT_PTR_NOT_NULL(strstr(o.script.sent, "\r\n$2047\r\nppp"));
  respub_test_opened_close(&o);
}

/* ------------------------------------------------------------------------------------------------
 * Log */

typedef struct diary {
  int lines;
  bool told_a_secret;
  char last[256];
} diary;

static void write_diary(void *ctx, respub_log_level level, const char *line) {
  diary *d = ctx;
  (void)level;
  d->lines++;
  d->told_a_secret = d->told_a_secret || strstr(line, "hunter2") != NULL;
  d->told_a_secret = d->told_a_secret || strchr(line, '\n') != NULL;
  (void)snprintf(d->last, sizeof d->last, "%s", line);
}

static void the_log_tells_of_success_and_failure_and_keeps_the_password(void) {
  static const char *const said[] = {"+OK\r\n+OK\r\n+OK\r\n", "-WRONGPASS hunter2\r\n",
                                     "-ERR unknown, with args: hunter2\r\n", "?hunter2\r\n"};
  static const char *const logged[] = {"connected to redis://localhost:6379/0", "WRONGPASS ***",
                                       "refused AUTH: ERR unknown", "unknown type byte"};
  for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
    diary d = {0, false, ""};
    respub_test_opened o;
    respub_test_opened_init(&o);
    memcpy(o.options.password, "hunter2", 8);
    o.options.log.ctx = &d;
    o.options.log.write = write_diary;
    respub_test_script_say(&o.script, said[i]);
    (void)(respub_conn_open(&o.conn, &o.options, &o.error) == RESPUB_OK);
    RESPUB_CHECK(d.lines == 1 && strstr(d.last, logged[i]) != NULL, "%d: %s", d.lines, d.last);
    CU_ASSERT_FALSE(d.told_a_secret);
    CU_ASSERT_PTR_NULL(strstr(o.error.text, "hunter2"));
    respub_test_opened_close(&o);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_connection_opens_whatever_the_pieces_in_which_bytes_travel),
      RESPUB_TEST(events_and_deadline_say_what_opening_waits_for),
      RESPUB_TEST(a_connect_that_never_ends_is_given_up_at_its_deadline),
      RESPUB_TEST(a_server_that_says_nothing_is_given_up_at_the_same_deadline),
      RESPUB_TEST(what_is_there_at_the_deadline_still_counts),
      RESPUB_TEST(a_step_leaves_no_reply_in_the_buffer),
      RESPUB_TEST_OF(RESPUB_RESP3, a_peer_that_never_stops_talking_is_given_up_at_the_deadline),
      RESPUB_TEST(a_transport_that_fails_gives_its_own_reason),
      RESPUB_TEST(why_a_server_hangs_up_is_told_in_its_own_words),
      RESPUB_TEST(a_write_that_fails_with_nothing_to_read_fails_the_opening),
      RESPUB_TEST(nothing_can_be_asked_of_a_connection_that_is_not_ready),
      RESPUB_TEST(credentials_are_asked_for_at_each_handshake),
      RESPUB_TEST(credentials_that_fail_end_the_opening_before_a_byte_is_sent),
      RESPUB_TEST(credentials_without_their_end_are_cut),
      RESPUB_TEST(the_log_tells_of_success_and_failure_and_keeps_the_password),
  };
  return respub_test_main("net opening", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
