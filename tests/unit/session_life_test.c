/* The session and time: silence, answers that do not come, messages that do not end, and where a
 * gap begins. */
#include "tests/support/session_fixture.h"

/* ------------------------------------------------------------------------------------------------
 * Life */

static void silence_brings_a_ping_and_any_answer_to_it_is_life(void) {
  static const char *const answers[] = {"*2\r\n$4\r\npong\r\n$0\r\n\r\n",
                                        "+PONG\r\n",
                                        "$0\r\n\r\n",
                                        "-LOADING wait\r\n",
                                        "-MISCONF disk\r\n",
                                        "-NOAUTH Authentication required.\r\n"};
  set_up();
  connect_session();
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms + 99), RESPUB_OK);
    CHECK_SENT("");
    now_ms += 100;
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
    CHECK_SENT("PING");
    now_ms += 49;
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
    respub__session_heard(&s, now_ms);
    CU_ASSERT_EQUAL(feed(answers[i]), RESPUB_AGAIN);
    CHECK_TOLD("");
    CU_ASSERT_EQUAL(s.sent_head, s.sent_tail);
  }
  tear_down();
}

static void silence_after_a_ping_is_death_even_if_the_ping_could_not_be_sent(void) {
  set_up();
  connect_session();
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms + 100), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__session_deadline_ms(&s), now_ms + 150);
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms + 149), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms + 150), RESPUB_ESILENT);
  tear_down();
}

static void a_pause_in_reading_is_no_silence_of_the_server(void) {
  set_up();
  connect_session();
  respub__heartbeat_pause(&s.heartbeat);
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms + 100000), RESPUB_OK);
  CHECK_SENT("");
  respub__heartbeat_resume(&s.heartbeat, now_ms + 100000);
  CU_ASSERT_EQUAL(respub__session_deadline_ms(&s), now_ms + 100100);
  tear_down();
}

/* ------------------------------------------------------------------------------------------------
 * Answers that do not come, messages that do not end */

#define PONG "*2\r\n$4\r\npong\r\n$0\r\n\r\n"

/* Bytes keep coming, so that no PING goes out for silence. */
static void pass(int ms) {
  for (int i = 0; i < ms; i += 10) {
    now_ms += 10;
    respub__session_heard(&s, now_ms);
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  }
}

static void a_command_that_two_pings_have_passed_ends_the_connection(void) {
  set_up();
  connect_session();
  want("a");
  CHECK_SENT("SUBSCRIBE a");
  pass(100);
  CHECK_SENT("");
  pass(10);
  CHECK_SENT("PING");
  CU_ASSERT_EQUAL(feed(PONG), RESPUB_AGAIN);
  pass(40);
  CHECK_SENT("");
  pass(10);
  CHECK_SENT("PING");
  CU_ASSERT_EQUAL(feed(PONG), RESPUB_EPROTOCOL);
  CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "PING"));
  CU_ASSERT_EQUAL(s.resyncs, 1);
  tear_down();
}

/* One name of a command, and one that is to be left, count as much as a whole one. */
static void no_part_of_a_command_may_be_missing(void) {
  set_up();
  connect_session();
  respub__topic *a = want("a");
  want("b");
  CHECK_SENT("SUBSCRIBE a b");
  CU_ASSERT_EQUAL(feed(SUBSCRIBED("a", "1")), RESPUB_OK);
  respub__session_unwant(&s, a);
  CHECK_SENT("UNSUBSCRIBE a");
  CU_ASSERT_EQUAL(feed(UNSUBSCRIBED("a", "0")), RESPUB_OK);
  pass(110);
  CHECK_SENT("PING");
  CU_ASSERT_EQUAL(feed(PONG), RESPUB_AGAIN);
  pass(60);
  CHECK_SENT("PING");
  CU_ASSERT_EQUAL(feed(PONG), RESPUB_EPROTOCOL);
  tear_down();
}

static void a_confirmation_that_comes_late_but_comes_is_good(void) {
  set_up();
  connect_session();
  want("a");
  CHECK_SENT("SUBSCRIBE a");
  pass(110);
  CHECK_SENT("PING");
  CU_ASSERT_EQUAL(feed(PONG SUBSCRIBED("a", "1")), RESPUB_OK);
  want("b");
  CHECK_SENT("SUBSCRIBE b");
  pass(110);
  CHECK_SENT("PING");
  CU_ASSERT_EQUAL(feed(PONG), RESPUB_AGAIN);
  pass(40);
  CU_ASSERT_EQUAL(feed(SUBSCRIBED("b", "2")), RESPUB_OK);
  pass(500);
  CHECK_SENT("");
  tear_down();
}

/* What a look finds each 100 ms of a value that grows by so many bytes. Returns for how long. */
static int64_t watch_value(uint64_t bytes) {
  set_up();
  connect_session();
  int64_t from_ms = now_ms;
  respub_status status = RESPUB_OK;
  for (uint64_t n = bytes; status == RESPUB_OK && now_ms - from_ms < 20000; n += bytes) {
    now_ms += 100;
    respub__session_heard(&s, now_ms);
    respub__heartbeat_look(&s.heartbeat, now_ms, 77, n);
    status = respub__session_tick(&s, now_ms);
    CU_ASSERT(respub__session_deadline_ms(&s) <= now_ms + 1000);
  }
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ESILENT);
  tear_down();
  return now_ms - from_ms;
}

static void a_message_must_end_but_a_large_one_may_take_its_time(void) {
  CU_ASSERT(watch_value(1) < 400);
  CU_ASSERT(watch_value(150) == 20000);
}

static void who_looks_seldom_does_not_blame_a_message_for_it(void) {
  set_up();
  connect_session();
  s.heartbeat.interval_ms = 3000;
  for (int i = 0; i < 2; i++) {
    now_ms += 100000;
    respub__session_heard(&s, now_ms);
    respub__heartbeat_look(&s.heartbeat, now_ms, 77, 10);
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  }
  tear_down();
}

/* Loses the connection of a subscription to a, restores it, and returns the gap. */
static respub_event gap_after_loss(void) {
  respub_event event = {.type = RESPUB_EVENT_MESSAGE};
  respub_node nodes[8];
  respub_decoder d;
  size_t used;
  respub__topic *topic;
  const char *text = SUBSCRIBED("a", "1");
  respub__session_lost(&s);
  respub__session_connected(&s, now_ms);
  commands();
  respub_decoder_init(&d, NULL, nodes, 8);
  CU_ASSERT_EQUAL(respub_decode(&d, text, strlen(text), &used), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__session_value(&s, now_ms, nodes, &event, &topic), RESPUB_OK);
  CU_ASSERT_TRUE(respub__session_poll(&s, now_ms, &event));
  CU_ASSERT_EQUAL(event.type, RESPUB_EVENT_GAP);
  CU_ASSERT_EQUAL(event.to_ms, now_ms);
  CU_ASSERT_EQUAL(event.generation, 2);
  return event;
}

static void hold_a(void) {
  set_up();
  connect_session();
  want("a");
  commands();
  feed(SUBSCRIBED("a", "1"));
}

static void a_gap_begins_with_the_last_byte_heard(void) {
  hold_a();
  now_ms += 10;
  respub__session_heard(&s, now_ms);
  int64_t heard_ms = now_ms;
  now_ms += 20;
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  now_ms += 1000;
  CU_ASSERT_EQUAL(gap_after_loss().from_ms, heard_ms);
  tear_down();
}

/* What a busy reader reads late was sent earlier, and the server may have hung up since. */
static void a_gap_begins_when_all_was_read_if_the_last_bytes_were_read_late(void) {
  hold_a();
  now_ms += 10;
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  int64_t level_ms = now_ms;
  now_ms += 1000;
  respub__session_heard(&s, now_ms);
  CU_ASSERT_EQUAL(gap_after_loss().from_ms, level_ms);
  tear_down();
}

/* What the server published behind it is lost with it. */
static void a_gap_begins_before_a_message_that_never_ended(void) {
  hold_a();
  now_ms += 10;
  respub__heartbeat_look(&s.heartbeat, now_ms, 0, 0);
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  int64_t before_ms = now_ms;
  for (int i = 1; i <= 5; i++) {
    now_ms += 10;
    respub__session_heard(&s, now_ms);
    respub__heartbeat_look(&s.heartbeat, now_ms, 77, (uint64_t)i);
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  }
  CU_ASSERT_EQUAL(gap_after_loss().from_ms, before_ms);
  tear_down();
}

static const respub_test tests[] = {
    RESPUB_TEST(silence_brings_a_ping_and_any_answer_to_it_is_life),
    RESPUB_TEST(silence_after_a_ping_is_death_even_if_the_ping_could_not_be_sent),
    RESPUB_TEST(a_pause_in_reading_is_no_silence_of_the_server),
    RESPUB_TEST(a_command_that_two_pings_have_passed_ends_the_connection),
    RESPUB_TEST(no_part_of_a_command_may_be_missing),
    RESPUB_TEST(a_confirmation_that_comes_late_but_comes_is_good),
    RESPUB_TEST(a_message_must_end_but_a_large_one_may_take_its_time),
    RESPUB_TEST(who_looks_seldom_does_not_blame_a_message_for_it),
    RESPUB_TEST(a_gap_begins_with_the_last_byte_heard),
    RESPUB_TEST(a_gap_begins_when_all_was_read_if_the_last_bytes_were_read_late),
    RESPUB_TEST(a_gap_begins_before_a_message_that_never_ended),
};

int main(int argc, char **argv) {
  return respub_test_main("session life", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
