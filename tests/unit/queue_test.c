/* The delivery queue against a model: random puts and takes, every message accounted for. */
#include "net/memory.h"
#include "pubsub/queue.h"
#include "tests/support/sim_wire.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEPS = 20000,
  CHANNELS = 5
};

static respub__session session;
static respub__queue queue;
static respub__topic *topics[CHANNELS];
static respub_sim_random chance;

static void set_up(respub_delivery policy, size_t messages, size_t bytes) {
  respub_allocator alloc = respub__allocator(NULL);
  respub_subscriber_options o = {
      .delivery = policy, .queue_messages = messages, .queue_bytes = bytes};
  chance.state = 42;
  respub__session_init(&session, &alloc, 1000, 7);
  respub__queue_init(&queue, &alloc, &session, &o);
  for (unsigned i = 0; i < CHANNELS; i++) {
    char name = (char)('a' + (int)i);
    topics[i] = respub__session_want(&session, RESPUB_CHANNEL, respub_slice_of(&name, 1));
  }
}

static void tear_down(void) {
  respub__queue_free(&queue);
  respub__session_free(&session);
}

/* A payload that begins with its number and is of any length. */
static respub_status put(unsigned channel, unsigned number, size_t len) {
  static char payload[8192];
  char name = (char)('a' + (int)channel);
  memset(payload, '.', sizeof payload);
  snprintf(payload, sizeof payload, "%u", number);
  respub_event e = {.type = RESPUB_EVENT_MESSAGE,
                    .channel = respub_slice_of(&name, 1),
                    .payload = respub_slice_of(payload, len < 12 ? 12 : len)};
  return respub__queue_put(&queue, &e, topics[channel], 1000 + number);
}

typedef struct taken {
  respub_event event;
  unsigned channel, number;
} taken;

static bool take(taken *t) {
  respub__topic *topic;
  if (!respub__queue_take(&queue, &t->event, &topic))
    return false;
  if (t->event.type != RESPUB_EVENT_MESSAGE)
    return true;
  t->channel = (unsigned)(t->event.channel.ptr[0] - 'a');
  t->number = (unsigned)strtoul(t->event.payload.ptr, NULL, 10);
  CU_ASSERT_PTR_EQUAL(topic, topics[t->channel]);
  respub__queue_let_go(&queue, topic);
  return true;
}

/* ------------------------------------------------------------------------------------------------
 */

typedef struct account {
  uint64_t put, got, dropped_before, missed, slow, gaps;
  int64_t last[CHANNELS];
} account;

static void check_taken(const taken *t, account *a) {
  switch (t->event.type) {
  case RESPUB_EVENT_MESSAGE:
    a->got++;
    a->dropped_before += t->event.dropped_before;
    CU_ASSERT((int64_t)t->number > a->last[t->channel]);
    a->last[t->channel] = t->number;
    break;
  case RESPUB_EVENT_SLOW_CONSUMER:
    a->slow++;
    break;
  case RESPUB_EVENT_GAP:
    a->gaps++;
    a->missed += t->event.missed;
    CU_ASSERT(t->event.from_ms <= t->event.to_ms);
    break;
  default:
    CU_ASSERT_EQUAL(t->event.type, RESPUB_EVENT_CONNECTED);
  }
}

static void step(account *a) {
  taken t;
  uint32_t what = respub_sim_below(&chance, 100);
  bool filling = (a->put / 400) % 2 == 0;
  if (what < (filling ? 70u : 35u)) {
    size_t len = respub_sim_chance(&chance, 2) ? 6000 : respub_sim_below(&chance, 300);
    if (put(respub_sim_below(&chance, CHANNELS), (unsigned)a->put, len) == RESPUB_OK)
      a->put++;
  } else if (what < 95) {
    if (take(&t))
      check_taken(&t, a);
  } else {
    respub_event e = {.type = RESPUB_EVENT_CONNECTED, .text = RESPUB_LIT("an event")};
    respub_status status = respub__queue_put(&queue, &e, NULL, 0);
    CU_ASSERT(status == RESPUB_OK || queue.used > queue.most_bytes);
  }
}

static account churn(respub_delivery policy, size_t messages, size_t bytes) {
  account a = {.last = {-1, -1, -1, -1, -1}};
  taken t;
  set_up(policy, messages, bytes);
  for (int i = 0; i < STEPS; i++) {
    step(&a);
    CU_ASSERT(queue.messages <= messages);
  }
  while (take(&t))
    check_taken(&t, &a);
  CU_ASSERT_TRUE(respub__queue_is_empty(&queue));
  CU_ASSERT_EQUAL(queue.messages, 0);
  CU_ASSERT_EQUAL(a.put, a.got + queue.dropped);
  /* Each drop is told with the next message that comes through. */
  CU_ASSERT_EQUAL(a.dropped_before + queue.dropped_old + queue.dropped_new, queue.dropped);
  for (unsigned i = 0; i < CHANNELS; i++)
    CU_ASSERT_EQUAL(topics[i]->upkeep->holds, 0);
  tear_down();
  return a;
}

static void blocking_loses_nothing(void) {
  account a = churn(RESPUB_DELIVER_BLOCK, 50, 20000);
  CU_ASSERT_EQUAL(a.put, a.got);
  CU_ASSERT_EQUAL(a.dropped_before, 0);
  CU_ASSERT(a.slow > 0 && a.gaps == 0);
}

static void dropping_accounts_for_every_message(void) {
  static const respub_delivery policies[] = {RESPUB_DELIVER_DROP_OLDEST,
                                             RESPUB_DELIVER_DROP_NEWEST};
  for (size_t i = 0; i < 2; i++) {
    account a = churn(policies[i], 50, 20000);
    CU_ASSERT(a.dropped_before > 0);
    CU_ASSERT_EQUAL(a.missed, a.put - a.got);
    CU_ASSERT(a.slow > 0 && a.gaps == a.slow);
    (void)churn(policies[i], 1000000, 3000);
    (void)churn(policies[i], 1, 1024);
  }
}

static void latest_keeps_one_message_a_channel(void) {
  account a = churn(RESPUB_DELIVER_LATEST, 1000, 65536);
  CU_ASSERT_EQUAL(a.slow + a.gaps, 0);
  set_up(RESPUB_DELIVER_LATEST, 1000, 4096);
  taken t;
  CU_ASSERT_EQUAL(put(1, 0, 0), RESPUB_OK);
  /* Far more than the ring holds: what is replaced must make room. */
  for (unsigned i = 1; i <= 5000; i++)
    CU_ASSERT_EQUAL(put(0, i, 100), RESPUB_OK);
  CU_ASSERT_EQUAL(queue.messages, 2);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.channel, 1);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.number, 5000);
  CU_ASSERT_EQUAL(t.event.dropped_before, 4999);
  CU_ASSERT_FALSE(take(&t));
  tear_down();
}

static void the_oldest_and_the_newest_go_where_the_names_say(void) {
  taken t;
  set_up(RESPUB_DELIVER_DROP_OLDEST, 2, 4096);
  for (unsigned i = 0; i < 4; i++)
    CU_ASSERT_EQUAL(put(0, i, 0), RESPUB_OK);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.event.type, RESPUB_EVENT_SLOW_CONSUMER);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.number, 2);
  CU_ASSERT_EQUAL(t.event.dropped_before, 2);
  tear_down();
  set_up(RESPUB_DELIVER_DROP_NEWEST, 2, 4096);
  for (unsigned i = 0; i < 4; i++)
    CU_ASSERT_EQUAL(put(0, i, 0), RESPUB_OK);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.number, 0);
  CU_ASSERT_EQUAL(t.event.dropped_before, 0);
  CU_ASSERT_EQUAL(put(0, 9, 0), RESPUB_OK);
  do {
    CU_ASSERT_TRUE_FATAL(take(&t));
  } while (t.event.type != RESPUB_EVENT_MESSAGE || t.number != 9);
  CU_ASSERT_EQUAL(t.event.dropped_before, 2);
  tear_down();
}

static void a_message_larger_than_the_queue_passes_when_it_is_alone(void) {
  taken t;
  set_up(RESPUB_DELIVER_BLOCK, 10, 1024);
  CU_ASSERT_EQUAL(put(0, 1, 5000), RESPUB_OK);
  CU_ASSERT_EQUAL(put(0, 2, 0), RESPUB_EFULL);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.event.payload.len, 5000);
  CU_ASSERT_EQUAL(put(0, 2, 0), RESPUB_OK);
  tear_down();
}

static void a_topic_lives_as_long_as_a_message_of_it_waits(void) {
  taken t;
  respub__topic *topic;
  set_up(RESPUB_DELIVER_BLOCK, 10, 4096);
  CU_ASSERT_EQUAL(put(3, 1, 0), RESPUB_OK);
  respub__session_unwant(&session, topics[3]);
  CU_ASSERT_EQUAL(session.topics.count, CHANNELS);
  CU_ASSERT_TRUE(respub__queue_take(&queue, &t.event, &topic));
  respub__queue_let_go(&queue, topic);
  CU_ASSERT_EQUAL(session.topics.count, CHANNELS - 1);
  tear_down();
}

static void put_event(respub_event_type type) {
  respub_event e = {.type = type};
  CU_ASSERT_EQUAL_FATAL(respub__queue_put(&queue, &e, NULL, 0), RESPUB_OK);
}

/* Looked through at each drop, these events would cost ten thousand million steps. */
static void many_events_in_front_do_not_slow_down_dropping(void) {
  enum {
    EVENTS = 50000,
    DROPS = 200000
  };
  taken t;
  int64_t deadline = respub_test_deadline(10000);
  set_up(RESPUB_DELIVER_DROP_OLDEST, 4, (size_t)64 << 20);
  for (int i = 0; i < EVENTS; i++)
    put_event(RESPUB_EVENT_SUBSCRIBED);
  for (unsigned i = 0; i < DROPS && respub_test_left_ms(deadline) > 0; i++)
    CU_ASSERT_EQUAL(put(i % CHANNELS, i, 0), RESPUB_OK);
  CU_ASSERT_EQUAL(queue.dropped, DROPS - 4);
  for (int i = 0; i < EVENTS; i++) {
    CU_ASSERT_TRUE_FATAL(take(&t));
    CU_ASSERT_EQUAL(t.event.type, RESPUB_EVENT_SUBSCRIBED);
  }
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT_EQUAL(t.event.type, RESPUB_EVENT_SLOW_CONSUMER);
  for (unsigned i = DROPS - 4; i < DROPS; i++) {
    do {
      CU_ASSERT_TRUE_FATAL(take(&t));
    } while (t.event.type != RESPUB_EVENT_MESSAGE);
    CU_ASSERT_EQUAL(t.number, i);
  }
  tear_down();
}

static void what_the_queue_tells_names_the_connection(void) {
  taken t;
  uint64_t seen[2] = {0, 0};
  set_up(RESPUB_DELIVER_DROP_NEWEST, 2, 4096);
  session.generation = 3;
  for (unsigned i = 0; i < 4; i++)
    CU_ASSERT_EQUAL(put(0, i, 0), RESPUB_OK);
  session.generation = 4;
  while (take(&t)) {
    if (t.event.type != RESPUB_EVENT_MESSAGE)
      seen[t.event.type == RESPUB_EVENT_GAP] = t.event.generation;
  }
  CU_ASSERT_EQUAL(seen[0], 3);
  CU_ASSERT_EQUAL(seen[1], 3);
  tear_down();
}

static void memory_of_a_peak_is_given_back_when_the_queue_has_run_empty(void) {
  taken t;
  set_up(RESPUB_DELIVER_BLOCK, 100000, (size_t)64 << 20);
  for (unsigned i = 0; i < 1000; i++)
    CU_ASSERT_EQUAL(put(0, i, 8000), RESPUB_OK);
  size_t peak = queue.capacity;
  while (take(&t))
    continue;
  /* What is hardly used twice in a row is given back, and what is large at once. */
  for (unsigned round = 0; round < 2; round++) {
    CU_ASSERT_EQUAL(put(0, 1000, 0), RESPUB_OK);
    while (take(&t))
      continue;
  }
  CU_ASSERT(peak > 8000000);
  CU_ASSERT(queue.capacity <= 65536);
  CU_ASSERT(queue.taken_capacity <= 65536);
  tear_down();
}

/* A name as long as they get makes a record far beyond the usual ones. */
static void a_large_record_that_was_taken_is_not_kept(void) {
  static char text[300000];
  taken t;
  respub_event e = {.type = RESPUB_EVENT_DISCONNECTED, .text = respub_slice_of(text, sizeof text)};
  set_up(RESPUB_DELIVER_BLOCK, 10, (size_t)1 << 20);
  CU_ASSERT_EQUAL(respub__queue_put(&queue, &e, NULL, 0), RESPUB_OK);
  CU_ASSERT_TRUE(take(&t));
  CU_ASSERT(queue.taken_capacity >= sizeof text);
  CU_ASSERT_FALSE(take(&t));
  CU_ASSERT(queue.taken_capacity <= 65536);
  tear_down();
}

static const respub_test tests[] = {
    RESPUB_TEST(blocking_loses_nothing),
    RESPUB_TEST(dropping_accounts_for_every_message),
    RESPUB_TEST(latest_keeps_one_message_a_channel),
    RESPUB_TEST(the_oldest_and_the_newest_go_where_the_names_say),
    RESPUB_TEST(a_message_larger_than_the_queue_passes_when_it_is_alone),
    RESPUB_TEST(a_topic_lives_as_long_as_a_message_of_it_waits),
    RESPUB_TEST(many_events_in_front_do_not_slow_down_dropping),
    RESPUB_TEST(what_the_queue_tells_names_the_connection),
    RESPUB_TEST(memory_of_a_peak_is_given_back_when_the_queue_has_run_empty),
    RESPUB_TEST(a_large_record_that_was_taken_is_not_kept),
};

int main(int argc, char **argv) {
  return respub_test_main("queue", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
