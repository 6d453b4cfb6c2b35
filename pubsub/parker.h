/* parker.h - where one thread sleeps until another rings it, in the memory of the one that sleeps;
 * and condition variables on the monotonic clock. Part of what a port supplies. */
#ifndef RESPUB_PUBSUB_PARKER_H
#define RESPUB_PUBSUB_PARKER_H

#include "resp/resp.h"

#include <pthread.h>
#include <semaphore.h>

typedef struct respub__parker {
  sem_t rings;
} respub__parker;

/* EIO: the system has no more of what it takes. */
RESPUB_MUST_USE respub_status respub__parker_init(respub__parker *p);
void respub__parker_destroy(respub__parker *p);

/* Sleeps until rung; a ring before the call counts. */
void respub__parker_wait(respub__parker *p);

/* The sleeper may destroy the parker as soon as its wait has returned. (A condition variable would
 * have to be signalled with its lock held for that, and the sleeper would wake up into a lock that
 * is taken.) */
void respub__parker_ring(respub__parker *p);

/* A condition variable whose deadlines are those of respub__clock_ms. EIO. */
RESPUB_MUST_USE respub_status respub__cond_init(pthread_cond_t *cond);

/* Waits until signalled, for no reason, or until the deadline (RESPUB_NEVER: none). */
void respub__cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ms);

#endif
