/* clock.h - the clocks of the system; part of what a port supplies. */
#ifndef RESPUB_NET_CLOCK_H
#define RESPUB_NET_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Monotonic. Microseconds are for measuring and spinning; deadlines are in milliseconds. */
int64_t respub__clock_ms(void);
int64_t respub__clock_us(void);

static inline int64_t respub__clock_read_us(clockid_t clock) {
  struct timespec t = {0, 0};
  (void)clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Unix time; may jump, so it is for people only. Inline, because schema/ is a library of its own,
 * to which this one shows public functions only. */
static inline int64_t respub__wall_us(void) {
  return respub__clock_read_us(CLOCK_REALTIME);
}

static inline int64_t respub__wall_ms(void) {
  return respub__wall_us() / 1000;
}

#endif
