#include "latency.h"

/* 0 to 63 us have a bucket each; from there on a bucket covers 2^shift us, and the values of one
 * shift fill buckets 32 to 63 of its block. */
static unsigned bucket_of(uint64_t us) {
  unsigned shift = 0;
  while (us >> shift >= 64)
    shift++;
  return 32 * shift + (unsigned)(us >> shift);
}

static int64_t last_of(unsigned bucket) {
  unsigned shift = bucket < 64 ? 0 : bucket / 32 - 1;
  return ((int64_t)(bucket - 32 * shift) + 1) * ((int64_t)1 << shift) - 1;
}

void latency_add(latency *l, int64_t us) {
  unsigned bucket = us < 0 ? 0 : bucket_of((uint64_t)us);
  l->count++;
  l->buckets[bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1]++;
}

int64_t latency_percentile(const latency *l, unsigned percent) {
  uint64_t seen = 0;
  unsigned i = 0;
  if (l->count == 0)
    return 0;
  uint64_t wanted = l->count - l->count * (100 - percent) / 100;
  while (i < LATENCY_BUCKETS - 1 && (seen += l->buckets[i]) < wanted)
    i++;
  return last_of(i);
}
