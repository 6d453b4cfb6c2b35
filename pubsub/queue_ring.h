/* queue_ring.h - the memory of the delivery queue: records in a ring that grows. Shared by the
 * files queue*.c only. */
#ifndef RESPUB_PUBSUB_QUEUE_RING_H
#define RESPUB_PUBSUB_QUEUE_RING_H

#include "pubsub/queue.h"

/* Records are multiples of this, so what is left at the end of the ring always has room for the
 * head of a filler. */
#define RESPUB__RECORD_ALIGN 16

typedef struct respub__record {
  uint32_t units; /* size of the whole record in RESPUB__RECORD_ALIGN */
  uint32_t is_void;
  respub__topic *topic; /* NULL: an event */
  respub__topic *key;   /* LATEST: its entry in the table */
  respub_event event;   /* its slices: only lengths; the bytes follow in this order */
} respub__record;

static inline respub__record *respub__record_at(const respub__queue *q, size_t at) {
  return (respub__record *)(void *)(q->ring + at);
}

static inline size_t respub__record_size(const respub__record *r) {
  return (size_t)r->units * RESPUB__RECORD_ALIGN;
}

/* Room for size bytes (a multiple of the alignment) behind the newest record. Grows within the
 * queue's bound, beyond it when forced or when nothing else waits; closes up when half of the ring
 * is void. EFULL, ENOMEM. */
RESPUB_MUST_USE respub_status respub__ring_place(respub__queue *q, size_t size, bool force,
                                                 size_t *at);

/* To be called when the ring is empty: gives back what a peak has left behind. A capacity over 4
 * MiB goes at once, a smaller one when less than a quarter was used since the last call. */
void respub__ring_trim(respub__queue *q);

/* Drops the oldest record, and all void ones at the front. */
void respub__ring_skip_first(respub__queue *q);
void respub__ring_skip_voids(respub__queue *q);

#endif
