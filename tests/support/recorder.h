/* recorder.h - what a subscriber told, as lines of text, to be waited for from another thread.
 *
 *     message CHANNEL PAYLOAD          pmessage PATTERN CHANNEL PAYLOAD
 *     subscribed CHANNEL-OR-PATTERN    gap, restored, disconnected, ... */
#ifndef RESPUB_TESTS_SUPPORT_RECORDER_H
#define RESPUB_TESTS_SUPPORT_RECORDER_H

#include "pubsub/pubsub.h"

#include <pthread.h>

enum {
  RESPUB_TEST_LINE = 160
};

typedef struct respub_test_recorder {
  pthread_mutex_t lock;
  char (*lines)[RESPUB_TEST_LINE];
  size_t count, capacity;
  respub_event last_gap; /* its numbers; no slices */
  uint64_t dropped;      /* sum of dropped_before */
} respub_test_recorder;

void respub_test_recorder_init(respub_test_recorder *r);
void respub_test_recorder_free(respub_test_recorder *r);

/* A respub_handler; ctx is the recorder. */
void respub_test_record(const respub_event *event, void *ctx);

/* How many lines start with this text. */
size_t respub_test_recorded(respub_test_recorder *r, const char *start);

/* The place of the n-th (from 1) line that starts so; SIZE_MAX: none. */
size_t respub_test_recorded_at(respub_test_recorder *r, const char *start, size_t n);

/* True when that many lines start so before the deadline (scaled, see wait.h). */
bool respub_test_wait_recorded(respub_test_recorder *r, const char *start, size_t n,
                               int deadline_ms);

/* Everything recorded so far, to standard error, for a test that failed. */
void respub_test_show_recorded(respub_test_recorder *r);

#endif
