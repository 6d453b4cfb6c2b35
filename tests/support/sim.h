/* sim.h - one subscriber, without threads, against a simulated server and network in virtual time.
 *
 * A schedule is everything that happens in a run - what the user asks, what the server and the
 * network do, and how bytes are split - and follows from its seed alone. First comes a time of
 * trouble, then calm. The run checks:
 *
 *   - in the calm, what the server holds becomes what the user wants, and the subscriber says so
 * (settled);
 *   - each message arrives at most once, in order, only if it was sent, and only while wanted;
 *   - each message that should have come (its topic confirmed to the user, and wanted until the end
 * of the wait for it) arrived, or would have arrived within a gap that was reported;
 *   - events come in a legal order, and after a loss RESTORED comes. */
#ifndef RESPUB_TESTS_SUPPORT_SIM_H
#define RESPUB_TESTS_SUPPORT_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct respub_sim_totals {
  uint64_t messages, lost, gaps, losses, refusals, resyncs;
} respub_sim_totals;

/* Runs one schedule. NULL: all is as it should be; else a sentence about what is not (static, until
 * the next run). With trace, everything that happens is written there. totals (unless NULL) are
 * added to. */
const char *respub_sim_run(uint64_t seed, FILE *trace, respub_sim_totals *totals);

#endif
