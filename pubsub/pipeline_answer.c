/* The end of the usual way: answers, and the results that go to callbacks. */
#include "pubsub/pipeline_settle.h"

#include "net/memory.h"

/* ------------------------------------------------------------------------------------------------
 * The oldest leave */

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

static inline void pop(respub__pipeline *p, const respub__publish *publish) {
  p->bytes -= respub__publish_size(publish) + sizeof *publish;
  respub__outbox_release(&p->outbox, publish->block);
  p->head++;
  if (p->head == p->tail)
    respub__pipeline_trim(p);
}

static inline void pop_settled(respub__pipeline *p) {
  while (p->head != p->tail) {
    const respub__publish *oldest = respub__pipeline_at(p, p->head);
    if (oldest->state != RESPUB__PUBLISH_SETTLED || oldest->kind == RESPUB__PUBLISH_QUEUED)
      return;
    pop(p, oldest);
  }
}

void respub__pipeline_pop_settled(respub__pipeline *p) {
  skip_settled(p);
  pop_settled(p);
}

/* ------------------------------------------------------------------------------------------------
 * Answers */

/* What an answer mostly is: a number. */
static inline void deliver(respub__publish *publish, int64_t receivers, respub__pipeline *p) {
  respub_publish_result result = {RESPUB_OK, receivers};
  publish->state = RESPUB__PUBLISH_SETTLED;
  if (publish->kind == RESPUB__PUBLISH_QUEUED) {
    publish->result = result;
    return;
  }
  if (publish->to.called.result != NULL)
    *publish->to.called.result = result;
  respub__call_count(p, publish->to.called.call);
}

size_t respub__pipeline_counts(respub__pipeline *p, const int64_t *counts, size_t n) {
  size_t i = 0;
  uint64_t published = 0, receivers = 0;
  while (i < n && p->reply != p->cursor) {
    respub__publish *publish = respub__pipeline_at(p, p->reply);
    p->reply++;
    if (publish->state == RESPUB__PUBLISH_SETTLED)
      continue; /* it needs no answer */
    int64_t number = respub__receivers(counts[i++]);
    if (publish->kind == RESPUB__PUBLISH_LEFT) {
      publish->state = RESPUB__PUBLISH_SETTLED;
      continue;
    }
    published++;
    receivers += (uint64_t)number;
    deliver(publish, number, p);
  }
  p->published += published;
  p->receivers += receivers;
  respub__pipeline_pop_settled(p);
  return i;
}

/* One that was refused before it was sent whole. */
static void refuse_early(respub__pipeline *p, respub_slice text) {
  if (p->offset == 0)
    return;
  p->offset = 0;
  respub__pipeline_settle(p, respub__pipeline_at(p, p->cursor), RESPUB_EREFUSED, 0, text);
  respub__pipeline_pop_settled(p);
}

respub_status respub__pipeline_refusal(respub__pipeline *p, respub_slice text) {
  if (p->reply == p->cursor) {
    refuse_early(p, text);
    return RESPUB_EPROTOCOL;
  }
  respub__pipeline_settle(p, respub__pipeline_at(p, p->reply), RESPUB_EREFUSED, 0, text);
  respub__pipeline_pop_settled(p);
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Results */

static inline void move_out(const respub__publish *publish, respub__outcome *out) {
  *out = (respub__outcome){publish->to.queued.done, publish->to.queued.ctx, publish->result,
                           publish->text, publish->text != NULL ? publish->text_len : 0};
}

size_t respub__pipeline_results(respub__pipeline *p, respub__outcome *out, size_t max) {
  size_t n = 0;
  while (n < max && p->head != p->tail) {
    const respub__publish *oldest = respub__pipeline_at(p, p->head);
    if (oldest->state != RESPUB__PUBLISH_SETTLED)
      break;
    if (oldest->kind == RESPUB__PUBLISH_QUEUED)
      move_out(oldest, &out[n++]);
    pop(p, oldest);
  }
  p->queued -= n;
  return n;
}
