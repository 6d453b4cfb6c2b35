#include "net/clock.h"

#include "net/net.h"

int64_t respub__clock_us(void) {
  return respub__clock_read_us(CLOCK_MONOTONIC);
}

int64_t respub__clock_ms(void) {
  return respub__clock_us() / 1000;
}

int64_t respub_now_ms(void) {
  return respub__clock_ms();
}
