/* The table of names against somebody who chooses them. */
#include "net/memory.h"
#include "pubsub/topic_find.h"
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
        (uint32_t)respub__topics_mark(&topics, RESPUB_CHANNEL, respub_slice_of(name, sizeof name));
    if (i == 0)
      first = hash;
    else
      same += hash == first;
  }
  CU_ASSERT(same < 4);
  respub__topics_free(&topics);
}

static const respub_test tests[] = {RESPUB_TEST(names_cannot_be_chosen_so_that_they_collide)};

int main(int argc, char **argv) {
  return respub_test_main("topic", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
