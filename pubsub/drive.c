/* Who drives a subscriber: its own threads, or the caller of run, next and flush. */
#include "net/clock.h"
#include "pubsub/subscriber.h"

/* -- Entering and leaving -- */

void respub__join_stopped_locked(respub_subscriber *sub) {
  if (sub->way != RESPUB__WAY_THREAD || !sub->stopping)
    return;
  respub__join_threads_locked(sub);
  sub->stopping = false;
}

respub_status respub__await_place_locked(respub_subscriber *sub, int64_t deadline_ms) {
  respub_status status = RESPUB_OK;
  sub->callers++; /* so that a close waits for this wait */
  sub->takers++;
  if (sub->flushing)
    respub__notify_locked(sub);
  while (status == RESPUB_OK && !sub->closing && !respub__in_handler_locked(sub) &&
         (sub->flushing || respub__is_leaving(sub))) {
    if (!respub__monitor_wait(&sub->monitor, deadline_ms))
      status = RESPUB_TIMEOUT;
  }
  sub->takers--;
  sub->callers--;
  return status;
}

respub_status respub__enter_locked(respub_subscriber *sub, respub__way way) {
  if (sub->closing)
    return RESPUB_ECLOSED;
  if (respub__in_handler_locked(sub))
    return RESPUB_ESTATE;
  sub->callers++; /* so that a close waits for this wait */
  respub__join_stopped_locked(sub);
  sub->callers--;
  if (sub->closing)
    return RESPUB_ECLOSED;
  bool again = sub->way == RESPUB__WAY_LOOP && way == RESPUB__WAY_LOOP && !sub->entered;
  if (sub->way != RESPUB__WAY_NONE && !again)
    return RESPUB_ESTATE;
  sub->way = way;
  sub->deliverer = respub__thread_self();
  sub->entered = true;
  sub->entries++;
  sub->callers++;
  return RESPUB_OK;
}

respub_status respub__leave_locked(respub_subscriber *sub, respub_status status) {
  if (sub->closing || sub->stopping)
    respub__join_threads_locked(sub);
  if (sub->way == RESPUB__WAY_CALLER)
    sub->way = RESPUB__WAY_NONE;
  /* A stop that met a call just about to return something else is for the next one. */
  if (sub->stopping)
    sub->stop_pending = true;
  sub->stopping = false;
  sub->entered = false;
  sub->callers--;
  return respub__depart_locked(sub, status);
}

respub_status respub__depart_locked(respub_subscriber *sub, respub_status status) {
  bool alone = sub->callers == 0 && !sub->has_reader && !sub->has_dispatcher;
  bool finish = sub->close_deferred && alone;
  if (sub->closing)
    status = RESPUB_ECLOSED;
  respub__monitor_notify(&sub->monitor);
  respub__monitor_leave_for_good(&sub->monitor);
  if (finish)
    respub__subscriber_finish(sub);
  return status;
}

bool respub__wait_queue_locked(respub_subscriber *sub, int64_t deadline_ms) {
  int64_t until_ms = deadline_ms;
  if (!respub__queue_is_empty(&sub->queue) && respub__clock_ms() < deadline_ms)
    until_ms = respub__clock_ms() + RESPUB__NO_MEMORY_MS;
  return respub__monitor_wait(&sub->monitor, until_ms);
}

int64_t respub__deadline_after(int timeout_ms) {
  return timeout_ms < 0 ? RESPUB_NEVER : respub__clock_ms() + timeout_ms;
}

/* -- The threads -- */

/* Lock held on entry. Hands queued events to the handlers until stop or close. */
static void dispatch_until_left_locked(respub_subscriber *sub) {
  while (!respub__subscriber_should_leave(sub)) {
    if (!respub__dispatch_kept_locked(sub) && !respub__subscriber_should_leave(sub))
      (void)respub__wait_queue_locked(sub, RESPUB_NEVER);
  }
  respub__release_ended_locked(sub);
}

static void *reader_main(void *arg) {
  respub_subscriber *sub = arg;
  respub__monitor_enter(&sub->monitor);
  respub__read_until_left_locked(sub);
  respub__monitor_leave(&sub->monitor);
  return NULL;
}

/* Lock held on entry, released on return. After a close by one of its handlers nobody may be there
 * to join this thread: unless somebody does already, it goes alone. */
static void end_deliverer_locked(respub_subscriber *sub, bool *has_thread) {
  sub->delivered_last = true;
  respub__monitor_notify(&sub->monitor);
  if (!sub->close_deferred || sub->joining) {
    respub__monitor_leave(&sub->monitor);
    return;
  }
  respub__thread_detach_self();
  *has_thread = false;
  respub__join_threads_locked(sub);
  (void)respub__depart_locked(sub, RESPUB_OK);
}

static void *direct_main(void *arg) {
  respub_subscriber *sub = arg;
  respub__monitor_enter(&sub->monitor);
  sub->deliverer = respub__thread_self();
  respub__read_until_left_locked(sub);
  end_deliverer_locked(sub, &sub->has_reader);
  return NULL;
}

static void *dispatcher_main(void *arg) {
  respub_subscriber *sub = arg;
  respub__monitor_enter(&sub->monitor);
  sub->deliverer = respub__thread_self();
  dispatch_until_left_locked(sub);
  end_deliverer_locked(sub, &sub->has_dispatcher);
  return NULL;
}

static bool spawn(respub__thread *thread, void *(*body)(void *), respub_subscriber *sub,
                  bool *has) {
  *has = respub__thread_start(thread, body, sub) == RESPUB_OK;
  return *has;
}

respub_status respub__start_reader_locked(respub_subscriber *sub) {
  if (sub->has_reader)
    return RESPUB_OK;
  return spawn(&sub->reader, reader_main, sub, &sub->has_reader) ? RESPUB_OK : RESPUB_EIO;
}

/* Others may wait for the same end: one joins, the rest wait for that, and not for threads that
 * somebody starts behind it. */
void respub__join_threads_locked(respub_subscriber *sub) {
  if (sub->joining) {
    unsigned seen = sub->joins;
    while (sub->joining && sub->joins == seen)
      (void)respub__monitor_wait(&sub->monitor, RESPUB_NEVER);
    return;
  }
  bool reader = sub->has_reader;
  bool dispatcher = sub->has_dispatcher;
  if (!reader && !dispatcher)
    return;
  sub->joining = true;
  respub__notify_locked(sub);
  respub__monitor_leave(&sub->monitor);
  if (reader)
    respub__thread_join(sub->reader);
  if (dispatcher)
    respub__thread_join(sub->dispatcher);
  respub__monitor_enter(&sub->monitor);
  sub->has_reader = sub->has_dispatcher = sub->joining = false;
  sub->joins++;
  if (sub->way == RESPUB__WAY_THREAD)
    sub->way = RESPUB__WAY_NONE;
  respub__monitor_notify(&sub->monitor);
}

/* Lock held on entry. */
static respub_status start_locked(respub_subscriber *sub) {
  if (sub->closing)
    return RESPUB_ECLOSED;
  if (respub__in_handler_locked(sub))
    return RESPUB_ESTATE;
  (void)!respub__await_place_locked(sub, RESPUB_NEVER);
  respub__join_stopped_locked(sub);
  if (sub->closing)
    return RESPUB_ECLOSED;
  if (sub->way != RESPUB__WAY_NONE)
    return RESPUB_ESTATE;
  sub->stop_pending = sub->delivered_last = false;
  sub->way = RESPUB__WAY_THREAD;
  bool queues = respub__subscriber_queues(sub);
  if (!queues && spawn(&sub->reader, direct_main, sub, &sub->has_reader))
    return RESPUB_OK;
  if (queues && respub__start_reader_locked(sub) == RESPUB_OK &&
      spawn(&sub->dispatcher, dispatcher_main, sub, &sub->has_dispatcher))
    return RESPUB_OK;
  sub->stopping = true;
  respub__join_threads_locked(sub);
  sub->stopping = false;
  sub->way = RESPUB__WAY_NONE;
  return RESPUB_EIO;
}

respub_status respub_subscriber_start(respub_subscriber *sub) {
  if (!RESPUB_THREADS)
    return RESPUB_EUNSUPPORTED;
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  respub_status status = start_locked(sub);
  respub__monitor_notify(&sub->monitor);
  respub__monitor_leave(&sub->monitor);
  return status;
}

/* Lock held on entry. Waits for those who drive now; who enters behind them is not meant. */
static void await_stopped_locked(respub_subscriber *sub) {
  unsigned entries = sub->entries;
  respub__join_threads_locked(sub);
  while (sub->way == RESPUB__WAY_CALLER && sub->entries == entries)
    (void)respub__monitor_wait(&sub->monitor, RESPUB_NEVER);
  if (sub->way == RESPUB__WAY_NONE)
    sub->stopping = false;
}

void respub_subscriber_stop(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return;
  respub__monitor_enter(&sub->monitor);
  if (sub->way == RESPUB__WAY_LOOP) {
    respub__monitor_leave(&sub->monitor);
    return;
  }
  sub->stop_pending = sub->way == RESPUB__WAY_NONE;
  sub->stopping = true;
  respub__notify_locked(sub);
  if (respub__in_handler_locked(sub) || sub->closing) {
    respub__monitor_leave(&sub->monitor);
    return;
  }
  sub->callers++;
  await_stopped_locked(sub);
  sub->callers--;
  (void)respub__depart_locked(sub, RESPUB_OK);
}

/* -- The caller's thread -- */

/* Lock held on entry. This call ends because of a stop, which is thereby obeyed. */
static void obey_stop_locked(respub_subscriber *sub) {
  if (sub->stopping)
    respub__join_threads_locked(sub);
  sub->stopping = false;
  sub->stop_pending = false;
}

respub_status respub_subscriber_run(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  (void)!respub__await_place_locked(sub, RESPUB_NEVER);
  respub_status status = respub__enter_locked(sub, RESPUB__WAY_CALLER);
  if (status != RESPUB_OK)
    return respub__depart_locked(sub, status);
  if (!sub->stop_pending && !respub__subscriber_queues(sub))
    respub__read_until_left_locked(sub);
  else if (!sub->stop_pending && (status = respub__start_reader_locked(sub)) == RESPUB_OK)
    dispatch_until_left_locked(sub);
  obey_stop_locked(sub);
  return respub__leave_locked(sub, status);
}

/* Lock held on entry. The next of what is kept. AGAIN: none now. */
static respub_status take_locked(respub_subscriber *sub, respub_event *event) {
  respub__topic *topic;
  respub__release_ended_locked(sub);
  if (!RESPUB_QUEUES || respub__subscriber_should_leave(sub) ||
      !respub__take_kept_locked(sub, event, &topic))
    return RESPUB_AGAIN;
  respub__queue_let_go(&sub->queue, topic);
  respub__monitor_notify(&sub->monitor);
  return RESPUB_OK;
}

/* Lock held on entry. AGAIN: wait as wait_next_locked does. */
static respub_status find_next_locked(respub_subscriber *sub, respub_event *event) {
  respub__topic *topic;
  bool queues = respub__subscriber_queues(sub);
  respub_status status = queues ? respub__start_reader_locked(sub) : RESPUB_OK;
  if (status == RESPUB_OK)
    status = take_locked(sub, event);
  if (status == RESPUB_AGAIN && !queues && !respub__has_kept(sub))
    status = respub__pull_locked(sub, event, &topic);
  if (status != RESPUB_OK)
    return status;
  event->subscriber = sub;
  respub__count_delivered_locked(sub, event);
  if (event->type != RESPUB_EVENT_MESSAGE)
    respub__log_event_locked(sub, event);
  return RESPUB_OK;
}

/* Lock held on entry. False: the deadline has passed. */
static bool wait_next_locked(respub_subscriber *sub, int64_t deadline_ms) {
  if (respub__subscriber_queues(sub) || respub__has_kept(sub))
    return respub__wait_queue_locked(sub, deadline_ms);
  if (respub__clock_ms() >= deadline_ms)
    return false;
  respub__sleep_locked(sub, deadline_ms);
  return true;
}

/* Lock held on entry. */
static respub_status next_locked(respub_subscriber *sub, int64_t deadline_ms, respub_event *event) {
  while (!respub__subscriber_should_leave(sub) && !sub->stop_pending) {
    respub_status status = find_next_locked(sub, event);
    if (status != RESPUB_AGAIN)
      return status;
    if (!respub__subscriber_should_leave(sub) && !wait_next_locked(sub, deadline_ms))
      return RESPUB_TIMEOUT;
  }
  obey_stop_locked(sub);
  return RESPUB_ECLOSED;
}

respub_status respub_subscriber_next(respub_subscriber *sub, int timeout_ms, respub_event *event) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  int64_t deadline_ms = respub__deadline_after(timeout_ms);
  respub__monitor_enter(&sub->monitor);
  respub_status status = respub__await_place_locked(sub, deadline_ms);
  if (status == RESPUB_OK)
    status = respub__enter_locked(sub, RESPUB__WAY_CALLER);
  if (status != RESPUB_OK)
    return respub__depart_locked(sub, status);
  status = next_locked(sub, deadline_ms, event);
  return respub__leave_locked(sub, status);
}
