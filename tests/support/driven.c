#include "tests/support/driven.h"

#include "tests/support/options.h"
#include "tests/support/test.h"

#include <poll.h>

static bool is_queued(respub_test_way w) {
  return w == BY_QUEUE || w == BY_QUEUE_RUN || w == BY_QUEUE_NEXT;
}

respub_subscriber *respub_test_open_subscriber(const char *url, respub_test_way w,
                                               respub_test_recorder *seen) {
  respub_subscriber_options o = respub_test_subscriber_options(url);
  respub_error error;
  respub_subscriber *sub = NULL;
  o.on_event = respub_test_record;
  o.event_ctx = seen;
  o.delivery = is_queued(w) ? RESPUB_DELIVER_BLOCK : RESPUB_DELIVER_DIRECT;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, &error), RESPUB_OK);
  return sub;
}

static void *run_main(void *arg) {
  respub_test_driven *d = arg;
  respub_status status = respub_subscriber_run(d->sub);
  CU_ASSERT(status == RESPUB_OK || status == RESPUB_ECLOSED);
  return NULL;
}

static void *next_main(void *arg) {
  respub_test_driven *d = arg;
  respub_event event;
  respub_status status;
  while ((status = respub_subscriber_next(d->sub, -1, &event)) == RESPUB_OK)
    respub_test_record(&event, d->seen);
  CU_ASSERT_EQUAL(status, RESPUB_ECLOSED);
  return NULL;
}

static void *step_main(void *arg) {
  respub_test_driven *d = arg;
  struct pollfd fds[2];
  while (!atomic_load(&d->leave)) {
    if (respub_subscriber_step(d->sub) == RESPUB_ECLOSED)
      break;
    size_t n = respub_subscriber_fds(d->sub, fds);
    int timeout_ms = respub_subscriber_timeout_ms(d->sub);
    poll(fds, (nfds_t)n, timeout_ms < 0 || timeout_ms > 20 ? 20 : timeout_ms);
  }
  return NULL;
}

void respub_test_drive(respub_test_driven *d, respub_subscriber *sub, respub_test_way w,
                       respub_test_recorder *seen) {
  *d = (respub_test_driven){.sub = sub, .seen = seen, .way = w};
  if (!respub_test_has_thread(w)) {
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_start(sub), RESPUB_OK);
    return;
  }
  void *(*body)(void *) = w == BY_STEP                         ? step_main
                          : w == BY_NEXT || w == BY_QUEUE_NEXT ? next_main
                                                               : run_main;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&d->thread, NULL, body, d), 0);
}

void respub_test_halt(respub_test_driven *d) {
  atomic_store(&d->leave, true);
  if (d->way != BY_STEP)
    respub_subscriber_stop(d->sub);
  if (respub_test_has_thread(d->way))
    pthread_join(d->thread, NULL);
}
