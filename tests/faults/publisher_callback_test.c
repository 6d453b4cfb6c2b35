/* Results that one thread tells to callbacks while another waits for something that they bring. */
#include "pubsub/publisher.h"
#include "tests/support/publisher_fixture.h"

#include <pthread.h>

enum {
  MANY = 40, /* more than are told in one go */
  SMALL = 100
};

static char payload[MANY * 1000];
static unsigned told;

/* What the other thread does, and how that ended. */
static pthread_t other;
static respub_status other_status;
static int64_t other_ms;

static void begin(size_t inflight_bytes) {
  respub_publisher_options o = respub_test_publisher_options(respub_test_server_url(server));
  o.timeout_ms = respub_test_scaled(DEADLINE_MS);
  o.inflight_bytes = inflight_bytes;
  told = 0;
  open_publisher(&o);
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, NULL), RESPUB_OK);
}

static respub_status queue(size_t size, respub_published *done, void *ctx) {
  return respub_publisher_queue(pub, RESPUB_LIT("news"), respub_slice_of(payload, size), done, ctx);
}

static bool other_waits_for_the_socket(void *ctx) {
  (void)ctx;
  respub__publisher_lock(pub);
  bool polling = pub->polling;
  respub__mutex_unlock(&pub->lock);
  return polling;
}

/* The first callback lets the other thread come so far that only what happens here helps it on. */
static void tell(const respub_publish_result *result, respub_slice text, void *ctx) {
  (void)text;
  CU_ASSERT_EQUAL(result->status, RESPUB_OK);
  if (told++ > 0 || ctx == NULL)
    return;
  void *(*const *body)(void *) = ctx;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, *body, NULL), 0);
  CU_ASSERT_TRUE(respub_test_wait(other_waits_for_the_socket, NULL, DEADLINE_MS));
}

static void finish_other(void) {
  CU_ASSERT_EQUAL(pthread_join(other, NULL), 0);
  CU_ASSERT_EQUAL(other_status, RESPUB_OK);
  CU_ASSERT(other_ms < respub_test_scaled(DEADLINE_MS) / 2);
}

static void *flush_too(void *ctx) {
  int64_t begin_ms = respub_test_now_ms();
  other_status = respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS));
  other_ms = respub_test_now_ms() - begin_ms;
  return ctx;
}

static void a_flush_returns_when_another_thread_has_told_the_results(void) {
  static void *(*const body)(void *) = flush_too;
  begin(1000000);
  CU_ASSERT_EQUAL(queue(SMALL, tell, (void *)(uintptr_t)&body), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  finish_other();
  end();
}

static size_t large; /* with it nothing else may be in flight */

static void *queue_large(void *ctx) {
  int64_t begin_ms = respub_test_now_ms();
  other_status = queue(large, NULL, NULL);
  other_ms = respub_test_now_ms() - begin_ms;
  return ctx;
}

static void who_waits_for_room_has_it_when_another_thread_has_told_the_results(void) {
  static void *(*const body)(void *) = queue_large;
  respub_slice small = respub_slice_of(payload, SMALL);
  size_t most = MANY * respub__pipeline_size(RESPUB_LIT("news"), small);
  large = most - respub__pipeline_size(RESPUB_LIT("news"), respub_slice_of(payload, 0));
  CU_ASSERT_FATAL(large <= sizeof payload);
  begin(most);
  for (int i = 0; i < MANY; i++)
    CU_ASSERT_EQUAL(queue(SMALL, tell, (void *)(uintptr_t)&body), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  finish_other();
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_outstanding(pub), 0);
  end();
}

static const respub_test tests[] = {
    RESPUB_TEST(a_flush_returns_when_another_thread_has_told_the_results),
    RESPUB_TEST(who_waits_for_room_has_it_when_another_thread_has_told_the_results),
};

int main(int argc, char **argv) {
  return respub_test_main_at_redis(&server, "callbacks of a publisher", tests,
                                   RESPUB_TEST_COUNT(tests), argc, argv);
}
