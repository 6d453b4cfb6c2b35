/* What a publisher does while a real server is away, and how it comes back. */
#include "pubsub/pubsub.h"
#include "tests/support/check.h"
#include "tests/support/publisher_fixture.h"
#include "tests/support/recorder.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static respub_test_recorder seen;

static respub_status publish(const char *payload, respub_error *error) {
  return respub_publisher_publish(pub, RESPUB_LIT("news"), respub_slice_of_string(payload), NULL,
                                  error);
}

static bool flush(void) {
  return respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)) == RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Callbacks that keep what they are told */

typedef struct log {
  unsigned ok, unsent, other;
  unsigned order[64]; /* numbers in the order of their results */
  unsigned count;
  char text[128];
} log_of_results;

static log_of_results told;

static void note(const respub_publish_result *result, respub_slice text, void *ctx) {
  told.ok += result->status == RESPUB_OK;
  told.unsent += result->status == RESPUB_EUNSENT;
  told.other += result->status != RESPUB_OK && result->status != RESPUB_EUNSENT;
  if (told.count < 64)
    told.order[told.count++] = (unsigned)(uintptr_t)ctx;
  if (text.len > 0)
    snprintf(told.text, sizeof told.text, "%.*s", (int)text.len, text.ptr);
}

static respub_status queue(unsigned number, size_t size) {
  static char payload[4096];
  return respub_publisher_queue(pub, RESPUB_LIT("news"), respub_slice_of(payload, size), note,
                                (void *)(uintptr_t)number);
}

static bool in_order(void) {
  for (unsigned i = 1; i < told.count; i++) {
    if (told.order[i] <= told.order[i - 1])
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------------------------------------
 * Waiting */

typedef struct attempt {
  pthread_t thread;
  respub_status status;
  respub_error error;
} attempt;

static void *run_attempt(void *ctx) {
  attempt *a = ctx;
  a->status = publish("patient", &a->error);
  return NULL;
}

static bool tried_twice(void *ctx) {
  (void)ctx;
  return stats().connect_failures >= 2;
}

static void who_waits_is_served_when_the_server_is_back(void) {
  enum {
    N = 4
  };
  attempt attempts[N];
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_WAIT;
  open_publisher(&o);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  for (int i = 0; i < N; i++)
    CU_ASSERT_EQUAL_FATAL(pthread_create(&attempts[i].thread, NULL, run_attempt, &attempts[i]), 0);
  CU_ASSERT_TRUE(respub_test_wait(tried_twice, NULL, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  for (int i = 0; i < N; i++) {
    CU_ASSERT_EQUAL(pthread_join(attempts[i].thread, NULL), 0);
    CU_ASSERT_EQUAL(attempts[i].status, RESPUB_OK);
  }
  CU_ASSERT_EQUAL(respub_test_server_published(server), N);
  end();
}

static void who_waits_too_long_knows_that_nothing_was_sent(void) {
  respub_publisher_options o = quick_options();
  respub_error error;
  o.away = RESPUB_AWAY_WAIT;
  o.timeout_ms = 100;
  open_publisher(&o);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_EQUAL(publish("x", &error), RESPUB_EUNSENT);
  RESPUB_CHECK(strstr(error.text, "no connection within 100 ms") != NULL, "%s", error.text);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Buffering */

static void what_was_buffered_goes_out_in_order_when_the_server_is_back(void) {
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_BUFFER;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  for (unsigned i = 0; i < 50; i++)
    CU_ASSERT_EQUAL(queue(i, 20), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, 30), RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_publisher_outstanding(pub), 50);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.ok, 50);
  CU_ASSERT_TRUE(in_order());
  CU_ASSERT_EQUAL(respub_test_server_published(server), 50);
  end();
}

static void a_full_buffer_refuses_the_new(void) {
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_BUFFER;
  o.away_messages = 3;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  for (unsigned i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(queue(i, 20), RESPUB_OK);
  CU_ASSERT_EQUAL(queue(3, 20), RESPUB_EFULL);
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.ok, 3);
  CU_ASSERT_EQUAL(told.count, 3);
  end();
}

static void a_full_buffer_drops_the_oldest_and_tells_them(void) {
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_BUFFER;
  o.overflow = RESPUB_OVERFLOW_DROP_OLDEST;
  o.away_bytes = 1500;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  for (unsigned i = 0; i < 10; i++)
    CU_ASSERT_EQUAL(queue(i, 300), RESPUB_OK);
  unsigned dropped = told.count;
  CU_ASSERT(dropped > 0 && dropped < 10);
  CU_ASSERT_EQUAL(told.unsent, dropped);
  CU_ASSERT_PTR_NOT_NULL(strstr(told.text, "full"));
  CU_ASSERT_EQUAL(queue(10, 2000), RESPUB_EFULL); /* larger than all of it */
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.ok, 10 - dropped);
  CU_ASSERT_TRUE(in_order());
  end();
}

static bool has_expired(void *ctx) {
  (void)ctx;
  (void)!respub_publisher_flush(pub, 0);
  return told.count == 2;
}

static void what_is_buffered_too_long_gets_its_result(void) {
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_BUFFER;
  o.away_expiry_ms = 50;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_EQUAL(queue(0, 20), RESPUB_OK);
  CU_ASSERT_EQUAL(queue(1, 20), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(has_expired, NULL, DEADLINE_MS));
  CU_ASSERT_EQUAL(told.unsent, 2);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(respub_test_server_published(server), 0);
  end();
}

static void what_is_queued_while_away_fails_at_once_by_default(void) {
  respub_publisher_options o = quick_options();
  o.backoff_min_ms = o.backoff_max_ms = 60000;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_EQUAL(queue(0, 20), RESPUB_OK); /* nobody knows yet */
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.unsent, 1);
  CU_ASSERT_EQUAL(queue(1, 20), RESPUB_EUNSENT);
  CU_ASSERT_EQUAL(told.count, 1);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  end();
}

/* Bytes that leave after the end of the server would leave the message in doubt. */
static void what_is_queued_after_the_connection_was_closed_is_not_in_doubt(void) {
  respub_publisher_options o = quick_options();
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  for (unsigned n = 1; n <= 20; n++) {
    CU_ASSERT_EQUAL(queue(n, 20), RESPUB_OK);
    CU_ASSERT_TRUE(flush());
    CU_ASSERT_EQUAL(told.ok, n);
    CU_ASSERT_TRUE(respub_test_server_says(server, "CLIENT KILL TYPE normal", ":1"));
  }
  CU_ASSERT_EQUAL(told.other + told.unsent, 0);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_EQUAL(queue(21, 20), RESPUB_OK);
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.unsent, 1);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Bounds in flight */

static void beyond_the_bound_queue_says_so_or_waits(void) {
  respub_publisher_options o = quick_options();
  o.inflight_bytes = 10000;
  o.queue_blocks = false;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  unsigned n = 0;
  while (n < 100 && queue(n, 1000) == RESPUB_OK)
    n++;
  CU_ASSERT(n >= 5 && n <= 10);
  CU_ASSERT(stats().inflight_bytes <= 10000);
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.ok, n);
  end();
  o.queue_blocks = true;
  open_publisher(&o);
  memset(&told, 0, sizeof told);
  for (unsigned i = 0; i < 60; i++)
    CU_ASSERT_EQUAL(queue(i, 1000), RESPUB_OK);
  CU_ASSERT(stats().inflight_bytes_high <= 10000);
  CU_ASSERT_TRUE(flush());
  CU_ASSERT_EQUAL(told.ok, 60);
  CU_ASSERT_TRUE(in_order());
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Retry and events */

static bool has_sent(void *ctx) {
  return stats().bytes_out > *(uint64_t *)ctx;
}

static void at_least_once_publishes_again_what_may_be_lost(void) {
  attempt a;
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_WAIT;
  o.retry = RESPUB_RETRY_AT_LEAST_ONCE;
  open_publisher(&o);
  CU_ASSERT_EQUAL(publish("first", NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  uint64_t before = stats().bytes_out;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&a.thread, NULL, run_attempt, &a), 0);
  CU_ASSERT_TRUE(respub_test_wait(has_sent, &before, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(pthread_join(a.thread, NULL), 0);
  CU_ASSERT_EQUAL(a.status, RESPUB_OK);
  CU_ASSERT_EQUAL(respub_test_server_published(server), 1);
  end();
}

static void events_tell_the_life_of_the_connection_in_order(void) {
  respub_publisher_options o = quick_options();
  respub_test_recorder_init(&seen);
  o.on_event = respub_test_record;
  o.event_ctx = &seen;
  o.away = RESPUB_AWAY_WAIT;
  open_publisher(&o);
  CU_ASSERT_EQUAL(publish("one", NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, NULL), RESPUB_ECONNECT);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(publish("two", NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(stats().connects, 2);
  CU_ASSERT_EQUAL(stats().disconnects, 1);
  end();
  size_t connected = respub_test_recorded_at(&seen, "connected", 1);
  size_t disconnected = respub_test_recorded_at(&seen, "disconnected", 1);
  size_t failed = respub_test_recorded_at(&seen, "connect_failed", 1);
  size_t again = respub_test_recorded_at(&seen, "connected", 2);
  size_t closed = respub_test_recorded_at(&seen, "closed", 1);
  CU_ASSERT(connected < disconnected && disconnected < failed && failed < again);
  CU_ASSERT(again < closed && closed == seen.count - 1);
  respub_test_recorder_free(&seen);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(who_waits_is_served_when_the_server_is_back),
      RESPUB_TEST(who_waits_too_long_knows_that_nothing_was_sent),
      RESPUB_TEST(what_was_buffered_goes_out_in_order_when_the_server_is_back),
      RESPUB_TEST(a_full_buffer_refuses_the_new),
      RESPUB_TEST(a_full_buffer_drops_the_oldest_and_tells_them),
      RESPUB_TEST(what_is_buffered_too_long_gets_its_result),
      RESPUB_TEST(what_is_queued_while_away_fails_at_once_by_default),
      RESPUB_TEST(what_is_queued_after_the_connection_was_closed_is_not_in_doubt),
      RESPUB_TEST(beyond_the_bound_queue_says_so_or_waits),
      RESPUB_TEST(at_least_once_publishes_again_what_may_be_lost),
      RESPUB_TEST(events_tell_the_life_of_the_connection_in_order),
  };
  return respub_test_main_at_redis(&server, "publisher away", tests, RESPUB_TEST_COUNT(tests), argc,
                                   argv);
}
