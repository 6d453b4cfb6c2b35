/* wait.h - waiting for a condition, never for a duration.
 *
 * Deadlines are how long a test may wait before it counts as failed; they are multiplied by the
 * environment's RESPUB_TEST_SLOW (a whole number, 1 without it), which runs under valgrind or a
 * sanitizer set. All functions may be called from any thread. */
#ifndef RESPUB_TESTS_SUPPORT_WAIT_H
#define RESPUB_TESTS_SUPPORT_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds of the monotonic clock. */
int64_t respub_test_now_ms(void);

/* ms times RESPUB_TEST_SLOW. For deadlines given to the code under test. */
int respub_test_scaled(int ms);

/* The moment that lies respub_test_scaled(ms) from now, and the time left until such a moment: 0
 * once it has passed, INT_MAX at most. */
int64_t respub_test_deadline(int ms);
int respub_test_left_ms(int64_t deadline);

/* Asks cond(ctx) at once and then every millisecond until it is true or deadline_ms, scaled, have
 * passed. Returns what it answered last. */
bool respub_test_wait(bool (*cond)(void *ctx), void *ctx, int deadline_ms);

#endif
