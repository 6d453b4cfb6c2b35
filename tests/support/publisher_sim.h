/* publisher_sim.h - one publisher against a simulated server and network in virtual time.
 *
 * A schedule is everything that happens in a run - what the user asks, what the server and the
 * network do, and how bytes are split - and follows from its seed alone. The run checks that what
 * the publisher says about each message is true:
 *
 *   - each message gets exactly one result, callbacks run in the order of queueing;
 *   - OK: the server executed it; REFUSED: it refused it; UNSENT: it never did, nor ever will
 * execute it;
 *   - unless duplicates are asked for, no message is executed twice, and all in the order they were
 * asked for;
 *   - in the calm at the end, everything that still waits goes out. */
#ifndef RESPUB_TESTS_SUPPORT_PUBLISHER_SIM_H
#define RESPUB_TESTS_SUPPORT_PUBLISHER_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct respub_publisher_sim_totals {
  uint64_t messages, ok, refused, unsent, unanswered, late, twice, losses;
} respub_publisher_sim_totals;

/* Runs one schedule. NULL: all is as it should be; else a sentence about what is not (static, until
 * the next run). With trace, everything that happens is written there. totals (unless NULL) are
 * added to. */
const char *respub_publisher_sim_run(uint64_t seed, FILE *trace,
                                     respub_publisher_sim_totals *totals);

#endif
