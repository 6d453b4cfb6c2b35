/* Who is subscribed to what, against a plain model; and the hash and table below it. */
#include "broker/topics.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Hash and table */

/* From a straightforward implementation of SipHash-1-3 in another language; the key's bytes are 0
 * to 15, the text's bytes count up from 0. */
static void the_hash_is_siphash(void) {
  static const struct {
    size_t len;
    uint64_t hash;
  } known[] = {{0, 0xabac0158050fc4dcu},  {1, 0xc9f49bf37d57ca93u}, {7, 0xd3927d989bb11140u},
               {8, 0x369095118d299a8eu},  {9, 0x25a48eb36c063de4u}, {15, 0xd320d86d2a519956u},
               {16, 0xcc4fdd1a7d908b66u}, {63, 0x9d199062b7bbb3a8u}};
  const respub__broker_hash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  char text[64];
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = (char)i;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    CU_ASSERT_EQUAL(respub__broker_hash(key, respub_slice_of(text, known[i].len)), known[i].hash);
}

static void the_hash_depends_on_the_key(void) {
  const respub__broker_hash_key a = {1, 2};
  const respub__broker_hash_key b = {1, 3};
  CU_ASSERT_NOT_EQUAL(respub__broker_hash(a, RESPUB_LIT("x")),
                      respub__broker_hash(b, RESPUB_LIT("x")));
}

static bool in_table(const respub__broker_table *table, const respub__broker_entry *entry) {
  for (const respub__broker_entry *e = respub__broker_table_bucket(table, entry->hash); e != NULL;
       e = e->next) {
    if (e == entry)
      return true;
  }
  return false;
}

/* Equal hashes, and hashes that differ in high bits only, live side by side. */
static void a_table_finds_what_was_added_while_it_grows_and_shrinks(void) {
  enum {
    N = 1000
  };
  static respub__broker_entry entries[N];
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator allocator = respub_test_allocator(&alloc);
  respub__broker_table table = {.allocator = &allocator};
  CU_ASSERT_PTR_NULL(respub__broker_table_bucket(&table, 1));
  for (size_t i = 0; i < N; i++) {
    entries[i].hash = i % 3 == 0 ? 7 : (uint64_t)i << (i % 40);
    CU_ASSERT_EQUAL(respub__broker_table_add(&table, &entries[i]), RESPUB_OK);
  }
  CU_ASSERT_EQUAL(table.count, N);
  for (size_t i = 0; i < N; i++)
    CU_ASSERT_TRUE(in_table(&table, &entries[i]));
  for (size_t i = 0; i < N; i++) {
    respub__broker_table_remove(&table, &entries[i]);
    CU_ASSERT_FALSE(in_table(&table, &entries[i]));
    CU_ASSERT_TRUE(i == N - 1 || in_table(&table, &entries[N - 1]));
  }
  CU_ASSERT_EQUAL(table.count, 0);
  CU_ASSERT_TRUE(table.capacity <= 32);
  respub__broker_table_free(&table);
  CU_ASSERT_EQUAL(alloc.live, 0);
}

static void a_table_that_cannot_grow_still_takes_entries(void) {
  enum {
    N = 100
  };
  static respub__broker_entry entries[N];
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_FAILING(1);
  alloc.fail_for_ever = true;
  respub_allocator allocator = respub_test_allocator(&alloc);
  respub__broker_table table = {.allocator = &allocator};
  for (size_t i = 0; i < N; i++) {
    entries[i].hash = i;
    CU_ASSERT_EQUAL(respub__broker_table_add(&table, &entries[i]), RESPUB_OK);
  }
  CU_ASSERT_TRUE(alloc.failed > 0);
  for (size_t i = 0; i < N; i++) {
    CU_ASSERT_TRUE(in_table(&table, &entries[i]));
    respub__broker_table_remove(&table, &entries[i]);
  }
  respub__broker_table_free(&table);
}

/* ------------------------------------------------------------------------------------------------
 * Subscriptions */

typedef struct fixture {
  respub_test_alloc alloc;
  respub__broker_topics topics;
} fixture;

static void open_fixture(fixture *f) {
  f->alloc = (respub_test_alloc)RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator allocator = respub_test_allocator(&f->alloc);
  respub__broker_topics_init(&f->topics, &allocator);
}

static void close_fixture(fixture *f) {
  respub__broker_topics_free(&f->topics);
  CU_ASSERT_EQUAL(f->alloc.live, 0);
}

static size_t subscribers_of(const fixture *f, respub__broker_topic_kind kind, const char *name) {
  const respub__broker_topic *topic =
      respub__broker_topic_find(&f->topics, kind, respub_slice_of_string(name));
  return topic == NULL ? 0 : topic->subscriptions.count;
}

static bool subscribe(fixture *f, respub__broker_subscriber *s, respub__broker_topic_kind kind,
                      const char *name) {
  return respub__broker_subscribe(&f->topics, s, kind, respub_slice_of_string(name)) == RESPUB_OK;
}

static bool unsubscribe(fixture *f, respub__broker_subscriber *s, respub__broker_topic_kind kind,
                        const char *name) {
  return respub__broker_unsubscribe(&f->topics, s, kind, respub_slice_of_string(name));
}

static void a_second_subscription_to_the_same_changes_nothing(void) {
  fixture f;
  respub__broker_subscriber a = {0};
  open_fixture(&f);
  CU_ASSERT_TRUE(subscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_TRUE(subscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_EQUAL(respub__broker_subscriptions_held(&a), 1);
  CU_ASSERT_EQUAL(subscribers_of(&f, RESPUB__BROKER_CHANNEL, "x"), 1);
  CU_ASSERT_TRUE(unsubscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_FALSE(unsubscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  close_fixture(&f);
}

static void channels_and_patterns_of_one_name_are_apart(void) {
  fixture f;
  respub__broker_subscriber a = {0};
  open_fixture(&f);
  CU_ASSERT_TRUE(subscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_FALSE(unsubscribe(&f, &a, RESPUB__BROKER_PATTERN, "x"));
  CU_ASSERT_TRUE(subscribe(&f, &a, RESPUB__BROKER_PATTERN, "x"));
  CU_ASSERT_EQUAL(respub__broker_subscriptions_held(&a), 2);
  CU_ASSERT_TRUE(unsubscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_EQUAL(subscribers_of(&f, RESPUB__BROKER_PATTERN, "x"), 1);
  respub__broker_unsubscribe_all(&f.topics, &a);
  close_fixture(&f);
}

static void names_are_bytes_of_any_length(void) {
  fixture f;
  respub__broker_subscriber a = {0};
  open_fixture(&f);
  const respub_slice names[] = {RESPUB_LIT(""),     RESPUB_LIT("\0"),   RESPUB_LIT("\0\0"),
                                RESPUB_LIT("a\0b"), RESPUB_LIT("a\0c"), {NULL, 0}};
  for (size_t i = 0; i < 6; i++)
    CU_ASSERT_EQUAL(respub__broker_subscribe(&f.topics, &a, RESPUB__BROKER_CHANNEL, names[i]),
                    RESPUB_OK);
  CU_ASSERT_EQUAL(respub__broker_subscriptions_held(&a), 5);
  for (size_t i = 0; i < 5; i++)
    CU_ASSERT_TRUE(respub__broker_unsubscribe(&f.topics, &a, RESPUB__BROKER_CHANNEL, names[i]));
  close_fixture(&f);
}

static void a_topic_goes_with_its_last_subscriber(void) {
  fixture f;
  respub__broker_subscriber a = {0};
  respub__broker_subscriber b = {0};
  open_fixture(&f);
  CU_ASSERT_TRUE(subscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_TRUE(subscribe(&f, &b, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_TRUE(unsubscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_EQUAL(subscribers_of(&f, RESPUB__BROKER_CHANNEL, "x"), 1);
  respub__broker_unsubscribe_all(&f.topics, &b);
  CU_ASSERT_EQUAL(subscribers_of(&f, RESPUB__BROKER_CHANNEL, "x"), 0);
  CU_ASSERT_EQUAL(f.topics.all[RESPUB__BROKER_CHANNEL].count, 0);
  close_fixture(&f);
}

static void subscribers_are_kept_in_the_order_in_which_they_came(void) {
  fixture f;
  respub__broker_subscriber s[3] = {{{{0}}}};
  open_fixture(&f);
  for (int i = 0; i < 3; i++)
    CU_ASSERT_TRUE(subscribe(&f, &s[i], RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_TRUE(unsubscribe(&f, &s[0], RESPUB__BROKER_CHANNEL, "x"));
  CU_ASSERT_TRUE(subscribe(&f, &s[0], RESPUB__BROKER_CHANNEL, "x"));
  const respub__broker_topic *topic =
      respub__broker_topic_find(&f.topics, RESPUB__BROKER_CHANNEL, RESPUB_LIT("x"));
  respub__broker_subscriber *expected[] = {&s[1], &s[2], &s[0]};
  respub__broker_link *at = topic->subscriptions.first;
  for (int i = 0; i < 3; i++, at = at->next)
    CU_ASSERT_PTR_EQUAL(RESPUB__BROKER_OF(at, respub__broker_subscription, of_topic)->subscriber,
                        expected[i]);
  for (int i = 0; i < 3; i++)
    respub__broker_unsubscribe_all(&f.topics, &s[i]);
  close_fixture(&f);
}

/* Random calls against an array of flags. */
static void many_random_changes_keep_to_a_model(void) {
  enum {
    SUBSCRIBERS = 10,
    NAMES = 60,
    STEPS = 40000
  };
  static bool model[SUBSCRIBERS][NAMES];
  respub__broker_subscriber s[SUBSCRIBERS] = {{{{0}}}};
  uint32_t state = 7;
  fixture f;
  open_fixture(&f);
  memset(model, 0, sizeof model);
  for (size_t step = 0; step < STEPS; step++) {
    state = state * 1664525u + 1013904223u;
    size_t who = (state >> 8) % SUBSCRIBERS;
    size_t what = (state >> 13) % NAMES;
    respub__broker_topic_kind kind =
        what % 3 == 0 ? RESPUB__BROKER_PATTERN : RESPUB__BROKER_CHANNEL;
    char name[8];
    snprintf(name, sizeof name, "n%zu", what);
    if ((state >> 20) % 2000 == 0) {
      respub__broker_unsubscribe_all(&f.topics, &s[who]);
      memset(model[who], 0, sizeof model[who]);
    } else if ((state >> 20) % 2 == 0) {
      CU_ASSERT_TRUE(subscribe(&f, &s[who], kind, name));
      model[who][what] = true;
    } else {
      CU_ASSERT_EQUAL(unsubscribe(&f, &s[who], kind, name), model[who][what]);
      model[who][what] = false;
    }
    size_t holders = 0;
    for (size_t i = 0; i < SUBSCRIBERS; i++)
      holders += model[i][what];
    size_t held = 0;
    for (size_t i = 0; i < NAMES; i++)
      held += model[who][i];
    CU_ASSERT_EQUAL_FATAL(subscribers_of(&f, kind, name), holders);
    CU_ASSERT_EQUAL_FATAL(respub__broker_subscriptions_held(&s[who]), held);
  }
  for (size_t i = 0; i < SUBSCRIBERS; i++)
    respub__broker_unsubscribe_all(&f.topics, &s[i]);
  close_fixture(&f);
}

/* Every allocation of a subscribe fails once, and nothing is half done. */
static void a_failed_subscribe_leaves_nothing_behind(void) {
  bool done = false;
  for (size_t n = 0; !done; n++) {
    fixture f;
    respub__broker_subscriber a = {0};
    open_fixture(&f);
    f.alloc.fail_at = n;
    done = subscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x");
    CU_ASSERT_TRUE(done || f.alloc.failed == 1);
    CU_ASSERT_EQUAL(respub__broker_subscriptions_held(&a), done ? 1u : 0u);
    CU_ASSERT_EQUAL(subscribers_of(&f, RESPUB__BROKER_CHANNEL, "x"), done ? 1u : 0u);
    CU_ASSERT_TRUE(subscribe(&f, &a, RESPUB__BROKER_CHANNEL, "x"));
    respub__broker_unsubscribe_all(&f.topics, &a);
    close_fixture(&f);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(the_hash_is_siphash),
      RESPUB_TEST(the_hash_depends_on_the_key),
      RESPUB_TEST(a_table_finds_what_was_added_while_it_grows_and_shrinks),
      RESPUB_TEST(a_table_that_cannot_grow_still_takes_entries),
      RESPUB_TEST(a_second_subscription_to_the_same_changes_nothing),
      RESPUB_TEST(channels_and_patterns_of_one_name_are_apart),
      RESPUB_TEST(names_are_bytes_of_any_length),
      RESPUB_TEST(a_topic_goes_with_its_last_subscriber),
      RESPUB_TEST(subscribers_are_kept_in_the_order_in_which_they_came),
      RESPUB_TEST(many_random_changes_keep_to_a_model),
      RESPUB_TEST(a_failed_subscribe_leaves_nothing_behind),
  };
  return respub_test_main("broker topics", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
