/* The way of a publish through the pipeline: added, gathered, answered, its result moved out. */
#include "pubsub/pipeline.h"

#include "net/memory.h"
#include "net/pool.h"
#include "pubsub/pipeline_add.h"
#include "pubsub/pipeline_settle.h"

/* A ring larger than this shrinks when it turns out to be too large. */
#define KEPT_CAPACITY 2048

static const char crlf[RESPUB__CRLF_BYTES + 1] = "\r\n";

void respub__pipeline_init(respub__pipeline *p, const respub_allocator *alloc, bool at_least_once) {
  *p = (respub__pipeline){.alloc = *alloc,
                          .at_least_once = at_least_once,
                          .no_memory = RESPUB_ENOMEM,
                          .first_capacity = RESPUB_FIRST_PUBLISHES};
  respub__outbox_init(&p->outbox, alloc);
}

/* The shortest command has names and payload of no bytes. */
#define SHORTEST_COMMAND (RESPUB__PUBLISH_START_BYTES + 12)

size_t respub__pipeline_messages(size_t most) {
  return most / (sizeof(respub__publish) + SHORTEST_COMMAND) + 1;
}

static size_t capacity_for(size_t messages) {
  size_t capacity = RESPUB_FIRST_PUBLISHES;
  while (capacity < messages)
    capacity *= 2;
  return capacity;
}

void respub__pipeline_fix(respub__pipeline *p, size_t most) {
  p->no_memory = RESPUB_EFULL;
  p->first_capacity = capacity_for(respub__pipeline_messages(most));
  respub__outbox_fix(&p->outbox, most);
}

void respub__pipeline_plan(respub__plan *plan, size_t most) {
  size_t capacity = capacity_for(respub__pipeline_messages(most));
  respub__plan_table(plan, sizeof(respub__publish), capacity);
  respub__outbox_plan(plan, most);
}

void respub__pipeline_free(respub__pipeline *p) {
  for (uint64_t i = p->head; i != p->tail; i++) {
    const respub__publish *publish = respub__pipeline_at(p, i);
    if (publish->kind == RESPUB__PUBLISH_QUEUED)
      respub__free(&p->alloc, publish->text);
  }
  respub__outbox_free(&p->outbox);
  respub__free(&p->alloc, p->ring);
  p->ring = NULL;
  p->head = p->reply = p->cursor = p->tail = 0;
}

/* ------------------------------------------------------------------------------------------------
 * Ring */

static bool resize_ring(respub__pipeline *p, size_t capacity) {
  if (capacity > SIZE_MAX / sizeof(respub__publish))
    return false;
  respub__publish *ring = respub__alloc(&p->alloc, capacity * sizeof *ring);
  if (ring == NULL)
    return false;
  for (uint64_t i = p->head; i != p->tail; i++)
    ring[i & (capacity - 1)] = *respub__pipeline_at(p, i);
  respub__free(&p->alloc, p->ring);
  p->ring = ring;
  p->capacity = capacity;
  return true;
}

bool respub__pipeline_grow(respub__pipeline *p) {
  return resize_ring(p, p->capacity == 0 ? p->first_capacity : p->capacity * 2);
}

void respub__pipeline_trim(respub__pipeline *p) {
  if (p->capacity > KEPT_CAPACITY && p->peak < p->capacity / 4) {
    bool smaller = resize_ring(p, p->capacity / 2);
    (void)smaller; /* no memory for less memory: it stays as it is */
  }
  p->peak = 0;
}

/* ------------------------------------------------------------------------------------------------
 * Add */

size_t respub__pipeline_size(respub_slice channel, respub_slice payload) {
  size_t bound = respub__publish_bound(channel.len, payload.len);
  size_t more = sizeof(respub__publish);
  return bound > SIZE_MAX - more ? SIZE_MAX : bound + more;
}

respub_status respub__pipeline_add(respub__pipeline *p, const respub__request *request) {
  return respub__pipeline_add_within(p, request, SIZE_MAX);
}

/* ------------------------------------------------------------------------------------------------
 * Gather */

typedef struct gathering {
  respub_slice *parts;
  size_t n, max;
  size_t left; /* bytes of the budget */
} gathering;

/* Bytes that follow the last part in memory make it longer, so that a batch in one block is one
 * part. */
static inline void put_part(gathering *g, const char *ptr, size_t len) {
  respub_slice *last = g->parts + g->n;
  if (g->n > 0 && last[-1].ptr + last[-1].len == ptr)
    last[-1].len += len;
  else
    g->parts[g->n++] = respub_slice_of(ptr, len);
  g->left = g->left > len ? g->left - len : 0;
}

/* A command in pieces without its first skip bytes, as far as the budget goes; returns the bytes
 * put. */
static size_t put_pieces(gathering *g, const respub__publish *publish, size_t skip) {
  const respub_slice pieces[] = {publish->bytes, publish->payload, {crlf, RESPUB__CRLF_BYTES}};
  const size_t n = publish->payload.ptr != NULL ? 3 : 1;
  size_t done = 0;
  for (size_t i = 0; i < n && g->left > 0; i++) {
    if (skip >= pieces[i].len) {
      skip -= pieces[i].len;
      continue;
    }
    size_t len = pieces[i].len - skip < g->left ? pieces[i].len - skip : g->left;
    put_part(g, pieces[i].ptr + skip, len);
    done += len;
    skip = 0;
  }
  return done;
}

/* Commands that go out whole and lie behind one another in memory, which nearly all do. Returns how
 * many. */
static size_t gather_row(respub__pipeline *p, gathering *g) {
  const char *const begin = respub__pipeline_at(p, p->cursor)->bytes.ptr;
  size_t len = 0, queued = 0, queued_bytes = 0;
  uint64_t i = p->cursor;
  for (; i != p->tail; i++) {
    respub__publish *publish = respub__pipeline_at(p, i);
    size_t more = publish->bytes.len;
    if (publish->state != RESPUB__PUBLISH_WAITING || publish->payload.ptr != NULL ||
        publish->bytes.ptr != begin + len || more > g->left - len)
      break;
    len += more;
    publish->end = p->stream + len;
    publish->state = RESPUB__PUBLISH_SENT;
    bool is_queued = publish->kind == RESPUB__PUBLISH_QUEUED;
    queued += is_queued;
    queued_bytes += is_queued ? more : 0;
  }
  if (len > 0)
    put_part(g, begin, len);
  size_t n = (size_t)(i - p->cursor);
  p->stream += len;
  p->waiting_messages -= queued;
  p->waiting_bytes -= queued_bytes;
  p->cursor = i;
  return n;
}

/* False: it did not go out whole. */
static bool gather_pieces(respub__pipeline *p, gathering *g, respub__publish *publish) {
  size_t size = respub__publish_size(publish);
  size_t done = put_pieces(g, publish, p->offset);
  p->stream += done;
  p->offset = p->offset + done < size ? p->offset + done : 0;
  publish->end = p->offset > 0 ? p->stream + (size - p->offset) : p->stream;
  publish->state = p->offset > 0 ? RESPUB__PUBLISH_PARTLY : RESPUB__PUBLISH_SENT;
  return p->offset == 0;
}

/* False: it did not go out whole. */
static bool gather_one(respub__pipeline *p, gathering *g, size_t *replies) {
  respub__publish *publish = respub__pipeline_at(p, p->cursor);
  if (publish->state != RESPUB__PUBLISH_SETTLED) {
    if (publish->state == RESPUB__PUBLISH_WAITING) {
      respub__pipeline_count_waiting(p, publish, false);
      *replies += 1;
    }
    if (!gather_pieces(p, g, publish))
      return false;
  }
  p->cursor++;
  return true;
}

size_t respub__pipeline_gather(respub__pipeline *p, respub_slice *parts, size_t max, size_t budget,
                               size_t *replies) {
  gathering g = {parts, 0, max, budget};
  *replies = 0;
  while (p->cursor != p->tail && g.left > 0 && g.n + 3 <= g.max) {
    size_t row = gather_row(p, &g);
    *replies += row;
    if (row == 0 && !gather_one(p, &g, replies))
      break;
  }
  return g.n;
}

size_t respub__pipeline_rest(respub__pipeline *p, const respub__call *call, respub_slice parts[3]) {
  if (p->offset == 0)
    return 0;
  respub__publish *publish = respub__pipeline_at(p, p->cursor);
  if (publish->kind != RESPUB__PUBLISH_CALLED || publish->to.called.call != call)
    return 0;
  gathering g = {parts, 0, 3, SIZE_MAX};
  (void)gather_pieces(p, &g, publish);
  p->cursor++;
  return g.n;
}
