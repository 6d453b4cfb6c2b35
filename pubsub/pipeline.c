/* The way of a publish through the pipeline: added, gathered, answered, its result moved out. */
#include "pubsub/pipeline.h"

#include "net/memory.h"
#include "pubsub/pipeline_settle.h"

#include <string.h>

#define FIRST_CAPACITY 16

/* A ring larger than this shrinks when it turns out to be too large. */
#define KEPT_CAPACITY 2048

static const char crlf[] = "\r\n";
#define CRLF_BYTES (sizeof crlf - 1)

void respub__pipeline_init(respub__pipeline *p, const respub_allocator *alloc, bool at_least_once) {
  *p = (respub__pipeline){.alloc = *alloc, .at_least_once = at_least_once};
  respub__outbox_init(&p->outbox, alloc);
}

void respub__pipeline_free(respub__pipeline *p) {
  for (uint64_t i = p->head; i != p->tail; i++)
    respub__free(&p->alloc, respub__pipeline_at(p, i)->text);
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

static bool make_place(respub__pipeline *p) {
  size_t used = (size_t)(p->tail - p->head);
  if (used >= p->peak)
    p->peak = used + 1;
  if (used < p->capacity)
    return true;
  return resize_ring(p, p->capacity == 0 ? FIRST_CAPACITY : p->capacity * 2);
}

/* Called when the ring is empty: gives back what a burst left behind, half of it at a time, so that
 * a publisher whose bursts come again and again keeps what it needs. */
static void trim_ring(respub__pipeline *p) {
  if (p->capacity > KEPT_CAPACITY && p->peak < p->capacity / 4) {
    bool smaller = resize_ring(p, p->capacity / 2);
    (void)smaller; /* no memory for less memory: it stays as it is */
  }
  p->peak = 0;
}

static size_t size_of(const respub__publish *publish) {
  if (publish->payload.ptr == NULL)
    return publish->bytes.len;
  return publish->bytes.len + publish->payload.len + CRLF_BYTES;
}

static void pop(respub__pipeline *p, const respub__publish *publish) {
  p->bytes -= size_of(publish) + sizeof *publish;
  respub__outbox_release(&p->outbox, publish->block);
  p->head++;
  if (p->head == p->tail)
    trim_ring(p);
}

static void skip_settled(respub__pipeline *p) {
  while (p->reply != p->cursor &&
         respub__pipeline_at(p, p->reply)->state == RESPUB__PUBLISH_SETTLED)
    p->reply++;
  if (p->reply != p->cursor || p->offset > 0)
    return;
  while (p->cursor != p->tail &&
         respub__pipeline_at(p, p->cursor)->state == RESPUB__PUBLISH_SETTLED)
    p->cursor++;
  p->reply = p->cursor;
}

void respub__pipeline_pop_settled(respub__pipeline *p) {
  skip_settled(p);
  while (p->head != p->tail) {
    const respub__publish *oldest = respub__pipeline_at(p, p->head);
    if (oldest->state != RESPUB__PUBLISH_SETTLED || oldest->kind == RESPUB__PUBLISH_QUEUED)
      return;
    pop(p, oldest);
  }
}

/* ------------------------------------------------------------------------------------------------
 * Add */

size_t respub__pipeline_size(respub_slice channel, respub_slice payload) {
  size_t bound = respub__publish_bound(channel.len, payload.len);
  size_t more = sizeof(respub__publish);
  return bound > SIZE_MAX - more ? SIZE_MAX : bound + more;
}

/* The command in the outbox, whole or without its payload. NULL bytes: out of memory. */
static respub_slice encode(respub__pipeline *p, const respub__request *request) {
  size_t copied = request->by_reference ? 0 : request->payload.len;
  char *begin =
      respub__outbox_reserve(&p->outbox, respub__publish_bound(request->channel.len, copied));
  if (begin == NULL)
    return respub_slice_of(NULL, 0);
  char *end = respub__publish_encode(begin, request->channel, request->payload.len);
  if (!request->by_reference) {
    if (copied > 0)
      memcpy(end, request->payload.ptr, copied);
    memcpy(end + copied, crlf, CRLF_BYTES);
    end += copied + CRLF_BYTES;
  }
  return respub_slice_of(begin, (size_t)(end - begin));
}

static void address(respub__pipeline *p, respub__publish *publish, const respub__request *request) {
  if (request->call != NULL) {
    publish->kind = RESPUB__PUBLISH_CALLED;
    publish->to.called.call = request->call;
    publish->to.called.result = request->result;
    request->call->left++;
    return;
  }
  publish->kind = RESPUB__PUBLISH_QUEUED;
  publish->to.queued.done = request->done;
  publish->to.queued.ctx = request->ctx;
  p->queued++;
}

respub_status respub__pipeline_add(respub__pipeline *p, const respub__request *request) {
  if (respub__pipeline_size(request->channel, request->payload) == SIZE_MAX)
    return RESPUB_EARGUMENT;
  if (!make_place(p))
    return RESPUB_ENOMEM;
  respub_slice bytes = encode(p, request);
  if (bytes.ptr == NULL)
    return RESPUB_ENOMEM;
  respub__publish *publish = respub__pipeline_at(p, p->tail);
  publish->block = respub__outbox_commit(&p->outbox, bytes.len);
  publish->bytes = bytes;
  publish->payload = request->by_reference ? request->payload : respub_slice_of(NULL, 0);
  publish->expires_at_ms = request->expires_at_ms;
  publish->text = NULL;
  publish->text_len = 0;
  publish->maybe = false;
  address(p, publish, request);
  publish->state = RESPUB__PUBLISH_WAITING;
  respub__pipeline_count_waiting(p, publish, true);
  p->bytes += size_of(publish) + sizeof *publish;
  if (p->bytes > p->bytes_high)
    p->bytes_high = p->bytes;
  p->tail++;
  return RESPUB_OK;
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
static void put_part(gathering *g, const char *ptr, size_t len) {
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
  const respub_slice pieces[] = {publish->bytes, publish->payload, {crlf, CRLF_BYTES}};
  size_t done = 0;
  for (size_t i = 0; i < 3 && g->left > 0; i++) {
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

/* False: it did not go out whole. */
static bool gather_one(respub__pipeline *p, gathering *g, respub__publish *publish) {
  size_t size = size_of(publish);
  if (publish->state == RESPUB__PUBLISH_WAITING)
    respub__pipeline_count_waiting(p, publish, false);
  if (publish->payload.ptr == NULL) {
    put_part(g, publish->bytes.ptr, size);
    p->stream += size;
  } else {
    size_t done = put_pieces(g, publish, p->offset);
    p->stream += done;
    p->offset = p->offset + done < size ? p->offset + done : 0;
  }
  publish->end = p->offset > 0 ? p->stream + (size - p->offset) : p->stream;
  publish->state = p->offset > 0 ? RESPUB__PUBLISH_PARTLY : RESPUB__PUBLISH_SENT;
  return p->offset == 0;
}

size_t respub__pipeline_gather(respub__pipeline *p, respub_slice *parts, size_t max, size_t budget,
                               size_t *replies) {
  gathering g = {parts, 0, max, budget};
  *replies = 0;
  while (p->cursor != p->tail && g.left > 0 && g.n + 3 <= g.max) {
    respub__publish *publish = respub__pipeline_at(p, p->cursor);
    if (publish->state != RESPUB__PUBLISH_SETTLED) {
      *replies += publish->state == RESPUB__PUBLISH_WAITING;
      if (!gather_one(p, &g, publish))
        break;
    }
    p->cursor++;
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
  (void)gather_one(p, &g, publish);
  p->cursor++;
  return g.n;
}

/* ------------------------------------------------------------------------------------------------
 * Answer and results */

respub_status respub__pipeline_answer(respub__pipeline *p, const respub__answer *answer) {
  if (!respub__pipeline_due(p))
    return RESPUB_EPROTOCOL;
  respub__publish *publish = respub__pipeline_at(p, p->reply);
  bool whole = publish->state == RESPUB__PUBLISH_SENT;
  if (!whole && !answer->refused)
    return RESPUB_EPROTOCOL;
  p->offset = whole ? p->offset : 0;
  respub__pipeline_settle(p, publish, answer->refused ? RESPUB_EREFUSED : RESPUB_OK,
                          answer->receivers, answer->text);
  respub__pipeline_pop_settled(p);
  return whole ? RESPUB_OK : RESPUB_EPROTOCOL;
}

size_t respub__pipeline_results(respub__pipeline *p, respub__outcome *out, size_t max) {
  size_t n = 0;
  for (; n < max && p->head != p->tail; n++) {
    respub__publish *oldest = respub__pipeline_at(p, p->head);
    if (oldest->state != RESPUB__PUBLISH_SETTLED)
      break;
    out[n] = (respub__outcome){oldest->to.queued.done, oldest->to.queued.ctx, oldest->result,
                               oldest->text, oldest->text_len};
    p->queued--;
    pop(p, oldest);
    respub__pipeline_pop_settled(p);
  }
  return n;
}

void respub__outcome_free(respub__pipeline *p, respub__outcome *outcome) {
  respub__free(&p->alloc, outcome->text);
  outcome->text = NULL;
}
