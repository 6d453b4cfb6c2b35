#include "pubsub/parker.h"

#include "net/net.h"

#include <errno.h>
#include <time.h>

respub_status respub__parker_init(respub__parker *p) {
  return sem_init(&p->rings, 0, 0) == 0 ? RESPUB_OK : RESPUB_EIO;
}

void respub__parker_destroy(respub__parker *p) {
  (void)sem_destroy(&p->rings);
}

void respub__parker_wait(respub__parker *p) {
  while (sem_wait(&p->rings) != 0 && errno == EINTR)
    continue;
}

void respub__parker_ring(respub__parker *p) {
  (void)sem_post(&p->rings);
}

respub_status respub__cond_init(pthread_cond_t *cond) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0)
    return RESPUB_EIO;
  bool done = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attributes) == 0;
  (void)pthread_condattr_destroy(&attributes);
  return done ? RESPUB_OK : RESPUB_EIO;
}

void respub__cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ms) {
  if (deadline_ms == RESPUB_NEVER) {
    (void)pthread_cond_wait(cond, lock);
    return;
  }
  struct timespec until = {(time_t)(deadline_ms / 1000), (long)(deadline_ms % 1000) * 1000000};
  (void)pthread_cond_timedwait(cond, lock, &until);
}
