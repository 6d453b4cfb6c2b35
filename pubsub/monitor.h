/* monitor.h - the lock of a subscriber and what is waited for under it.
 *
 * Who reads takes and leaves it for every message, nearly always without anybody else wanting it;
 * then that costs one atomic exchange and a store. Who holds it most of the time gives way between
 * two messages, because no lock is fair by itself. */
#ifndef RESPUB_PUBSUB_MONITOR_H
#define RESPUB_PUBSUB_MONITOR_H

#include "net/thread.h"

#if RESPUB_THREADS

#include <stdatomic.h>

typedef struct respub__monitor {
  atomic_bool held;
  atomic_uint knocking; /* threads that sleep, or are about to, until it is left */
  unsigned waiting;     /* threads in respub__monitor_wait; changed under the lock only */
  unsigned changes;     /* counts notifications; guarded by inner, as are the two conditions */
  respub__mutex inner;
  respub__cond left;
  respub__cond changed; /* on the monotonic clock */
} respub__monitor;

/* RESPUB_EIO: the system has no locks left. */
RESPUB_MUST_USE respub_status respub__monitor_open(respub__monitor *m);

/* Nobody is inside. */
void respub__monitor_close(respub__monitor *m);

/* The slow halves of enter, leave and give_way. */
void respub__monitor_knock(respub__monitor *m);
void respub__monitor_admit(respub__monitor *m);
void respub__monitor_let_in(respub__monitor *m);

static inline void respub__monitor_enter(respub__monitor *m) {
  if (atomic_exchange(&m->held, true))
    respub__monitor_knock(m);
}

/* The exchange is sequentially consistent, and so is a knock: either this sees the knock, or that
 * sees it left. */
static inline void respub__monitor_leave(respub__monitor *m) {
  (void)atomic_exchange(&m->held, false);
  if (atomic_load(&m->knocking) > 0)
    respub__monitor_admit(m);
}

/* For the time of a handler, after which the same thread enters again. Without the exchange, a good
 * part of what a message costs, a knock at the very same time may go unseen; who knocks finds the
 * lock left all the same when it looks again by itself, which is soon. */
static inline void respub__monitor_leave_briefly(respub__monitor *m) {
  atomic_store_explicit(&m->held, false, memory_order_release);
  if (atomic_load_explicit(&m->knocking, memory_order_relaxed) > 0)
    respub__monitor_admit(m);
}

/* The last leave of a thread that nobody waits for: the monitor may be closed and its memory freed
 * as soon as this has let go, which the plain leave could not stand. */
void respub__monitor_leave_for_good(respub__monitor *m);

/* Entered; lets those in who knock. */
static inline void respub__monitor_give_way(respub__monitor *m) {
  if (atomic_load_explicit(&m->knocking, memory_order_relaxed) > 0)
    respub__monitor_let_in(m);
}

/* Entered. Leaves, waits until somebody notifies or the deadline (RESPUB_NEVER: none), and enters
 * again. False: the deadline had passed before the call; nothing was left. */
bool respub__monitor_wait(respub__monitor *m, int64_t deadline_ms);

/* Entered. Wakes all that wait. */
void respub__monitor_notify(respub__monitor *m);

#else

typedef char respub__monitor;

RESPUB_MUST_USE static inline respub_status respub__monitor_open(respub__monitor *m) {
  *m = 0;
  return RESPUB_OK;
}

static inline void respub__monitor_close(respub__monitor *m) {
  (void)m;
}

static inline void respub__monitor_enter(respub__monitor *m) {
  (void)m;
}

static inline void respub__monitor_leave(respub__monitor *m) {
  (void)m;
}

static inline void respub__monitor_leave_briefly(respub__monitor *m) {
  (void)m;
}

static inline void respub__monitor_leave_for_good(respub__monitor *m) {
  (void)m;
}

static inline void respub__monitor_give_way(respub__monitor *m) {
  (void)m;
}

/* Nobody is there to notify. */
static inline bool respub__monitor_wait(respub__monitor *m, int64_t deadline_ms) {
  (void)m;
  (void)deadline_ms;
  return false;
}

static inline void respub__monitor_notify(respub__monitor *m) {
  (void)m;
}

#endif

#endif
