/* A subscriber against a real redis-server, in each of the ways to drive it. */
#include "pubsub/pubsub.h"
#include "tests/support/recorder.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 10000
};

static respub_test_server *server;
static respub_test_recorder seen;

/* ------------------------------------------------------------------------------------------------
 * Ways to drive */

typedef enum way {
  BY_THREAD,
  BY_QUEUE,
  BY_RUN,
  BY_QUEUE_RUN,
  BY_NEXT,
  BY_QUEUE_NEXT,
  BY_STEP
} way;
enum {
  WAYS = BY_STEP + 1
};

typedef struct driven {
  respub_subscriber *sub;
  pthread_t thread;
  way way;
  atomic_bool leave;
} driven;

static bool is_queued(way w) {
  return w == BY_QUEUE || w == BY_QUEUE_RUN || w == BY_QUEUE_NEXT;
}

static respub_subscriber *open_subscriber(way w) {
  respub_subscriber_options o;
  respub_subscriber_options_init(&o);
  respub_error error;
  respub_subscriber *sub = NULL;
  CU_ASSERT_EQUAL_FATAL(
      respub_options_from_url(&o.connection, respub_test_server_url(server), &error), RESPUB_OK);
  o.on_event = respub_test_record;
  o.event_ctx = &seen;
  o.delivery = is_queued(w) ? RESPUB_DELIVER_BLOCK : RESPUB_DELIVER_DIRECT;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, &error), RESPUB_OK);
  return sub;
}

/* A flush of the test's own thread may be driving at this moment. */
static bool is_taken(respub_status status) {
  if (status != RESPUB_ESTATE)
    return false;
  poll(NULL, 0, 1);
  return true;
}

static void *run_main(void *arg) {
  driven *d = arg;
  respub_status status;
  do {
    status = respub_subscriber_run(d->sub);
  } while (is_taken(status));
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ECLOSED);
  return NULL;
}

static void *next_main(void *arg) {
  driven *d = arg;
  respub_event event;
  for (;;) {
    respub_status status = respub_subscriber_next(d->sub, -1, &event);
    if (status == RESPUB_OK)
      respub_test_record(&event, &seen);
    else if (!is_taken(status))
      return NULL;
  }
}

static void *step_main(void *arg) {
  driven *d = arg;
  struct pollfd fds[2];
  while (!atomic_load(&d->leave)) {
    if (respub_subscriber_step(d->sub) == RESPUB_ECLOSED)
      break;
    size_t n = respub_subscriber_fds(d->sub, fds);
    int timeout_ms = respub_subscriber_timeout_ms(d->sub);
    poll(fds, (nfds_t)n, timeout_ms < 0 || timeout_ms > 20 ? 20 : timeout_ms);
  }
  return NULL;
}

static void drive(driven *d, respub_subscriber *sub, way w) {
  *d = (driven){.sub = sub, .way = w};
  if (w == BY_THREAD || w == BY_QUEUE) {
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_start(sub), RESPUB_OK);
    return;
  }
  void *(*body)(void *) = w == BY_STEP                         ? step_main
                          : w == BY_NEXT || w == BY_QUEUE_NEXT ? next_main
                                                               : run_main;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&d->thread, NULL, body, d), 0);
}

static void halt(driven *d) {
  atomic_store(&d->leave, true);
  if (d->way != BY_STEP)
    respub_subscriber_stop(d->sub);
  if (d->way != BY_THREAD && d->way != BY_QUEUE)
    pthread_join(d->thread, NULL);
}

static void set_up(void) {
  respub_test_recorder_init(&seen);
}

static void tear_down(void) {
  respub_test_recorder_free(&seen);
}

static void publish(const char *channel, const char *payload) {
  char command[200];
  snprintf(command, sizeof command, "PUBLISH %s %s", channel, payload);
  CU_ASSERT_TRUE(respub_test_server_says(server, command, ":"));
}

/* ------------------------------------------------------------------------------------------------
 * Messages */

/* With next, the thread that got an event writes it down when another may already have the one
 * behind it. */
static void check_order(way w) {
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

static void check_messages(way w) {
  set_up();
  driven d;
  respub_subscriber *sub = open_subscriber(w);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("news"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(
      respub_subscriber_psubscribe(sub, RESPUB_LIT("n?ws"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  drive(&d, sub, w);
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
  halt(&d);
  respub_subscriber_close(sub);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "closed"), 1);
  tear_down();
}

static void messages_come_in_order_however_the_subscriber_is_driven(void) {
  for (int w = 0; w < WAYS; w++)
    check_messages((way)w);
}

static void binary_names_and_payloads_survive(void) {
  set_up();
  driven d;
  respub_subscriber *sub = open_subscriber(BY_THREAD);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, respub_slice_of("a\0b\r\n", 5),
                                              respub_test_record, &seen, NULL),
                  RESPUB_OK);
  drive(&d, sub, BY_THREAD);
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
  respub_subscriber *sub = open_subscriber(BY_NEXT);
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
  driven d;
  atomic_int first = 0, second = 0;
  respub_subscription one, two;
  respub_subscriber *sub = open_subscriber(BY_THREAD);
  respub_slice channel = RESPUB_LIT("shared");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_call, &first, &one), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_call, &second, &two), RESPUB_OK);
  drive(&d, sub, BY_THREAD);
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
  driven d;
  respub_subscriber *sub = open_subscriber(BY_QUEUE);
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
  drive(&d, sub, BY_QUEUE);
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
  driven d;
  atomic_int by_call = 0, by_close = 0;
  respub_subscription one, two;
  respub_subscriber *sub = open_subscriber(BY_THREAD);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("r1"), count_call, &by_call, &one),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("r2"), count_call, &by_close, &two),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, one, count_release), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, two, count_release), RESPUB_OK);
  drive(&d, sub, BY_THREAD);
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

static void check_subscribing_inside(way w) {
  set_up();
  driven d;
  inside in = {.act = subscribe_more};
  respub_subscriber *sub = open_subscriber(w);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("first"), act_inside, &in, &in.own),
                  RESPUB_OK);
  drive(&d, sub, w);
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
  halt(&d);
  respub_subscriber_close(sub);
  tear_down();
}

static void handlers_may_subscribe_and_unsubscribe(void) {
  static const way ways[] = {BY_THREAD, BY_QUEUE, BY_RUN, BY_QUEUE_RUN, BY_STEP};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    check_subscribing_inside(ways[i]);
}

static void end_other(const respub_event *event, inside *in) {
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(event->subscriber, in->other), RESPUB_OK);
}

static void an_ended_handler_does_not_get_the_same_message(void) {
  set_up();
  driven d;
  inside in = {.act = end_other};
  respub_subscriber *sub = open_subscriber(BY_THREAD);
  respub_slice channel = RESPUB_LIT("both");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, act_inside, &in, &in.own), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_other, &in, &in.other),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, respub_test_record, &seen, NULL),
                  RESPUB_OK);
  drive(&d, sub, BY_THREAD);
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

static void check_closing_inside(way w) {
  set_up();
  driven d;
  inside in = {.act = close_inside};
  respub_subscriber *sub = open_subscriber(w);
  respub_slice channel = RESPUB_LIT("end");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, act_inside, &in, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, channel, count_other, &in, NULL), RESPUB_OK);
  drive(&d, sub, w);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("end", "now");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "closed", 1, DEADLINE_MS));
  if (w != BY_THREAD && w != BY_QUEUE)
    pthread_join(d.thread, NULL);
  CU_ASSERT_EQUAL(atomic_load(&in.calls), 1);
  CU_ASSERT_EQUAL(atomic_load(&in.other_calls), 0);
  tear_down();
}

static void a_handler_may_close_its_subscriber(void) {
  static const way ways[] = {BY_THREAD, BY_QUEUE, BY_RUN, BY_QUEUE_RUN, BY_STEP};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    check_closing_inside(ways[i]);
}

static void stop_inside(const respub_event *event, inside *in) {
  (void)in;
  respub_subscriber_stop(event->subscriber);
}

static void check_stopping_inside(way w) {
  set_up();
  driven d;
  inside in = {.act = stop_inside};
  respub_subscriber *sub = open_subscriber(w);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("halt"), act_inside, &in, &in.own),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("halt"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  drive(&d, sub, w);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish("halt", "1");
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message halt 1", 1, DEADLINE_MS));
  if (w == BY_RUN || w == BY_QUEUE_RUN)
    pthread_join(d.thread, NULL);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, in.own), RESPUB_OK);
  publish("halt", "2");
  drive(&d, sub, w);
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message halt 2", 1, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  halt(&d);
  respub_subscriber_close(sub);
  tear_down();
}

static void a_handler_may_stop_and_the_subscriber_goes_on_later(void) {
  static const way ways[] = {BY_THREAD, BY_QUEUE, BY_RUN, BY_QUEUE_RUN};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    check_stopping_inside(ways[i]);
}

/* ------------------------------------------------------------------------------------------------
 * The rest */

static void a_stop_before_run_is_not_lost(void) {
  set_up();
  static const way ways[] = {BY_RUN, BY_QUEUE_RUN};
  for (size_t i = 0; i < 2; i++) {
    respub_subscriber *sub = open_subscriber(ways[i]);
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
  respub_subscriber *sub = open_subscriber(BY_THREAD);
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
  driven d;
  respub_subscriber *sub = open_subscriber(BY_THREAD);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("family"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  drive(&d, sub, BY_THREAD);
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
    RESPUB_TEST(handlers_may_subscribe_and_unsubscribe),
    RESPUB_TEST(an_ended_handler_does_not_get_the_same_message),
    RESPUB_TEST(a_handler_may_close_its_subscriber),
    RESPUB_TEST(a_handler_may_stop_and_the_subscriber_goes_on_later),
    RESPUB_TEST(a_stop_before_run_is_not_lost),
    RESPUB_TEST(only_one_drives),
    RESPUB_TEST(a_forked_child_is_told_so_and_does_no_harm),
};

int main(int argc, char **argv) {
  server = respub_test_server_start(NULL);
  if (server == NULL)
    return 1;
  int failed = respub_test_main("subscriber", tests, RESPUB_TEST_COUNT(tests), argc, argv);
  respub_test_server_free(server);
  return failed;
}
