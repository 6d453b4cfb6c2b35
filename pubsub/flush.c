/* Waiting until the server has answered what was asked. */
#include "net/clock.h"
#include "pubsub/subscriber.h"

/* Lock held on entry. */
static bool answered_locked(const respub_subscriber *sub, uint64_t ticket, respub_status *status) {
  const respub__session *s = &sub->engine.session;
  if (!sub->closing && !respub__session_settled(s, ticket))
    return false;
  *status = sub->closing ? RESPUB_ECLOSED : s->refused > 0 ? RESPUB_EREFUSED : RESPUB_OK;
  return true;
}

/* Lock held on entry. Reads one event and keeps it; without any, waits until the deadline at most.
 * What came before finds room first, or the wait for memory goes on. EFULL: no room. */
static respub_status read_one_locked(respub_subscriber *sub, int64_t deadline_ms) {
  respub_event event;
  respub__topic *topic;
  respub_status status = respub__keep_held_locked(sub);
  if (status == RESPUB_OK)
    status = respub__pull_locked(sub, &event, &topic);
  if (status == RESPUB_OK)
    status = respub__keep_locked(sub, &event, topic);
  if (status == RESPUB_ENOMEM)
    (void)respub__monitor_wait(&sub->monitor, respub__clock_ms() + RESPUB__NO_MEMORY_MS);
  else if (status == RESPUB_AGAIN && !respub__subscriber_should_leave(sub))
    respub__sleep_locked(sub, deadline_ms);
  return status == RESPUB_EFULL ? RESPUB_EFULL : RESPUB_OK;
}

/* Lock held on entry. The same while the reading thread of a queue does it. */
static respub_status let_read_locked(respub_subscriber *sub, int64_t deadline_ms) {
  bool held = sub->holds;
  respub_status status = respub__keep_held_locked(sub);
  if (status == RESPUB_EFULL)
    return RESPUB_EFULL;
  if (held && status == RESPUB_OK)
    respub__monitor_notify(&sub->monitor);
  (void)respub__monitor_wait(&sub->monitor, deadline_ms);
  return RESPUB_OK;
}

/* Lock held on entry. The same where nothing can be kept: what comes is delivered at once. */
static respub_status deliver_some_locked(respub_subscriber *sub, int64_t deadline_ms) {
  if (respub__turn_locked(sub) && !respub__subscriber_should_leave(sub))
    respub__sleep_locked(sub, deadline_ms);
  return RESPUB_OK;
}

/* Lock held on entry. One step of driving, which waits until the deadline at most. */
static respub_status drive_locked(respub_subscriber *sub, int64_t deadline_ms) {
  if (!RESPUB_QUEUES)
    return deliver_some_locked(sub, deadline_ms);
  return respub__subscriber_queues(sub) ? let_read_locked(sub, deadline_ms)
                                        : read_one_locked(sub, deadline_ms);
}

/* Lock held on entry. Drives the subscriber itself, because nobody else does: reads, and keeps what
 * comes for those who deliver later. AGAIN: one of those is there. */
static respub_status flush_driving_locked(respub_subscriber *sub, uint64_t ticket,
                                          int64_t deadline_ms) {
  respub_status status =
      respub__subscriber_queues(sub) ? respub__start_reader_locked(sub) : RESPUB_OK;
  while (status == RESPUB_OK && !answered_locked(sub, ticket, &status)) {
    if (sub->stopping || respub__clock_ms() >= deadline_ms)
      return RESPUB_TIMEOUT;
    if (sub->takers > 0)
      return RESPUB_AGAIN;
    status = drive_locked(sub, deadline_ms);
  }
  return status;
}

/* Lock held on entry. Somebody else drives. AGAIN: not any more. */
static respub_status flush_waiting_locked(respub_subscriber *sub, uint64_t ticket,
                                          int64_t deadline_ms) {
  respub_status status = RESPUB_OK;
  while (!answered_locked(sub, ticket, &status)) {
    if (sub->way == RESPUB__WAY_THREAD && sub->stopping && sub->delivered_last)
      respub__join_stopped_locked(sub);
    else if (sub->way == RESPUB__WAY_NONE && sub->takers == 0)
      return RESPUB_AGAIN;
    else if (!respub__monitor_wait(&sub->monitor, deadline_ms))
      return RESPUB_TIMEOUT;
  }
  return status;
}

/* Lock held on entry. */
static bool loops_here_locked(const respub_subscriber *sub) {
  return sub->way == RESPUB__WAY_LOOP &&
         respub__thread_equal(sub->deliverer, respub__thread_self());
}

/* Lock held on entry. */
static respub_status begin_flush_locked(respub_subscriber *sub) {
  if (sub->closing)
    return RESPUB_ECLOSED;
  if (respub__in_handler_locked(sub) || loops_here_locked(sub))
    return RESPUB_ESTATE;
  return RESPUB_OK;
}

/* Lock held on entry. As respub__leave_locked, for a flush that goes on. */
static void give_place_locked(respub_subscriber *sub) {
  sub->way = RESPUB__WAY_NONE;
  sub->entered = false;
  sub->callers--;
  respub__monitor_notify(&sub->monitor);
}

respub_status respub_subscriber_flush(respub_subscriber *sub, int timeout_ms) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  int64_t deadline_ms = respub__deadline_after(timeout_ms);
  respub__monitor_enter(&sub->monitor);
  respub_status status = begin_flush_locked(sub);
  if (status != RESPUB_OK) {
    respub__monitor_leave(&sub->monitor);
    return status;
  }
  uint64_t ticket = respub__session_barrier(&sub->engine.session);
  sub->callers++;
  while ((status = flush_waiting_locked(sub, ticket, deadline_ms)) == RESPUB_AGAIN) {
    if (respub__enter_locked(sub, RESPUB__WAY_CALLER) != RESPUB_OK)
      continue;
    sub->flushing = true;
    status = flush_driving_locked(sub, ticket, deadline_ms);
    sub->flushing = false;
    /* An event loop that asked meanwhile was told to wait for this. */
    respub__ring_reader(sub);
    if (status != RESPUB_AGAIN) {
      sub->callers--;
      return respub__leave_locked(sub, status);
    }
    give_place_locked(sub);
  }
  sub->callers--;
  return respub__depart_locked(sub, status);
}
