/* latency.h - percentiles of durations in fixed memory, however many are added.
 *
 * Durations are counted in buckets: each power of two is cut into 32, so a percentile is at most
 * 1/32 (3 %) above the true one, and exact below 64 us. */
#ifndef EXAMPLES_COMMON_LATENCY_H
#define EXAMPLES_COMMON_LATENCY_H

#include <stdint.h>

#define LATENCY_BUCKETS (64 + 32 * 34) /* up to 2^40 us, twelve days */

typedef struct latency {
  uint64_t count;
  uint64_t buckets[LATENCY_BUCKETS];
} latency;

void latency_add(latency *l, int64_t us);

/* The smallest bucket limit that at least percent of the durations do not exceed; 0 without any. */
int64_t latency_percentile(const latency *l, unsigned percent);

#endif
