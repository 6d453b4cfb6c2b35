/* Results: what is known about a publish when it is answered, given up, left by its caller, or its
 * connection is lost. */
#include "pubsub/pipeline_settle.h"

#include "net/memory.h"
#include "net/text.h"

#include <string.h>

/* A lax server may execute a command before it has seen the last CR LF. */
#define DISPENSABLE_BYTES 2

void respub__pipeline_count_waiting(respub__pipeline *p, const respub__publish *publish,
                                    bool waits) {
  if (publish->kind != RESPUB__PUBLISH_QUEUED)
    return;
  if (waits) {
    p->waiting_messages++;
    p->waiting_bytes += publish->bytes.len;
  } else {
    p->waiting_messages--;
    p->waiting_bytes -= publish->bytes.len;
  }
}

static void count(respub__pipeline *p, respub_status status, int64_t receivers) {
  if (status == RESPUB_OK) {
    p->published++;
    p->receivers += receivers > 0 ? (uint64_t)receivers : 0;
  } else if (status == RESPUB_EREFUSED) {
    p->refused++;
  } else if (status == RESPUB_EUNSENT) {
    p->unsent++;
  } else {
    p->unanswered++;
  }
}

/* ------------------------------------------------------------------------------------------------
 * Telling */

respub_status respub__explain(respub_error *error, respub_status status, respub_slice text) {
  if (text.len == 0)
    text = respub_slice_of_string(respub_status_text(status));
  int len = text.len < sizeof error->text ? (int)text.len : (int)sizeof error->text;
  return respub__fail(error, status, "%.*s", len, text.ptr);
}

static void tell_caller(respub__pipeline *p, respub__publish *publish, respub_publish_result result,
                        respub_slice text) {
  respub__call *call = publish->to.called.call;
  if (publish->to.called.result != NULL)
    *publish->to.called.result = result;
  if (result.status != RESPUB_OK && call->status == RESPUB_OK)
    call->status = respub__explain(call->error, result.status, text);
  respub__call_count(p, call);
}

static void keep_for_callback(respub__pipeline *p, respub__publish *publish,
                              respub_publish_result result, respub_slice text) {
  publish->result = result;
  if (text.len == 0)
    return;
  publish->text = respub__alloc(&p->alloc, text.len);
  if (publish->text == NULL)
    return;
  memcpy(publish->text, text.ptr, text.len);
  publish->text_len = text.len;
}

static void tell(respub__pipeline *p, respub__publish *publish, respub_publish_result result,
                 respub_slice text) {
  count(p, result.status, result.receivers);
  switch ((respub__publish_kind)publish->kind) {
  case RESPUB__PUBLISH_CALLED:
    tell_caller(p, publish, result, text);
    return;
  case RESPUB__PUBLISH_QUEUED:
    keep_for_callback(p, publish, result, text);
    return;
  case RESPUB__PUBLISH_LEFT:
    return;
  }
}

void respub__pipeline_settle(respub__pipeline *p, respub__publish *publish, respub_status status,
                             int64_t receivers, respub_slice text) {
  /* What this connection did not deliver, an earlier one may have. */
  if (publish->maybe && (status == RESPUB_EUNSENT || status == RESPUB_EREFUSED))
    status = RESPUB_EUNANSWERED;
  if (publish->state == RESPUB__PUBLISH_WAITING)
    respub__pipeline_count_waiting(p, publish, false);
  publish->state = RESPUB__PUBLISH_SETTLED;
  if (publish->kind == RESPUB__PUBLISH_LEFT)
    return;
  tell(p, publish, (respub_publish_result){status, status == RESPUB_OK ? receivers : 0}, text);
}

/* ------------------------------------------------------------------------------------------------
 * The connection is lost */

static void wait_again(respub__pipeline *p, respub__publish *publish) {
  publish->state = RESPUB__PUBLISH_WAITING;
  respub__pipeline_count_waiting(p, publish, true);
}

static void lose(respub__pipeline *p, respub__publish *publish, uint64_t taken) {
  bool whole = publish->end <= taken + DISPENSABLE_BYTES;
  if (publish->kind == RESPUB__PUBLISH_LEFT) {
    publish->state = RESPUB__PUBLISH_SETTLED;
  } else if (!whole) {
    wait_again(p, publish);
  } else if (p->at_least_once) {
    publish->maybe = true;
    wait_again(p, publish);
  } else {
    respub__pipeline_settle(p, publish, RESPUB_EUNANSWERED, 0,
                            RESPUB_LIT("the connection was lost before the reply"));
  }
}

void respub__pipeline_lost(respub__pipeline *p, uint64_t taken) {
  uint64_t end = p->offset > 0 ? p->cursor + 1 : p->cursor;
  for (uint64_t i = p->reply; i != end; i++) {
    respub__publish *publish = respub__pipeline_at(p, i);
    if (publish->state != RESPUB__PUBLISH_SETTLED)
      lose(p, publish, taken);
  }
  p->cursor = p->reply;
  p->offset = 0;
  p->stream = 0;
  respub__pipeline_pop_settled(p);
}

/* ------------------------------------------------------------------------------------------------
 * Somebody gives up */

static void settle_unsent(respub__pipeline *p, respub__publish *publish, const char *sentence) {
  respub__pipeline_settle(p, publish, RESPUB_EUNSENT, 0, respub_slice_of_string(sentence));
}

void respub__pipeline_give_up(respub__pipeline *p, const char *sentence) {
  for (uint64_t i = p->cursor; i != p->tail; i++) {
    respub__publish *publish = respub__pipeline_at(p, i);
    if (publish->state == RESPUB__PUBLISH_WAITING)
      settle_unsent(p, publish, sentence);
  }
  respub__pipeline_pop_settled(p);
}

/* Its reply is still due. */
static void leave_sent(respub__pipeline *p, respub__publish *publish, respub_status late,
                       const char *sentence) {
  tell(p, publish, (respub_publish_result){late, 0}, respub_slice_of_string(sentence));
  publish->kind = RESPUB__PUBLISH_LEFT;
}

void respub__pipeline_leave(respub__pipeline *p, respub__call *call, respub_status late,
                            const char *sentence) {
  uint64_t first = call->first > p->head ? call->first : p->head;
  for (uint64_t i = first; i != p->tail && call->left > 0; i++) {
    respub__publish *publish = respub__pipeline_at(p, i);
    if (publish->kind != RESPUB__PUBLISH_CALLED || publish->to.called.call != call)
      continue;
    if (publish->state == RESPUB__PUBLISH_SENT || publish->state == RESPUB__PUBLISH_PARTLY)
      leave_sent(p, publish, late, sentence);
    else if (publish->state == RESPUB__PUBLISH_WAITING)
      settle_unsent(p, publish, sentence);
  }
  respub__pipeline_pop_settled(p);
}

/* The oldest queued message that waits, or NULL. Little is between it and the cursor: what callers
 * wait for. */
static respub__publish *oldest_waiting(const respub__pipeline *p) {
  if (p->waiting_messages == 0)
    return NULL;
  for (uint64_t i = p->cursor; i != p->tail; i++) {
    respub__publish *publish = respub__pipeline_at(p, i);
    if (publish->kind == RESPUB__PUBLISH_QUEUED && publish->state == RESPUB__PUBLISH_WAITING)
      return publish;
  }
  return NULL;
}

int64_t respub__pipeline_expiry_ms(const respub__pipeline *p) {
  const respub__publish *oldest = oldest_waiting(p);
  return oldest != NULL ? oldest->expires_at_ms : RESPUB_NEVER;
}

void respub__pipeline_expire(respub__pipeline *p, int64_t now_ms) {
  for (;;) {
    respub__publish *oldest = oldest_waiting(p);
    if (oldest == NULL || oldest->expires_at_ms > now_ms)
      return;
    settle_unsent(p, oldest, "buffered for longer than away_expiry_ms");
    respub__pipeline_pop_settled(p);
  }
}

bool respub__pipeline_drop_oldest(respub__pipeline *p) {
  respub__publish *oldest = oldest_waiting(p);
  if (oldest == NULL)
    return false;
  settle_unsent(p, oldest, "dropped: the buffer was full");
  respub__pipeline_pop_settled(p);
  return true;
}
