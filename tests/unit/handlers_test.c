/* Who gets a message: the handlers of a topic, against a plain list. */
#include "net/memory.h"
#include "pubsub/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/sim_wire.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  MOST = 6
};

typedef struct fixture {
  respub_test_alloc memory;
  respub__topics topics;
  respub__handlers handlers;
  respub__topic *topic;
  respub__subscription *list[MOST]; /* as they should be, oldest first */
  size_t count;
} fixture;

static void begin(fixture *f) {
  *f = (fixture){.memory = RESPUB_TEST_ALLOC_COUNTING};
  respub_allocator alloc = respub_test_allocator(&f->memory);
  respub__topics_init(&f->topics, &alloc, 42);
  respub__handlers_init(&f->handlers, &alloc);
  f->topic = respub__topics_add(&f->topics, RESPUB_CHANNEL, RESPUB_LIT("news"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(f->topic);
}

static void ignore(const respub_event *event, void *ctx) {
  (void)event;
  (void)ctx;
}

static respub__subscription *add(fixture *f) {
  respub__subscription *s = respub__handlers_add(&f->handlers, f->topic, ignore, &f->list);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s);
  f->list[f->count++] = s;
  return s;
}

static void end(fixture *f, size_t i) {
  respub__handlers_end(&f->handlers, f->list[i]);
  memmove(&f->list[i], &f->list[i + 1], (--f->count - i) * sizeof f->list[0]);
}

static void end_all(fixture *f) {
  while (f->count > 0)
    end(f, f->count - 1);
  CU_ASSERT_PTR_NULL(f->topic->upkeep->handlers);
  respub__handlers_free(&f->handlers);
  respub__topics_free(&f->topics);
  CU_ASSERT_EQUAL(f->memory.live, 0);
}

/* A message goes to all that are in the list, in its order. */
static void check(fixture *f) {
  const respub__receiver *r = respub__handlers_begin(&f->handlers, f->topic);
  for (size_t i = 0; i < f->count; i++, r = respub__handlers_next(&f->handlers)) {
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL(r->id, f->list[i]->receiver.id);
    CU_ASSERT_PTR_EQUAL(r->ctx, &f->list);
    CU_ASSERT_TRUE(r->handler == ignore);
    CU_ASSERT_PTR_EQUAL(respub__handlers_find(&f->handlers, r->id), f->list[i]);
  }
  CU_ASSERT_PTR_NULL(r);
}

static void a_message_goes_to_all_handlers_the_oldest_first(void) {
  fixture f;
  respub_sim_random random = {1};
  begin(&f);
  for (int step = 0; step < 2000; step++) {
    check(&f);
    if (f.count == MOST || (f.count > 0 && respub_sim_chance(&random, 50)))
      end(&f, respub_sim_below(&random, (uint32_t)f.count));
    else
      add(&f);
  }
  end_all(&f);
}

static void one_that_comes_during_a_message_waits_for_the_next(void) {
  fixture f;
  begin(&f);
  add(&f);
  const respub__receiver *r = respub__handlers_begin(&f.handlers, f.topic);
  CU_ASSERT_EQUAL(r->id, f.list[0]->receiver.id);
  add(&f);
  CU_ASSERT_PTR_NULL(respub__handlers_next(&f.handlers));
  check(&f);
  /* Also when the first of all has gone meanwhile. */
  respub__handlers_begin(&f.handlers, f.topic);
  add(&f);
  end(&f, 0);
  r = respub__handlers_next(&f.handlers);
  CU_ASSERT_PTR_NOT_NULL_FATAL(r);
  CU_ASSERT_EQUAL(r->id, f.list[0]->receiver.id);
  CU_ASSERT_PTR_NULL(respub__handlers_next(&f.handlers));
  check(&f);
  end_all(&f);
}

static void one_that_ends_during_a_message_does_not_get_it(void) {
  fixture f;
  begin(&f);
  for (int i = 0; i < 3; i++)
    add(&f);
  respub__handlers_begin(&f.handlers, f.topic);
  end(&f, 1);
  const respub__receiver *r = respub__handlers_next(&f.handlers);
  CU_ASSERT_PTR_NOT_NULL_FATAL(r);
  CU_ASSERT_EQUAL(r->id, f.list[1]->receiver.id);
  CU_ASSERT_PTR_NULL(respub__handlers_next(&f.handlers));
  respub__handlers_begin(&f.handlers, f.topic);
  end(&f, 0);
  end(&f, 0);
  CU_ASSERT_PTR_NULL(respub__handlers_next(&f.handlers));
  end_all(&f);
}

static const respub_test tests[] = {
    RESPUB_TEST(a_message_goes_to_all_handlers_the_oldest_first),
    RESPUB_TEST(one_that_comes_during_a_message_waits_for_the_next),
    RESPUB_TEST(one_that_ends_during_a_message_does_not_get_it),
};

int main(int argc, char **argv) {
  return respub_test_main("handlers", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
