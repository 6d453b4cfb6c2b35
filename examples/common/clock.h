/* clock.h - the two clocks: one to measure with, one to show. */
#ifndef EXAMPLES_COMMON_CLOCK_H
#define EXAMPLES_COMMON_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT 40

/* Microseconds that never jump. Two programs of one machine may compare theirs; programs of two
 * machines may not. */
int64_t clock_us(void);

/* Now as "2025-04-24T09:45:00.000Z". Returns out. */
const char *clock_text(char out[CLOCK_TEXT]);

#endif
