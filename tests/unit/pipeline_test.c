/* What the pipeline knows about each publish, whatever happens to its connection and its caller. */
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

static void open_with(fixture *f, bool at_least_once) {
  memset(f, 0, sizeof *f);
  f->memory = (respub_test_alloc)RESPUB_TEST_ALLOC_COUNTING;
  f->alloc = respub_test_allocator(&f->memory);
  respub__pipeline_init(&f->p, &f->alloc, at_least_once);
}

static void open_fixture(fixture *f) {
  open_with(f, false);
}

static void close_fixture(fixture *f) {
  respub__pipeline_free(&f->p);
  CU_ASSERT_EQUAL(f->memory.live, 0);
}

/* A caller with one message. */
typedef struct caller {
  respub__call call;
  respub_error error;
  respub_publish_result result;
} caller;

static void call_with(fixture *f, caller *c, respub_slice payload, bool by_reference) {
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

static void call(fixture *f, caller *c) {
  call_with(f, c, RESPUB_LIT("hello"), false);
}

static fixture *current;

static void told(const respub_publish_result *result, respub_slice text, void *ctx) {
  size_t n = strlen(current->order);
  current->order[n] = *(const char *)ctx;
  current->last_status = result->status;
  CU_ASSERT_FATAL(text.len < sizeof current->last_text);
  memset(current->last_text, 0, sizeof current->last_text);
  if (text.len > 0)
    memcpy(current->last_text, text.ptr, text.len);
}

static void queue_until(fixture *f, const char *name, int64_t expires_at_ms) {
  respub__request request = {.channel = RESPUB_LIT("c"),
                             .payload = respub_slice_of(name, 1),
                             .done = told,
                             .ctx = (void *)(uintptr_t)name,
                             .expires_at_ms = expires_at_ms};
  CU_ASSERT_EQUAL_FATAL(respub__pipeline_add(&f->p, &request), RESPUB_OK);
}

static void queue(fixture *f, const char *name) {
  queue_until(f, name, RESPUB_NEVER);
}

static const char *run_callbacks(fixture *f) {
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
static size_t send_some(fixture *f, size_t budget, char *out, size_t cap, size_t *replies) {
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

static size_t send_all(fixture *f) {
  size_t replies, size = 0, n;
  while ((n = send_some(f, BUDGET, NULL, 0, &replies)) > 0)
    size += n;
  return size;
}

static respub_status answer(fixture *f, int64_t receivers) {
  respub__answer a = {false, receivers, {NULL, 0}};
  return respub__pipeline_answer(&f->p, &a);
}

static respub_status refuse(fixture *f, const char *text) {
  respub__answer a = {true, 0, respub_slice_of_string(text)};
  return respub__pipeline_answer(&f->p, &a);
}

/* ------------------------------------------------------------------------------------------------
 * Sending */

static const char hello[] = "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$5\r\nhello\r\n";

static void commands_leave_in_order_and_in_one_part(void) {
  fixture f;
  caller a, b;
  char out[256];
  size_t replies;
  open_fixture(&f);
  call(&f, &a);
  queue(&f, "x");
  call(&f, &b);
  respub_slice parts[PARTS];
  CU_ASSERT_EQUAL(respub__pipeline_gather(&f.p, parts, PARTS, BUDGET, &replies), 1);
  CU_ASSERT_EQUAL(replies, 3);
  memcpy(out, parts[0].ptr, parts[0].len);
  const char *expected = "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$5\r\nhello\r\n"
                         "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$1\r\nx\r\n"
                         "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$5\r\nhello\r\n";
  CU_ASSERT_EQUAL_FATAL(parts[0].len, strlen(expected));
  CU_ASSERT_EQUAL(memcmp(out, expected, parts[0].len), 0);
  CU_ASSERT_FALSE(respub__pipeline_waits(&f.p));
  close_fixture(&f);
}

static void a_large_payload_is_sent_from_where_its_owner_has_it(void) {
  fixture f;
  caller a;
  size_t size = 100000, replies;
  char *payload = malloc(size);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  memset(payload, 'p', size);
  open_fixture(&f);
  call_with(&f, &a, respub_slice_of(payload, size), true);
  respub_slice parts[PARTS];
  CU_ASSERT_EQUAL_FATAL(respub__pipeline_gather(&f.p, parts, PARTS, SIZE_MAX, &replies), 3);
  CU_ASSERT_PTR_EQUAL(parts[1].ptr, payload);
  CU_ASSERT_EQUAL(parts[1].len, size);
  CU_ASSERT_EQUAL(replies, 1);
  CU_ASSERT(f.memory.peak_bytes < size);
  close_fixture(&f);
  free(payload);
}

static void pieces_of_any_size_make_the_same_stream(void) {
  char payload[300], whole[1024], piece[1024];
  for (size_t i = 0; i < sizeof payload; i++)
    payload[i] = (char)('a' + i % 26);
  for (size_t budget = 1; budget < 400; budget++) {
    fixture f;
    caller a, b, c;
    size_t size = 0, replies, sum = 0, n;
    open_fixture(&f);
    call(&f, &a);
    call_with(&f, &b, respub_slice_of(payload, sizeof payload), true);
    call(&f, &c);
    while ((n = send_some(&f, budget, piece, sizeof piece, &replies)) > 0) {
      memcpy(whole + size, piece, n);
      size += n;
      sum += replies;
    }
    CU_ASSERT_EQUAL(sum, 3);
    CU_ASSERT_EQUAL_FATAL(size, 2 * strlen(hello) + HEAD_300 + 300 + 2);
    CU_ASSERT_EQUAL(memcmp(whole, hello, strlen(hello)), 0);
    CU_ASSERT_EQUAL(memcmp(whole + strlen(hello) + HEAD_300, payload, 300), 0);
    CU_ASSERT_EQUAL(memcmp(whole + size - strlen(hello), hello, strlen(hello)), 0);
    for (int i = 1; i <= 3; i++)
      CU_ASSERT_EQUAL(answer(&f, i), RESPUB_OK);
    CU_ASSERT_EQUAL(b.result.receivers, 2);
    close_fixture(&f);
  }
}

static void batches_take_no_memory_once_they_have_had_it(void) {
  fixture f;
  static caller callers[1000];
  char payload[200] = {0};
  open_fixture(&f);
  size_t before = 0;
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 1000; i++)
      call_with(&f, &callers[i], respub_slice_of(payload, sizeof payload), false);
    (void)send_all(&f);
    for (int i = 0; i < 1000; i++)
      CU_ASSERT_EQUAL(answer(&f, 0), RESPUB_OK);
    if (round == 0)
      before = f.memory.calls;
  }
  CU_ASSERT_EQUAL(f.memory.calls, before);
  close_fixture(&f);
}

static void memory_of_a_burst_is_given_back(void) {
  fixture f;
  caller a;
  static char payload[10000];
  open_fixture(&f);
  for (int i = 0; i < 5000; i++) {
    respub__request request = {.channel = RESPUB_LIT("c"),
                               .payload = {payload, sizeof payload},
                               .expires_at_ms = RESPUB_NEVER};
    CU_ASSERT_EQUAL_FATAL(respub__pipeline_add(&f.p, &request), RESPUB_OK);
  }
  CU_ASSERT(f.memory.live_bytes > 50000000);
  respub__pipeline_give_up(&f.p, "test");
  respub__outcome outcomes[16];
  for (size_t n; (n = respub__pipeline_results(&f.p, outcomes, 16)) > 0;) {
    while (n > 0)
      respub__outcome_free(&f.p, &outcomes[--n]);
  }
  for (int i = 0; i < 100; i++) {
    call(&f, &a);
    (void)send_all(&f);
    CU_ASSERT_EQUAL(answer(&f, 0), RESPUB_OK);
  }
  CU_ASSERT(f.memory.live_bytes < 1000000);
  close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------
 * Answers */

static void each_answer_goes_to_the_oldest(void) {
  fixture f;
  caller a, b;
  open_fixture(&f);
  call(&f, &a);
  queue(&f, "x");
  call(&f, &b);
  (void)send_all(&f);
  CU_ASSERT_EQUAL(answer(&f, 7), RESPUB_OK);
  CU_ASSERT_EQUAL(refuse(&f, "NOPERM no"), RESPUB_OK);
  CU_ASSERT_EQUAL(answer(&f, 9), RESPUB_OK);
  CU_ASSERT_EQUAL(a.result.receivers, 7);
  CU_ASSERT_EQUAL(b.result.receivers, 9);
  CU_ASSERT_EQUAL(a.call.left + b.call.left, 0);
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), "x");
  CU_ASSERT_EQUAL(f.last_status, RESPUB_EREFUSED);
  CU_ASSERT_STRING_EQUAL(f.last_text, "NOPERM no");
  CU_ASSERT_EQUAL(f.p.published, 2);
  CU_ASSERT_EQUAL(f.p.receivers, 16);
  CU_ASSERT_EQUAL(f.p.refused, 1);
  CU_ASSERT_EQUAL(f.p.bytes, 0);
  close_fixture(&f);
}

static void a_refusal_tells_its_caller_the_text_of_the_server(void) {
  fixture f;
  caller a;
  open_fixture(&f);
  call(&f, &a);
  (void)send_all(&f);
  CU_ASSERT_EQUAL(refuse(&f, "OOM command not allowed"), RESPUB_OK);
  CU_ASSERT_EQUAL(a.call.status, RESPUB_EREFUSED);
  CU_ASSERT_EQUAL(a.result.status, RESPUB_EREFUSED);
  CU_ASSERT_EQUAL(a.error.status, RESPUB_EREFUSED);
  CU_ASSERT_STRING_EQUAL(a.error.text, "OOM command not allowed");
  close_fixture(&f);
}

static void an_answer_that_nothing_asked_for_ends_the_connection(void) {
  fixture f;
  caller a;
  open_fixture(&f);
  CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_EPROTOCOL);
  call(&f, &a);
  CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_EPROTOCOL);
  CU_ASSERT_EQUAL(a.call.left, 1);
  close_fixture(&f);
}

static void a_message_refused_before_it_is_sent_whole_is_refused_and_ends_the_connection(void) {
  fixture f;
  caller a, b;
  char payload[300] = {0};
  size_t replies;
  open_fixture(&f);
  call_with(&f, &a, respub_slice_of(payload, sizeof payload), true);
  call(&f, &b);
  (void)send_some(&f, 100, NULL, 0, &replies);
  CU_ASSERT_EQUAL(refuse(&f, "ERR Protocol error: invalid bulk length"), RESPUB_EPROTOCOL);
  CU_ASSERT_EQUAL(a.call.status, RESPUB_EREFUSED);
  respub__pipeline_lost(&f.p, 100);
  CU_ASSERT_EQUAL(b.call.left, 1);
  CU_ASSERT_EQUAL(send_all(&f), strlen(hello));
  close_fixture(&f);
}

static void a_count_for_a_message_that_is_not_sent_whole_is_no_answer(void) {
  fixture f;
  caller a;
  char payload[300] = {0};
  size_t replies;
  open_fixture(&f);
  call_with(&f, &a, respub_slice_of(payload, sizeof payload), true);
  (void)send_some(&f, 100, NULL, 0, &replies);
  CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_EPROTOCOL);
  CU_ASSERT_EQUAL(a.call.left, 1);
  close_fixture(&f);
}

/* ------------------------------------------------------------------------------------------------
 * Lost connections */

static void what_the_socket_did_not_take_whole_is_sent_again(void) {
  for (size_t taken = 0; taken <= strlen(hello); taken++) {
    fixture f;
    caller a;
    open_fixture(&f);
    call(&f, &a);
    size_t size = send_all(&f);
    respub__pipeline_lost(&f.p, taken);
    /* A lax server may not wait for the last two bytes. */
    if (taken + 2 < size) {
      CU_ASSERT_EQUAL(a.call.left, 1);
      CU_ASSERT_EQUAL(send_all(&f), size);
      CU_ASSERT_EQUAL(answer(&f, 3), RESPUB_OK);
      CU_ASSERT_EQUAL(a.result.receivers, 3);
    } else {
      CU_ASSERT_EQUAL(a.call.status, RESPUB_EUNANSWERED);
      CU_ASSERT_EQUAL(send_all(&f), 0);
    }
    close_fixture(&f);
  }
}

static void a_payload_sent_in_part_is_sent_again_from_its_begin(void) {
  fixture f;
  caller a;
  char payload[300] = {0};
  size_t replies;
  open_fixture(&f);
  call_with(&f, &a, respub_slice_of(payload, sizeof payload), true);
  size_t given = send_some(&f, 100, NULL, 0, &replies);
  respub__pipeline_lost(&f.p, given);
  CU_ASSERT_EQUAL(a.call.left, 1);
  CU_ASSERT_EQUAL(send_all(&f), HEAD_300 + 300 + 2);
  close_fixture(&f);
}

static void a_loss_divides_what_was_sent_from_what_was_not(void) {
  fixture f;
  caller c[4];
  open_fixture(&f);
  for (int i = 0; i < 4; i++)
    call(&f, &c[i]);
  size_t size = send_all(&f) / 4;
  CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_OK);
  respub__pipeline_lost(&f.p, 3 * size);
  CU_ASSERT_EQUAL(c[0].call.status, RESPUB_OK);
  CU_ASSERT_EQUAL(c[1].call.status, RESPUB_EUNANSWERED);
  CU_ASSERT_EQUAL(c[2].call.status, RESPUB_EUNANSWERED);
  CU_ASSERT_EQUAL(c[3].call.left, 1);
  respub__pipeline_give_up(&f.p, "connection refused");
  CU_ASSERT_EQUAL(c[3].call.status, RESPUB_EUNSENT);
  CU_ASSERT_STRING_EQUAL(c[3].error.text, "connection refused");
  close_fixture(&f);
}

static void at_least_once_sends_again_and_forgets_no_doubt(void) {
  fixture f;
  caller a;
  for (int end = 0; end < 3; end++) {
    open_with(&f, true);
    call(&f, &a);
    size_t size = send_all(&f);
    respub__pipeline_lost(&f.p, size);
    CU_ASSERT_EQUAL(a.call.left, 1);
    if (end == 0) {
      respub__pipeline_give_up(&f.p, "away");
      CU_ASSERT_EQUAL(a.call.status, RESPUB_EUNANSWERED);
    } else {
      CU_ASSERT_EQUAL(send_all(&f), size);
      CU_ASSERT_EQUAL(end == 1 ? refuse(&f, "NOPERM") : answer(&f, 2), RESPUB_OK);
      CU_ASSERT_EQUAL(a.call.left, 0);
      CU_ASSERT_EQUAL(a.call.status, end == 1 ? RESPUB_EUNANSWERED : RESPUB_OK);
    }
    close_fixture(&f);
  }
}

/* ------------------------------------------------------------------------------------------------
 * Callers that leave */

static void the_answer_of_a_caller_that_left_is_thrown_away(void) {
  fixture f;
  caller a, b;
  open_fixture(&f);
  call(&f, &a);
  call(&f, &b);
  (void)send_all(&f);
  respub__pipeline_leave(&f.p, &a.call, RESPUB_TIMEOUT, "late");
  CU_ASSERT_EQUAL(a.call.status, RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(a.call.left, 0);
  memset(&a, 0x55, sizeof a);
  CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(b.call.left, 1);
  CU_ASSERT_EQUAL(answer(&f, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(b.result.receivers, 2);
  CU_ASSERT_EQUAL(f.p.unanswered, 1);
  CU_ASSERT_EQUAL(f.p.published, 1);
  close_fixture(&f);
}

static void what_waits_when_its_caller_leaves_never_goes_out(void) {
  fixture f;
  caller a, b;
  open_fixture(&f);
  call(&f, &a);
  call(&f, &b);
  respub__pipeline_leave(&f.p, &a.call, RESPUB_TIMEOUT, "late");
  CU_ASSERT_EQUAL(a.call.status, RESPUB_EUNSENT);
  CU_ASSERT_EQUAL(send_all(&f), strlen(hello));
  CU_ASSERT_EQUAL(answer(&f, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(b.result.receivers, 2);
  close_fixture(&f);
}

static void a_caller_that_left_is_not_sent_again(void) {
  fixture f;
  caller a;
  open_with(&f, true);
  call(&f, &a);
  size_t size = send_all(&f);
  respub__pipeline_leave(&f.p, &a.call, RESPUB_TIMEOUT, "late");
  respub__pipeline_lost(&f.p, size);
  CU_ASSERT_EQUAL(send_all(&f), 0);
  CU_ASSERT_EQUAL(f.p.bytes, 0);
  close_fixture(&f);
}

static void the_rest_of_a_payload_can_be_taken_from_a_caller_that_leaves(void) {
  char payload[300], stream[1024];
  memset(payload, 'p', sizeof payload);
  for (size_t budget = 1; budget < HEAD_300 + 300 + 2; budget++) {
    fixture f;
    caller a, b;
    size_t replies, size;
    respub_slice parts[3];
    open_fixture(&f);
    call_with(&f, &a, respub_slice_of(payload, sizeof payload), true);
    call(&f, &b);
    size = send_some(&f, budget, stream, sizeof stream, &replies);
    CU_ASSERT_EQUAL(respub__pipeline_rest(&f.p, &b.call, parts), 0);
    size_t n = respub__pipeline_rest(&f.p, &a.call, parts);
    CU_ASSERT_FATAL(n >= 1 && n <= 3);
    for (size_t i = 0; i < n; i++) {
      if (parts[i].len > 0)
        memcpy(stream + size, parts[i].ptr, parts[i].len);
      size += parts[i].len;
    }
    CU_ASSERT_EQUAL(size, HEAD_300 + 300 + 2);
    CU_ASSERT_EQUAL(memcmp(stream + size - 302, payload, 300), 0);
    CU_ASSERT_EQUAL(memcmp(stream + size - 2, "\r\n", 2), 0);
    respub__pipeline_leave(&f.p, &a.call, RESPUB_TIMEOUT, "late");
    CU_ASSERT_EQUAL(a.call.status, RESPUB_TIMEOUT);
    CU_ASSERT_EQUAL(send_all(&f), strlen(hello));
    CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_OK);
    CU_ASSERT_EQUAL(answer(&f, 2), RESPUB_OK);
    CU_ASSERT_EQUAL(b.result.receivers, 2);
    close_fixture(&f);
  }
}

/* ------------------------------------------------------------------------------------------------
 * The queue */

static void callbacks_run_in_the_order_of_queueing(void) {
  fixture f;
  open_fixture(&f);
  const char *names[] = {"a", "b", "c", "d", "e"};
  for (int i = 0; i < 5; i++)
    queue(&f, names[i]);
  size_t replies;
  (void)send_some(&f, 1, NULL, 0, &replies); /* a is under way */
  CU_ASSERT_TRUE(respub__pipeline_drop_oldest(&f.p));
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), ""); /* b has its result, a comes first */
  (void)send_all(&f);
  for (int i = 0; i < 4; i++)
    CU_ASSERT_EQUAL(answer(&f, 1), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), "abcde");
  CU_ASSERT_EQUAL(f.p.queued, 0);
  CU_ASSERT_EQUAL(f.p.unsent, 1);
  close_fixture(&f);
}

static void what_waits_too_long_expires_unsent(void) {
  fixture f;
  open_fixture(&f);
  queue_until(&f, "a", 100);
  queue_until(&f, "b", 200);
  queue_until(&f, "c", 300);
  CU_ASSERT_EQUAL(respub__pipeline_expiry_ms(&f.p), 100);
  respub__pipeline_expire(&f.p, 99);
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), "");
  respub__pipeline_expire(&f.p, 200);
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), "ab");
  CU_ASSERT_EQUAL(f.last_status, RESPUB_EUNSENT);
  CU_ASSERT_EQUAL(respub__pipeline_expiry_ms(&f.p), 300);
  (void)send_all(&f);
  CU_ASSERT_EQUAL(respub__pipeline_expiry_ms(&f.p), RESPUB_NEVER); /* what was sent cannot expire */
  close_fixture(&f);
}

static void the_sums_over_what_waits_follow_every_change(void) {
  fixture f;
  caller a;
  open_fixture(&f);
  queue(&f, "a");
  queue(&f, "b");
  call(&f, &a);
  CU_ASSERT_EQUAL(f.p.waiting_messages, 2);
  size_t one = f.p.waiting_bytes / 2;
  (void)send_all(&f);
  CU_ASSERT_EQUAL(f.p.waiting_messages, 0);
  CU_ASSERT_EQUAL(f.p.waiting_bytes, 0);
  respub__pipeline_lost(&f.p, one);
  CU_ASSERT_EQUAL(f.p.waiting_messages, 1);
  CU_ASSERT_EQUAL(f.p.waiting_bytes, one);
  CU_ASSERT_TRUE(respub__pipeline_drop_oldest(&f.p));
  CU_ASSERT_FALSE(respub__pipeline_drop_oldest(&f.p));
  CU_ASSERT_EQUAL(f.p.waiting_messages, 0);
  CU_ASSERT_EQUAL(f.p.queued, 2);
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), "ab");
  CU_ASSERT_EQUAL(f.p.queued, 0);
  close_fixture(&f);
}

static void a_command_that_no_size_holds_is_refused(void) {
  fixture f;
  open_fixture(&f);
  respub__request request = {.channel = {"c", 1}, .payload = {"p", SIZE_MAX - 60}};
  CU_ASSERT_EQUAL(respub__pipeline_add(&f.p, &request), RESPUB_EARGUMENT);
  request = (respub__request){.channel = {"c", SIZE_MAX}, .payload = {"p", 1}};
  CU_ASSERT_EQUAL(respub__pipeline_add(&f.p, &request), RESPUB_EARGUMENT);
  CU_ASSERT_FALSE(respub__pipeline_waits(&f.p));
  close_fixture(&f);
}

static void out_of_memory_leaves_everything_as_it_was(void) {
  size_t added = 0;
  for (size_t n = 0; n < 12; n++) {
    fixture f;
    open_fixture(&f);
    f.memory.fail_at = n;
    f.memory.fail_for_ever = true;
    static char payload[60000];
    caller callers[40];
    for (int i = 0; i < 40; i++) {
      memset(&callers[i], 0, sizeof callers[i]);
      respub__request request = {.channel = RESPUB_LIT("c"),
                                 .payload = {payload, sizeof payload},
                                 .call = &callers[i].call,
                                 .result = &callers[i].result,
                                 .expires_at_ms = RESPUB_NEVER};
      respub_status status = respub__pipeline_add(&f.p, &request);
      CU_ASSERT(status == RESPUB_OK || status == RESPUB_ENOMEM);
      CU_ASSERT_EQUAL(callers[i].call.left, status == RESPUB_OK);
      added += status == RESPUB_OK;
    }
    uint64_t sent = f.p.tail - f.p.head;
    (void)send_all(&f);
    for (uint64_t i = 0; i < sent; i++)
      CU_ASSERT_EQUAL(answer(&f, 0), RESPUB_OK);
    CU_ASSERT_EQUAL(f.p.bytes, 0);
    close_fixture(&f);
  }
  CU_ASSERT(added > 0);
}

static void a_text_that_finds_no_memory_costs_only_the_text(void) {
  fixture f;
  open_fixture(&f);
  queue(&f, "a");
  (void)send_all(&f);
  f.memory.fail_at = f.memory.calls;
  CU_ASSERT_EQUAL(refuse(&f, "NOPERM"), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(run_callbacks(&f), "a");
  CU_ASSERT_EQUAL(f.last_status, RESPUB_EREFUSED);
  CU_ASSERT_STRING_EQUAL(f.last_text, "");
  close_fixture(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(commands_leave_in_order_and_in_one_part),
      RESPUB_TEST(a_large_payload_is_sent_from_where_its_owner_has_it),
      RESPUB_TEST(pieces_of_any_size_make_the_same_stream),
      RESPUB_TEST(batches_take_no_memory_once_they_have_had_it),
      RESPUB_TEST(memory_of_a_burst_is_given_back),
      RESPUB_TEST(each_answer_goes_to_the_oldest),
      RESPUB_TEST(a_refusal_tells_its_caller_the_text_of_the_server),
      RESPUB_TEST(an_answer_that_nothing_asked_for_ends_the_connection),
      RESPUB_TEST(a_message_refused_before_it_is_sent_whole_is_refused_and_ends_the_connection),
      RESPUB_TEST(a_count_for_a_message_that_is_not_sent_whole_is_no_answer),
      RESPUB_TEST(what_the_socket_did_not_take_whole_is_sent_again),
      RESPUB_TEST(a_payload_sent_in_part_is_sent_again_from_its_begin),
      RESPUB_TEST(a_loss_divides_what_was_sent_from_what_was_not),
      RESPUB_TEST(at_least_once_sends_again_and_forgets_no_doubt),
      RESPUB_TEST(the_answer_of_a_caller_that_left_is_thrown_away),
      RESPUB_TEST(what_waits_when_its_caller_leaves_never_goes_out),
      RESPUB_TEST(a_caller_that_left_is_not_sent_again),
      RESPUB_TEST(the_rest_of_a_payload_can_be_taken_from_a_caller_that_leaves),
      RESPUB_TEST(callbacks_run_in_the_order_of_queueing),
      RESPUB_TEST(what_waits_too_long_expires_unsent),
      RESPUB_TEST(the_sums_over_what_waits_follow_every_change),
      RESPUB_TEST(a_command_that_no_size_holds_is_refused),
      RESPUB_TEST(out_of_memory_leaves_everything_as_it_was),
      RESPUB_TEST(a_text_that_finds_no_memory_costs_only_the_text),
  };
  return respub_test_main("pipeline", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
