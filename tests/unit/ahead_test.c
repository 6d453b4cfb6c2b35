/* Messages decoded ahead of their turn are dealt with as things stand when their turn comes. */
#include "pubsub/ahead.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include "net/memory.h"

#include <string.h>

#define MESSAGE(channel, payload)                                                                  \
  "*3\r\n$7\r\nmessage\r\n$1\r\n" channel "\r\n$12\r\n" payload "\r\n"
#define A1 MESSAGE("a", "first of a..")
#define B1 MESSAGE("b", "first of b..")
#define A2 MESSAGE("a", "second of a.")

typedef struct fixture {
  respub_test_opened o;
  respub__session session;
  respub__ahead ahead;
  respub_event event;
  respub__topic *topic;
} fixture;

static respub__topic *want(fixture *f, const char *name) {
  respub__topic *t =
      respub__session_want(&f->session, RESPUB_CHANNEL, respub_slice_of_string(name));
  CU_ASSERT_PTR_NOT_NULL_FATAL(t);
  return t;
}

static void set_up(fixture *f, const char *text) {
  respub_allocator allocator = respub__allocator(NULL);
  memset(f, 0, sizeof *f);
  respub__session_init(&f->session, &allocator, 30000, 0x9d3f6a1be2c47085u);
  respub_test_opened_init(&f->o);
  respub_test_script_say(&f->o.script, text);
  respub_test_opened_open(&f->o);
  CU_ASSERT_EQUAL(respub_conn_fill(f->o.conn), RESPUB_OK);
}

static void tear_down(fixture *f) {
  respub_test_opened_close(&f->o);
  respub__session_free(&f->session);
}

static bool look(fixture *f) {
  return respub__ahead_look(&f->ahead, f->o.conn, &f->session.topics);
}

/* The next message's turn: its payload, "" when it is not wanted. */
static const char *turn(fixture *f) {
  static char payload[32];
  CU_ASSERT_FALSE_FATAL(respub__ahead_is_empty(&f->ahead));
  payload[0] = '\0';
  if (respub__ahead_turn(&f->ahead, &f->session, &f->event, &f->topic))
    (void)snprintf(payload, sizeof payload, "%.*s", (int)f->event.payload.len,
                   f->event.payload.ptr);
  return payload;
}

static void messages_have_their_turns_in_order(void) {
  fixture f;
  set_up(&f, A1 B1 A2 "+PONG\r\n");
  respub__topic *a = want(&f, "a"), *b = want(&f, "b");
  CU_ASSERT_TRUE_FATAL(look(&f));
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of a..");
  CU_ASSERT_PTR_EQUAL(f.topic, a);
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of b..");
  CU_ASSERT_PTR_EQUAL(f.topic, b);
  CU_ASSERT_STRING_EQUAL(turn(&f), "second of a.");
  CU_ASSERT_TRUE(respub__ahead_is_empty(&f.ahead));
  CU_ASSERT_FALSE(look(&f));
  tear_down(&f);
}

static void a_topic_that_ends_gets_nothing_that_was_decoded_before(void) {
  fixture f;
  set_up(&f, A1 B1 A2);
  respub__topic *a = want(&f, "a"), *b = want(&f, "b");
  CU_ASSERT_TRUE_FATAL(look(&f));
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of a..");
  respub__session_unwant(&f.session, a);
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of b..");
  CU_ASSERT_PTR_EQUAL(f.topic, b);
  CU_ASSERT_STRING_EQUAL(turn(&f), "");
  CU_ASSERT_EQUAL(f.session.unexpected, 1);
  tear_down(&f);
}

/* Memory of the old topic may have become that of the new one, or of another. */
static void a_topic_that_ends_and_comes_again_is_the_new_one(void) {
  fixture f;
  set_up(&f, A1 B1 A2);
  respub__topic *a = want(&f, "a");
  CU_ASSERT_TRUE_FATAL(look(&f));
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of a..");
  respub__session_unwant(&f.session, a);
  respub__topic *b = want(&f, "b");
  a = want(&f, "a");
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of b..");
  CU_ASSERT_PTR_EQUAL(f.topic, b);
  CU_ASSERT_STRING_EQUAL(turn(&f), "second of a.");
  CU_ASSERT_PTR_EQUAL(f.topic, a);
  tear_down(&f);
}

static void a_guess_that_is_wrong_does_no_harm(void) {
  fixture f;
  set_up(&f, A1 B1 A2);
  respub__topic *a = want(&f, "a"), *b = want(&f, "b");
  CU_ASSERT_TRUE_FATAL(look(&f));
  f.ahead.guesses[0] = b;
  f.ahead.guesses[1] = a;
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of a..");
  CU_ASSERT_PTR_EQUAL(f.topic, a);
  CU_ASSERT_STRING_EQUAL(turn(&f), "first of b..");
  CU_ASSERT_PTR_EQUAL(f.topic, b);
  tear_down(&f);
}

static void without_topics_nothing_is_wanted(void) {
  fixture f;
  set_up(&f, A1 B1);
  CU_ASSERT_TRUE_FATAL(look(&f));
  CU_ASSERT_STRING_EQUAL(turn(&f), "");
  CU_ASSERT_STRING_EQUAL(turn(&f), "");
  tear_down(&f);
}

static const respub_test tests[] = {
    RESPUB_TEST(messages_have_their_turns_in_order),
    RESPUB_TEST(a_topic_that_ends_gets_nothing_that_was_decoded_before),
    RESPUB_TEST(a_topic_that_ends_and_comes_again_is_the_new_one),
    RESPUB_TEST(a_guess_that_is_wrong_does_no_harm),
    RESPUB_TEST(without_topics_nothing_is_wanted),
};

int main(int argc, char **argv) {
  return respub_test_main("ahead", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
