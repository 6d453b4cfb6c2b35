/* thread.h - threads, locks and what is waited for under them; part of what a port supplies. No
 * other file names the system's threads but fork.c, which needs to hear of forks. */
#ifndef RESPUB_NET_THREAD_H
#define RESPUB_NET_THREAD_H

#include "resp/resp.h"

#if RESPUB_THREADS

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

/* ------------------------------------------------------------------------------------------------
 * Threads */

typedef pthread_t respub__thread;

/* Runs body(ctx) in a thread of its own, with all signals blocked: those are for the program's own
 * threads. It has to be joined, or to detach itself. EIO: no thread to be had. */
RESPUB_MUST_USE respub_status respub__thread_start(respub__thread *thread, void *(*body)(void *ctx),
                                                   void *ctx);
void respub__thread_join(respub__thread thread);
void respub__thread_detach_self(void);

static inline respub__thread respub__thread_self(void) {
  return pthread_self();
}

static inline bool respub__thread_equal(respub__thread a, respub__thread b) {
  return pthread_equal(a, b) != 0;
}

static inline void respub__thread_yield(void) {
  (void)sched_yield();
}

/* ------------------------------------------------------------------------------------------------
 * Locks. Not recursive. */

typedef pthread_mutex_t respub__mutex;

/* EIO: the system has no more of them. An unlocked mutex may be closed at once, even while the
 * unlock of another thread returns (POSIX). */
RESPUB_MUST_USE respub_status respub__mutex_open(respub__mutex *mutex);
void respub__mutex_close(respub__mutex *mutex);

static inline void respub__mutex_lock(respub__mutex *mutex) {
  (void)pthread_mutex_lock(mutex);
}

static inline void respub__mutex_unlock(respub__mutex *mutex) {
  (void)pthread_mutex_unlock(mutex);
}

/* ------------------------------------------------------------------------------------------------
 * Conditions: what is waited for under a lock */

typedef pthread_cond_t respub__cond;

/* Its deadlines are those of respub__clock_ms. EIO. */
RESPUB_MUST_USE respub_status respub__cond_open(respub__cond *cond);
void respub__cond_close(respub__cond *cond);

/* Waits until signalled, for no reason, or until the deadline (RESPUB_NEVER: none). False: it did
 * not wait for a signal any more, because the deadline has come or the system failed. */
bool respub__cond_wait(respub__cond *cond, respub__mutex *lock, int64_t deadline_ms);

static inline void respub__cond_signal(respub__cond *cond) {
  (void)pthread_cond_signal(cond);
}

static inline void respub__cond_broadcast(respub__cond *cond) {
  (void)pthread_cond_broadcast(cond);
}

/* ------------------------------------------------------------------------------------------------
 * A parker: where one thread sleeps until another rings it, in the memory of the one that sleeps */

typedef struct respub__parker {
  sem_t rings;
} respub__parker;

/* EIO: the system has no more of what it takes. */
RESPUB_MUST_USE respub_status respub__parker_init(respub__parker *p);
void respub__parker_destroy(respub__parker *p);

/* Sleeps until rung; a ring before the call counts. */
void respub__parker_wait(respub__parker *p);

/* True: it was rung, and that counts as a wait. Never sleeps. */
bool respub__parker_try(respub__parker *p);

/* The sleeper may destroy the parker as soon as its wait has returned, or a try with true. (A
 * condition variable would have to be signalled with its lock held for that, and the sleeper would
 * wake up into a lock that is taken.) */
void respub__parker_ring(respub__parker *p);

#else

/* ------------------------------------------------------------------------------------------------
 * One thread: nobody to start, to wait for or to keep out */

typedef char respub__thread;
typedef char respub__mutex;
typedef char respub__cond;
typedef char respub__parker;

RESPUB_MUST_USE static inline respub_status
respub__thread_start(respub__thread *thread, void *(*body)(void *ctx), void *ctx) {
  (void)thread;
  (void)body;
  (void)ctx;
  return RESPUB_EUNSUPPORTED;
}

static inline void respub__thread_join(respub__thread thread) {
  (void)thread;
}

static inline void respub__thread_detach_self(void) {
}

static inline respub__thread respub__thread_self(void) {
  return 0;
}

static inline bool respub__thread_equal(respub__thread a, respub__thread b) {
  return a == b;
}

static inline void respub__thread_yield(void) {
}

RESPUB_MUST_USE static inline respub_status respub__mutex_open(respub__mutex *mutex) {
  *mutex = 0;
  return RESPUB_OK;
}

static inline void respub__mutex_close(respub__mutex *mutex) {
  (void)mutex;
}

static inline void respub__mutex_lock(respub__mutex *mutex) {
  (void)mutex;
}

static inline void respub__mutex_unlock(respub__mutex *mutex) {
  (void)mutex;
}

RESPUB_MUST_USE static inline respub_status respub__cond_open(respub__cond *cond) {
  *cond = 0;
  return RESPUB_OK;
}

static inline void respub__cond_close(respub__cond *cond) {
  (void)cond;
}

static inline bool respub__cond_wait(respub__cond *cond, respub__mutex *lock, int64_t deadline_ms) {
  (void)cond;
  (void)lock;
  (void)deadline_ms;
  return false;
}

static inline void respub__cond_broadcast(respub__cond *cond) {
  (void)cond;
}

RESPUB_MUST_USE static inline respub_status respub__parker_init(respub__parker *p) {
  *p = 0;
  return RESPUB_OK;
}

static inline void respub__parker_destroy(respub__parker *p) {
  (void)p;
}

static inline void respub__parker_wait(respub__parker *p) {
  (void)p;
}

static inline bool respub__parker_try(respub__parker *p) {
  (void)p;
  return true;
}

static inline void respub__parker_ring(respub__parker *p) {
  (void)p;
}

#endif

#endif
