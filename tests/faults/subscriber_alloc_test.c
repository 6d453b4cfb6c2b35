/* Memory that runs out at each allocation of a subscriber's life, one after the other. */
#include "pubsub/pubsub.h"
#include "tests/support/alloc.h"
#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/recorder.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
  DEADLINE_MS = 15000,
  NAMES = 40
};

static respub_test_server *server;
static respub_test_recorder seen;

static void count_release(void *ctx) {
  ++*(int *)ctx;
}

static respub_status subscribe_some(respub_subscriber *sub, int *released) {
  char name[16];
  for (int i = 0; i < NAMES; i++) {
    respub_subscription id = 0;
    snprintf(name, sizeof name, "c%d*", i / 2);
    respub_slice slice = respub_slice_of_string(name);
    respub_status status =
        i % 2 == 0 ? respub_subscriber_subscribe(sub, slice, respub_test_record, released, &id)
                   : respub_subscriber_psubscribe(sub, slice, respub_test_record, released, &id);
    if (status != RESPUB_OK) {
      CU_ASSERT_EQUAL(status, RESPUB_ENOMEM);
      CU_ASSERT_EQUAL(id, 0);
      return status;
    }
    CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, id, count_release), RESPUB_OK);
  }
  return RESPUB_OK;
}

/* A connection that failed for want of memory is made again; so what flush waits for comes. */
static respub_status receive_some(respub_subscriber *sub) {
  respub_event event;
  respub_status status = respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS));
  CU_ASSERT_EQUAL(status, RESPUB_OK);
  if (status != RESPUB_OK)
    return status;
  CU_ASSERT_TRUE(respub_test_server_says(server, "PUBLISH c7x hello", ":1"));
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  do {
    status = respub_subscriber_next(sub, respub_test_left_ms(deadline), &event);
  } while (status == RESPUB_OK && event.type != RESPUB_EVENT_MESSAGE &&
           event.type != RESPUB_EVENT_GAP);
  CU_ASSERT_EQUAL(status, RESPUB_OK);
  /* With one message in flight and one allocation failing, a lost message must show as a gap. */
  if (event.type == RESPUB_EVENT_MESSAGE)
    CU_ASSERT_TRUE(respub_slice_equal(event.payload, RESPUB_LIT("hello")));
  return status;
}

static respub_status live(respub_subscriber_options *o, int *released) {
  respub_subscriber *sub = NULL;
  respub_status status = respub_subscriber_open(&sub, o, NULL);
  if (status != RESPUB_OK) {
    CU_ASSERT_EQUAL(status, RESPUB_ENOMEM);
    CU_ASSERT_PTR_NULL(sub);
    return status;
  }
  status = subscribe_some(sub, released);
  if (status == RESPUB_OK)
    status = receive_some(sub);
  if (status == RESPUB_OK)
    CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_all(sub), RESPUB_OK);
  respub_subscriber_close(sub);
  return status;
}

static respub_subscriber_options failing_options(respub_test_alloc *a, respub_delivery delivery) {
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  o.connection.allocator = respub_test_allocator(a);
  o.backoff_min_ms = o.backoff_max_ms = 1;
  o.delivery = delivery;
  return o;
}

static void sweep(respub_delivery delivery) {
  bool untouched = false;
  for (size_t n = 0; !untouched; n++) {
    respub_test_alloc a = RESPUB_TEST_ALLOC_FAILING(n);
    respub_subscriber_options o = failing_options(&a, delivery);
    int released = 0;
    o.queue_bytes = 4096;
    respub_status status = live(&o, &released);
    untouched = a.failed == 0;
    CU_ASSERT(!untouched || status == RESPUB_OK);
    CU_ASSERT(status != RESPUB_OK || released == NAMES);
    CU_ASSERT_EQUAL(a.live, 0);
  }
}

static void no_allocation_that_fails_breaks_a_direct_subscriber(void) {
  sweep(RESPUB_DELIVER_DIRECT);
}

static void no_allocation_that_fails_breaks_a_queued_subscriber(void) {
  sweep(RESPUB_DELIVER_BLOCK);
  sweep(RESPUB_DELIVER_LATEST);
}

/* ------------------------------------------------------------------------------------------------
 * The ways to drive it */

typedef struct drive {
  respub_subscriber *sub;
  atomic_bool done; /* a message came, or a gap that tells of its loss */
} drive;

static void end_drive(const respub_event *event, void *ctx) {
  drive *d = ctx;
  if (event->type == RESPUB_EVENT_SUBSCRIBED)
    (void)respub_test_server_says(server, "PUBLISH driven hello", ":1");
  if (event->type != RESPUB_EVENT_MESSAGE && event->type != RESPUB_EVENT_GAP)
    return;
  atomic_store(&d->done, true);
  respub_subscriber_stop(d->sub);
}

static bool is_done(void *ctx) {
  return atomic_load(&((drive *)ctx)->done);
}

static void drive_by_run(drive *d) {
  CU_ASSERT_EQUAL(respub_subscriber_run(d->sub), RESPUB_OK);
}

static void drive_by_thread(drive *d) {
  CU_ASSERT_EQUAL(respub_subscriber_start(d->sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(is_done, d, DEADLINE_MS));
}

static void drive_by_steps(drive *d) {
  struct pollfd fds[2];
  for (;;) {
    CU_ASSERT_EQUAL(respub_subscriber_step(d->sub), RESPUB_OK);
    if (is_done(d))
      break;
    size_t n = respub_subscriber_fds(d->sub, fds);
    (void)poll(fds, (nfds_t)n, respub_subscriber_timeout_ms(d->sub));
  }
}

static void sweep_drive(void (*way)(drive *), respub_delivery delivery) {
  bool untouched = false;
  for (size_t n = 0; !untouched; n++) {
    respub_test_alloc a = RESPUB_TEST_ALLOC_FAILING(n);
    respub_subscriber_options o = failing_options(&a, delivery);
    drive d = {NULL, false};
    o.on_event = end_drive;
    o.event_ctx = &d;
    respub_status status = respub_subscriber_open(&d.sub, &o, NULL);
    if (status == RESPUB_OK)
      status = respub_subscriber_subscribe(d.sub, RESPUB_LIT("driven"), end_drive, &d, NULL);
    CU_ASSERT(status == RESPUB_OK || status == RESPUB_ENOMEM);
    if (status == RESPUB_OK)
      way(&d);
    respub_subscriber_close(d.sub);
    untouched = a.failed == 0;
    CU_ASSERT_EQUAL(a.live, 0);
  }
}

static void no_allocation_that_fails_ends_any_way_of_driving(void) {
  sweep_drive(drive_by_run, RESPUB_DELIVER_DIRECT);
  sweep_drive(drive_by_run, RESPUB_DELIVER_BLOCK);
  sweep_drive(drive_by_thread, RESPUB_DELIVER_DIRECT);
  sweep_drive(drive_by_thread, RESPUB_DELIVER_BLOCK);
  sweep_drive(drive_by_steps, RESPUB_DELIVER_DIRECT);
}

static const respub_test tests[] = {
    RESPUB_TEST(no_allocation_that_fails_breaks_a_direct_subscriber),
    RESPUB_TEST(no_allocation_that_fails_breaks_a_queued_subscriber),
    RESPUB_TEST(no_allocation_that_fails_ends_any_way_of_driving),
};

int main(int argc, char **argv) {
  respub_test_recorder_init(&seen);
  int failed = respub_test_main_at_redis(&server, "subscriber without memory", tests,
                                         RESPUB_TEST_COUNT(tests), argc, argv);
  respub_test_recorder_free(&seen);
  return failed;
}
