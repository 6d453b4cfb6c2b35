/* Starting, stopping and ending a broker, from threads, signal handlers and forks. */
#include "tests/support/broker_fixture.h"
#include "tests/support/folder.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static respub_broker *open_default(void) {
  respub_broker_options options;
  respub_broker_options_init(&options);
  return open_broker(&options);
}

/* A thread in respub_broker_run. */
typedef struct runner {
  respub_broker *broker;
  pthread_t thread;
  respub_status status;
  atomic_bool begun;
  atomic_bool ended;
} runner;

static void *run(void *arg) {
  runner *r = arg;
  atomic_store(&r->begun, true);
  r->status = respub_broker_run(r->broker);
  atomic_store(&r->ended, true);
  return NULL;
}

static bool has_begun(void *ctx) {
  return atomic_load(&((runner *)ctx)->begun);
}

/* The thread is about to run when this returns, or does. */
static void runner_begin(runner *r, respub_broker *broker) {
  r->broker = broker;
  r->status = RESPUB_EIO;
  atomic_init(&r->begun, false);
  atomic_init(&r->ended, false);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&r->thread, NULL, run, r), 0);
  CU_ASSERT_TRUE_FATAL(respub_test_wait(has_begun, r, DEADLINE_MS));
}

static bool has_ended(void *ctx) {
  return atomic_load(&((runner *)ctx)->ended);
}

static void runner_end(runner *r) {
  CU_ASSERT_TRUE_FATAL(respub_test_wait(has_ended, r, DEADLINE_MS));
  pthread_join(r->thread, NULL);
  CU_ASSERT_EQUAL(r->status, RESPUB_OK);
}

/* ------------------------------------------------------------------------------------------------
 */

static void a_broker_that_was_never_started_can_be_closed(void) {
  respub_broker_close(NULL);
  respub_broker_close(open_default());
}

static void clients_that_came_before_the_start_are_served(void) {
  respub_broker *broker = open_default();
  respub_test_peer p;
  connect_peer(&p, broker);
  CU_ASSERT_TRUE(respub_test_peer_say(&p, "PING\r\n", DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_peer_expect(&p, "+PONG\r\n", DEADLINE_MS));
  respub_test_peer_close(&p);
  respub_broker_close(broker);
}

static void one_thread_serves_at_a_time(void) {
  respub_broker *broker = open_default();
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_broker_run(broker), RESPUB_ESTATE);
  respub_broker_close(broker);
}

static void a_stopped_broker_goes_on_with_its_clients(void) {
  respub_broker *broker = open_default();
  respub_test_peer p;
  connect_peer(&p, broker);
  for (int i = 0; i < 50; i++) {
    runner r;
    if (i % 2 == 0) {
      CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
      CU_ASSERT_TRUE(answers(&p));
      respub_broker_stop(broker);
    } else {
      runner_begin(&r, broker);
      CU_ASSERT_TRUE(answers(&p));
      respub_broker_stop(broker);
      runner_end(&r);
    }
  }
  respub_broker_stats stats;
  respub_broker_get_stats(broker, &stats);
  CU_ASSERT_EQUAL(stats.accepted, 1);
  CU_ASSERT_EQUAL(stats.clients, 1);
  respub_test_peer_close(&p);
  respub_broker_close(broker);
}

/* A signal may come before its program has got as far as to run. */
static void a_stop_before_run_ends_that_run(void) {
  respub_broker *broker = open_default();
  respub_broker_stop(broker);
  respub_broker_stop(broker);
  CU_ASSERT_EQUAL(respub_broker_run(broker), RESPUB_OK);
  runner r;
  respub_test_peer p;
  runner_begin(&r, broker);
  connect_peer(&p, broker);
  CU_ASSERT_TRUE(answers(&p));
  respub_broker_stop(broker);
  runner_end(&r);
  respub_test_peer_close(&p);
  respub_broker_close(broker);
}

static void a_stop_before_start_means_nothing(void) {
  respub_broker *broker = open_default();
  respub_test_peer p;
  respub_broker_stop(broker);
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
  connect_peer(&p, broker);
  CU_ASSERT_TRUE(answers(&p));
  respub_test_peer_close(&p);
  respub_broker_close(broker);
}

static void closing_disconnects_everybody(void) {
  respub_broker *broker = open_default();
  respub_test_peer p[3];
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
  for (int i = 0; i < 3; i++) {
    connect_peer(&p[i], broker);
    CU_ASSERT_TRUE(answers(&p[i]));
  }
  respub_broker_close(broker);
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&p[i], DEADLINE_MS));
    respub_test_peer_close(&p[i]);
  }
}

static respub_broker *signalled;

static void stop_signalled(int number) {
  (void)number;
  respub_broker_stop(signalled);
}

/* Sent again each time, because ThreadSanitizer may hold a signal back that comes just before the
 * thread begins to wait. */
static bool ends_by_signal(void *ctx) {
  runner *r = ctx;
  if (!has_ended(r))
    pthread_kill(r->thread, SIGUSR1);
  return has_ended(r);
}

static void a_signal_handler_may_stop_it(void) {
  struct sigaction action = {.sa_handler = stop_signalled};
  struct sigaction before;
  sigemptyset(&action.sa_mask);
  signalled = open_default();
  CU_ASSERT_EQUAL_FATAL(sigaction(SIGUSR1, &action, &before), 0);
  for (int i = 0; i < 20; i++) {
    runner r;
    runner_begin(&r, signalled);
    CU_ASSERT_TRUE(respub_test_wait(ends_by_signal, &r, DEADLINE_MS));
    runner_end(&r);
  }
  sigaction(SIGUSR1, &before, NULL);
  respub_broker_close(signalled);
}

static atomic_int on_broker_thread;
static pthread_t test_thread;

static void note_thread(int number) {
  (void)number;
  atomic_fetch_add(&on_broker_thread, !pthread_equal(pthread_self(), test_thread));
}

/* The program's handlers must not run on a thread that it knows nothing about. */
static void the_thread_takes_no_signals(void) {
  struct sigaction action = {.sa_handler = note_thread};
  struct sigaction before;
  sigemptyset(&action.sa_mask);
  test_thread = pthread_self();
  atomic_store(&on_broker_thread, 0);
  respub_broker *broker = open_default();
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(sigaction(SIGUSR1, &action, &before), 0);
  sigset_t mine;
  sigset_t old;
  sigemptyset(&mine);
  sigaddset(&mine, SIGUSR1);
  /* Blocked here, a signal to the process goes to whichever other thread takes it. */
  pthread_sigmask(SIG_BLOCK, &mine, &old);
  kill(getpid(), SIGUSR1);
  respub_test_peer p;
  connect_peer(&p, broker);
  for (int i = 0; i < 10; i++)
    CU_ASSERT_TRUE(answers(&p));
  CU_ASSERT_EQUAL(atomic_load(&on_broker_thread), 0);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  sigaction(SIGUSR1, &before, NULL);
  respub_test_peer_close(&p);
  respub_broker_close(broker);
}

/* The child closes its copy while the parent's serves on. */
static void a_forked_child_may_close_its_copy(void) {
  respub_broker_options options;
  respub_test_peer p, q;
  respub_test_folder folder;
  respub_test_folder_open(&folder, "socket");
  respub_broker_options_init(&options);
  options.unix_path = folder.path;
  respub_broker *broker = start_with(&options);
  connect_peer(&p, broker);
  CU_ASSERT_TRUE(answers(&p));
  pid_t child = fork();
  CU_ASSERT_TRUE_FATAL(child >= 0);
  if (child == 0) {
    respub_broker_close(broker);
    _exit(7);
  }
  int status = 0;
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  CU_ASSERT_TRUE(answers(&p));
  CU_ASSERT_TRUE(respub_test_peer_unix(&q, folder.path));
  CU_ASSERT_TRUE(answers(&q));
  respub_test_peer_close(&p);
  respub_test_peer_close(&q);
  respub_broker_close(broker);
  CU_ASSERT_NOT_EQUAL(access(folder.path, F_OK), 0);
  respub_test_folder_close(&folder);
}

static void statistics_count_a_command_before_its_reply(void) {
  respub_broker *broker = open_default();
  respub_broker_stats stats;
  respub_test_peer p, s;
  CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
  connect_peer(&s, broker);
  CU_ASSERT_TRUE(respub_test_peer_say(&s, "SUBSCRIBE x\r\nPSUBSCRIBE *\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&s, ":2\r\n", DEADLINE_MS));
  connect_peer(&p, broker);
  for (uint64_t i = 1; i <= 200; i++) {
    CU_ASSERT_TRUE(respub_test_peer_say(&p, "PUBLISH x y\r\nnosuch\r\n", DEADLINE_MS));
    CU_ASSERT_TRUE(respub_test_peer_expect(&p, ":2\r\n", DEADLINE_MS));
    respub_broker_get_stats(broker, &stats);
    CU_ASSERT_EQUAL_FATAL(stats.published, i);
    CU_ASSERT_EQUAL(stats.delivered, 2 * i);
    CU_ASSERT_TRUE(respub_test_peer_receive_text(&p, "\r\n", DEADLINE_MS));
    respub_test_peer_forget(&p, p.len);
    respub_broker_get_stats(broker, &stats);
    CU_ASSERT_EQUAL(stats.commands, 2 + 2 * i);
  }
  CU_ASSERT_EQUAL(stats.clients, 2);
  CU_ASSERT_EQUAL(stats.accepted, 2);
  CU_ASSERT_EQUAL(stats.refused + stats.evicted, 0);
  respub_test_peer_close(&p);
  respub_test_peer_close(&s);
  respub_broker_close(broker);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_broker_that_was_never_started_can_be_closed),
      RESPUB_TEST(clients_that_came_before_the_start_are_served),
      RESPUB_TEST(one_thread_serves_at_a_time),
      RESPUB_TEST(a_stopped_broker_goes_on_with_its_clients),
      RESPUB_TEST(a_stop_before_run_ends_that_run),
      RESPUB_TEST(a_stop_before_start_means_nothing),
      RESPUB_TEST(closing_disconnects_everybody),
      RESPUB_TEST(a_signal_handler_may_stop_it),
      RESPUB_TEST(the_thread_takes_no_signals),
      RESPUB_TEST(a_forked_child_may_close_its_copy),
      RESPUB_TEST(statistics_count_a_command_before_its_reply),
  };
  return respub_test_main("broker life", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
