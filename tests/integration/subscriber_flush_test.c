/* What comes while flush drives a subscriber by itself: kept, in order, for whoever delivers next;
 * and what was read and found no room when a stop came. */
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
#include <stdlib.h>

enum {
  DEADLINE_MS = 10000
};

static respub_test_server *server;
static respub_test_recorder seen;

static respub_subscriber_options options_with(respub_delivery delivery, size_t queue_messages) {
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  o.on_event = respub_test_record;
  o.event_ctx = &seen;
  o.delivery = delivery;
  o.queue_messages = queue_messages;
  return o;
}

static respub_subscriber *open_with(const respub_subscriber_options *o) {
  respub_subscriber *sub = NULL;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, o, NULL), RESPUB_OK);
  return sub;
}

static respub_subscriber *open_queue(respub_delivery delivery, size_t queue_messages) {
  respub_subscriber_options o = options_with(delivery, queue_messages);
  return open_with(&o);
}

static void subscribe(respub_subscriber *sub, const char *channel, respub_handler *handler) {
  CU_ASSERT_EQUAL_FATAL(
      respub_subscriber_subscribe(sub, respub_slice_of_string(channel), handler, &seen, NULL),
      RESPUB_OK);
}

static respub_status flush(respub_subscriber *sub) {
  return respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS));
}

static void publish(const char *channel, int from, int to) {
  char command[64];
  for (int i = from; i < to; i++) {
    snprintf(command, sizeof command, "PUBLISH %s %03d", channel, i);
    CU_ASSERT_TRUE(respub_test_server_says(server, command, ":1"));
  }
}

/* The next event, written down like those that handlers get. */
static respub_status record_next(respub_subscriber *sub) {
  respub_event event;
  respub_status status = respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event);
  if (status == RESPUB_OK)
    respub_test_record(&event, &seen);
  return status;
}

static void record_all(respub_subscriber *sub, const char *last) {
  while (respub_test_recorded(&seen, last) == 0)
    CU_ASSERT_EQUAL_FATAL(record_next(sub), RESPUB_OK);
}

/* The n messages are there, each once and in order. */
static void check_messages(int n) {
  char line[32];
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "message early "), (size_t)n);
  size_t before = respub_test_recorded_at(&seen, "subscribed early", 1);
  for (int i = 0; i < n; i++) {
    snprintf(line, sizeof line, "message early %03d", i);
    size_t at = respub_test_recorded_at(&seen, line, 1);
    CU_ASSERT(at != SIZE_MAX && before < at);
    before = at;
  }
  CU_ASSERT(before < respub_test_recorded_at(&seen, "subscribed late", 1));
}

/* A subscriber that flush has made read the events of two channels and n messages. */
static respub_subscriber *flushed(respub_delivery delivery, int n, respub_handler *handler) {
  respub_subscriber *sub = open_queue(delivery, 1000);
  subscribe(sub, "early", handler);
  CU_ASSERT_EQUAL(flush(sub), RESPUB_OK);
  publish("early", 0, n);
  subscribe(sub, "late", handler);
  CU_ASSERT_EQUAL(flush(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, ""), 0);
  return sub;
}

/* ------------------------------------------------------------------------------------------------
 */

static void next_gives_what_a_flush_has_read(void) {
  for (int d = RESPUB_DELIVER_DIRECT; d <= RESPUB_DELIVER_DROP_NEWEST; d++) {
    respub_test_recorder_init(&seen);
    respub_subscriber *sub = flushed((respub_delivery)d, 20, NULL);
    record_all(sub, "subscribed late");
    CU_ASSERT_EQUAL(respub_test_recorded_at(&seen, "connected", 1), 0);
    check_messages(20);
    publish("early", 20, 21);
    CU_ASSERT_EQUAL(record_next(sub), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_test_recorded(&seen, "message early 020"), 1);
    respub_subscriber_stats stats;
    respub_subscriber_get_stats(sub, &stats);
    CU_ASSERT_EQUAL(stats.messages, 21);
    CU_ASSERT_EQUAL(stats.delivered, 21);
    respub_subscriber_close(sub);
    respub_test_recorder_free(&seen);
  }
}

static void handlers_get_what_a_flush_has_read_when_somebody_delivers(void) {
  for (int d = RESPUB_DELIVER_DIRECT; d <= RESPUB_DELIVER_BLOCK; d++) {
    respub_test_recorder_init(&seen);
    respub_subscriber *sub = flushed((respub_delivery)d, 20, respub_test_record);
    CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
    CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "subscribed late", 1, DEADLINE_MS));
    check_messages(20);
    publish("late", 0, 1);
    CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "message late", 1, DEADLINE_MS));
    respub_subscriber_close(sub);
    respub_test_recorder_free(&seen);
  }
}

static void a_step_delivers_what_a_flush_has_read_first(void) {
  respub_test_recorder_init(&seen);
  respub_subscriber *sub = flushed(RESPUB_DELIVER_DIRECT, 20, respub_test_record);
  publish("late", 0, 1);
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  while (respub_test_recorded(&seen, "message late") == 0 && respub_test_left_ms(deadline) > 0) {
    struct pollfd fds[2];
    CU_ASSERT_EQUAL(respub_subscriber_step(sub), RESPUB_OK);
    size_t n = respub_subscriber_fds(sub, fds);
    poll(fds, (nfds_t)n, 1);
  }
  check_messages(20);
  CU_ASSERT(respub_test_recorded_at(&seen, "subscribed late", 1) <
            respub_test_recorded_at(&seen, "message late", 1));
  respub_subscriber_close(sub);
  respub_test_recorder_free(&seen);
}

/* Reading pauses when the bound is reached, flush says so, and goes on when something is taken. */
static void check_full(respub_delivery delivery) {
  respub_test_recorder_init(&seen);
  respub_subscriber *sub = open_queue(delivery, 4);
  subscribe(sub, "early", NULL);
  CU_ASSERT_EQUAL(flush(sub), RESPUB_OK);
  publish("early", 0, 30);
  subscribe(sub, "late", NULL);
  respub_status status;
  while ((status = flush(sub)) == RESPUB_EFULL)
    CU_ASSERT_EQUAL_FATAL(record_next(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(status, RESPUB_OK);
  record_all(sub, "subscribed late");
  check_messages(30);
  CU_ASSERT(respub_test_recorded(&seen, "slow_consumer") >= 1);
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.dropped, 0);
  CU_ASSERT(stats.queue_messages_high <= 4);
  respub_subscriber_close(sub);
  respub_test_recorder_free(&seen);
}

static void a_flush_that_finds_no_more_room_says_so_and_loses_nothing(void) {
  check_full(RESPUB_DELIVER_DIRECT);
  check_full(RESPUB_DELIVER_BLOCK);
}

static void a_flush_drops_by_the_queues_policy_and_counts(void) {
  respub_test_recorder_init(&seen);
  respub_subscriber *sub = open_queue(RESPUB_DELIVER_DROP_OLDEST, 4);
  subscribe(sub, "early", NULL);
  CU_ASSERT_EQUAL(flush(sub), RESPUB_OK);
  publish("early", 0, 30);
  subscribe(sub, "late", NULL);
  CU_ASSERT_EQUAL(flush(sub), RESPUB_OK);
  record_all(sub, "gap");
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "slow_consumer"), 1);
  CU_ASSERT_EQUAL(seen.last_gap.missed, 26);
  CU_ASSERT_EQUAL(seen.last_gap.generation, 1);
  record_all(sub, "message early 029");
  CU_ASSERT_EQUAL(seen.dropped, 26);
  respub_subscriber_close(sub);
  respub_test_recorder_free(&seen);
}

/* ------------------------------------------------------------------------------------------------
 * Who comes to deliver while a flush drives */

static void *flush_long(void *arg) {
  CU_ASSERT_EQUAL(flush(arg), RESPUB_OK);
  return NULL;
}

static bool has_failed(void *ctx) {
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(ctx, &stats);
  return stats.connect_failures > 0;
}

/* The server is away, so that the flush goes on; then it comes, and both get what they want. */
static void check_giving_place(respub_delivery delivery, bool by_thread) {
  pthread_t flusher;
  respub_test_recorder_init(&seen);
  respub_subscriber_options o = options_with(delivery, 1000);
  o.backoff_min_ms = o.backoff_max_ms = 5;
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  respub_subscriber *sub = open_with(&o);
  subscribe(sub, "early", respub_test_record);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&flusher, NULL, flush_long, sub), 0);
  CU_ASSERT_TRUE(respub_test_wait(has_failed, sub, DEADLINE_MS));
  CU_ASSERT_EQUAL(by_thread ? respub_subscriber_start(sub) : record_next(sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait_recorded(&seen, "connect_failed", 1, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  pthread_join(flusher, NULL);
  respub_subscriber_stop(sub);
  respub_subscriber_close(sub);
  respub_test_recorder_free(&seen);
}

static void a_flush_gives_its_place_to_who_delivers(void) {
  for (int d = RESPUB_DELIVER_DIRECT; d <= RESPUB_DELIVER_BLOCK; d++) {
    check_giving_place((respub_delivery)d, true);
    check_giving_place((respub_delivery)d, false);
  }
}

/* ------------------------------------------------------------------------------------------------
 * No memory */

static atomic_bool starving;

static void *resize_unless_starving(void *ctx, void *ptr, size_t size) {
  (void)ctx;
  if (size != 0)
    return atomic_load(&starving) ? NULL : realloc(ptr, size);
  free(ptr);
  return NULL;
}

/* One message more than the queue has memory for: that one is held. */
static bool reads_no_more(void *ctx) {
  static uint64_t before;
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(ctx, &stats);
  bool same = stats.messages == stats.queue_messages + 1 && stats.messages == before;
  before = stats.messages;
  return same;
}

static void a_stop_loses_nothing_that_was_read_when_memory_had_run_out(void) {
  enum {
    MESSAGES = 200
  };
  respub_event event;
  respub_test_recorder_init(&seen);
  respub_subscriber_options o = options_with(RESPUB_DELIVER_BLOCK, 1000);
  o.connection.allocator = (respub_allocator){NULL, resize_unless_starving};
  respub_subscriber *sub = open_with(&o);
  subscribe(sub, "early", NULL);
  CU_ASSERT_EQUAL(flush(sub), RESPUB_OK);
  atomic_store(&starving, true);
  publish("early", 0, MESSAGES);
  CU_ASSERT_TRUE(respub_test_wait(reads_no_more, sub, DEADLINE_MS));
  respub_subscriber_stop(sub);
  atomic_store(&starving, false);
  CU_ASSERT_EQUAL(respub_subscriber_next(sub, 0, &event), RESPUB_ECLOSED);
  record_all(sub, "message early 199");
  subscribe(sub, "late", NULL);
  record_all(sub, "subscribed late");
  check_messages(MESSAGES);
  respub_subscriber_close(sub);
  respub_test_recorder_free(&seen);
}

static const respub_test tests[] = {
    RESPUB_TEST(next_gives_what_a_flush_has_read),
    RESPUB_TEST(handlers_get_what_a_flush_has_read_when_somebody_delivers),
    RESPUB_TEST(a_step_delivers_what_a_flush_has_read_first),
    RESPUB_TEST(a_flush_that_finds_no_more_room_says_so_and_loses_nothing),
    RESPUB_TEST(a_flush_drops_by_the_queues_policy_and_counts),
    RESPUB_TEST(a_flush_gives_its_place_to_who_delivers),
    RESPUB_TEST(a_stop_loses_nothing_that_was_read_when_memory_had_run_out),
};

int main(int argc, char **argv) {
  static const respub_test_suite suites[] = {
      RESPUB_TEST_AT_REDIS("subscriber flush at redis-server", tests),
      RESPUB_TEST_AT_BROKER("subscriber flush at the broker", tests),
  };
  return respub_test_main_hosted(&server, suites, RESPUB_TEST_COUNT(suites), argc, argv);
}
