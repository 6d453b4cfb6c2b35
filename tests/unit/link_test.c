/* A connection that comes back, over a network that does what is written down. */
#include "pubsub/link.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
  MIN_MS = 100,
  MAX_MS = 10000,
  SLOW_MS = 30000
};

static respub_test_script script;
static respub__link the_link;

/* A link that has been told to connect. */
static void begin(void) {
  respub_options o;
  respub_test_script_init(&script);
  respub_options_init(&o);
  o.dial = respub_test_script_dial;
  o.dial_ctx = &script;
  respub__link_init(&the_link, &o, MIN_MS, MAX_MS, SLOW_MS, 7);
  CU_ASSERT_EQUAL(respub__link_step(&the_link, 0), RESPUB__LINK_NOTHING); /* nobody wants it yet */
  CU_ASSERT_EQUAL(script.dials, 0);
  CU_ASSERT_EQUAL(respub__link_deadline_ms(&the_link), RESPUB_NEVER);
  respub__lifecycle_start(&the_link.life);
}

static void end(void) {
  respub__link_close(&the_link);
  CU_ASSERT_PTR_NULL(the_link.conn);
  CU_ASSERT_EQUAL(script.closes, script.refuse_dial ? 0 : script.dials);
  CU_ASSERT_EQUAL(respub__link_step(&the_link, INT64_MAX / 2), RESPUB__LINK_NOTHING); /* for good */
  respub_test_script_free(&script);
}

static void nothing_to_poll(void) {
  CU_ASSERT_PTR_NULL(the_link.conn);
  CU_ASSERT_EQUAL(respub__link_fd(&the_link), -1);
  CU_ASSERT_EQUAL(respub__link_events(&the_link), 0);
}

static respub__link_result step_until_something(int64_t now_ms) {
  respub__link_result result;
  int steps = 0;
  do {
    result = respub__link_step(&the_link, now_ms);
  } while (result == RESPUB__LINK_NOTHING && ++steps < 100);
  return result;
}

static void go_live(int64_t now_ms) {
  respub_test_script_say(&script, RESPUB_TEST_GREETING);
  CU_ASSERT_EQUAL_FATAL(step_until_something(now_ms), RESPUB__LINK_LIVE);
}

static void it_tells_once_that_it_lives(void) {
  begin();
  nothing_to_poll();
  CU_ASSERT_EQUAL(respub__link_deadline_ms(&the_link), 0); /* an attempt is due */
  script.connect_steps = 1;
  CU_ASSERT_EQUAL(respub__link_step(&the_link, 1), RESPUB__LINK_NOTHING);
  CU_ASSERT(respub__link_fd(&the_link) >= 0);
  CU_ASSERT(respub__link_deadline_ms(&the_link) > 1);
  CU_ASSERT(respub__link_deadline_ms(&the_link) < RESPUB_NEVER);
  go_live(2);
  CU_ASSERT_TRUE(respub__link_is_live(&the_link));
  CU_ASSERT_EQUAL(the_link.life.generation, 1);
  CU_ASSERT_EQUAL(respub__link_events(&the_link), POLLIN);
  CU_ASSERT_EQUAL(respub__link_deadline_ms(&the_link), RESPUB_NEVER);
  CU_ASSERT_EQUAL(respub__link_step(&the_link, 3), RESPUB__LINK_NOTHING);
  CU_ASSERT_EQUAL(script.dials, 1);
  end();
}

static void a_failed_attempt_says_why_and_when_it_tries_again(void) {
  begin();
  script.connect_result = RESPUB_ECONNECT;
  CU_ASSERT_EQUAL(step_until_something(1000), RESPUB__LINK_FAILED);
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_ECONNECT);
  CU_ASSERT(the_link.delay_ms >= MIN_MS && the_link.delay_ms <= MAX_MS);
  CU_ASSERT_EQUAL(respub__link_deadline_ms(&the_link), 1000 + the_link.delay_ms);
  nothing_to_poll();
  int64_t again_ms = respub__link_deadline_ms(&the_link);
  CU_ASSERT_EQUAL(respub__link_step(&the_link, again_ms - 1), RESPUB__LINK_NOTHING);
  CU_ASSERT_EQUAL(script.dials, 1);
  script.connect_result = RESPUB_OK;
  go_live(again_ms);
  CU_ASSERT_EQUAL(script.dials, 2);
  end();
}

static void a_dial_that_is_refused_leaves_nothing_behind(void) {
  begin();
  script.refuse_dial = true;
  CU_ASSERT_EQUAL(respub__link_step(&the_link, 1), RESPUB__LINK_FAILED);
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_ERESOLVE);
  nothing_to_poll();
  end();
}

static void what_will_not_heal_waits_longer(void) {
  begin();
  memcpy(the_link.options.password, "pw", sizeof "pw");
  respub_test_script_say(&script, "-WRONGPASS invalid\r\n");
  CU_ASSERT_EQUAL(step_until_something(1), RESPUB__LINK_FAILED);
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_EAUTH);
  CU_ASSERT(the_link.delay_ms >= SLOW_MS / 2 && the_link.delay_ms <= SLOW_MS);
  end();
}

static void a_loss_is_followed_at_once_and_told_in_the_words_of_the_connection(void) {
  begin();
  go_live(1);
  respub_test_script_break(&script, ECONNRESET);
  respub_status status = respub_conn_fill(the_link.conn);
  CU_ASSERT_EQUAL(status, RESPUB_EIO);
  respub__link_lost(&the_link, 50, status, NULL);
  CU_ASSERT_FALSE(respub__link_is_live(&the_link));
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_EIO);
  CU_ASSERT_PTR_NOT_NULL(strstr(the_link.error.text, "connection lost while reading"));
  CU_ASSERT_EQUAL(the_link.delay_ms, 0);
  nothing_to_poll();
  script.scene++; /* the next connection is a good one */
  go_live(50);
  CU_ASSERT_EQUAL(the_link.life.generation, 2);
  end();
}

static void the_reason_of_the_caller_goes_before_that_of_the_connection(void) {
  begin();
  go_live(1);
  respub__link_lost(&the_link, 2, RESPUB_EPROTOCOL, "a number that nobody asked for");
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_EPROTOCOL);
  CU_ASSERT_STRING_EQUAL(the_link.error.text, "a number that nobody asked for");
  go_live(2);
  respub__link_lost(&the_link, 3, RESPUB_ESILENT,
                    NULL); /* the connection itself knows of nothing */
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_ESILENT);
  CU_ASSERT_STRING_EQUAL(the_link.error.text, respub_status_text(RESPUB_ESILENT));
  end();
}

static void a_second_loss_of_the_same_connection_changes_nothing(void) {
  begin();
  go_live(1);
  respub__link_lost(&the_link, 2, RESPUB_EEOF, "first");
  respub__link_lost(&the_link, 3, RESPUB_EIO, "second");
  CU_ASSERT_EQUAL(the_link.error.status, RESPUB_EEOF);
  CU_ASSERT_STRING_EQUAL(the_link.error.text, "first");
  end();
}

static void bytes_are_counted_over_all_connections(void) {
  begin();
  go_live(1);
  uint64_t in = respub__link_bytes_in(&the_link), out = respub__link_bytes_out(&the_link);
  CU_ASSERT_EQUAL(in, sizeof RESPUB_TEST_GREETING - 1);
  CU_ASSERT_EQUAL(out, script.sent_size);
  respub__link_lost(&the_link, 2, RESPUB_EEOF, NULL);
  CU_ASSERT_EQUAL(respub__link_bytes_in(&the_link), in);
  CU_ASSERT_EQUAL(respub__link_bytes_out(&the_link), out);
  go_live(2);
  CU_ASSERT_EQUAL(respub__link_bytes_in(&the_link), 2 * in);
  CU_ASSERT_EQUAL(respub__link_bytes_out(&the_link), 2 * out);
  end();
}

static char said[512];

static void keep_line(void *ctx, respub_log_level level, const char *line) {
  (void)ctx;
  (void)level;
  snprintf(said, sizeof said, "%s", line);
}

static void the_log_says_once_that_a_connection_was_lost(void) {
  begin();
  the_link.options.log.write = keep_line;
  go_live(1);
  respub_test_script_end(&script);
  respub__link_lost(&the_link, 2, respub_conn_fill(the_link.conn), NULL);
  const char *first = strstr(said, "connection lost");
  CU_ASSERT_PTR_NOT_NULL_FATAL(first);
  CU_ASSERT_PTR_NULL(strstr(first + 1, "connection lost"));
  CU_ASSERT_PTR_NOT_NULL(strstr(said, "next attempt in 0 ms"));
  end();
}

static const respub_test tests[] = {
    RESPUB_TEST(it_tells_once_that_it_lives),
    RESPUB_TEST(a_failed_attempt_says_why_and_when_it_tries_again),
    RESPUB_TEST(a_dial_that_is_refused_leaves_nothing_behind),
    RESPUB_TEST(what_will_not_heal_waits_longer),
    RESPUB_TEST(a_loss_is_followed_at_once_and_told_in_the_words_of_the_connection),
    RESPUB_TEST(the_reason_of_the_caller_goes_before_that_of_the_connection),
    RESPUB_TEST(a_second_loss_of_the_same_connection_changes_nothing),
    RESPUB_TEST(the_log_says_once_that_a_connection_was_lost),
    RESPUB_TEST(bytes_are_counted_over_all_connections),
};

int main(int argc, char **argv) {
  return respub_test_main("link", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
