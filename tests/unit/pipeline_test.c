/* What the pipeline writes, and whose each answer is. */
#include "tests/support/pipeline_fixture.h"

/* ------------------------------------------------------------------------------------------------
 * Sending */

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
  };
  return respub_test_main("pipeline", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
