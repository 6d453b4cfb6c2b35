/* The table of names: against a model, without memory, and against somebody who chooses them. */
#include "net/memory.h"
#include "net/pool.h"
#include "pubsub/topic_find.h"
#include "tests/support/alloc.h"
#include "tests/support/sim_wire.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  PAIRS = 12,
  NAMES = 1 << PAIRS,
  BYTES = PAIRS * 16
};

/* In a hash that multiplies and turns, a changed top bit stays one bit, and a bit of the next word
 * takes it back, whatever the seed: names of one hash in any number. */
static void build(char *name, unsigned number) {
  memset(name, 'a', BYTES);
  for (unsigned pair = 0; pair < PAIRS; pair++) {
    if ((number >> pair & 1) == 0)
      continue;
    name[pair * 16 + 7] = (char)('a' ^ 0x80);
    name[pair * 16 + 11] = (char)('a' ^ 0x80);
  }
}

static void names_cannot_be_chosen_so_that_they_collide(void) {
  respub__topics topics;
  respub_allocator alloc = respub__allocator(NULL);
  char name[BYTES];
  unsigned same = 0;
  uint32_t first = 0;
  respub__topics_init(&topics, &alloc, 0x9d3f6a1be2c47085u);
  for (unsigned i = 0; i < NAMES; i++) {
    build(name, i);
    respub__topic *t =
        respub__topics_add(&topics, RESPUB_CHANNEL, respub_slice_of(name, sizeof name));
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    uint32_t hash =
        respub__topics_hash(&topics, RESPUB_CHANNEL, respub_slice_of(name, sizeof name));
    if (i == 0)
      first = hash;
    else
      same += hash == first;
  }
  CU_ASSERT(same < 4);
  respub__topics_free(&topics);
}

/* ------------------------------------------------------------------------------------------------
 * What should be in the table */

enum {
  MOST = 3000,
  LONGEST = 70
};

typedef struct model {
  respub__topics topics;
  respub__topic *is[2][MOST]; /* by kind and number; NULL: not in it */
  size_t count;
} model;

/* Short names and long ones, which the table keeps in different places. */
static respub_slice name_of(char *name, unsigned i) {
  size_t len = 3 + i % (LONGEST - 3);
  memset(name, 'x', LONGEST);
  name[0] = (char)i;
  name[1] = (char)(i >> 8);
  name[len - 1] = (char)i;
  return respub_slice_of(name, len);
}

static void add(model *m, unsigned kind, unsigned i) {
  char name[LONGEST];
  respub__topic *t = respub__topics_add(&m->topics, (respub_kind)kind, name_of(name, i));
  CU_ASSERT_PTR_NOT_NULL_FATAL(t);
  CU_ASSERT_PTR_NULL(t->upkeep->handlers);
  CU_ASSERT_EQUAL(t->upkeep->holds, 0);
  CU_ASSERT_EQUAL(t->lead.id, 0);
  CU_ASSERT_FALSE(t->wanted);
  m->is[kind][i] = t;
  m->count++;
}

/* Leaves traces that the next topic in its place must not show. */
static void take_out(model *m, unsigned kind, unsigned i) {
  respub__topic *t = m->is[kind][i];
  t->lead.id = t->upkeep->holds = 7;
  t->wanted = true;
  respub__topics_remove(&m->topics, t);
  m->is[kind][i] = NULL;
  m->count--;
}

static bool is_found(const model *m, unsigned kind, unsigned i) {
  char name[LONGEST];
  respub_slice slice = name_of(name, i);
  const respub__topic *t = m->is[kind][i];
  return respub__topics_find(&m->topics, (respub_kind)kind, slice) == t &&
         (t == NULL || (t->kind == kind && respub_slice_equal(respub__topic_slice(t), slice)));
}

static void check(const model *m) {
  size_t wrong = 0, seen = 0;
  uint32_t at = 0;
  for (unsigned kind = 0; kind < 2; kind++)
    for (unsigned i = 0; i < MOST; i++)
      wrong += !is_found(m, kind, i);
  while (respub__topics_next(&m->topics, &at) != NULL)
    seen++;
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_EQUAL(seen, m->count);
  CU_ASSERT_EQUAL(m->topics.count, m->count);
}

static void what_was_added_is_found_until_it_is_removed(void) {
  static model m;
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator alloc = respub_test_allocator(&a);
  respub_sim_random random = {1};
  respub__topics_init(&m.topics, &alloc, 42);
  check(&m);
  for (unsigned step = 0; step < 40000; step++) {
    unsigned kind = respub_sim_below(&random, 2), i = respub_sim_below(&random, MOST);
    /* It grows, and shrinks, and grows again. */
    bool growing = step / 10000 % 2 == 0;
    if (m.is[kind][i] == NULL && (growing || respub_sim_chance(&random, 10)))
      add(&m, kind, i);
    else if (m.is[kind][i] != NULL && (!growing || respub_sim_chance(&random, 10)))
      take_out(&m, kind, i);
    if (step % 1000 == 999)
      check(&m);
  }
  respub__topics_free(&m.topics);
  CU_ASSERT_EQUAL(a.live, 0);
}

static void any_may_be_removed_while_all_are_walked(void) {
  static model m;
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator alloc = respub_test_allocator(&a);
  m = (model){.count = 0};
  respub__topics_init(&m.topics, &alloc, 42);
  for (unsigned i = 0; i < MOST; i++)
    add(&m, 0, i);
  size_t seen = 0;
  uint32_t at = 0;
  for (const respub__topic *t; (t = respub__topics_next(&m.topics, &at)) != NULL; seen++) {
    unsigned i = 0;
    while (m.is[0][i] != t)
      i++;
    if (seen % 3 != 0)
      take_out(&m, 0, i);
  }
  CU_ASSERT_EQUAL(seen, MOST);
  check(&m);
  respub__topics_free(&m.topics);
  CU_ASSERT_EQUAL(a.live, 0);
}

/* An allocator whose memory is aligned as little as what the table keeps in it allows. */
static void *resize_unevenly(void *ctx, void *ptr, size_t size) {
  const size_t off = _Alignof(respub__upkeep);
  char *block = ptr == NULL ? NULL : (char *)ptr - off;
  block = respub_test_allocator(ctx).resize(ctx, block, size > 0 ? size + off : 0);
  return block == NULL ? NULL : block + off;
}

static void a_topic_has_a_cache_line_of_its_own(void) {
  static model m;
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator alloc = {&a, resize_unevenly};
  m = (model){.count = 0};
  respub__topics_init(&m.topics, &alloc, 42);
  size_t astride = 0;
  for (unsigned i = 0; i < MOST; i++) {
    add(&m, 0, i);
    astride += (uintptr_t)m.is[0][i] % RESPUB__LINE_BYTES != 0;
  }
  CU_ASSERT_TRUE(!RESPUB_FAST || astride == 0);
  check(&m);
  respub__topics_free(&m.topics);
  CU_ASSERT_EQUAL(a.live, 0);
}

/* What is added after others have gone takes their places. */
static void a_table_is_no_larger_than_its_topics_were_at_once(void) {
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator alloc = respub_test_allocator(&a);
  respub__topics topics;
  char name[LONGEST];
  size_t bytes = 0;
  respub__topics_init(&topics, &alloc, 42);
  for (unsigned i = 0; i < 10000; i++) {
    respub__topic *t = respub__topics_add(&topics, RESPUB_CHANNEL, name_of(name, i));
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    respub__topics_remove(&topics, t);
    if (i == 0)
      bytes = a.live_bytes;
  }
  CU_ASSERT_EQUAL(a.live_bytes, bytes);
  respub__topics_free(&topics);
  CU_ASSERT_EQUAL(a.live, 0);
}

/* Adds until there is no memory, and once more with it. */
static void add_without_memory(size_t fail_at, bool *failed) {
  static model m;
  respub_test_alloc a = RESPUB_TEST_ALLOC_FAILING(fail_at);
  respub_allocator alloc = respub_test_allocator(&a);
  char name[LONGEST];
  m = (model){.count = 0};
  respub__topics_init(&m.topics, &alloc, 42);
  for (unsigned i = 0; i < MOST; i++) {
    m.is[0][i] = respub__topics_add(&m.topics, RESPUB_CHANNEL, name_of(name, i));
    if (m.is[0][i] == NULL) {
      check(&m);
      add(&m, 0, i);
    } else {
      m.count++;
    }
  }
  check(&m);
  *failed = a.failed > 0;
  respub__topics_free(&m.topics);
  CU_ASSERT_EQUAL(a.live, 0);
}

static void without_memory_nothing_changes(void) {
  bool failed = true;
  for (size_t n = 0; failed; n++)
    add_without_memory(n, &failed);
}

/* ------------------------------------------------------------------------------------------------
 * Fixed memory */

typedef struct bounds {
  uint32_t most;
  unsigned room;
} bounds;

static void plan_fixed(respub__plan *plan, const void *options) {
  const bounds *b = options;
  respub__topics_plan(plan, b->most, b->room);
}

/* The number of the i-th of the names that have len bytes. */
static unsigned with_length(unsigned len, unsigned i) {
  return len - 3 + i * (LONGEST - 3);
}

static void fill_and_empty(model *m, const respub_allocator *alloc, const bounds *b) {
  char name[LONGEST];
  for (unsigned i = 0; i < b->most; i++)
    add(m, 0, with_length(b->room, i));
  CU_ASSERT_PTR_NULL(respub__topics_add(&m->topics, RESPUB_PATTERN, name_of(name, 0)));
  CU_ASSERT_PTR_NULL(respub__alloc(alloc, b->room));
  check(m);
  for (unsigned i = 0; i < b->most; i++)
    take_out(m, 0, with_length(b->room, i));
  check(m);
}

static void fill_a_fixed_table(const bounds *b) {
  static model m;
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator alloc = respub_test_allocator(&a);
  m = (model){.count = 0};
  CU_ASSERT_EQUAL_FATAL(respub__pool_open(&alloc, plan_fixed, b, "a table", NULL), RESPUB_OK);
  respub__topics_init(&m.topics, &alloc, 42);
  respub__topics_fix(&m.topics, b->most, b->room);
  for (unsigned round = 0; round < 3; round++)
    fill_and_empty(&m, &alloc, b);
  respub__topics_free(&m.topics);
  respub__pool_close(&alloc);
  CU_ASSERT_EQUAL(a.live, 0);
}

/* Around powers of two, and around the longest name that stands in its topic: 24 bytes, or 36 with
 * addresses of 32 bits. */
static void a_fixed_table_takes_what_was_planned_and_no_more(void) {
  static const uint32_t most[] = {1, 2, 3, 32, 33};
  static const unsigned rooms[] = {3, 24, 25, 36, 37, LONGEST - 1};
  for (size_t i = 0; i < sizeof most / sizeof *most; i++)
    for (size_t k = 0; k < sizeof rooms / sizeof *rooms; k++)
      fill_a_fixed_table(&(bounds){most[i], rooms[k]});
}

static const respub_test tests[] = {
    RESPUB_TEST(what_was_added_is_found_until_it_is_removed),
    RESPUB_TEST(any_may_be_removed_while_all_are_walked),
    RESPUB_TEST(a_topic_has_a_cache_line_of_its_own),
    RESPUB_TEST(a_table_is_no_larger_than_its_topics_were_at_once),
    RESPUB_TEST(without_memory_nothing_changes),
    RESPUB_TEST(a_fixed_table_takes_what_was_planned_and_no_more),
    RESPUB_TEST(names_cannot_be_chosen_so_that_they_collide),
};

int main(int argc, char **argv) {
  return respub_test_main("topic", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
