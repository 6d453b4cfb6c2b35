/* A publisher in an event loop, called from its own callbacks, closed from anywhere, and after
 * fork. */
#include "pubsub/pubsub.h"
#include "tests/support/publisher_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned told, delivered;
static bool done_with;

static void begin(const respub_publisher_options *o) {
  told = delivered = 0;
  done_with = false;
  open_publisher(o);
}

static respub_status publish(void) {
  return respub_publisher_publish(pub, RESPUB_LIT("news"), RESPUB_LIT("x"), NULL, NULL);
}

static void count(const respub_publish_result *result, respub_slice text, void *ctx) {
  (void)text;
  (void)ctx;
  told++;
  delivered += result->status == RESPUB_OK;
}

static respub_status queue(respub_published *done) {
  return respub_publisher_queue(pub, RESPUB_LIT("news"), RESPUB_LIT("x"), done, NULL);
}

/* ------------------------------------------------------------------------------------------------
 * Event loop */

static void turn(int64_t deadline) {
  struct pollfd fds[2];
  size_t n = respub_publisher_fds(pub, fds);
  CU_ASSERT_FATAL(n >= 1 && n <= 2);
  int timeout_ms = respub_publisher_timeout_ms(pub);
  int left_ms = respub_test_left_ms(deadline);
  (void)poll(fds, (nfds_t)n, timeout_ms < 0 || timeout_ms > left_ms ? left_ms : timeout_ms);
  CU_ASSERT_EQUAL(respub_publisher_step(pub), RESPUB_OK);
}

static void turn_until_told(unsigned n) {
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  while (told < n && respub_test_left_ms(deadline) > 0)
    turn(deadline);
  CU_ASSERT_EQUAL(told, n);
}

static void an_event_loop_drives_it_without_waiting(void) {
  respub_publisher_options o = quick_options();
  begin(&o);
  for (int i = 0; i < 1000; i++)
    CU_ASSERT_EQUAL(queue(count), RESPUB_OK);
  turn_until_told(1000);
  CU_ASSERT_EQUAL(delivered, 1000);
  /* With nothing to do there is no deadline. */
  CU_ASSERT_EQUAL(respub_publisher_timeout_ms(pub), -1);
  end();
}

static void an_event_loop_reconnects(void) {
  respub_publisher_options o = quick_options();
  o.away = RESPUB_AWAY_BUFFER;
  begin(&o);
  CU_ASSERT_EQUAL(queue(count), RESPUB_OK);
  turn_until_told(1);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(queue(count), RESPUB_OK);
  turn_until_told(2);
  CU_ASSERT_EQUAL(delivered, 2);
  end();
}

static void *queue_one(void *ctx) {
  (void)ctx;
  CU_ASSERT_EQUAL(queue(count), RESPUB_OK);
  return NULL;
}

static void a_message_queued_by_another_thread_wakes_the_loop(void) {
  respub_publisher_options o = quick_options();
  pthread_t thread;
  begin(&o);
  CU_ASSERT_EQUAL(queue(count), RESPUB_OK);
  turn_until_told(1);
  struct pollfd fds[2];
  size_t n = respub_publisher_fds(pub, fds);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, queue_one, NULL), 0);
  CU_ASSERT(poll(fds, (nfds_t)n, respub_test_scaled(DEADLINE_MS)) > 0);
  CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
  turn_until_told(2);
  end();
}

static atomic_bool leave_loop;

/* Begins with a poll for what there is at the beginning. */
static void *run_loop(void *ctx) {
  struct pollfd *fds = ctx;
  nfds_t n = 2;
  int timeout_ms = -1;
  do {
    (void)poll(fds, n, timeout_ms);
    respub_status status = respub_publisher_step(pub);
    CU_ASSERT(status == RESPUB_OK || status == RESPUB_ESTATE);
    n = (nfds_t)respub_publisher_fds(pub, fds);
    timeout_ms = respub_publisher_timeout_ms(pub);
  } while (!atomic_load(&leave_loop));
  return NULL;
}

static bool server_has_it(void *ctx) {
  (void)ctx;
  return respub_test_server_published(server) == 1;
}

/* The loop polls for what there was to poll before the other thread's call. */
static void a_loop_goes_on_with_what_another_thread_has_left_half_sent(void) {
  enum {
    LARGE = 16 * 1024 * 1024
  };
  static char large[LARGE];
  respub_publisher_options o = quick_options();
  struct pollfd fds[2];
  pthread_t loop;
  o.timeout_ms = respub_test_scaled(300);
  begin(&o);
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_server_says(server, "CONFIG RESETSTAT", "+OK"));
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  atomic_store(&leave_loop, false);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_fds(pub, fds), 2);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&loop, NULL, run_loop, fds), 0);
  CU_ASSERT_EQUAL(
      respub_publisher_publish(pub, RESPUB_LIT("news"), respub_slice_of(large, LARGE), NULL, NULL),
      RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  CU_ASSERT_TRUE(respub_test_wait(server_has_it, NULL, DEADLINE_MS));
  atomic_store(&leave_loop, true);
  CU_ASSERT_EQUAL(queue(NULL), RESPUB_OK); /* wakes it */
  CU_ASSERT_EQUAL(pthread_join(loop, NULL), 0);
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Callbacks that call */

static void queue_more(const respub_publish_result *result, respub_slice text, void *ctx) {
  respub_publisher_stats stats;
  respub_error error;
  count(result, text, ctx);
  CU_ASSERT_EQUAL(publish(), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, 10), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, &error), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_publisher_step(pub), RESPUB_ESTATE);
  respub_publisher_get_stats(pub, &stats);
  CU_ASSERT(respub_publisher_outstanding(pub) >= 1);
  if (told < 10)
    CU_ASSERT_EQUAL(queue(queue_more), RESPUB_OK);
}

static void a_callback_may_queue_and_is_told_what_would_wait(void) {
  respub_publisher_options o = quick_options();
  begin(&o);
  CU_ASSERT_EQUAL(queue(queue_more), RESPUB_OK);
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  while (told < 10 && respub_test_left_ms(deadline) > 0)
    CU_ASSERT_EQUAL(respub_publisher_flush(pub, 1000), RESPUB_OK);
  CU_ASSERT_EQUAL(told, 10);
  CU_ASSERT_EQUAL(respub_publisher_outstanding(pub), 0);
  end();
}

static void close_inside(const respub_publish_result *result, respub_slice text, void *ctx) {
  count(result, text, ctx);
  if (told == 2)
    respub_publisher_close(pub);
}

static void note_end(const respub_event *event, void *ctx) {
  (void)ctx;
  CU_ASSERT_FALSE(done_with); /* CLOSED is the last */
  done_with = event->type == RESPUB_EVENT_CLOSED;
}

static void close_from_a_callback_ends_it_when_the_call_returns(void) {
  respub_publisher_options o = quick_options();
  o.on_event = note_end;
  begin(&o);
  for (int i = 0; i < 5; i++)
    CU_ASSERT_EQUAL(queue(close_inside), RESPUB_OK);
  respub_status status = respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS));
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ECLOSED);
  CU_ASSERT_EQUAL(told, 5);
  CU_ASSERT_TRUE(done_with);
  pub = NULL;
}

static void close_at_connected(const respub_event *event, void *ctx) {
  note_end(event, ctx);
  if (event->type == RESPUB_EVENT_CONNECTED)
    respub_publisher_close(pub);
}

static void close_from_an_event_leaves_the_message_unsent(void) {
  respub_publisher_options o = quick_options();
  o.on_event = close_at_connected;
  begin(&o);
  CU_ASSERT_EQUAL(publish(), RESPUB_EUNSENT);
  CU_ASSERT_TRUE(done_with);
  pub = NULL;
}

static unsigned unsent;

static void count_unsent(const respub_publish_result *result, respub_slice text, void *ctx) {
  count(result, text, ctx);
  unsent += result->status == RESPUB_EUNSENT;
  /* The publisher is being closed, and says so. */
  CU_ASSERT_EQUAL(queue(NULL), RESPUB_ECLOSED);
  CU_ASSERT_EQUAL(publish(), RESPUB_ECLOSED);
}

static void close_tells_what_was_never_sent(void) {
  respub_publisher_options o = quick_options();
  begin(&o);
  unsent = 0;
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(queue(count_unsent), RESPUB_OK);
  end();
  CU_ASSERT_EQUAL(told, 3);
  CU_ASSERT_EQUAL(unsent, 3);
  respub_publisher_close(NULL);
}

/* ------------------------------------------------------------------------------------------------
 * Fork */

/* What a child of fork may find; 0 when all is as it should be. */
static int in_the_child(void) {
  struct pollfd fds[2];
  respub_publisher_stats stats;
  if (publish() != RESPUB_EFORKED || queue(count) != RESPUB_EFORKED)
    return 1;
  if (respub_publisher_flush(pub, 10) != RESPUB_EFORKED ||
      respub_publisher_connect(pub, NULL) != RESPUB_EFORKED)
    return 2;
  if (respub_publisher_step(pub) != RESPUB_EFORKED || respub_publisher_fds(pub, fds) != 0 ||
      respub_publisher_timeout_ms(pub) != -1)
    return 3;
  respub_publisher_get_stats(pub, &stats);
  if (respub_publisher_outstanding(pub) != 0 || stats.published != 0)
    return 4;
  respub_publisher_close(pub);
  return told == 0 ? 0 : 5;
}

static void a_child_of_fork_touches_nothing_of_its_parents(void) {
  respub_publisher_options o = quick_options();
  int ended = -1;
  begin(&o);
  CU_ASSERT_EQUAL(publish(), RESPUB_OK);
  CU_ASSERT_EQUAL(queue(count), RESPUB_OK);
  pid_t child = fork();
  CU_ASSERT_FATAL(child >= 0);
  if (child == 0)
    _exit(in_the_child());
  CU_ASSERT_EQUAL(waitpid(child, &ended, 0), child);
  CU_ASSERT(WIFEXITED(ended));
  CU_ASSERT_EQUAL(WEXITSTATUS(ended), 0);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_EQUAL(delivered, 1);
  CU_ASSERT_EQUAL(publish(), RESPUB_OK);
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Options */

static void an_option_out_of_its_range_is_named(void) {
  respub_error error;
  respub_publisher_options good = quick_options(), o = good;
  pub = (respub_publisher *)&o;
  o.timeout_ms = 0;
  CU_ASSERT_EQUAL(respub_publisher_open(&pub, &o, &error), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "timeout_ms"));
  CU_ASSERT_PTR_NULL(pub);
  o = good;
  o.backoff_max_ms = o.backoff_min_ms - 1;
  CU_ASSERT_EQUAL(respub_publisher_open(&pub, &o, &error), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "backoff_max_ms"));
  o = good;
  o.away_expiry_ms = -1;
  CU_ASSERT_EQUAL(respub_publisher_open(&pub, &o, &error), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "away_expiry_ms"));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(an_event_loop_drives_it_without_waiting),
      RESPUB_TEST(an_event_loop_reconnects),
      RESPUB_TEST(a_message_queued_by_another_thread_wakes_the_loop),
      RESPUB_TEST(a_loop_goes_on_with_what_another_thread_has_left_half_sent),
      RESPUB_TEST(a_callback_may_queue_and_is_told_what_would_wait),
      RESPUB_TEST(close_from_a_callback_ends_it_when_the_call_returns),
      RESPUB_TEST(close_from_an_event_leaves_the_message_unsent),
      RESPUB_TEST(close_tells_what_was_never_sent),
      RESPUB_TEST(a_child_of_fork_touches_nothing_of_its_parents),
      RESPUB_TEST(an_option_out_of_its_range_is_named),
  };
  return respub_test_main_at_redis(&server, "publisher driven", tests, RESPUB_TEST_COUNT(tests),
                                   argc, argv);
}
