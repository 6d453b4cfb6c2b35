/* What handlers may do to their own subscriber: everything. */
#include "tests/support/driven_fixture.h"

#include <stdatomic.h>

/* ------------------------------------------------------------------------------------------------
 * Calls from inside handlers */

typedef struct inside {
  respub_subscription own, other;
  atomic_int calls, other_calls, flush_status;
  void (*act)(const respub_event *event, struct inside *in);
} inside;

static void act_inside(const respub_event *event, void *ctx) {
  inside *in = ctx;
  atomic_fetch_add(&in->calls, 1);
  in->act(event, in);
}

static void count_other(const respub_event *event, void *ctx) {
  (void)event;
  atomic_fetch_add(&((inside *)ctx)->other_calls, 1);
}

static void subscribe_more(const respub_event *event, inside *in) {
  respub_subscriber *sub = event->subscriber;
  atomic_store(&in->flush_status, respub_subscriber_flush(sub, 100));
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_subscriber_run(sub), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("more"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  /* The same channel: this very message is not for it, and the next one is. */
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, event->channel, count_other, in, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, in->own), RESPUB_OK);
}

static void check_subscribing_inside(respub_test_way w) {
  set_up();
  respub_test_driven d;
  inside in = {.act = subscribe_more};
  respub_subscriber *sub = open_to_drive(w);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("first"), act_inside, &in, &in.own),
                  RESPUB_OK);
  respub_test_drive(&d, sub, w, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("first", "1");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "subscribed more", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&in.other_calls), 0);
  publish("first", "2");
  publish("more", "3");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message more 3", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&in.calls), 1);
  CU_ASSERT_EQUAL(atomic_load(&in.other_calls), 1);
  CU_ASSERT_EQUAL(atomic_load(&in.flush_status), RESPUB_ESTATE);
  respub_test_halt(&d);
  respub_subscriber_close(sub);
  tear_down();
}

static void handlers_may_subscribe_and_unsubscribe(void) {
  static const respub_test_way ways[] = {BY_THREAD, BY_QUEUE, BY_RUN, BY_QUEUE_RUN, BY_STEP};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    check_subscribing_inside(ways[i]);
}

static void end_other(const respub_event *event, inside *in) {
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(event->subscriber, in->other), RESPUB_OK);
}

static void an_ended_handler_does_not_get_the_same_message(void) {
  set_up();
  respub_test_driven d;
  inside in = {.act = end_other};
  respub_subscriber *sub = open_to_drive(BY_THREAD);
  respub_slice channel = RESPUB_LIT("both");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, act_inside, &in, &in.own), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_other, &in, &in.other),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, respub_test_record, &seen, NULL),
                  RESPUB_OK);
  respub_test_drive(&d, sub, BY_THREAD, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("both", "1");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message both 1", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&in.other_calls), 0);
  respub_subscriber_close(sub);
  tear_down();
}

static void close_inside(const respub_event *event, inside *in) {
  (void)in;
  respub_subscriber_close(event->subscriber);
}

static void check_closing_inside(respub_test_way w) {
  set_up();
  respub_test_driven d;
  inside in = {.act = close_inside};
  respub_subscriber *sub = open_to_drive(w);
  respub_slice channel = RESPUB_LIT("end");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, act_inside, &in, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_other, &in, NULL), RESPUB_OK);
  respub_test_drive(&d, sub, w, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("end", "now");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "closed", 1, DEADLINE_MS));
  if (respub_test_has_thread(w))
    pthread_join(d.thread, NULL);
  CU_ASSERT_EQUAL(atomic_load(&in.calls), 1);
  CU_ASSERT_EQUAL(atomic_load(&in.other_calls), 0);
  tear_down();
}

static void a_handler_may_close_its_subscriber(void) {
  static const respub_test_way ways[] = {BY_THREAD, BY_QUEUE, BY_RUN, BY_QUEUE_RUN, BY_STEP};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    check_closing_inside(ways[i]);
}

static void stop_inside(const respub_event *event, inside *in) {
  (void)in;
  respub_subscriber_stop(event->subscriber);
}

static void check_stopping_inside(respub_test_way w) {
  set_up();
  respub_test_driven d;
  inside in = {.act = stop_inside};
  respub_subscriber *sub = open_to_drive(w);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("halt"), act_inside, &in, &in.own),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("halt"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  respub_test_drive(&d, sub, w, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("halt", "1");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message halt 1", 1, DEADLINE_MS));
  if (w == BY_RUN || w == BY_QUEUE_RUN)
    pthread_join(d.thread, NULL);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, in.own), RESPUB_OK);
  publish("halt", "2");
  respub_test_drive(&d, sub, w, &seen);
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message halt 2", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  respub_test_halt(&d);
  respub_subscriber_close(sub);
  tear_down();
}

static void a_handler_may_stop_and_the_subscriber_goes_on_later(void) {
  static const respub_test_way ways[] = {BY_THREAD, BY_QUEUE, BY_RUN, BY_QUEUE_RUN};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    check_stopping_inside(ways[i]);
}

static const respub_test tests[] = {
    RESPUB_TEST(handlers_may_subscribe_and_unsubscribe),
    RESPUB_TEST(an_ended_handler_does_not_get_the_same_message),
    RESPUB_TEST(a_handler_may_close_its_subscriber),
    RESPUB_TEST(a_handler_may_stop_and_the_subscriber_goes_on_later),
};

int main(int argc, char **argv) {
  static const respub_test_suite suites[] = {
      RESPUB_TEST_AT_REDIS("subscriber handlers at redis-server", tests),
      RESPUB_TEST_AT_BROKER("subscriber handlers at the broker", tests),
  };
  return respub_test_main_hosted(&server, suites, RESPUB_TEST_COUNT(suites), argc, argv);
}
