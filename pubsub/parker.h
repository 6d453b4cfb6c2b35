/* parker.h - where one thread sleeps until another rings it. In the memory of the one that sleeps.
 */
#ifndef RESPUB_PUBSUB_PARKER_H
#define RESPUB_PUBSUB_PARKER_H

#include "resp/resp.h"

#include <pthread.h>

typedef struct respub__parker {
  pthread_mutex_t lock;
  pthread_cond_t cond;
  bool rung;
} respub__parker;

/* EIO: the system has no more of what it takes. */
RESPUB_MUST_USE respub_status respub__parker_init(respub__parker *p);

/* After the last ring has returned to its sleeper, that is, after as many waits as rings. */
void respub__parker_destroy(respub__parker *p);

/* Sleeps until rung, also before the call, or until deadline_ms of respub__clock_ms. True when
 * rung; the ring is then used up. */
bool respub__parker_wait(respub__parker *p, int64_t deadline_ms);

/* The sleeper may destroy the parker as soon as its wait has returned: this touches it no more
 * then. */
void respub__parker_ring(respub__parker *p);

/* A condition variable whose waits are on the monotonic clock. EIO. */
RESPUB_MUST_USE respub_status respub__cond_init(pthread_cond_t *cond);

#endif
