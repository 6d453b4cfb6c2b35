#include "net/clock.h"
#include "net/net.h"
#include "net/random.h"
#include "net/wait.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void the_clock_does_not_go_back(void) {
  int64_t last_us = respub__clock_us();
  for (int i = 0; i < 10000; i++) {
    int64_t now_us = respub__clock_us();
    CU_ASSERT_TRUE(now_us >= last_us);
    last_us = now_us;
  }
  int64_t before = respub_now_ms();
  int64_t between = respub__clock_ms();
  int64_t after_us = respub__clock_us();
  CU_ASSERT_TRUE(before <= between && between <= after_us / 1000);
  CU_ASSERT_TRUE(respub__wall_ms() > INT64_C(1600000000000));
}

static void two_seeds_differ(void) {
  uint64_t a = respub__random_seed();
  uint64_t b = respub__random_seed();
  CU_ASSERT_NOT_EQUAL(a, b);
  CU_ASSERT_NOT_EQUAL(a, 0);
}

static void a_ring_wakes_and_a_drain_ends_it(void) {
  respub__wake wake;
  CU_ASSERT_EQUAL_FATAL(respub__wake_open(&wake), RESPUB_OK);
  struct pollfd p = {wake.read_fd, POLLIN, 0};
  CU_ASSERT_EQUAL(respub__wait(&p, 1, 0), RESPUB_TIMEOUT);
  for (int i = 0; i < 1000; i++)
    respub__wake_ring(&wake);
  CU_ASSERT_EQUAL(respub__wait(&p, 1, 0), RESPUB_OK);
  CU_ASSERT_EQUAL(p.revents, POLLIN);
  respub__wake_drain(&wake);
  CU_ASSERT_EQUAL(respub__wait(&p, 1, 0), RESPUB_TIMEOUT);
  respub__wake_drain(&wake);
  respub__wake_ring(&wake);
  CU_ASSERT_EQUAL(respub__wait(&p, 1, RESPUB_NEVER), RESPUB_OK);
  respub__wake_close(&wake);
  CU_ASSERT_EQUAL(wake.read_fd, -1);
  respub__wake_close(&wake);
}

static void a_wake_is_closed_on_exec_never_blocks_and_keeps_errno(void) {
  respub__wake wake;
  CU_ASSERT_EQUAL_FATAL(respub__wake_open(&wake), RESPUB_OK);
  const int fds[] = {wake.read_fd, wake.write_fd};
  for (int i = 0; i < 2; i++) {
    CU_ASSERT_TRUE((fcntl(fds[i], F_GETFD) & FD_CLOEXEC) != 0);
    CU_ASSERT_TRUE((fcntl(fds[i], F_GETFL) & O_NONBLOCK) != 0);
  }
  errno = ERANGE;
  respub__wake_drain(&wake);
  respub__wake_ring(&wake);
  CU_ASSERT_EQUAL(errno, ERANGE);
  respub__wake_close(&wake);
}

static void a_wait_ends_at_its_deadline_not_before(void) {
  int64_t before = respub__clock_ms();
  CU_ASSERT_EQUAL(respub__wait(NULL, 0, before + 20), RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(respub__clock_ms() >= before + 20);
  CU_ASSERT_EQUAL(respub__wait(NULL, 0, INT64_MIN), RESPUB_TIMEOUT);
}

static void do_nothing(int signal_number) {
  (void)signal_number;
}

typedef struct disturber {
  pthread_t target;
  const respub__wake *wake;
  int64_t ring_ms;
} disturber;

/* Signals the waiting thread until it is time to ring. */
static void *disturb(void *ctx) {
  const disturber *d = ctx;
  while (respub__clock_ms() < d->ring_ms) {
    (void)pthread_kill(d->target, SIGUSR1);
    if (respub__wait(NULL, 0, respub__clock_ms() + 1) == RESPUB_EIO)
      break;
  }
  if (d->wake != NULL)
    respub__wake_ring(d->wake);
  return NULL;
}

/* Waits under a rain of signals; the deadline lies so many ms ahead. */
static respub_status wait_disturbed(bool ring, int64_t deadline_in_ms, int64_t *waited_ms) {
  struct sigaction action;
  struct sigaction old;
  respub__wake wake;
  memset(&action, 0, sizeof action);
  action.sa_handler = do_nothing;
  CU_ASSERT_EQUAL(sigaction(SIGUSR1, &action, &old), 0);
  CU_ASSERT_EQUAL_FATAL(respub__wake_open(&wake), RESPUB_OK);
  int64_t before = respub__clock_ms();
  disturber d = {pthread_self(), ring ? &wake : NULL, before + 50};
  pthread_t thread;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, disturb, &d), 0);
  struct pollfd p = {wake.read_fd, POLLIN, 0};
  respub_status status = respub__wait(&p, 1, before + deadline_in_ms);
  *waited_ms = respub__clock_ms() - before;
  CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
  CU_ASSERT_EQUAL(sigaction(SIGUSR1, &old, NULL), 0);
  respub__wake_close(&wake);
  return status;
}

static void signals_neither_end_a_wait_nor_lengthen_it(void) {
  int64_t waited_ms;
  CU_ASSERT_EQUAL(wait_disturbed(true, 60000, &waited_ms), RESPUB_OK);
  CU_ASSERT_TRUE(waited_ms >= 50 && waited_ms < 50000);
  CU_ASSERT_EQUAL(wait_disturbed(false, 30, &waited_ms), RESPUB_TIMEOUT);
  CU_ASSERT_TRUE(waited_ms >= 30 && waited_ms < 50000);
}

static void a_descriptor_that_is_none_is_reported_not_waited_for(void) {
  respub__wake wake;
  CU_ASSERT_EQUAL_FATAL(respub__wake_open(&wake), RESPUB_OK);
  struct pollfd p = {wake.read_fd, POLLIN, 0};
  respub__wake_close(&wake);
  CU_ASSERT_EQUAL(respub__wait(&p, 1, RESPUB_NEVER), RESPUB_OK);
  CU_ASSERT_EQUAL(p.revents, POLLNVAL);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(the_clock_does_not_go_back),
      RESPUB_TEST(two_seeds_differ),
      RESPUB_TEST(a_ring_wakes_and_a_drain_ends_it),
      RESPUB_TEST(a_wake_is_closed_on_exec_never_blocks_and_keeps_errno),
      RESPUB_TEST(a_wait_ends_at_its_deadline_not_before),
      RESPUB_TEST(signals_neither_end_a_wait_nor_lengthen_it),
      RESPUB_TEST(a_descriptor_that_is_none_is_reported_not_waited_for),
  };
  return respub_test_main("net wait", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
