/* stress.h - how long threads do at random what they can. */
#ifndef RESPUB_TESTS_SUPPORT_STRESS_H
#define RESPUB_TESTS_SUPPORT_STRESS_H

#include <stdbool.h>

/* From now on, for the environment's RESPUB_STRESS_SECONDS (2 without it). Call begin before the
 * threads start that ask whether it is over. */
void respub_test_stress_begin(void);
bool respub_test_stress_is_over(void);

/* The next number of a row that state, anything at first, determines: 0 to 65535. */
unsigned respub_test_stress_roll(unsigned *state);

#endif
