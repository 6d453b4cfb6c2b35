/* Staying awake after an event, over a descriptor that never says that there is something to read:
 * what comes then is found only by who does not sleep. */
#include "pubsub/pubsub.h"
#include "tests/support/script.h"
#include "tests/support/test.h"

#define MESSAGE(payload) "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n" payload "\r\n"

enum {
  LONG_US = 10 * 1000 * 1000,
  SHORT_MS = 100
};

typedef struct fixture {
  respub_test_script script;
  respub_subscriber *sub;
} fixture;

static void set_up(fixture *f, int spin_us) {
  respub_subscriber_options o;
  respub_subscription id;
  respub_test_script_init(&f->script);
  f->script.wait_for_ever = true;
  respub_test_script_say(&f->script, "+PONG\r\n+OK\r\n+OK\r\n");
  respub_test_script_say(&f->script, "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" MESSAGE("1"));
  for (int i = 0; i < 10; i++)
    respub_test_script_pause(&f->script);
  respub_test_script_say(&f->script, MESSAGE("2"));
  respub_subscriber_options_init(&o);
  o.connection.dial = respub_test_script_dial;
  o.connection.dial_ctx = &f->script;
  o.spin_us = spin_us;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&f->sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_subscribe(f->sub, RESPUB_LIT("a"), NULL, NULL, &id),
                        RESPUB_OK);
}

static void tear_down(fixture *f) {
  respub_subscriber_close(f->sub);
  respub_test_script_free(&f->script);
}

/* How many messages next gives until it finds nothing for timeout_ms. */
static int take_messages(fixture *f, int timeout_ms, int most) {
  respub_event event;
  int n = 0;
  while (n < most && respub_subscriber_next(f->sub, timeout_ms, &event) == RESPUB_OK)
    n += event.type == RESPUB_EVENT_MESSAGE;
  return n;
}

static void who_spins_finds_the_next_message_without_being_woken(void) {
  fixture f;
  set_up(&f, LONG_US);
  CU_ASSERT_EQUAL(take_messages(&f, LONG_US / 1000, 2), 2);
  tear_down(&f);
}

static void who_does_not_spin_sleeps_until_woken(void) {
  fixture f;
  set_up(&f, 0);
  CU_ASSERT_EQUAL(take_messages(&f, SHORT_MS, 2), 1);
  tear_down(&f);
}

static void on_message(const respub_event *event, void *ctx) {
  int *n = ctx;
  if (++*n == 2)
    respub_subscriber_stop(event->subscriber);
}

static void run_spins_too(void) {
  fixture f;
  respub_subscription id;
  int n = 0;
  set_up(&f, LONG_US);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_subscribe(f.sub, RESPUB_LIT("a"), on_message, &n, &id),
                        RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_run(f.sub), RESPUB_OK);
  CU_ASSERT_EQUAL(n, 2);
  tear_down(&f);
}

static const respub_test tests[] = {
    RESPUB_TEST(who_spins_finds_the_next_message_without_being_woken),
    RESPUB_TEST(who_does_not_spin_sleeps_until_woken),
    RESPUB_TEST(run_spins_too),
};

int main(int argc, char **argv) {
  return respub_test_main("spin", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
