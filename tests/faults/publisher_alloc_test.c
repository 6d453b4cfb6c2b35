/* Memory that runs out at each allocation of a publisher's life, one after the other; and a
 * publisher that asks for none once it is under way. */
#include "pubsub/pubsub.h"
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/options.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 15000,
  MANY = 40,
  MEDIUM = 3500, /* MANY of them do not fit into one write */
  LARGE = 9000,  /* not copied */
  THREADS = 4,
  ROUNDS = 20
};

static respub_test_server *server;
static char payload[LARGE];

/* What the results of all messages of one life say. */
typedef struct tally {
  unsigned delivered, doubtful;
  unsigned accepted, told; /* of queue */
  unsigned refused;
} tally;

static void count(tally *t, respub_status status) {
  t->delivered += status == RESPUB_OK;
  t->doubtful += status == RESPUB_EUNANSWERED || status == RESPUB_TIMEOUT;
  t->refused += status == RESPUB_EREFUSED;
}

static void note(const respub_publish_result *result, respub_slice text, void *ctx) {
  tally *t = ctx;
  (void)text; /* may be missing, for want of memory */
  t->told++;
  count(t, result->status);
}

/* What a call without memory may say, and that it says it. */
static bool is_clear(respub_status status, const respub_error *error) {
  bool known = status == RESPUB_OK || status == RESPUB_ENOMEM || status == RESPUB_EUNSENT ||
               status == RESPUB_EUNANSWERED;
  bool said = status == RESPUB_OK || (error->status == status && error->text[0] != '\0');
  return RESPUB_CHECK(known && said, "%s: %s", respub_status_name(status), error->text);
}

static respub_publisher_options options(respub_test_alloc *a) {
  respub_publisher_options o = respub_test_publisher_options(respub_test_server_url(server));
  snprintf(o.connection.username, sizeof o.connection.username, "shy");
  snprintf(o.connection.password, sizeof o.connection.password, "pw");
  o.connection.allocator = respub_test_allocator(a);
  o.timeout_ms = respub_test_scaled(DEADLINE_MS);
  o.backoff_min_ms = o.backoff_max_ms = 1;
  return o;
}

/* ------------------------------------------------------------------------------------------------
 * Every public call */

static void publish(respub_publisher *pub, size_t size, tally *t) {
  respub_error error = {RESPUB_OK, ""};
  int64_t receivers = -1;
  respub_status status = respub_publisher_publish(
      pub, RESPUB_LIT("news"), respub_slice_of(payload, size), &receivers, &error);
  CU_ASSERT_TRUE(is_clear(status, &error));
  CU_ASSERT_EQUAL(receivers, 0);
  count(t, status);
}

static void publish_many(respub_publisher *pub, size_t size, tally *t) {
  respub_publish_message messages[MANY];
  respub_publish_result results[MANY];
  respub_error error = {RESPUB_OK, ""};
  for (size_t i = 0; i < MANY; i++)
    messages[i] = (respub_publish_message){RESPUB_LIT("news"), {payload, size}};
  respub_status status = respub_publisher_publish_many(pub, messages, MANY, results, &error);
  CU_ASSERT_TRUE(is_clear(status, &error));
  for (size_t i = 0; i < MANY; i++) {
    count(t, results[i].status);
    CU_ASSERT(status != RESPUB_OK || results[i].status == RESPUB_OK);
  }
}

static void queue(respub_publisher *pub, const char *channel, size_t size, tally *t) {
  respub_status status = respub_publisher_queue(pub, respub_slice_of_string(channel),
                                                respub_slice_of(payload, size), note, t);
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ENOMEM || status == RESPUB_EUNSENT);
  t->accepted += status == RESPUB_OK;
}

static void queue_many(respub_publisher *pub, size_t size, tally *t) {
  for (size_t i = 0; i < MANY; i++)
    queue(pub, "news", size, t);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_outstanding(pub), 0);
}

static void use_event_loop(respub_publisher *pub, tally *t) {
  struct pollfd fds[2];
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  queue(pub, "news", 1, t);
  while (t->told < t->accepted && respub_test_left_ms(deadline) > 0) {
    size_t n = respub_publisher_fds(pub, fds);
    int timeout_ms = respub_publisher_timeout_ms(pub);
    int left_ms = respub_test_left_ms(deadline);
    (void)poll(fds, (nfds_t)n, timeout_ms < 0 || timeout_ms > left_ms ? left_ms : timeout_ms);
    CU_ASSERT_EQUAL(respub_publisher_step(pub), RESPUB_OK);
  }
  CU_ASSERT_EQUAL(t->told, t->accepted);
}

static void use(respub_publisher *pub, tally *t) {
  respub_publisher_stats stats;
  respub_error error = {RESPUB_OK, ""};
  CU_ASSERT_TRUE(is_clear(respub_publisher_connect(pub, &error), &error));
  publish(pub, 200, t);
  publish(pub, LARGE, t);
  publish_many(pub, MEDIUM, t);
  publish_many(pub, LARGE, t);
  queue_many(pub, MEDIUM, t);
  queue(pub, "secret", 1, t);
  use_event_loop(pub, t);
  respub_publisher_get_stats(pub, &stats);
  CU_ASSERT_EQUAL(stats.published, t->delivered);
  CU_ASSERT_EQUAL(stats.refused, t->refused);
  CU_ASSERT_EQUAL(stats.unanswered, t->doubtful);
  queue(pub, "news", 1, t); /* closing tells it */
  respub_publisher_close(pub);
}

/* False: the sweep is over. */
static bool live_without(respub_test_alloc *a, respub_away away) {
  respub_publisher_options o = options(a);
  respub_publisher *pub;
  respub_error error = {RESPUB_OK, ""};
  tally t = {0};
  long before = respub_test_server_published(server);
  CU_ASSERT_TRUE_FATAL(before >= 0);
  o.away = away;
  respub_status status = respub_publisher_open(&pub, &o, &error);
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ENOMEM);
  CU_ASSERT_TRUE(is_clear(status, &error));
  CU_ASSERT_EQUAL(status == RESPUB_OK, pub != NULL);
  if (status == RESPUB_OK)
    use(pub, &t);
  long now = respub_test_server_published(server) - before;
  RESPUB_CHECK(now >= (long)t.delivered && now <= (long)t.delivered + (long)t.doubtful,
               "%ld were executed, %u said to be, %u perhaps", now, t.delivered, t.doubtful);
  CU_ASSERT_EQUAL(t.told, t.accepted);
  CU_ASSERT_EQUAL(a->live, 0);
  if (a->failed > 0)
    return true;
  CU_ASSERT_EQUAL(t.delivered, 2 + 3 * MANY + 1);
  CU_ASSERT_EQUAL(t.refused, 1);
  return false;
}

static void no_allocation_that_fails_loses_a_message_in_silence(void) {
  bool more = true;
  for (size_t n = 0; more; n++) {
    respub_test_alloc a = RESPUB_TEST_ALLOC_FAILING(n);
    more = live_without(&a, RESPUB_AWAY_WAIT);
  }
}

static void memory_that_never_comes_back_loses_no_message_in_silence(void) {
  bool more = true;
  for (size_t n = 0; more; n++) {
    respub_test_alloc a = RESPUB_TEST_ALLOC_FAILING(n);
    a.fail_for_ever = true;
    more = live_without(&a, RESPUB_AWAY_FAIL);
  }
}

/* ------------------------------------------------------------------------------------------------
 * Under way */

static void publish_in_each_way(respub_publisher *pub, tally *t) {
  publish(pub, 200, t);
  publish(pub, LARGE, t);
  publish_many(pub, 200, t);
  publish_many(pub, MEDIUM, t);
  queue_many(pub, 200, t);
  queue_many(pub, MEDIUM, t);
}

static void publishing_takes_no_memory_once_it_is_under_way(void) {
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_publisher_options o = options(&a);
  respub_publisher *pub;
  tally t = {0};
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  publish_in_each_way(pub, &t);
  size_t calls = a.calls;
  for (int i = 0; i < 200; i++)
    publish_in_each_way(pub, &t);
  CU_ASSERT_EQUAL(a.calls, calls);
  CU_ASSERT_EQUAL(t.delivered, 201 * (2 + 4 * MANY));
  respub_publisher_close(pub);
  CU_ASSERT_EQUAL(a.live, 0);
}

static void *publish_often(void *ctx) {
  tally t = {0};
  for (int i = 0; i < 2000; i++)
    publish(ctx, i % 10 == 0 ? LARGE : 200, &t);
  CU_ASSERT_EQUAL(t.delivered, 2000);
  return NULL;
}

static void publish_together(respub_publisher *pub) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, publish_often, pub), 0);
  for (int i = 0; i < THREADS; i++)
    CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
}

/* How many commands wait at the same time is chance, so buffers may grow in more than one round. */
static void threads_that_share_a_publisher_take_no_memory_once_they_are_under_way(void) {
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_publisher_options o = options(&a);
  respub_publisher *pub;
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  size_t calls;
  int rounds = 0;
  do {
    calls = a.calls;
    publish_together(pub);
  } while (a.calls != calls && ++rounds < ROUNDS);
  CU_ASSERT_EQUAL(a.calls, calls);
  respub_publisher_close(pub);
  CU_ASSERT_EQUAL(a.live, 0);
}

static const respub_test tests[] = {
    RESPUB_TEST(no_allocation_that_fails_loses_a_message_in_silence),
    RESPUB_TEST(memory_that_never_comes_back_loses_no_message_in_silence),
    RESPUB_TEST(publishing_takes_no_memory_once_it_is_under_way),
    RESPUB_TEST(threads_that_share_a_publisher_take_no_memory_once_they_are_under_way),
};

int main(int argc, char **argv) {
  server = respub_test_server_start(NULL);
  if (server == NULL)
    return 1;
  bool ready =
      respub_test_server_says(server, "ACL SETUSER shy on >pw +@all resetchannels &news", "+OK");
  memset(payload, 'p', sizeof payload);
  int failed = ready ? respub_test_main("publisher without memory", tests, RESPUB_TEST_COUNT(tests),
                                        argc, argv)
                     : 1;
  respub_test_server_free(server);
  return failed;
}
