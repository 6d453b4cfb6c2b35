#include "tests/support/recorder.h"

#include "tests/support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void respub_test_recorder_init(respub_test_recorder *r) {
  memset(r, 0, sizeof *r);
  pthread_mutex_init(&r->lock, NULL);
}

void respub_test_recorder_free(respub_test_recorder *r) {
  free(r->lines);
  pthread_mutex_destroy(&r->lock);
}

static void format(const respub_event *e, char *line) {
  if (e->type == RESPUB_EVENT_MESSAGE && e->kind == RESPUB_PATTERN)
    snprintf(line, RESPUB_TEST_LINE, "pmessage %.*s %.*s %.*s", (int)e->pattern.len, e->pattern.ptr,
             (int)e->channel.len, e->channel.ptr, (int)e->payload.len, e->payload.ptr);
  else if (e->type == RESPUB_EVENT_MESSAGE)
    snprintf(line, RESPUB_TEST_LINE, "message %.*s %.*s", (int)e->channel.len, e->channel.ptr,
             (int)e->payload.len, e->payload.ptr);
  else
    snprintf(line, RESPUB_TEST_LINE, "%s%s%.*s%.*s%s%.*s", respub_event_name(e->type),
             e->channel.len + e->pattern.len > 0 ? " " : "", (int)e->channel.len, e->channel.ptr,
             (int)e->pattern.len, e->pattern.ptr, e->text.len > 0 ? " " : "", (int)e->text.len,
             e->text.ptr);
}

void respub_test_record(const respub_event *event, void *ctx) {
  respub_test_recorder *r = ctx;
  pthread_mutex_lock(&r->lock);
  if (r->count == r->capacity) {
    r->capacity = r->capacity * 2 + 64;
    r->lines = realloc(r->lines, r->capacity * sizeof *r->lines);
    if (r->lines == NULL)
      abort();
  }
  format(event, r->lines[r->count++]);
  r->dropped += event->dropped_before;
  if (event->type == RESPUB_EVENT_GAP)
    r->last_gap = *event;
  pthread_mutex_unlock(&r->lock);
}

size_t respub_test_recorded_at(respub_test_recorder *r, const char *start, size_t n) {
  size_t at = SIZE_MAX;
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->count && n > 0; i++)
    if (strncmp(r->lines[i], start, strlen(start)) == 0 && --n == 0)
      at = i;
  pthread_mutex_unlock(&r->lock);
  return at;
}

size_t respub_test_recorded(respub_test_recorder *r, const char *start) {
  size_t n = 0;
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->count; i++)
    n += strncmp(r->lines[i], start, strlen(start)) == 0;
  pthread_mutex_unlock(&r->lock);
  return n;
}

typedef struct wish {
  respub_test_recorder *recorder;
  const char *start;
  size_t n;
} wish;

static bool is_granted(void *ctx) {
  const wish *w = ctx;
  return respub_test_recorded(w->recorder, w->start) >= w->n;
}

bool respub_test_wait_recorded(respub_test_recorder *r, const char *start, size_t n,
                               int deadline_ms) {
  wish w = {r, start, n};
  if (respub_test_wait(is_granted, &w, deadline_ms))
    return true;
  fprintf(stderr, "\nno \"%s\" (%zu times) within %d ms\n", start, n, deadline_ms);
  respub_test_show_recorded(r);
  return false;
}

void respub_test_show_recorded(respub_test_recorder *r) {
  pthread_mutex_lock(&r->lock);
  for (size_t i = 0; i < r->count; i++)
    fprintf(stderr, "  %zu %s\n", i, r->lines[i]);
  pthread_mutex_unlock(&r->lock);
}
