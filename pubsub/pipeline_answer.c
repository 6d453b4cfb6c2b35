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
static inline void deliver(respub__pipeline *p, respub__publish *publish, int64_t receivers) {
  publish->state = RESPUB__PUBLISH_SETTLED;
  if (publish->kind == RESPUB__PUBLISH_LEFT)
    return;
  p->published++;
  p->receivers += (uint64_t)receivers;
  respub_publish_result result = {RESPUB_OK, receivers};
  if (publish->kind == RESPUB__PUBLISH_QUEUED) {
    publish->result = result;
    return;
  }
  if (publish->to.called.result != NULL)
    *publish->to.called.result = result;
  respub__call_count(p, publish->to.called.call);
}

/* One that was answered before it was sent whole. */
static respub_status answer_early(respub__pipeline *p, const respub__answer *answer) {
  if (p->offset == 0 || !answer->refused)
    return RESPUB_EPROTOCOL;
  p->offset = 0;
  respub__pipeline_settle(p, respub__pipeline_at(p, p->cursor), RESPUB_EREFUSED, 0, answer->text);
  respub__pipeline_pop_settled(p);
  return RESPUB_EPROTOCOL;
}

static inline respub_status take_answer(respub__pipeline *p, const respub__answer *answer) {
  if (p->reply == p->cursor)
    return answer_early(p, answer);
  respub__publish *publish = respub__pipeline_at(p, p->reply);
  if (answer->refused)
    respub__pipeline_settle(p, publish, RESPUB_EREFUSED, 0, answer->text);
  else
    deliver(p, publish, respub__receivers(answer->receivers));
  p->reply++;
  if (p->reply == p->cursor || respub__pipeline_at(p, p->reply)->state == RESPUB__PUBLISH_SETTLED)
    skip_settled(p);
  pop_settled(p);
  return RESPUB_OK;
}

size_t respub__pipeline_answers(respub__pipeline *p, const respub__answer *answers, size_t n) {
  size_t i = 0;
  while (i < n && take_answer(p, &answers[i]) == RESPUB_OK)
    i++;
  return i;
}

respub_status respub__pipeline_answer(respub__pipeline *p, const respub__answer *answer) {
  return take_answer(p, answer);
}

/* ------------------------------------------------------------------------------------------------
 * Results */

size_t respub__pipeline_results(respub__pipeline *p, respub__outcome *out, size_t max) {
  size_t n = 0;
  for (; n < max && p->head != p->tail; n++) {
    const respub__publish *oldest = respub__pipeline_at(p, p->head);
    if (oldest->state != RESPUB__PUBLISH_SETTLED)
      break;
    out[n] = (respub__outcome){oldest->to.queued.done, oldest->to.queued.ctx, oldest->result,
                               oldest->text, oldest->text != NULL ? oldest->text_len : 0};
    p->queued--;
    pop(p, oldest);
    pop_settled(p);
  }
  return n;
}

void respub__outcome_free(respub__pipeline *p, respub__outcome *outcome) {
  if (outcome->text != NULL)
    respub__free(&p->alloc, outcome->text);
  outcome->text = NULL;
}
