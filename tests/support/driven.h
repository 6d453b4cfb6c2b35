/* driven.h - a subscriber driven in one of the ways there are, in the background of a test. */
#ifndef RESPUB_TESTS_SUPPORT_DRIVEN_H
#define RESPUB_TESTS_SUPPORT_DRIVEN_H

#include "tests/support/recorder.h"

#include <pthread.h>
#include <stdatomic.h>

typedef enum respub_test_way {
  BY_THREAD,
  BY_QUEUE,
  BY_RUN,
  BY_QUEUE_RUN,
  BY_NEXT,
  BY_QUEUE_NEXT,
  BY_STEP
} respub_test_way;
enum {
  RESPUB_TEST_WAYS = BY_STEP + 1
};

typedef struct respub_test_driven {
  respub_subscriber *sub;
  respub_test_recorder *seen;
  pthread_t thread;
  respub_test_way way;
  atomic_bool leave;
} respub_test_driven;

/* A subscriber of the server at url, with a queue where the way has one. Its events are recorded.
 */
respub_subscriber *respub_test_open_subscriber(const char *url, respub_test_way way,
                                               respub_test_recorder *seen);

/* Begins to drive it; what next gives is recorded. */
void respub_test_drive(respub_test_driven *d, respub_subscriber *sub, respub_test_way way,
                       respub_test_recorder *seen);

/* Stops driving and waits for the end of that. */
void respub_test_halt(respub_test_driven *d);

/* The ways that have a thread of the test's. */
static inline bool respub_test_has_thread(respub_test_way way) {
  return way != BY_THREAD && way != BY_QUEUE;
}

#endif
