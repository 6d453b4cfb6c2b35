#include "net/clock.h"

#include "net/net.h"

#include <time.h>

static int64_t read_us(clockid_t clock) {
  struct timespec t = {0, 0};
  (void)clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t respub__clock_us(void) {
  return read_us(CLOCK_MONOTONIC);
}

int64_t respub__clock_ms(void) {
  return respub__clock_us() / 1000;
}

int64_t respub__wall_us(void) {
  return read_us(CLOCK_REALTIME);
}

int64_t respub__wall_ms(void) {
  return respub__wall_us() / 1000;
}

int64_t respub_now_ms(void) {
  return respub__clock_ms();
}
