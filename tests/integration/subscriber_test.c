/* A subscriber in each of the ways to drive it, at redis-server and at the embedded broker. */
#include "tests/support/driven_fixture.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------
 * Messages */

/* With next, the thread that got an event writes it down when another may already have the one
 * behind it. */
static void check_order(respub_test_way w) {
  if (w == BY_NEXT || w == BY_QUEUE_NEXT)
    return;
  for (size_t i = 1; i < 50; i++)
    CU_ASSERT(respub_test_recorded_at(&seen, "message", i) <
              respub_test_recorded_at(&seen, "message", i + 1));
  CU_ASSERT(respub_test_recorded_at(&seen, "connected", 1) <
            respub_test_recorded_at(&seen, "subscribed news", 1));
  CU_ASSERT(respub_test_recorded_at(&seen, "subscribed news", 1) <
            respub_test_recorded_at(&seen, "message news m00", 1));
}

static void check_messages(respub_test_way w) {
  set_up();
  respub_test_driven d;
  respub_subscriber *sub = open_to_drive(w);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("news"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(
      respub_subscriber_psubscribe(sub, RESPUB_LIT("n?ws"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  respub_test_drive(&d, sub, w, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  for (int i = 0; i < 50; i++) {
    char payload[16];
    snprintf(payload, sizeof payload, "m%02d", i);
    publish("news", payload);
  }
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "pmessage n?ws news m49", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "message news m"), 50);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "pmessage n?ws news m"), 50);
  check_order(w);
  respub_test_halt(&d);
  respub_subscriber_close(sub);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "closed"), 1);
  tear_down();
}

static void messages_come_in_order_however_the_subscriber_is_driven(void) {
  for (int w = 0; w < RESPUB_TEST_WAYS; w++)
    check_messages((respub_test_way)w);
}

static void binary_names_and_payloads_survive(void) {
  set_up();
  respub_test_driven d;
  respub_subscriber *sub = open_to_drive(BY_THREAD);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, respub_slice_of("a\0b\r\n", 5),
                                              respub_test_record, &seen, NULL),
                  RESPUB_OK);
  respub_test_drive(&d, sub, BY_THREAD, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_server_says(server, "PUBLISH \"a\\x00b\\r\\n\" \"x\\x00y\"", ":1"));
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message a", 1, DEADLINE_MS));
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.payload_bytes, 3);
  respub_subscriber_close(sub);
  tear_down();
}

static void next_gives_a_timeout_and_then_goes_on(void) {
  set_up();
  respub_subscriber *sub = open_to_drive(BY_NEXT);
  respub_event event;
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("slow"), NULL, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  while (respub_subscriber_next(sub, 0, &event) == RESPUB_OK)
    continue;
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, 10, &event), RESPUB_TIMEOUT);
  publish("slow", "hello");
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event), RESPUB_OK);
  CU_ASSERT_EQUAL(event.type, RESPUB_EVENT_MESSAGE);
  CU_ASSERT_TRUE(respub_slice_equal(event.payload, RESPUB_LIT("hello")));
  respub_subscriber_close(sub);
  tear_down();
}

/* ------------------------------------------------------------------------------------------------
 * Subscriptions */

static void count_call(const respub_event *event, void *ctx) {
  (void)event;
  atomic_fetch_add((atomic_int *)ctx, 1);
}

static bool reached_two(void *ctx) {
  return atomic_load((atomic_int *)ctx) == 2;
}

static void the_channel_is_left_with_its_last_handler(void) {
  set_up();
  respub_test_driven d;
  atomic_int first = 0, second = 0;
  respub_subscription one, two;
  respub_subscriber *sub = open_to_drive(BY_THREAD);
  respub_slice channel = RESPUB_LIT("shared");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_call, &first, &one), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_call, &second, &two), RESPUB_OK);
  respub_test_drive(&d, sub, BY_THREAD, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("shared", "1");
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, one), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, one), RESPUB_ENOTFOUND);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_TRUE(
      respub_test_server_says(server, "PUBSUB NUMSUB shared", "*2\r\n$6\r\nshared\r\n:1"));
  publish("shared", "2");
  CU_ASSERT_TRUE(respub_test_wait(reached_two, &second, DEADLINE_MS));
  CU_ASSERT(atomic_load(&first) <= 1);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, two), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_TRUE(
      respub_test_server_says(server, "PUBSUB NUMSUB shared", "*2\r\n$6\r\nshared\r\n:0"));
  respub_subscriber_close(sub);
  tear_down();
}

static void everything_can_be_unsubscribed_at_once(void) {
  set_up();
  respub_test_driven d;
  respub_subscriber *sub = open_to_drive(BY_QUEUE);
  char name[16];
  for (int i = 0; i < 1000; i++) {
    snprintf(name, sizeof name, "c%d", i);
    CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, respub_slice_of_string(name),
                                                respub_test_record, &seen, NULL),
                    RESPUB_OK);
  }
  CU_ASSERT_EQUAL(
      respub_subscriber_psubscribe(sub, RESPUB_LIT("p*"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  respub_test_drive(&d, sub, BY_QUEUE, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.channels, 1000);
  CU_ASSERT_EQUAL(stats.patterns, 1);
  CU_ASSERT_EQUAL(stats.confirmed, 1001);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_all(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.channels + stats.patterns + stats.confirmed, 0);
  CU_ASSERT_TRUE(respub_test_server_says(server, "PUBSUB CHANNELS", "*0"));
  respub_subscriber_close(sub);
  tear_down();
}

static void count_release(void *ctx) {
  atomic_fetch_add((atomic_int *)ctx, 1);
}

static bool is_one(void *ctx) {
  return atomic_load((atomic_int *)ctx) == 1;
}

static void released_is_called_once_for_each_end(void) {
  set_up();
  respub_test_driven d;
  atomic_int by_call = 0, by_close = 0;
  respub_subscription one, two;
  respub_subscriber *sub = open_to_drive(BY_THREAD);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("r1"), count_call, &by_call, &one),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("r2"), count_call, &by_close, &two),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, one, count_release), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, two, count_release), RESPUB_OK);
  respub_test_drive(&d, sub, BY_THREAD, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, one), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, one, count_release), RESPUB_ENOTFOUND);
  CU_ASSERT_TRUE(respub_test_wait(is_one, &by_call, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&by_close), 0);
  respub_subscriber_close(sub);
  CU_ASSERT_EQUAL(atomic_load(&by_call), 1);
  CU_ASSERT_EQUAL(atomic_load(&by_close), 1);
  tear_down();
}

/* ------------------------------------------------------------------------------------------------
 * The rest */

static void a_stop_before_run_is_not_lost(void) {
  set_up();
  static const respub_test_way ways[] = {BY_RUN, BY_QUEUE_RUN};
  for (size_t i = 0; i < 2; i++) {
    respub_subscriber *sub = open_to_drive(ways[i]);
    respub_event event;
    respub_subscriber_stop(sub);
    CU_ASSERT_EQUAL(respub_subscriber_run(sub), RESPUB_OK);
    respub_subscriber_stop(sub);
    CU_ASSERT_EQUAL(respub_subscriber_next(sub, -1, &event), RESPUB_ECLOSED);
    respub_subscriber_close(sub);
  }
  tear_down();
}

static void only_one_drives(void) {
  set_up();
  respub_event event;
  respub_subscriber *sub = open_to_drive(BY_THREAD);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_subscriber_run(sub), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, 0, &event), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_subscriber_step(sub), RESPUB_ESTATE);
  respub_subscriber_close(sub);
  tear_down();
}

static int in_child(respub_subscriber *sub) {
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  bool good =
      respub_subscriber_subscribe(sub, RESPUB_LIT("x"), NULL, NULL, NULL) == RESPUB_EFORKED &&
      respub_subscriber_flush(sub, 0) == RESPUB_EFORKED &&
      respub_subscriber_start(sub) == RESPUB_EFORKED;
  respub_subscriber_close(sub);
  return good ? 0 : 1;
}

static void a_forked_child_is_told_so_and_does_no_harm(void) {
  set_up();
  respub_test_driven d;
  respub_subscriber *sub = open_to_drive(BY_THREAD);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("family"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  respub_test_drive(&d, sub, BY_THREAD, &seen);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  pid_t child = fork();
  if (child == 0)
    _exit(in_child(sub));
  int ended = -1;
  CU_ASSERT_EQUAL(waitpid(child, &ended, 0), child);
  CU_ASSERT_EQUAL(ended, 0);
  publish("family", "still-here");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message family", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  respub_subscriber_close(sub);
  tear_down();
}

static const respub_test tests[] = {
    RESPUB_TEST(messages_come_in_order_however_the_subscriber_is_driven),
    RESPUB_TEST(binary_names_and_payloads_survive),
    RESPUB_TEST(next_gives_a_timeout_and_then_goes_on),
    RESPUB_TEST(the_channel_is_left_with_its_last_handler),
    RESPUB_TEST(everything_can_be_unsubscribed_at_once),
    RESPUB_TEST(released_is_called_once_for_each_end),
    RESPUB_TEST(a_stop_before_run_is_not_lost),
    RESPUB_TEST(only_one_drives),
    RESPUB_TEST(a_forked_child_is_told_so_and_does_no_harm),
};

int main(int argc, char **argv) {
  static const respub_test_suite suites[] = {
      RESPUB_TEST_AT_REDIS("subscriber at redis-server", tests),
      RESPUB_TEST_AT_BROKER("subscriber at the broker", tests),
  };
  return respub_test_main_hosted(&server, suites, RESPUB_TEST_COUNT(suites), argc, argv);
}
