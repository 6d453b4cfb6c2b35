/* A publisher that one thread uses alone, so that it waits for answers without poll and hears
 * nobody: what is late, lost or disturbed by a signal ends as it does elsewhere, and who comes
 * meanwhile is not kept waiting. */
#include "pubsub/pubsub.h"
#include "tests/support/peer.h"
#include "tests/support/publisher_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

enum {
  LATE_MS = 300,
  SOON_MS = 250,
  MANY = 10
};

static volatile sig_atomic_t rings;
static volatile pid_t victim; /* killed with the first ring */

static void ring(int signal) {
  (void)signal;
  rings++;
  if (victim != 0)
    kill(victim, SIGKILL);
  victim = 0;
}

/* Rings every few milliseconds; 0: not any more. */
static void ring_every(int ms) {
  struct itimerval timer = {.it_interval.tv_usec = ms * 1000, .it_value.tv_usec = ms * 1000};
  struct sigaction action = {.sa_handler = ring, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  CU_ASSERT_EQUAL(sigaction(SIGALRM, &action, NULL), 0);
  CU_ASSERT_EQUAL(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static bool is_connected(void *ctx) {
  (void)ctx;
  return respub_publisher_connect(pub, NULL) == RESPUB_OK;
}

/* A busy machine may not connect within the short time that a test is about. */
static void begin(int timeout_ms) {
  respub_publisher_options o = respub_test_publisher_options(respub_test_server_url(server));
  o.timeout_ms = respub_test_scaled(timeout_ms);
  open_publisher(&o);
  CU_ASSERT_TRUE_FATAL(respub_test_wait(is_connected, NULL, DEADLINE_MS));
}

static respub_status publish(int64_t *receivers, respub_error *error) {
  return respub_publisher_publish(pub, RESPUB_LIT("news"), RESPUB_LIT("x"), receivers, error);
}

static respub_status publish_many(respub_error *error) {
  respub_publish_message messages[MANY];
  respub_publish_result results[MANY];
  for (size_t i = 0; i < MANY; i++)
    messages[i] = (respub_publish_message){RESPUB_LIT("news"), RESPUB_LIT("x")};
  respub_status status = respub_publisher_publish_many(pub, messages, MANY, results, error);
  for (size_t i = 0; i < MANY; i++)
    CU_ASSERT_EQUAL(results[i].status, status);
  return status;
}

static void an_answer_that_does_not_come_is_waited_for_until_the_deadline(void) {
  respub_error error = {RESPUB_OK, ""};
  int64_t receivers = -1;
  begin(LATE_MS);
  CU_ASSERT_EQUAL(publish(NULL, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  int64_t before_ms = respub_test_now_ms();
  CU_ASSERT_EQUAL(publish(&receivers, &error), RESPUB_TIMEOUT);
  CU_ASSERT(respub_test_now_ms() - before_ms >= respub_test_scaled(LATE_MS));
  CU_ASSERT_EQUAL(receivers, 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no reply within"));
  CU_ASSERT_EQUAL(publish_many(&error), RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  /* The late answers are thrown away. */
  CU_ASSERT_EQUAL(publish(&receivers, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(stats().connects, 1);
  CU_ASSERT_EQUAL(stats().unanswered, 1 + MANY);
  end();
}

static void a_signal_does_not_end_the_wait(void) {
  begin(DEADLINE_MS);
  respub_test_peer other;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&other, respub_test_server_port(server)));
  CU_ASSERT_TRUE(respub_test_peer_say(&other, "CLIENT PAUSE 200 ALL\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&other, "+OK\r\n", DEADLINE_MS));
  rings = 0;
  ring_every(3);
  CU_ASSERT_EQUAL(publish(NULL, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(publish_many(NULL), RESPUB_OK);
  ring_every(0);
  CU_ASSERT(rings > 0);
  CU_ASSERT_EQUAL(stats().published, 1 + MANY);
  CU_ASSERT_EQUAL(stats().connects, 1);
  respub_test_peer_close(&other);
  end();
}

static void a_server_that_dies_meanwhile_leaves_the_message_in_doubt(void) {
  respub_error error = {RESPUB_OK, ""};
  begin(DEADLINE_MS);
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  victim = respub_test_server_id(server);
  ring_every(50);
  CU_ASSERT_EQUAL(publish(NULL, &error), RESPUB_EUNANSWERED);
  ring_every(0);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "lost before the reply"));
  (void)respub_test_server_kill(server); /* takes note of its end */
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  end();
}

static void a_socket_that_may_wait_never_does_for_anything_else(void) {
  enum {
    LARGE = 16 * 1024 * 1024
  };
  static char large[LARGE];
  struct pollfd fds[2];
  begin(LATE_MS);
  CU_ASSERT_EQUAL(publish(NULL, NULL), RESPUB_OK); /* from now on it may */
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  CU_ASSERT_EQUAL(
      respub_publisher_queue(pub, RESPUB_LIT("news"), respub_slice_of(large, 1000000), NULL, NULL),
      RESPUB_OK);
  for (int i = 0; i < 10; i++) { /* a step that waited would do so for ever */
    CU_ASSERT(respub_publisher_fds(pub, fds) >= 1);
    CU_ASSERT_EQUAL(respub_publisher_step(pub), RESPUB_OK);
  }
  CU_ASSERT_EQUAL(
      respub_publisher_publish(pub, RESPUB_LIT("news"), respub_slice_of(large, LARGE), NULL, NULL),
      RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  end();
}

static void a_short_time_to_wait_is_kept(void) {
  begin(1);
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  for (int i = 0; i < MANY; i++) {
    int64_t before_ms = respub_test_now_ms();
    CU_ASSERT_EQUAL(publish(NULL, NULL), RESPUB_TIMEOUT);
    CU_ASSERT(respub_test_now_ms() - before_ms <= respub_test_scaled(SOON_MS));
  }
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Company */

static void *publish_alone(void *ctx) {
  *(respub_status *)ctx = publish(NULL, NULL);
  return NULL;
}

static bool server_has_it(void *ctx) {
  char reply[65536];
  (void)ctx;
  return respub_test_server_command(server, reply, sizeof reply, "CLIENT LIST") > 0 &&
         strstr(reply, "cmd=publish") != NULL;
}

/* Begins, and has another thread wait for an answer that does not come. */
static pthread_t begin_beside(respub_status *status) {
  pthread_t thread;
  begin(DEADLINE_MS);
  CU_ASSERT_TRUE(respub_test_server_says(server, "CLIENT PAUSE 60000 WRITE", "+OK"));
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, publish_alone, status), 0);
  CU_ASSERT_TRUE(respub_test_wait(server_has_it, NULL, DEADLINE_MS));
  return thread;
}

static void who_comes_meanwhile_waits_for_no_answer(void) {
  for (int i = 0; i < MANY; i++) {
    respub_status status = RESPUB_EIO;
    pthread_t thread = begin_beside(&status);
    int64_t before_ms = respub_test_now_ms();
    CU_ASSERT_EQUAL(respub_publisher_queue(pub, RESPUB_LIT("news"), RESPUB_LIT("x"), NULL, NULL),
                    RESPUB_OK);
    CU_ASSERT(respub_test_now_ms() - before_ms <= respub_test_scaled(SOON_MS));
    CU_ASSERT_TRUE(respub_test_server_says(server, "CLIENT UNPAUSE", "+OK"));
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_EQUAL(status, RESPUB_OK);
    end();
  }
}

static void close_waits_for_no_answer(void) {
  for (int i = 0; i < MANY; i++) {
    respub_status status = RESPUB_EIO;
    pthread_t thread = begin_beside(&status);
    int64_t before_ms = respub_test_now_ms();
    end();
    CU_ASSERT(respub_test_now_ms() - before_ms <= respub_test_scaled(SOON_MS));
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    CU_ASSERT_EQUAL(status, RESPUB_EUNANSWERED);
    CU_ASSERT_TRUE(respub_test_server_says(server, "CLIENT UNPAUSE", "+OK"));
  }
}

static const respub_test tests[] = {
    RESPUB_TEST(an_answer_that_does_not_come_is_waited_for_until_the_deadline),
    RESPUB_TEST(a_signal_does_not_end_the_wait),
    RESPUB_TEST(a_server_that_dies_meanwhile_leaves_the_message_in_doubt),
    RESPUB_TEST(a_socket_that_may_wait_never_does_for_anything_else),
    RESPUB_TEST(a_short_time_to_wait_is_kept),
    RESPUB_TEST(who_comes_meanwhile_waits_for_no_answer),
    RESPUB_TEST(close_waits_for_no_answer),
};

int main(int argc, char **argv) {
  return respub_test_main_at_redis(&server, "publisher that one thread uses alone", tests,
                                   RESPUB_TEST_COUNT(tests), argc, argv);
}
