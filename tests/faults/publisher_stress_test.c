/* Eight threads that do everything to one publisher at once, while its connection is killed again
 * and again, until the time is over; made to be run under ThreadSanitizer. RESPUB_STRESS_SECONDS
 * says how long (2). */
#include "net/clock.h"
#include "pubsub/publisher.h"
#include "tests/support/check.h"
#include "tests/support/options.h"
#include "tests/support/server.h"
#include "tests/support/stress.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  THREADS = 8,
  MANY = 40,
  LARGE = 100000,
  WAITING = 3000, /* so large that all but one of them take less than all */
  DEADLINE_MS = 30000
};

static respub_test_server *server;
static respub_publisher *pub;
static atomic_ulong accepted, told, delivered, unknown, calls_back;
static char large[LARGE];

static void count(respub_status status) {
  if (status == RESPUB_OK)
    atomic_fetch_add(&delivered, 1);
  else if (status == RESPUB_EUNANSWERED || status == RESPUB_TIMEOUT)
    atomic_fetch_add(&unknown, 1);
  else
    CU_ASSERT(status == RESPUB_EUNSENT || status == RESPUB_EFULL);
}

/* What one thread has queued: its results come in its order. */
typedef struct sequence {
  unsigned next_queued;
  unsigned next_told;
} sequence;

typedef struct ticket {
  sequence *sequence;
  unsigned number;
} ticket;

static void on_published(const respub_publish_result *result, respub_slice text, void *ctx) {
  ticket *t = ctx;
  (void)text;
  CU_ASSERT_EQUAL(t->number, t->sequence->next_told);
  t->sequence->next_told = t->number + 1;
  count(result->status);
  if (atomic_fetch_add(&told, 1) % 64 == 0) {
    /* Legal in here: what does not wait. What waits says so. */
    respub_publisher_stats stats;
    respub_publisher_get_stats(pub, &stats);
    CU_ASSERT_EQUAL(respub_publisher_flush(pub, 10), RESPUB_ESTATE);
    CU_ASSERT_EQUAL(respub_publisher_publish(pub, RESPUB_LIT("s"), RESPUB_LIT("x"), NULL, NULL),
                    RESPUB_ESTATE);
    atomic_fetch_add(&calls_back, 1);
  }
  free(t);
}

static void on_event(const respub_event *event, void *ctx) {
  (void)ctx;
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, 10),
                  event->type == RESPUB_EVENT_CLOSED ? RESPUB_ECLOSED : RESPUB_ESTATE);
}

static void queue_one(sequence *mine, size_t size) {
  ticket *t = malloc(sizeof *t);
  CU_ASSERT_PTR_NOT_NULL_FATAL(t);
  *t = (ticket){mine, mine->next_queued};
  respub_status status =
      respub_publisher_queue(pub, RESPUB_LIT("s"), respub_slice_of(large, size), on_published, t);
  if (status == RESPUB_OK) {
    mine->next_queued++;
    atomic_fetch_add(&accepted, 1);
  } else {
    CU_ASSERT(status == RESPUB_EFULL || status == RESPUB_EUNSENT);
    free(t);
  }
}

static void publish_many(unsigned *state) {
  respub_publish_message messages[MANY];
  respub_publish_result results[MANY];
  size_t n = 1 + respub_test_stress_roll(state) % MANY;
  for (size_t i = 0; i < n; i++)
    messages[i] =
        (respub_publish_message){RESPUB_LIT("s"), {large, respub_test_stress_roll(state) % 300}};
  (void)!respub_publisher_publish_many(pub, messages, n, results, NULL);
  for (size_t i = 0; i < n; i++)
    count(results[i].status);
}

static void use_event_loop(void) {
  struct pollfd fds[2];
  size_t n = respub_publisher_fds(pub, fds);
  CU_ASSERT(n >= 1 && n <= 2);
  CU_ASSERT(respub_publisher_timeout_ms(pub) >= -1);
  respub_status status = respub_publisher_step(pub);
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ESTATE);
}

static void act(unsigned *state, sequence *mine) {
  respub_publisher_stats stats;
  unsigned choice = respub_test_stress_roll(state) % 16;
  size_t size =
      respub_test_stress_roll(state) % 20 == 0 ? LARGE : respub_test_stress_roll(state) % 400;
  if (choice < 6)
    count(respub_publisher_publish(pub, RESPUB_LIT("s"), respub_slice_of(large, size), NULL, NULL));
  else if (choice < 8)
    publish_many(state);
  else if (choice < 12)
    queue_one(mine, size);
  else if (choice < 13)
    (void)!respub_publisher_flush(pub, (int)(respub_test_stress_roll(state) % 20));
  else if (choice < 14)
    use_event_loop();
  else if (choice < 15)
    respub_publisher_get_stats(pub, &stats);
  else
    (void)!respub_publisher_connect(pub, NULL);
}

static void *run(void *ctx) {
  unsigned state = (unsigned)(uintptr_t)ctx;
  sequence *mine = calloc(1, sizeof *mine);
  CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
  while (!respub_test_stress_is_over())
    act(&state, mine);
  return mine;
}

/* Kills the connection between the threads' calls. */
static void *disturb(void *ctx) {
  (void)ctx;
  while (!respub_test_stress_is_over()) {
    char reply[64];
    (void)respub_test_server_command(server, reply, sizeof reply, "CLIENT KILL TYPE normal");
    struct pollfd none;
    (void)poll(&none, 0, 20);
  }
  return NULL;
}

static respub_publisher_options options(void) {
  respub_publisher_options o = respub_test_publisher_options(respub_test_server_url(server));
  o.backoff_min_ms = 1;
  o.backoff_max_ms = 20;
  o.away = RESPUB_AWAY_WAIT;
  o.on_event = on_event;
  return o;
}

static void eight_threads_get_true_results_while_connections_die(void) {
  pthread_t threads[THREADS], killer;
  sequence *sequences[THREADS];
  server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  respub_publisher_options o = options();
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  respub_test_stress_begin();
  for (uintptr_t i = 0; i < THREADS; i++)
    CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, (void *)(i + 1)), 0);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&killer, NULL, disturb, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], (void **)&sequences[i]);
  pthread_join(killer, NULL);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_outstanding(pub), 0);
  respub_publisher_close(pub);
  CU_ASSERT_EQUAL(atomic_load(&accepted), atomic_load(&told));
  CU_ASSERT(atomic_load(&calls_back) > 0);
  long calls = respub_test_server_published(server);
  long sure = (long)atomic_load(&delivered), doubt = (long)atomic_load(&unknown);
  printf("\n    %ld delivered, %ld unknown, %ld executed\n", sure, doubt, calls);
  CU_ASSERT(sure > 0 && sure <= calls && calls <= sure + doubt);
  for (int i = 0; i < THREADS; i++)
    free(sequences[i]);
  respub_test_server_free(server);
}

/* ------------------------------------------------------------------------------------------------
 */

static atomic_uint returned;

static void start_all(pthread_t threads[THREADS], void *(*body)(void *ctx)) {
  for (int i = 0; i < THREADS; i++)
    CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, body, NULL), 0);
}

static void join_all(const pthread_t threads[THREADS]) {
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
}

static void *publish_and_wait(void *ctx) {
  respub_status status =
      respub_publisher_publish(pub, RESPUB_LIT("s"), respub_slice_of(large, WAITING), NULL, NULL);
  RESPUB_CHECK(status == RESPUB_EUNANSWERED || status == RESPUB_EUNSENT, "%s",
               respub_status_name(status));
  (void)ctx;
  atomic_fetch_add(&returned, 1);
  return NULL;
}

static bool all_are_inside(void *ctx) {
  respub_publisher_stats stats;
  (void)ctx;
  respub_publisher_get_stats(pub, &stats);
  return stats.inflight_bytes >= THREADS * WAITING;
}

static void close_sends_those_home_who_wait(void) {
  pthread_t threads[THREADS];
  server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  for (int round = 0; round < 20; round++) {
    respub_publisher_options o = options();
    o.timeout_ms = respub_test_scaled(DEADLINE_MS);
    o.on_event = NULL;
    atomic_store(&returned, 0);
    CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_publisher_connect(pub, NULL), RESPUB_OK);
    CU_ASSERT_TRUE(respub_test_server_freeze(server));
    start_all(threads, publish_and_wait);
    CU_ASSERT_TRUE(respub_test_wait(all_are_inside, NULL, DEADLINE_MS));
    respub_publisher_close(pub);
    join_all(threads);
    CU_ASSERT_EQUAL(atomic_load(&returned), THREADS);
    CU_ASSERT_TRUE(respub_test_server_thaw(server));
  }
  respub_test_server_free(server);
}

/* Room that one was told of may have gone to another when it comes to take it. */
static void *publish_many_often(void *ctx) {
  static const respub_publish_message message = {{"room", 4}, {"0123456789", 10}};
  respub_publish_message messages[MANY];
  respub_publish_result results[MANY];
  (void)ctx;
  for (int i = 0; i < MANY; i++)
    messages[i] = message;
  for (int round = 0; round < 100; round++) {
    if (respub_publisher_publish_many(pub, messages, MANY, results, NULL) == RESPUB_OK)
      atomic_fetch_add(&returned, MANY);
  }
  return NULL;
}

static void threads_share_little_room_without_losing_a_result(void) {
  pthread_t threads[THREADS];
  server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  respub_publisher_options o = options();
  respub_publisher_stats stats;
  o.timeout_ms = respub_test_scaled(DEADLINE_MS);
  o.inflight_bytes = 1024;
  o.on_event = NULL;
  atomic_store(&returned, 0);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  start_all(threads, publish_many_often);
  join_all(threads);
  respub_publisher_get_stats(pub, &stats);
  CU_ASSERT_EQUAL(atomic_load(&returned), THREADS * 100 * MANY);
  CU_ASSERT_EQUAL(stats.published, (uint64_t)THREADS * 100 * MANY);
  respub_publisher_close(pub);
  respub_test_server_free(server);
}

/* ------------------------------------------------------------------------------------------------
 */

enum {
  EACH = 500,
  CLOSINGS = 50
};

static atomic_uint looks;
static atomic_bool sleeps;

/* Whoever looks twice finds that a millisecond has passed. */
static int64_t hasty_us(void) {
  return respub__clock_us() + (int64_t)atomic_fetch_add(&looks, 1) * 1000;
}

static void *publish_each(void *ctx) {
  (void)ctx;
  for (int i = 0; i < EACH; i++) {
    if (respub_publisher_publish(pub, RESPUB_LIT("s"), RESPUB_LIT("x"), NULL, NULL) == RESPUB_OK)
      atomic_fetch_add(&returned, 1);
    if (!respub__publisher_turns_pay())
      atomic_store(&sleeps, true);
  }
  return NULL;
}

static void threads_sleep_at_once_where_turns_take_long(void) {
  pthread_t threads[THREADS];
  server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  respub_publisher_options o = options();
  o.timeout_ms = INT_MAX;
  o.on_event = NULL;
  atomic_store(&returned, 0);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  pub->clock_us = hasty_us;
  start_all(threads, publish_each);
  join_all(threads);
  CU_ASSERT_EQUAL(atomic_load(&returned), THREADS * EACH);
  CU_ASSERT_TRUE(atomic_load(&sleeps));
  respub_publisher_close(pub);
  respub_test_server_free(server);
}

static void *publish_once(void *ctx) {
  (void)ctx;
  if (respub_publisher_publish(pub, RESPUB_LIT("s"), RESPUB_LIT("x"), NULL, NULL) == RESPUB_OK)
    atomic_fetch_add(&returned, 1);
  return NULL;
}

static bool all_are_answered(void *ctx) {
  respub_publisher_stats stats;
  (void)ctx;
  respub_publisher_get_stats(pub, &stats);
  return stats.published == THREADS;
}

/* They may still be on their way out. */
static void a_publisher_may_be_closed_as_soon_as_all_have_their_results(void) {
  pthread_t threads[THREADS];
  server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  atomic_store(&returned, 0);
  for (int round = 0; round < CLOSINGS; round++) {
    respub_publisher_options o = options();
    o.timeout_ms = respub_test_scaled(DEADLINE_MS);
    o.on_event = NULL;
    CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
    start_all(threads, publish_once);
    CU_ASSERT_TRUE(respub_test_wait(all_are_answered, NULL, DEADLINE_MS));
    respub_publisher_close(pub);
    join_all(threads);
  }
  CU_ASSERT_EQUAL(atomic_load(&returned), CLOSINGS * THREADS);
  respub_test_server_free(server);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(eight_threads_get_true_results_while_connections_die),
      RESPUB_TEST(close_sends_those_home_who_wait),
      RESPUB_TEST(threads_share_little_room_without_losing_a_result),
      RESPUB_TEST(threads_sleep_at_once_where_turns_take_long),
      RESPUB_TEST(a_publisher_may_be_closed_as_soon_as_all_have_their_results),
  };
  return respub_test_main("publisher stress", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
