/* The session fed by hand: odd sequences, each with what must come of it. */
#include "tests/support/session_fixture.h"

/* ------------------------------------------------------------------------------------------------
 */

static void names_travel_together_and_are_confirmed_one_by_one(void) {
  set_up();
  want("a");
  want("b");
  CHECK_SENT("");
  connect_session();
  CU_ASSERT_PTR_NOT_NULL(strstr(commands(), "SUBSCRIBE "));
  CU_ASSERT_EQUAL(feed(SUBSCRIBED("b", "1")), RESPUB_OK);
  CHECK_TOLD("subscribed:b");
  CU_ASSERT_EQUAL(feed(MESSAGE("b", "x") SUBSCRIBED("a", "2")), RESPUB_OK);
  CHECK_TOLD("message:b=x subscribed:a");
  CU_ASSERT_EQUAL(s.confirmed, 2);
  tear_down();
}

static void a_change_of_mind_waits_for_the_answer_and_is_then_obeyed(void) {
  set_up();
  connect_session();
  respub__topic *t = want("a");
  CHECK_SENT("SUBSCRIBE a");
  respub__session_unwant(&s, t);
  CHECK_SENT("");
  feed(SUBSCRIBED("a", "1"));
  CHECK_SENT("UNSUBSCRIBE a");
  want("a");
  feed(MESSAGE("a", "x") UNSUBSCRIBED("a", "0"));
  CHECK_TOLD("message:a=x unsubscribed:a");
  CHECK_SENT("SUBSCRIBE a");
  feed(SUBSCRIBED("a", "1"));
  CU_ASSERT_EQUAL(s.unsettled[0] + s.unsettled[1], 0);
  tear_down();
}

static void a_mind_changed_twice_before_the_wire_costs_nothing(void) {
  set_up();
  connect_session();
  respub__session_unwant(&s, want("a"));
  CHECK_SENT("");
  CU_ASSERT_EQUAL(s.topics.count, 0);
  tear_down();
}

static void a_refused_name_is_found_by_halves(void) {
  set_up();
  connect_session();
  want("a");
  want("b");
  want("c");
  CHECK_SENT("SUBSCRIBE a b c");
  CU_ASSERT_EQUAL(feed("-NOPERM No permissions to access a channel\r\n"), RESPUB_AGAIN);
  CHECK_TOLD("");
  CHECK_SENT("SUBSCRIBE a b; SUBSCRIBE c");
  feed("-NOPERM no\r\n" SUBSCRIBED("c", "1"));
  CHECK_TOLD("subscribed:c");
  CHECK_SENT("SUBSCRIBE a; SUBSCRIBE b");
  feed("-NOPERM no\r\n" SUBSCRIBED("b", "2"));
  CHECK_TOLD("refused:a subscribed:b");
  CU_ASSERT_EQUAL(s.refused, 1);
  tear_down();
}

static void names_travel_together_again_once_they_have_been_confirmed(void) {
  set_up();
  connect_session();
  want("a");
  want("b");
  CHECK_SENT("SUBSCRIBE a b");
  feed("-NOPERM no\r\n");
  CHECK_SENT("SUBSCRIBE a; SUBSCRIBE b");
  feed(SUBSCRIBED("a", "1") SUBSCRIBED("b", "2"));
  respub__session_lost(&s);
  connect_session();
  (void)commands();
  CU_ASSERT_TRUE(strcmp(sent, "SUBSCRIBE a b") == 0 || strcmp(sent, "SUBSCRIBE b a") == 0);
  tear_down();
}

static void a_refused_name_is_asked_for_again_later_and_told_once(void) {
  set_up();
  connect_session();
  want("a");
  commands();
  feed("-NOPERM no\r\n");
  CHECK_TOLD("refused:a");
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms + 50), RESPUB_OK);
  CHECK_SENT("");
  now_ms += 1000;
  respub__session_heard(&s, now_ms);
  CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
  CHECK_SENT("SUBSCRIBE a");
  feed("-NOPERM no\r\n");
  CHECK_TOLD("");
  want("a");
  CHECK_SENT("SUBSCRIBE a");
  feed(SUBSCRIBED("a", "1"));
  CHECK_TOLD("subscribed:a");
  tear_down();
}

static void valkey_saying_nosub_ends_a_subscription_like_a_confirmation(void) {
  set_up();
  connect_session();
  respub__topic *a = want("a");
  respub__topic *b = want("b");
  commands();
  feed(SUBSCRIBED("a", "1") SUBSCRIBED("b", "2"));
  respub__session_unwant(&s, a);
  respub__session_unwant(&s, b);
  CHECK_SENT("UNSUBSCRIBE a b");
  feed("-NOSUB 'unsubscribe' command executed not in subscribed mode\r\n");
  CHECK_TOLD("unsubscribed:a unsubscribed:b");
  CU_ASSERT_EQUAL(s.topics.count, 0);
  tear_down();
}

static void an_unsubscribe_that_is_refused_leaves_a_subscription_without_handlers(void) {
  set_up();
  connect_session();
  respub__topic *a = want("a");
  commands();
  feed(SUBSCRIBED("a", "1"));
  respub__session_unwant(&s, a);
  CHECK_SENT("UNSUBSCRIBE a");
  feed("-NOPERM User x has no permissions to run the 'unsubscribe' command\r\n");
  CHECK_TOLD("refused:a");
  feed(MESSAGE("a", "x"));
  CHECK_TOLD("");
  CHECK_SENT("");
  want("a");
  feed(MESSAGE("a", "x"));
  CHECK_TOLD("message:a=x");
  CHECK_SENT("SUBSCRIBE a");
  feed(SUBSCRIBED("a", "1"));
  CHECK_TOLD("subscribed:a");
  tear_down();
}

static void an_unsubscribe_that_is_refused_is_asked_for_again_later_and_told_once(void) {
  set_up();
  connect_session();
  respub__topic *a = want("a");
  commands();
  feed(SUBSCRIBED("a", "1"));
  respub__session_unwant(&s, a);
  CHECK_SENT("UNSUBSCRIBE a");
  feed("-BUSY Redis is busy running a script\r\n");
  CHECK_TOLD("refused:a");
  for (int i = 0; i < 2; i++) {
    now_ms += 1000;
    respub__session_heard(&s, now_ms);
    CU_ASSERT_EQUAL(respub__session_tick(&s, now_ms), RESPUB_OK);
    CHECK_SENT("UNSUBSCRIBE a");
    feed(i == 0 ? "-BUSY Redis is busy running a script\r\n" : UNSUBSCRIBED("a", "0"));
    CHECK_TOLD(i == 0 ? "" : "unsubscribed:a");
  }
  CU_ASSERT_EQUAL(s.topics.count, 0);
  tear_down();
}

/* hiredis#140, #396, #490, #581, #1039: sequences that made other clients abort. */
static void odd_sequences_are_ignored_or_end_the_connection_never_the_program(void) {
  static const char *const frames[] = {
      "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n",
      "*3\r\n$9\r\nsubscribe\r\n$-1\r\n:0\r\n",
      "*3\r\n$7\r\nmessage\r\n$-1\r\n$-1\r\n",
      "*3\r\n$7\r\nmessage\r\n*0\r\n*0\r\n",
      "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n*1\r\n$1\r\nk\r\n",
      "*4\r\n$8\r\npmessage\r\n$1\r\na\r\n:1\r\n:2\r\n",
      "*2\r\n$7\r\nmessage\r\n$1\r\na\r\n",
      "*1\r\n$7\r\nmessage\r\n",
      "*0\r\n",
      "*1\r\n*1\r\n*0\r\n",
      "*3\r\n:1\r\n:2\r\n:3\r\n",
      "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
      "+PONG\r\n",
      "$0\r\n\r\n",
      ":5\r\n",
      "$-1\r\n",
      ">2\r\n+invalidate\r\n_\r\n",
      ">3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n",
      "%1\r\n+a\r\n+b\r\n",
  };
  set_up();
  connect_session();
  want("a");
  commands();
  feed(SUBSCRIBED("a", "1"));
  for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
    (void)feed(frames[i]);
    CHECK_TOLD("");
  }
  feed(MESSAGE("a", "x"));
  CHECK_TOLD("message:a=x");
  CU_ASSERT_EQUAL(s.unexpected, sizeof frames / sizeof *frames);
  CU_ASSERT_EQUAL(feed("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n$1\r\n1\r\n"), RESPUB_EPROTOCOL);
  CU_ASSERT_EQUAL(feed("-ERR max number of clients reached\r\n"), RESPUB_EREFUSED);
  CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "max number"));
  tear_down();
}

static void a_count_that_differs_resynchronises_twice_and_is_then_believed(void) {
  set_up();
  want("a");
  for (int i = 0; i < 2; i++) {
    connect_session();
    commands();
    CU_ASSERT_EQUAL(feed(SUBSCRIBED("a", "7")), RESPUB_EPROTOCOL);
    respub__session_lost(&s);
  }
  connect_session();
  commands();
  feed(SUBSCRIBED("a", "7"));
  CHECK_TOLD("subscribed:a gap: restored:");
  CU_ASSERT_EQUAL(s.resyncs, 2);
  tear_down();
}

static void what_the_server_takes_away_is_asked_for_again_with_a_gap(void) {
  set_up();
  connect_session();
  want("a");
  commands();
  feed(SUBSCRIBED("a", "1"));
  feed(UNSUBSCRIBED("a", "0"));
  CHECK_TOLD("unsubscribed:a");
  CHECK_SENT("SUBSCRIBE a");
  feed(SUBSCRIBED("a", "1"));
  CHECK_TOLD("subscribed:a gap: restored:");
  tear_down();
}

static void resp3_pushes_are_the_same_frames(void) {
  set_up();
  connect_session();
  want("a");
  commands();
  feed(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  CHECK_TOLD("subscribed:a message:a=x");
  tear_down();
}

static void a_nosub_refuses_no_subscription(void) {
  set_up();
  connect_session();
  want("a");
  CHECK_SENT("SUBSCRIBE a");
  CU_ASSERT_EQUAL(feed("-NOSUB 'unsubscribe' command executed not in subscribed mode\r\n"),
                  RESPUB_AGAIN);
  CHECK_TOLD("");
  feed(SUBSCRIBED("a", "1"));
  CHECK_TOLD("subscribed:a");
  tear_down();
}

static void a_flush_waits_for_what_was_asked_before_and_not_for_what_came_after(void) {
  set_up();
  connect_session();
  want("a");
  uint64_t ticket = respub__session_barrier(&s);
  CU_ASSERT_FALSE(respub__session_settled(&s, ticket));
  commands();
  want("b");
  feed(SUBSCRIBED("a", "1"));
  CU_ASSERT_TRUE(respub__session_settled(&s, ticket));
  ticket = respub__session_barrier(&s);
  CU_ASSERT_FALSE(respub__session_settled(&s, ticket));
  commands();
  feed(SUBSCRIBED("b", "2"));
  CU_ASSERT_TRUE(respub__session_settled(&s, ticket));
  tear_down();
}

static const respub_test tests[] = {
    RESPUB_TEST(names_travel_together_and_are_confirmed_one_by_one),
    RESPUB_TEST(a_change_of_mind_waits_for_the_answer_and_is_then_obeyed),
    RESPUB_TEST(a_mind_changed_twice_before_the_wire_costs_nothing),
    RESPUB_TEST(a_refused_name_is_found_by_halves),
    RESPUB_TEST(names_travel_together_again_once_they_have_been_confirmed),
    RESPUB_TEST(a_refused_name_is_asked_for_again_later_and_told_once),
    RESPUB_TEST(valkey_saying_nosub_ends_a_subscription_like_a_confirmation),
    RESPUB_TEST(an_unsubscribe_that_is_refused_leaves_a_subscription_without_handlers),
    RESPUB_TEST(an_unsubscribe_that_is_refused_is_asked_for_again_later_and_told_once),
    RESPUB_TEST_OF(RESPUB_RESP3, odd_sequences_are_ignored_or_end_the_connection_never_the_program),
    RESPUB_TEST(a_count_that_differs_resynchronises_twice_and_is_then_believed),
    RESPUB_TEST(what_the_server_takes_away_is_asked_for_again_with_a_gap),
    RESPUB_TEST_OF(RESPUB_RESP3, resp3_pushes_are_the_same_frames),
    RESPUB_TEST(a_nosub_refuses_no_subscription),
    RESPUB_TEST(a_flush_waits_for_what_was_asked_before_and_not_for_what_came_after),
};

int main(int argc, char **argv) {
  return respub_test_main("session", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
