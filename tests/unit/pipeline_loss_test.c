/* What the pipeline knows about each publish when its connection, its caller or memory is lost. */
#include "tests/support/pipeline_fixture.h"

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
  return respub_test_main("pipeline and losses", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
