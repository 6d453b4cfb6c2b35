#include "tests/support/wait.h"

#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

int64_t respub_test_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int respub_test_scaled(int ms) {
  const char *slow = getenv("RESPUB_TEST_SLOW");
  long factor = slow == NULL ? 1 : strtol(slow, NULL, 10);
  if (factor < 1)
    factor = 1;
  return ms > INT_MAX / factor ? INT_MAX : ms * (int)factor;
}

int64_t respub_test_deadline(int ms) {
  return respub_test_now_ms() + respub_test_scaled(ms);
}

int respub_test_left_ms(int64_t deadline) {
  int64_t left = deadline - respub_test_now_ms();
  if (left <= 0)
    return 0;
  return left > INT_MAX ? INT_MAX : (int)left;
}

bool respub_test_wait(bool (*cond)(void *ctx), void *ctx, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  while (!cond(ctx)) {
    if (respub_test_left_ms(deadline) == 0)
      return cond(ctx);
    poll(NULL, 0, 1);
  }
  return true;
}
