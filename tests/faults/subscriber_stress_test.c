/* Eight threads that do everything to one subscriber at once, under load, until the time is over;
 * made to be run under ThreadSanitizer. RESPUB_STRESS_SECONDS says how long (2). */
#include "pubsub/pubsub.h"
#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/peer.h"
#include "tests/support/server.h"
#include "tests/support/stress.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
  THREADS = 8,
  CHANNELS = 16,
  HELD = 8,
  DEADLINE_MS = 30000
};

static respub_test_server *server;
static atomic_ulong calls, messages;
static atomic_bool closed;

static respub_slice name_of(unsigned i, char *room, size_t size) {
  int n = snprintf(room, size, "s%u", i % CHANNELS);
  return respub_slice_of(room, (size_t)n);
}

/* A handler that now and then does what the threads do. */
static void on_message(const respub_event *event, void *ctx) {
  (void)ctx;
  unsigned long n = atomic_fetch_add(&messages, 1);
  CU_ASSERT_FALSE(atomic_load(&closed));
  if (n % 64 != 0)
    return;
  respub_subscription id = 0;
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(event->subscriber, event->channel, on_message, NULL, &id),
      RESPUB_OK);
  /* Another thread may have ended all of this channel since. */
  (void)!respub_subscriber_unsubscribe(event->subscriber, id);
}

static void on_event(const respub_event *event, void *ctx) {
  (void)event;
  (void)ctx;
}

static void act(respub_subscriber *sub, unsigned *state, respub_subscription held[HELD]) {
  char room[16];
  respub_subscription *mine = &held[respub_test_stress_roll(state) % HELD];
  respub_subscriber_stats stats;
  switch (respub_test_stress_roll(state) % 8) {
  case 0:
    (void)!respub_subscriber_flush(sub, (int)(respub_test_stress_roll(state) % 20));
    break;
  case 1:
    respub_subscriber_get_stats(sub, &stats);
    break;
  case 2:
    (void)!respub_subscriber_unsubscribe_channel(
        sub, name_of(respub_test_stress_roll(state), room, sizeof room));
    break;
  case 3:
    (void)!respub_subscriber_psubscribe(sub, RESPUB_LIT("s1*"), on_message, NULL, mine);
    break;
  default:
    (void)!respub_subscriber_unsubscribe(sub, *mine);
    CU_ASSERT_EQUAL(
        respub_subscriber_subscribe(sub, name_of(respub_test_stress_roll(state), room, sizeof room),
                                    on_message, NULL, mine),
        RESPUB_OK);
  }
  atomic_fetch_add(&calls, 1);
}

typedef struct worker {
  pthread_t thread;
  respub_subscriber *sub;
  unsigned seed;
} worker;

static void *work(void *arg) {
  worker *w = arg;
  respub_subscription held[HELD] = {0};
  while (!respub_test_stress_is_over())
    act(w->sub, &w->seed, held);
  return NULL;
}

/* Publishes as fast as the server takes it, and cuts the subscribers off now and then. */
static void *load(void *arg) {
  (void)arg;
  respub_test_peer peer;
  if (!respub_test_peer_tcp(&peer, respub_test_server_port(server)))
    return NULL;
  for (unsigned i = 0; !respub_test_stress_is_over(); i++) {
    char text[64];
    snprintf(text, sizeof text, "PUBLISH s%u payload\r\n", i % CHANNELS);
    if (i % 20000 == 19999)
      snprintf(text, sizeof text, "CLIENT KILL TYPE pubsub\r\n");
    if (!respub_test_peer_say(&peer, text, DEADLINE_MS))
      break;
    respub_test_peer_forget(&peer, peer.len);
  }
  respub_test_peer_close(&peer);
  return NULL;
}

static respub_subscriber *open_subscriber(respub_delivery delivery) {
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  respub_subscriber *sub = NULL;
  o.backoff_min_ms = 1;
  o.backoff_max_ms = 20;
  o.on_event = on_event;
  o.delivery = delivery;
  o.queue_messages = 100;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  return sub;
}

static void stress(respub_delivery delivery) {
  respub_subscriber *sub = open_subscriber(delivery);
  worker workers[THREADS];
  pthread_t loader;
  respub_test_stress_begin();
  atomic_store(&messages, 0);
  atomic_store(&closed, false);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(pthread_create(&loader, NULL, load, NULL), 0);
  for (unsigned i = 0; i < THREADS; i++) {
    workers[i].sub = sub;
    workers[i].seed = i + 1;
    CU_ASSERT_EQUAL(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(workers[i].thread, NULL);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  respub_subscriber_close(sub);
  atomic_store(&closed, true);
  pthread_join(loader, NULL);
  CU_ASSERT(atomic_load(&messages) > 0);
  printf("\n    %lu calls, %lu messages ", atomic_load(&calls), atomic_load(&messages));
}

static void a_direct_subscriber_stands_eight_threads(void) {
  stress(RESPUB_DELIVER_DIRECT);
}

static void a_queued_subscriber_stands_eight_threads(void) {
  stress(RESPUB_DELIVER_BLOCK);
  stress(RESPUB_DELIVER_DROP_OLDEST);
  stress(RESPUB_DELIVER_LATEST);
}

/* ------------------------------------------------------------------------------------------------
 * Ends, over and over, while others wait in every call that waits */

static void *wait_in_flush(void *arg) {
  worker *w = arg;
  (void)!respub_subscriber_flush(w->sub, DEADLINE_MS);
  return NULL;
}

static void *wait_in_next(void *arg) {
  worker *w = arg;
  respub_event event;
  respub_status status;
  while ((status = respub_subscriber_next(w->sub, -1, &event)) != RESPUB_ECLOSED)
    CU_ASSERT(status == RESPUB_OK || status == RESPUB_ESTATE);
  return NULL;
}

static void ends_once(respub_delivery delivery, bool by_thread, unsigned round) {
  respub_subscriber *sub = open_subscriber(delivery);
  char room[16];
  CU_ASSERT_EQUAL(
      respub_subscriber_subscribe(sub, name_of(round, room, sizeof room), on_message, NULL, NULL),
      RESPUB_OK);
  worker waiter = {.sub = sub};
  if (by_thread)
    CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(
      pthread_create(&waiter.thread, NULL, by_thread ? wait_in_flush : wait_in_next, &waiter), 0);
  if (!by_thread)
    respub_subscriber_stop(sub);
  pthread_join(waiter.thread, NULL);
  respub_subscriber_close(sub);
}

static void stopping_over_and_over_ends_every_wait(void) {
  atomic_store(&closed, false);
  for (unsigned round = 0; round < 200; round++) {
    ends_once(RESPUB_DELIVER_DIRECT, round % 2 == 0, round);
    ends_once(RESPUB_DELIVER_BLOCK, round % 2 == 0, round);
  }
}

static const respub_test tests[] = {
    RESPUB_TEST(a_direct_subscriber_stands_eight_threads),
    RESPUB_TEST(a_queued_subscriber_stands_eight_threads),
    RESPUB_TEST(stopping_over_and_over_ends_every_wait),
};

int main(int argc, char **argv) {
  return respub_test_main_at_redis(&server, "subscriber stress", tests, RESPUB_TEST_COUNT(tests),
                                   argc, argv);
}
