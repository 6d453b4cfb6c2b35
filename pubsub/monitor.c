#include "pubsub/monitor.h"

#include "net/clock.h"
#include "net/net.h"

#include <sched.h>
#include <time.h>

/* Who is admitted needs microseconds to come in. The bound is for one who is held up on the way. */
enum {
  MOST_YIELDS = 1000
};

static bool init_cond(pthread_cond_t *cond) {
  pthread_condattr_t attr;
  if (pthread_condattr_init(&attr) != 0)
    return false;
  bool good =
      pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(cond, &attr) == 0;
  pthread_condattr_destroy(&attr);
  return good;
}

respub_status respub__monitor_open(respub__monitor *m) {
  atomic_init(&m->held, false);
  atomic_init(&m->knocking, 0);
  m->waiting = m->changes = 0;
  if (pthread_mutex_init(&m->inner, NULL) != 0)
    return RESPUB_EIO;
  if (!init_cond(&m->left))
    goto no_left;
  if (init_cond(&m->changed))
    return RESPUB_OK;
  pthread_cond_destroy(&m->left);
no_left:
  pthread_mutex_destroy(&m->inner);
  return RESPUB_EIO;
}

/* A thread that has just left for good may still hold inner. */
void respub__monitor_close(respub__monitor *m) {
  pthread_mutex_lock(&m->inner);
  pthread_mutex_unlock(&m->inner);
  pthread_cond_destroy(&m->changed);
  pthread_cond_destroy(&m->left);
  pthread_mutex_destroy(&m->inner);
}

void respub__monitor_knock(respub__monitor *m) {
  pthread_mutex_lock(&m->inner);
  atomic_fetch_add(&m->knocking, 1);
  while (atomic_exchange(&m->held, true))
    pthread_cond_wait(&m->left, &m->inner);
  atomic_fetch_sub(&m->knocking, 1);
  pthread_mutex_unlock(&m->inner);
}

void respub__monitor_admit(respub__monitor *m) {
  pthread_mutex_lock(&m->inner);
  pthread_cond_signal(&m->left);
  pthread_mutex_unlock(&m->inner);
}

/* An unlocked mutex may be destroyed at once, even while the unlock of another thread returns
 * (POSIX). */
void respub__monitor_leave_for_good(respub__monitor *m) {
  pthread_mutex_lock(&m->inner);
  (void)atomic_exchange(&m->held, false);
  pthread_cond_signal(&m->left);
  pthread_mutex_unlock(&m->inner);
}

void respub__monitor_let_in(respub__monitor *m) {
  respub__monitor_leave(m);
  for (int i = 0; i < MOST_YIELDS && atomic_load(&m->knocking) > 0; i++)
    sched_yield();
  respub__monitor_enter(m);
}

static void sleep_until_changed(respub__monitor *m, unsigned seen, int64_t deadline_ms) {
  struct timespec until = {.tv_sec = (time_t)(deadline_ms / 1000),
                           .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
  int failed = 0;
  while (m->changes == seen && failed == 0) {
    if (deadline_ms == RESPUB_NEVER)
      failed = pthread_cond_wait(&m->changed, &m->inner);
    else
      failed = pthread_cond_timedwait(&m->changed, &m->inner, &until);
  }
}

bool respub__monitor_wait(respub__monitor *m, int64_t deadline_ms) {
  if (deadline_ms != RESPUB_NEVER && respub__clock_ms() >= deadline_ms)
    return false;
  pthread_mutex_lock(&m->inner);
  unsigned seen = m->changes;
  m->waiting++;
  /* Whoever enters from here on can notify only after this thread sleeps, because that takes inner.
   */
  (void)atomic_exchange(&m->held, false);
  if (atomic_load(&m->knocking) > 0)
    pthread_cond_signal(&m->left);
  sleep_until_changed(m, seen, deadline_ms);
  pthread_mutex_unlock(&m->inner);
  respub__monitor_enter(m);
  m->waiting--;
  return true;
}

void respub__monitor_notify(respub__monitor *m) {
  if (m->waiting == 0)
    return;
  pthread_mutex_lock(&m->inner);
  m->changes++;
  pthread_cond_broadcast(&m->changed);
  pthread_mutex_unlock(&m->inner);
}
