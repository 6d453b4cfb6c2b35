/* The session fed by hand: odd sequences, each with what must come of it. */
#include "net/memory.h"
#include "pubsub/session_message.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static respub__session s;
static int64_t now_ms;
static char told[1024]; /* the events of the last feed, one after the other */
static char sent[1024]; /* the commands since the last look */

static void set_up(void) {
  respub_allocator alloc = respub__allocator(NULL);
  respub__session_init(&s, &alloc, 1000, 12345);
  s.heartbeat.interval_ms = 100;
  s.heartbeat.timeout_ms = 50;
  now_ms = 5000;
  told[0] = sent[0] = '\0';
}

static void tear_down(void) {
  respub__session_free(&s);
}

static void add(char *text, size_t cap, const char *between, const char *a, respub_slice b,
                respub_slice c) {
  size_t len = strlen(text);
  snprintf(text + len, cap - len, "%s%s%.*s%.*s", len > 0 ? between : "", a, (int)b.len, b.ptr,
           (int)c.len, c.ptr);
}

static void tell(const respub_event *e) {
  respub_slice name = e->kind == RESPUB_CHANNEL ? e->channel : e->pattern;
  add(told, sizeof told, " ", respub_event_name(e->type), RESPUB_LIT(":"), name);
  if (e->type == RESPUB_EVENT_MESSAGE)
    add(told, sizeof told, "=", "", e->payload, RESPUB_LIT(""));
}

static void poll_events(void) {
  respub_event event;
  while (respub__session_poll(&s, now_ms, &event))
    tell(&event);
}

/* Feeds whole values; the status of the last one. */
static respub_status feed(const char *text) {
  respub_node nodes[32];
  respub_decoder d;
  respub_event event = {.type = RESPUB_EVENT_MESSAGE};
  respub__topic *topic = NULL;
  respub_status status = RESPUB_OK;
  size_t used, at = 0, len = strlen(text);
  told[0] = '\0';
  respub_decoder_init(&d, NULL, nodes, 32);
  for (; at < len && status >= 0; at += used) {
    CU_ASSERT_EQUAL_FATAL(respub_decode(&d, text + at, len - at, &used), RESPUB_OK);
    event = (respub_event){.type = RESPUB_EVENT_MESSAGE};
    status = respub__session_value(&s, now_ms, nodes, &event, &topic);
    if (status == RESPUB_OK)
      tell(&event);
    if (status >= 0)
      poll_events();
  }
  return status;
}

static const char *commands(void) {
  respub_slice args[130];
  sent[0] = '\0';
  for (size_t n; (n = respub__session_command(&s, args, 130)) > 0;) {
    for (size_t i = 0; i < n; i++)
      add(sent, sizeof sent, i == 0 ? "; " : " ", "", args[i], RESPUB_LIT(""));
  }
  return sent;
}

static respub__topic *want(const char *name) {
  return respub__session_want(&s, RESPUB_CHANNEL, respub_slice_of_string(name));
}

static void connect_session(void) {
  respub__session_connected(&s, now_ms);
  told[0] = '\0';
  poll_events();
}

#define CHECK_TOLD(text) CU_ASSERT_STRING_EQUAL(told, text)
#define CHECK_SENT(text) CU_ASSERT_STRING_EQUAL(commands(), text)

#define SUBSCRIBED(name, count) "*3\r\n$9\r\nsubscribe\r\n$1\r\n" name "\r\n:" count "\r\n"
#define UNSUBSCRIBED(name, count) "*3\r\n$11\r\nunsubscribe\r\n$1\r\n" name "\r\n:" count "\r\n"
#define MESSAGE(name, payload) "*3\r\n$7\r\nmessage\r\n$1\r\n" name "\r\n$1\r\n" payload "\r\n"

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
  CHECK_SENT("");
  feed(MESSAGE("a", "x"));
  CHECK_TOLD("message:a=x");
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
    RESPUB_TEST(odd_sequences_are_ignored_or_end_the_connection_never_the_program),
    RESPUB_TEST(a_count_that_differs_resynchronises_twice_and_is_then_believed),
    RESPUB_TEST(what_the_server_takes_away_is_asked_for_again_with_a_gap),
    RESPUB_TEST(resp3_pushes_are_the_same_frames),
    RESPUB_TEST(silence_brings_a_ping_and_any_answer_to_it_is_life),
    RESPUB_TEST(silence_after_a_ping_is_death_even_if_the_ping_could_not_be_sent),
    RESPUB_TEST(a_pause_in_reading_is_no_silence_of_the_server),
    RESPUB_TEST(a_nosub_refuses_no_subscription),
    RESPUB_TEST(a_gap_begins_with_the_last_byte_heard),
    RESPUB_TEST(a_gap_begins_when_all_was_read_if_the_last_bytes_were_read_late),
    RESPUB_TEST(a_flush_waits_for_what_was_asked_before_and_not_for_what_came_after),
};

int main(int argc, char **argv) {
  return respub_test_main("session", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
