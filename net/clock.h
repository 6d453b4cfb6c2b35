/* clock.h - the clocks of the system; part of what a port supplies. */
#ifndef RESPUB_NET_CLOCK_H
#define RESPUB_NET_CLOCK_H

#include <stdint.h>

/* Monotonic. Microseconds are for measuring and spinning; deadlines are in milliseconds. */
int64_t respub__clock_ms(void);
int64_t respub__clock_us(void);

/* Unix time; may jump, so it is for people only. */
int64_t respub__wall_ms(void);
int64_t respub__wall_us(void);

#endif
