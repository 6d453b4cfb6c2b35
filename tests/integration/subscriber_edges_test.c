/* A subscriber at the moments when its calls meet: stop against run, flush after a stop, an
 * unsubscribe that ends what an event still names. */
#include "pubsub/pubsub.h"
#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/recorder.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 10000
};

static respub_test_server *server;

static respub_subscriber *open_with(respub_delivery delivery, respub_handler *on_event, void *ctx) {
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  respub_subscriber *sub = NULL;
  o.on_event = on_event;
  o.event_ctx = ctx;
  o.delivery = delivery;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  return sub;
}

static void ignore(const respub_event *event, void *ctx) {
  (void)event;
  (void)ctx;
}

static bool is_set(void *ctx) {
  return atomic_load((atomic_int *)ctx) != 0;
}

/* ------------------------------------------------------------------------------------------------
 * What an event names */

static const char forbidden[] = "a-forbidden-channel-whose-name-is-long-enough-to-be-looked-at";

static void give_up(const respub_event *event, void *ctx) {
  if (event->type != RESPUB_EVENT_REFUSED)
    return;
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_channel(event->subscriber, event->channel),
                  RESPUB_OK);
  CU_ASSERT_TRUE(respub_slice_equal(event->channel, respub_slice_of_string(forbidden)));
  atomic_store((atomic_int *)ctx, 1);
}

static void a_refused_channel_keeps_its_name_while_its_event_is_looked_at(void) {
  atomic_int refused = 0;
  respub_event event = {.type = RESPUB_EVENT_CLOSED};
  CU_ASSERT_TRUE(respub_test_server_says(server, "ACL SETUSER default resetchannels &ok*", "+OK"));
  respub_subscriber *sub = open_with(RESPUB_DELIVER_DIRECT, give_up, &refused);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, respub_slice_of_string(forbidden), ignore, NULL, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &refused, DEADLINE_MS));
  respub_subscriber_stop(sub);

  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, respub_slice_of_string(forbidden), NULL, NULL, NULL),
      RESPUB_OK);
  while (event.type != RESPUB_EVENT_REFUSED)
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event),
                          RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_all(sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_slice_equal(event.channel, respub_slice_of_string(forbidden)));
  respub_subscriber_close(sub);
  CU_ASSERT_TRUE(respub_test_server_says(server, "ACL SETUSER default allchannels", "+OK"));
}

/* ------------------------------------------------------------------------------------------------
 * From one way of driving to an event loop */

enum {
  MESSAGES = 3
};

static void stop_at_the_first(const respub_event *event, void *ctx) {
  if (atomic_fetch_add((atomic_int *)ctx, 1) == 0)
    respub_subscriber_stop(event->subscriber);
}

/* With MESSAGES on their way to it, in one piece. */
static respub_subscriber *open_with_messages(atomic_int *got) {
  char reply[64];
  respub_subscriber *sub = open_with(RESPUB_DELIVER_DIRECT, NULL, NULL);
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, RESPUB_LIT("news"), stop_at_the_first, got, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  respub_event event;
  while (respub_subscriber_next(sub, 10, &event) == RESPUB_OK) /* nothing else is to be done */
    continue;
  CU_ASSERT(respub_test_server_command(server, reply, sizeof reply,
                                       "PUBLISH news 1\r\nPUBLISH news 2\r\nPUBLISH news 3") > 0);
  return sub;
}

/* Drives it as a program does that waits for nothing else. */
static void loop_until(respub_subscriber *sub, atomic_int *got, int wanted) {
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  while (atomic_load(got) < wanted && respub_test_left_ms(deadline) > 0) {
    struct pollfd fds[2];
    size_t n = respub_subscriber_fds(sub, fds);
    int wait_ms = respub_subscriber_timeout_ms(sub);
    int left_ms = respub_test_left_ms(deadline);
    int ready = poll(fds, (nfds_t)n, wait_ms < 0 || wait_ms > left_ms ? left_ms : wait_ms);
    CU_ASSERT_FATAL(ready > 0 || wait_ms == 0); /* nothing but the messages is to be waited for */
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_step(sub), RESPUB_OK);
  }
  CU_ASSERT_EQUAL(atomic_load(got), wanted);
}

static void a_loop_goes_on_at_once_with_what_run_left(void) {
  atomic_int got = 0;
  respub_subscriber *sub = open_with_messages(&got);
  CU_ASSERT_EQUAL(respub_subscriber_run(sub), RESPUB_OK);
  loop_until(sub, &got, MESSAGES);
  respub_subscriber_close(sub);
}

static void a_loop_goes_on_at_once_with_what_next_left(void) {
  atomic_int got = 1; /* which next takes */
  respub_event event = {.type = RESPUB_EVENT_CLOSED};
  respub_subscriber *sub = open_with_messages(&got);
  while (event.type != RESPUB_EVENT_MESSAGE)
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event),
                          RESPUB_OK);
  loop_until(sub, &got, MESSAGES);
  respub_subscriber_close(sub);
}

/* ------------------------------------------------------------------------------------------------
 * Stop against those who go on at once */

typedef struct again {
  respub_subscriber *sub;
  atomic_int entered, leave, stopped;
} again;

static void *run_again_and_again(void *arg) {
  again *a = arg;
  while (!atomic_load(&a->leave)) {
    atomic_fetch_add(&a->entered, 1);
    CU_ASSERT_EQUAL(respub_subscriber_run(a->sub), RESPUB_OK);
  }
  return NULL;
}

static void *stop_often(void *arg) {
  again *a = arg;
  for (int i = 0; i < 200; i++)
    respub_subscriber_stop(a->sub);
  atomic_store(&a->stopped, 1);
  return NULL;
}

static void check_stop_against_run(respub_delivery delivery) {
  pthread_t runner, stopper;
  again a = {.sub = open_with(delivery, NULL, NULL)};
  CU_ASSERT_EQUAL_FATAL(pthread_create(&runner, NULL, run_again_and_again, &a), 0);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &a.entered, DEADLINE_MS));
  CU_ASSERT_EQUAL_FATAL(pthread_create(&stopper, NULL, stop_often, &a), 0);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &a.stopped, DEADLINE_MS));
  atomic_store(&a.leave, 1);
  while (!atomic_load(&a.stopped))
    respub_subscriber_stop(a.sub); /* frees a stopper that hangs, so that the test can end */
  pthread_join(stopper, NULL);
  respub_subscriber_stop(a.sub);
  pthread_join(runner, NULL);
  respub_subscriber_close(a.sub);
}

static void a_stop_returns_although_run_is_called_again_at_once(void) {
  check_stop_against_run(RESPUB_DELIVER_DIRECT);
  check_stop_against_run(RESPUB_DELIVER_BLOCK);
}

/* ------------------------------------------------------------------------------------------------
 * After a handler's stop */

typedef struct halting {
  atomic_int inside, go, outside;
} halting;

static void stop_and_wait(const respub_event *event, void *ctx) {
  halting *h = ctx;
  if (event->type != RESPUB_EVENT_CONNECTED || atomic_exchange(&h->inside, 1))
    return;
  respub_subscriber_stop(event->subscriber);
  (void)respub_test_wait(is_set, &h->go, DEADLINE_MS);
  atomic_store(&h->outside, 1);
}

static void check_flush_after_stop(respub_delivery delivery) {
  halting h = {.go = 1};
  respub_subscriber *sub = open_with(delivery, stop_and_wait, &h);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &h.inside, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("late"), ignore, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  respub_subscriber_close(sub);
}

static void a_flush_after_a_handlers_stop_drives_by_itself(void) {
  check_flush_after_stop(RESPUB_DELIVER_DIRECT);
  check_flush_after_stop(RESPUB_DELIVER_BLOCK);
}

typedef struct caller {
  respub_subscriber *sub;
  pthread_t thread;
  atomic_int ready, done;
} caller;

static void *start_main(void *arg) {
  caller *c = arg;
  atomic_store(&c->ready, 1);
  CU_ASSERT_EQUAL(respub_subscriber_start(c->sub), RESPUB_OK);
  atomic_store(&c->done, 1);
  return NULL;
}

static void *stop_main(void *arg) {
  caller *c = arg;
  atomic_store(&c->ready, 1);
  respub_subscriber_stop(c->sub);
  atomic_store(&c->done, 1);
  return NULL;
}

static bool two_wait(void *ctx) {
  (void)ctx;
  static int looks;
  return ++looks % 20 == 0;
}

/* The handler has said stop and stays; one thread starts anew and another stops, and both wait for
 * it. Whichever way it ends, both return. */
static void check_start_against_stop(respub_delivery delivery) {
  halting h = {.go = 0};
  caller starter = {.sub = open_with(delivery, stop_and_wait, &h)};
  caller stopper = {.sub = starter.sub};
  CU_ASSERT_EQUAL(respub_subscriber_start(starter.sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &h.inside, DEADLINE_MS));
  CU_ASSERT_EQUAL_FATAL(pthread_create(&starter.thread, NULL, start_main, &starter), 0);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &starter.ready, DEADLINE_MS));
  (void)respub_test_wait(two_wait, NULL, DEADLINE_MS);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&stopper.thread, NULL, stop_main, &stopper), 0);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &stopper.ready, DEADLINE_MS));
  (void)respub_test_wait(two_wait, NULL, DEADLINE_MS);
  atomic_store(&h.go, 1);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &starter.done, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_wait(is_set, &stopper.done, DEADLINE_MS));
  respub_subscriber_stop(starter.sub);
  pthread_join(starter.thread, NULL);
  pthread_join(stopper.thread, NULL);
  respub_subscriber_close(starter.sub);
}

static void a_start_and_a_stop_that_wait_for_one_handler_both_return(void) {
  check_start_against_stop(RESPUB_DELIVER_DIRECT);
  check_start_against_stop(RESPUB_DELIVER_BLOCK);
}

/* The handler has said stop and stays: that is not the time of others. */
static void check_time_of_next(respub_delivery delivery) {
  halting h = {.go = 0};
  respub_event event;
  respub_subscriber *sub = open_with(delivery, stop_and_wait, &h);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &h.inside, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, 20, &event), RESPUB_TIMEOUT);
  if (delivery == RESPUB_DELIVER_DIRECT)
    CU_ASSERT_EQUAL(respub_subscriber_step(sub), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(atomic_load(&h.outside), 0);
  atomic_store(&h.go, 1);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("on"), NULL, NULL, NULL), RESPUB_OK);
  do {
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event),
                          RESPUB_OK);
  } while (event.type != RESPUB_EVENT_SUBSCRIBED);
  respub_subscriber_close(sub);
}

static void next_keeps_its_time_while_a_handler_that_said_stop_stays(void) {
  check_time_of_next(RESPUB_DELIVER_DIRECT);
  check_time_of_next(RESPUB_DELIVER_BLOCK);
}

/* ------------------------------------------------------------------------------------------------
 * What next does beside giving events */

typedef struct log_lines {
  size_t len;
  char text[1000];
} log_lines;

static void note_line(void *ctx, respub_log_level level, const char *line) {
  log_lines *lines = ctx;
  (void)level;
  lines->len +=
      (size_t)snprintf(lines->text + lines->len, sizeof lines->text - lines->len, "%s\n", line);
}

static void check_log_of_next(respub_delivery delivery) {
  log_lines lines = {.len = 0};
  respub_event event = {.type = RESPUB_EVENT_CLOSED};
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  respub_subscriber *sub = NULL;
  o.delivery = delivery;
  o.connection.log = (respub_log){&lines, note_line};
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("log"), NULL, NULL, NULL), RESPUB_OK);
  while (event.type != RESPUB_EVENT_SUBSCRIBED)
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event),
                          RESPUB_OK);
  CU_ASSERT_PTR_NOT_NULL(strstr(lines.text, "subscriber: connected\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(lines.text, "subscriber: subscribed log\n"));
  respub_subscriber_close(sub);
}

static void the_log_hears_what_next_gives(void) {
  check_log_of_next(RESPUB_DELIVER_DIRECT);
  check_log_of_next(RESPUB_DELIVER_BLOCK);
}

static void count_release(void *ctx) {
  atomic_fetch_add((atomic_int *)ctx, 1);
}

/* Fifty messages that come in one piece, so that next has always another one. */
static void publish_fifty(const char *channel) {
  char commands[2000] = "";
  size_t len = 0;
  for (int i = 0; i < 50; i++)
    len += (size_t)snprintf(commands + len, sizeof commands - len, "%sPUBLISH %s x",
                            i > 0 ? "\r\n" : "", channel);
  CU_ASSERT_TRUE(respub_test_server_says(server, commands, ":1"));
}

static void next_calls_released_and_counts_bytes_while_messages_keep_coming(void) {
  atomic_int released = 0;
  respub_subscription id;
  respub_event event;
  respub_subscriber_stats before, after;
  respub_subscriber *sub = open_with(RESPUB_DELIVER_DIRECT, NULL, NULL);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("busy"), NULL, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("busy"), ignore, &released, &id),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, id, count_release), RESPUB_OK);
  do {
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event),
                          RESPUB_OK);
  } while (event.type != RESPUB_EVENT_SUBSCRIBED);
  respub_subscriber_get_stats(sub, &before);
  publish_fifty("busy");
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event), RESPUB_OK);
  respub_subscriber_get_stats(sub, &after);
  CU_ASSERT(after.bytes_in > before.bytes_in);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, id), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event), RESPUB_OK);
  CU_ASSERT_EQUAL(event.type, RESPUB_EVENT_MESSAGE);
  CU_ASSERT_EQUAL(atomic_load(&released), 1);
  respub_subscriber_close(sub);
}

/* ------------------------------------------------------------------------------------------------
 * Bounds */

static void a_small_bound_on_output_does_not_keep_subscriptions_away(void) {
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  respub_subscriber *sub = NULL;
  o.connection.output_bytes = 1024;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  for (int i = 0; i < 1000; i++) {
    char name[256];
    int len = snprintf(name, sizeof name, "%0200d", i);
    CU_ASSERT_EQUAL(
        respub_subscriber_subscribe(sub, respub_slice_of(name, (size_t)len), NULL, NULL, NULL),
        RESPUB_OK);
  }
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  respub_subscriber_close(sub);
}

static const respub_test tests[] = {
    RESPUB_TEST(a_loop_goes_on_at_once_with_what_run_left),
    RESPUB_TEST(a_loop_goes_on_at_once_with_what_next_left),
    RESPUB_TEST(a_stop_returns_although_run_is_called_again_at_once),
    RESPUB_TEST(a_flush_after_a_handlers_stop_drives_by_itself),
    RESPUB_TEST(a_start_and_a_stop_that_wait_for_one_handler_both_return),
    RESPUB_TEST(next_keeps_its_time_while_a_handler_that_said_stop_stays),
    RESPUB_TEST(the_log_hears_what_next_gives),
    RESPUB_TEST(next_calls_released_and_counts_bytes_while_messages_keep_coming),
    RESPUB_TEST(a_small_bound_on_output_does_not_keep_subscriptions_away),
};

/* The broker has no access lists. */
static const respub_test redis_tests[] = {
    RESPUB_TEST(a_refused_channel_keeps_its_name_while_its_event_is_looked_at),
};

int main(int argc, char **argv) {
  static const respub_test_suite suites[] = {
      RESPUB_TEST_AT_REDIS("subscriber edges at redis-server", tests),
      RESPUB_TEST_AT_BROKER("subscriber edges at the broker", tests),
      RESPUB_TEST_AT_REDIS("subscriber edges, refusals", redis_tests),
  };
  return respub_test_main_hosted(&server, suites, RESPUB_TEST_COUNT(suites), argc, argv);
}
