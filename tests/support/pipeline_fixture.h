/* pipeline_fixture.h - a pipeline of a publisher without a connection, and what it tells. */
#ifndef RESPUB_TESTS_SUPPORT_PIPELINE_FIXTURE_H
#define RESPUB_TESTS_SUPPORT_PIPELINE_FIXTURE_H

#include "pubsub/pipeline.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

enum {
  PARTS = 64,
  BUDGET = 65536,
  HEAD_300 = 30 /* bytes in front of a payload of 300 for the channel c */
};

/* A pipeline and what a caller or callback was told. */
typedef struct fixture {
  respub_test_alloc memory;
  respub__pipeline p;
  respub_allocator alloc;
  char order[64]; /* one letter for each callback that ran */
  respub_status last_status;
  char last_text[256];
} fixture;

static inline void open_with(fixture *f, bool at_least_once) {
  memset(f, 0, sizeof *f);
  f->memory = (respub_test_alloc)RESPUB_TEST_ALLOC_COUNTING;
  f->alloc = respub_test_allocator(&f->memory);
  respub__pipeline_init(&f->p, &f->alloc, at_least_once);
}

static inline void open_fixture(fixture *f) {
  open_with(f, false);
}

static inline void close_fixture(fixture *f) {
  respub__pipeline_free(&f->p);
  CU_ASSERT_EQUAL(f->memory.live, 0);
}

/* A caller with one message. */
typedef struct caller {
  respub__call call;
  respub_error error;
  respub_publish_result result;
} caller;

static inline void call_with(fixture *f, caller *c, respub_slice payload, bool by_reference) {
  memset(c, 0, sizeof *c);
  c->call.error = &c->error;
  c->call.first = f->p.tail;
  respub__request request = {.channel = RESPUB_LIT("c"),
                             .payload = payload,
                             .by_reference = by_reference,
                             .call = &c->call,
                             .result = &c->result,
                             .expires_at_ms = RESPUB_NEVER};
  CU_ASSERT_EQUAL_FATAL(respub__pipeline_add(&f->p, &request), RESPUB_OK);
}

static inline void call(fixture *f, caller *c) {
  call_with(f, c, RESPUB_LIT("hello"), false);
}

static fixture *current;

static inline void told(const respub_publish_result *result, respub_slice text, void *ctx) {
  size_t n = strlen(current->order);
  current->order[n] = *(const char *)ctx;
  current->last_status = result->status;
  CU_ASSERT_FATAL(text.len < sizeof current->last_text);
  memset(current->last_text, 0, sizeof current->last_text);
  if (text.len > 0)
    memcpy(current->last_text, text.ptr, text.len);
}

static inline void queue_until(fixture *f, const char *name, int64_t expires_at_ms) {
  respub__request request = {.channel = RESPUB_LIT("c"),
                             .payload = respub_slice_of(name, 1),
                             .done = told,
                             .ctx = (void *)(uintptr_t)name,
                             .expires_at_ms = expires_at_ms};
  CU_ASSERT_EQUAL_FATAL(respub__pipeline_add(&f->p, &request), RESPUB_OK);
}

static inline void queue(fixture *f, const char *name) {
  queue_until(f, name, RESPUB_NEVER);
}

static inline const char *run_callbacks(fixture *f) {
  respub__outcome outcomes[3];
  size_t n;
  current = f;
  memset(f->order, 0, sizeof f->order);
  while ((n = respub__pipeline_results(&f->p, outcomes, 3)) > 0) {
    for (size_t i = 0; i < n; i++) {
      outcomes[i].done(&outcomes[i].result, respub_slice_of(outcomes[i].text, outcomes[i].text_len),
                       outcomes[i].ctx);
      respub__outcome_free(&f->p, &outcomes[i]);
    }
  }
  return f->order;
}

/* Sends everything, or about budget bytes; what went out is in out. */
static inline size_t send_some(fixture *f, size_t budget, char *out, size_t cap, size_t *replies) {
  respub_slice parts[PARTS];
  size_t n = respub__pipeline_gather(&f->p, parts, PARTS, budget, replies), size = 0;
  for (size_t i = 0; i < n; i++) {
    CU_ASSERT_FATAL(out == NULL || size + parts[i].len <= cap);
    if (out != NULL)
      memcpy(out + size, parts[i].ptr, parts[i].len);
    size += parts[i].len;
  }
  return size;
}

static inline size_t send_all(fixture *f) {
  size_t replies, size = 0, n;
  while ((n = send_some(f, BUDGET, NULL, 0, &replies)) > 0)
    size += n;
  return size;
}

static inline respub_status answer(fixture *f, int64_t receivers) {
  return respub__pipeline_counts(&f->p, &receivers, 1) == 1 ? RESPUB_OK : RESPUB_EPROTOCOL;
}

static inline respub_status refuse(fixture *f, const char *text) {
  return respub__pipeline_refusal(&f->p, respub_slice_of_string(text));
}

static const char hello[] = "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$5\r\nhello\r\n";

#endif
