#include "net/thread.h"

#include "net/net.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#if RESPUB_THREADS

/* ------------------------------------------------------------------------------------------------
 * Threads */

respub_status respub__thread_start(respub__thread *thread, void *(*body)(void *ctx), void *ctx) {
  sigset_t all;
  sigset_t before;
  (void)sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
    return RESPUB_EIO;
  int failed = pthread_create(thread, NULL, body, ctx);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed == 0 ? RESPUB_OK : RESPUB_EIO;
}

void respub__thread_join(respub__thread thread) {
  (void)pthread_join(thread, NULL);
}

void respub__thread_detach_self(void) {
  (void)pthread_detach(pthread_self());
}

/* ------------------------------------------------------------------------------------------------
 * Locks and conditions */

respub_status respub__mutex_open(respub__mutex *mutex) {
  return pthread_mutex_init(mutex, NULL) == 0 ? RESPUB_OK : RESPUB_EIO;
}

void respub__mutex_close(respub__mutex *mutex) {
  (void)pthread_mutex_destroy(mutex);
}

respub_status respub__cond_open(respub__cond *cond) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0)
    return RESPUB_EIO;
  bool done = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attributes) == 0;
  (void)pthread_condattr_destroy(&attributes);
  return done ? RESPUB_OK : RESPUB_EIO;
}

void respub__cond_close(respub__cond *cond) {
  (void)pthread_cond_destroy(cond);
}

bool respub__cond_wait(respub__cond *cond, respub__mutex *lock, int64_t deadline_ms) {
  if (deadline_ms == RESPUB_NEVER)
    return pthread_cond_wait(cond, lock) == 0;
  struct timespec until = {(time_t)(deadline_ms / 1000), (long)(deadline_ms % 1000) * 1000000};
  return pthread_cond_timedwait(cond, lock, &until) == 0;
}

/* ------------------------------------------------------------------------------------------------
 * Parkers */

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

bool respub__parker_try(respub__parker *p) {
  return sem_trywait(&p->rings) == 0;
}

void respub__parker_ring(respub__parker *p) {
  (void)sem_post(&p->rings);
}

#endif
