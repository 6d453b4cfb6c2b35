#include "pubsub/parker.h"

#include "net/clock.h"
#include "net/net.h"

#include <time.h>

respub_status respub__cond_init(pthread_cond_t *cond) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0)
    return RESPUB_EIO;
  bool done = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attributes) == 0;
  (void)pthread_condattr_destroy(&attributes);
  return done ? RESPUB_OK : RESPUB_EIO;
}

respub_status respub__parker_init(respub__parker *p) {
  p->rung = false;
  if (pthread_mutex_init(&p->lock, NULL) != 0)
    return RESPUB_EIO;
  if (respub__cond_init(&p->cond) == RESPUB_OK)
    return RESPUB_OK;
  (void)pthread_mutex_destroy(&p->lock);
  return RESPUB_EIO;
}

void respub__parker_destroy(respub__parker *p) {
  (void)pthread_cond_destroy(&p->cond);
  (void)pthread_mutex_destroy(&p->lock);
}

/* Returns when it is worth looking again. */
static void sleep_once(respub__parker *p, int64_t deadline_ms) {
  if (deadline_ms == RESPUB_NEVER) {
    (void)pthread_cond_wait(&p->cond, &p->lock);
    return;
  }
  struct timespec until = {(time_t)(deadline_ms / 1000), (long)(deadline_ms % 1000) * 1000000};
  (void)pthread_cond_timedwait(&p->cond, &p->lock, &until);
}

bool respub__parker_wait(respub__parker *p, int64_t deadline_ms) {
  (void)pthread_mutex_lock(&p->lock);
  while (!p->rung && (deadline_ms == RESPUB_NEVER || respub__clock_ms() < deadline_ms))
    sleep_once(p, deadline_ms);
  bool rung = p->rung;
  p->rung = false;
  (void)pthread_mutex_unlock(&p->lock);
  return rung;
}

void respub__parker_ring(respub__parker *p) {
  (void)pthread_mutex_lock(&p->lock);
  p->rung = true;
  (void)pthread_cond_signal(&p->cond);
  (void)pthread_mutex_unlock(&p->lock);
}
