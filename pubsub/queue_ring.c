#include "pubsub/queue_ring.h"

#include "net/memory.h"

#include <string.h>

enum {
  FIRST_BYTES = 16384,
  LARGE_RING = 4 * 1024 * 1024
};

/* Fillers have no more than their first eight bytes. */
static void put_filler(respub__queue *q, size_t at, size_t size) {
  uint32_t head[2] = {(uint32_t)(size / RESPUB__RECORD_ALIGN), 1};
  memcpy(q->ring + at, head, sizeof head);
}

/* Makes room for size bytes in one piece behind the newest record. */
static bool reserve_record(respub__queue *q, size_t size, size_t *at) {
  if (q->used == 0)
    q->first = q->end = 0;
  size_t behind = q->end >= q->first && q->used < q->capacity ? q->capacity - q->end : 0;
  if (q->end < q->first) {
    if (q->first - q->end < size)
      return false;
  } else if (behind < size) {
    if (q->used == q->capacity || q->first < size)
      return false;
    if (behind > 0) {
      put_filler(q, q->end, behind);
      q->used += behind;
      q->void_bytes += behind;
    }
    q->end = 0;
  }
  *at = q->end;
  q->end += size;
  if (q->end == q->capacity)
    q->end = 0;
  q->used += size;
  if (q->used > q->peak)
    q->peak = q->used;
  return true;
}

void respub__ring_skip_first(respub__queue *q) {
  size_t size = respub__record_size(respub__record_at(q, q->first));
  q->first += size;
  if (q->first == q->capacity)
    q->first = 0;
  q->used -= size;
  q->scanned -= size < q->scanned ? size : q->scanned;
}

void respub__ring_skip_voids(respub__queue *q) {
  while (q->used > 0 && respub__record_at(q, q->first)->is_void) {
    q->void_bytes -= respub__record_size(respub__record_at(q, q->first));
    respub__ring_skip_first(q);
  }
}

/* Moves everything that is not void into a ring of this capacity. */
static bool rebuild(respub__queue *q, size_t capacity) {
  char *ring = respub__alloc(&q->alloc, capacity);
  if (ring == NULL)
    return false;
  size_t end = 0;
  for (respub__ring_skip_voids(q); q->used > 0; respub__ring_skip_voids(q)) {
    respub__record *r = respub__record_at(q, q->first);
    memcpy(ring + end, r, respub__record_size(r));
    if (r->key != NULL)
      r->key->upkeep->latest = end;
    end += respub__record_size(r);
    respub__ring_skip_first(q);
  }
  respub__free(&q->alloc, q->ring);
  q->ring = ring;
  q->capacity = capacity;
  q->first = 0;
  q->end = end == capacity ? 0 : end;
  q->used = end;
  q->scanned = 0;
  return true;
}

static size_t larger(const respub__queue *q, size_t size, size_t most) {
  size_t live = q->used - q->void_bytes;
  size_t capacity = q->capacity < FIRST_BYTES ? FIRST_BYTES : q->capacity * 2;
  if (capacity > most)
    capacity = most;
  if (capacity < live + size)
    capacity = live + size;
  return (capacity + RESPUB__RECORD_ALIGN - 1) / RESPUB__RECORD_ALIGN * RESPUB__RECORD_ALIGN;
}

/* Never grows and moves nothing: what finds no room in one piece waits, or lets older ones go,
 * until the ring is empty at the latest. */
static respub_status place_fixed(respub__queue *q, size_t size, size_t *at) {
  if (q->ring == NULL) {
    q->ring = respub__alloc(&q->alloc, q->most_bytes);
    q->capacity = q->most_bytes / RESPUB__RECORD_ALIGN * RESPUB__RECORD_ALIGN;
  }
  if (q->ring == NULL)
    return RESPUB_ENOMEM;
  return reserve_record(q, size, at) ? RESPUB_OK : RESPUB_EFULL;
}

/* Grows within the bound (or beyond it, forced); with a ring half full of voids, closes up instead.
 */
respub_status respub__ring_place(respub__queue *q, size_t size, bool force, size_t *at) {
  if (RESPUB_FIXED_MEMORY && q->fixed)
    return place_fixed(q, size, at);
  if (q->ring != NULL && reserve_record(q, size, at))
    return RESPUB_OK;
  size_t live = q->used - q->void_bytes;
  bool within = live + size <= q->most_bytes || live == 0 || force;
  if (!within)
    return RESPUB_EFULL;
  bool close_up = q->void_bytes >= q->capacity / 2 && live + size <= q->capacity && q->capacity > 0;
  size_t capacity = close_up ? q->capacity : larger(q, size, q->most_bytes);
  return rebuild(q, capacity) && reserve_record(q, size, at) ? RESPUB_OK : RESPUB_ENOMEM;
}

void respub__ring_trim(respub__queue *q) {
  bool hardly_used = q->capacity > FIRST_BYTES && q->peak < q->capacity / 4;
  q->peak = 0;
  if (q->capacity <= LARGE_RING && !hardly_used && !q->brief)
    return;
  respub__free(&q->alloc, q->ring);
  q->ring = NULL;
  q->capacity = q->first = q->end = 0;
}
