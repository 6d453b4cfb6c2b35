#include "pubsub/monitor.h"

#include "net/clock.h"
#include "net/net.h"

#if RESPUB_THREADS

/* Who is admitted needs microseconds to come in. The bound is for one who is held up on the way. A
 * knock that a brief leave did not see is repeated after so long. */
enum {
  MOST_YIELDS = 1000,
  KNOCK_AGAIN_MS = 10
};

respub_status respub__monitor_open(respub__monitor *m) {
  atomic_init(&m->held, false);
  atomic_init(&m->knocking, 0);
  m->waiting = m->changes = 0;
  if (respub__mutex_open(&m->inner) != RESPUB_OK)
    return RESPUB_EIO;
  if (respub__cond_open(&m->left) != RESPUB_OK)
    goto no_left;
  if (respub__cond_open(&m->changed) == RESPUB_OK)
    return RESPUB_OK;
  respub__cond_close(&m->left);
no_left:
  respub__mutex_close(&m->inner);
  return RESPUB_EIO;
}

/* A thread that has just left for good may still hold inner. */
void respub__monitor_close(respub__monitor *m) {
  respub__mutex_lock(&m->inner);
  respub__mutex_unlock(&m->inner);
  respub__cond_close(&m->changed);
  respub__cond_close(&m->left);
  respub__mutex_close(&m->inner);
}

void respub__monitor_knock(respub__monitor *m) {
  respub__mutex_lock(&m->inner);
  atomic_fetch_add(&m->knocking, 1);
  while (atomic_exchange(&m->held, true))
    (void)respub__cond_wait(&m->left, &m->inner, respub__clock_ms() + KNOCK_AGAIN_MS);
  atomic_fetch_sub(&m->knocking, 1);
  respub__mutex_unlock(&m->inner);
}

void respub__monitor_admit(respub__monitor *m) {
  respub__mutex_lock(&m->inner);
  respub__cond_signal(&m->left);
  respub__mutex_unlock(&m->inner);
}

void respub__monitor_leave_for_good(respub__monitor *m) {
  respub__mutex_lock(&m->inner);
  (void)atomic_exchange(&m->held, false);
  respub__cond_signal(&m->left);
  respub__mutex_unlock(&m->inner);
}

void respub__monitor_let_in(respub__monitor *m) {
  respub__monitor_leave(m);
  for (int i = 0; i < MOST_YIELDS && atomic_load(&m->knocking) > 0; i++)
    respub__thread_yield();
  respub__monitor_enter(m);
}

static void sleep_until_changed(respub__monitor *m, unsigned seen, int64_t deadline_ms) {
  bool waits = true;
  while (m->changes == seen && waits)
    waits = respub__cond_wait(&m->changed, &m->inner, deadline_ms);
}

bool respub__monitor_wait(respub__monitor *m, int64_t deadline_ms) {
  if (deadline_ms != RESPUB_NEVER && respub__clock_ms() >= deadline_ms)
    return false;
  respub__mutex_lock(&m->inner);
  unsigned seen = m->changes;
  m->waiting++;
  /* Whoever enters from here on can notify only after this thread sleeps, because that takes inner.
   */
  (void)atomic_exchange(&m->held, false);
  if (atomic_load(&m->knocking) > 0)
    respub__cond_signal(&m->left);
  sleep_until_changed(m, seen, deadline_ms);
  respub__mutex_unlock(&m->inner);
  respub__monitor_enter(m);
  m->waiting--;
  return true;
}

void respub__monitor_notify(respub__monitor *m) {
  if (m->waiting == 0)
    return;
  respub__mutex_lock(&m->inner);
  m->changes++;
  respub__cond_broadcast(&m->changed);
  respub__mutex_unlock(&m->inner);
}

#endif
