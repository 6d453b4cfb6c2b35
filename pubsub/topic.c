#include "pubsub/topic.h"

#include "net/memory.h"
#include "net/poison.h"
#include "net/pool.h"
#include "pubsub/topic_find.h"

#include <string.h>

_Static_assert(!RESPUB_FAST || sizeof(respub__topic) == RESPUB__LINE_BYTES, "a cache line");

enum {
  ALL_IN_ONE = 31 /* a chunk_shift */
};

/* So few that no size of what they take overflows. */
#define MOST_NUMBERS (SIZE_MAX / 128 < UINT32_MAX / 4 ? (uint32_t)(SIZE_MAX / 128) : UINT32_MAX / 4)

void respub__topics_init(respub__topics *topics, const respub_allocator *alloc, uint64_t seed) {
  *topics = (respub__topics){.alloc = *alloc,
                             .slots = &topics->no_slots,
                             .most = MOST_NUMBERS,
                             .chunk = RESPUB_FIRST_TOPICS,
                             .seed = seed};
  while (topics->chunk >> topics->chunk_shift > 1)
    topics->chunk_shift++;
}

/* ------------------------------------------------------------------------------------------------
 * Memory */

static uint32_t slots_for(uint32_t topics) {
  uint32_t slots = 1;
  while (slots / 2 < topics)
    slots *= 2;
  return slots;
}

/* No more chunks than these can the table have. */
static size_t chunks_for(uint32_t slots, uint32_t chunk_shift) {
  return (slots >> chunk_shift) + 1;
}

static size_t table_bytes(uint32_t slots, uint32_t chunk_shift) {
  return chunks_for(slots, chunk_shift) * sizeof(respub__topic *) + slots * sizeof(uint32_t);
}

/* The upkeep of all, and behind it the topics, from the first cache line on. SIZE_MAX: more than
 * there can be. */
static size_t chunk_bytes(uint32_t topics) {
  const size_t each = sizeof(respub__upkeep) + sizeof(respub__topic);
  if (topics > (SIZE_MAX - RESPUB__LINE_BYTES) / each)
    return SIZE_MAX;
  return topics * each + RESPUB__LINE_BYTES;
}

void respub__topics_fix(respub__topics *topics, uint32_t most, size_t name_room) {
  topics->most = topics->chunk = most;
  topics->chunk_shift = ALL_IN_ONE;
  topics->name_room = name_room;
}

void respub__topics_plan(respub__plan *plan, uint32_t most, size_t name_room) {
  respub__plan_add(plan, table_bytes(slots_for(most), ALL_IN_ONE), 1);
  respub__plan_add(plan, chunk_bytes(most), 1);
  if (!respub__name_is_near(name_room))
    respub__plan_add(plan, name_room, most);
}

/* The memory of a name beside its topic, or NULL. */
static char *far_of(const respub__topic *t) {
  return respub__name_is_near(t->len) ? NULL : t->name.far;
}

/* Nothing but the table's own code touches a topic that is free. */
static void poison_topic(const respub__topic *t, bool poisoned) {
  const respub__upkeep *u = t->upkeep;
  respub__poison(&t->lead, sizeof t->lead, poisoned);
  respub__poison(&t->name, sizeof t->name, poisoned);
  respub__poison(&u->handlers, sizeof *u - offsetof(respub__upkeep, handlers), poisoned);
}

void respub__topics_free(respub__topics *topics) {
  uint32_t within = ((uint32_t)1 << topics->chunk_shift) - 1;
  for (uint32_t number = topics->numbers; number-- > 0;) {
    respub__topic *t = respub__topics_at(topics, number);
    if (t->batch > 0)
      respub__free(&topics->alloc, far_of(t));
    else
      poison_topic(t, false);
    /* A chunk begins with the upkeep of its first topic. */
    if ((number & within) == 0)
      respub__free(&topics->alloc, t->upkeep);
  }
  respub__free(&topics->alloc, topics->chunks);
}

static void free_number(respub__topics *topics, respub__topic *t, uint32_t number) {
  t->len = number;
  t->batch = 0;
  t->upkeep->next = topics->free;
  topics->free = t;
  poison_topic(t, true);
}

static uint32_t hash_of_topic(const respub__topics *topics, const respub__topic *t) {
  return respub__topics_hash(topics, (respub_kind)t->kind, respub__topic_slice(t));
}

static void place(respub__topics *topics, const respub__topic *t, uint32_t number) {
  uint32_t hash = hash_of_topic(topics, t), i = hash & topics->mask;
  while (topics->slots[i] != 0)
    i = (i + 1) & topics->mask;
  topics->slots[i] = respub__slot_of(topics->mask, hash, number);
}

/* Makes the table one of slots; there are no topics that are not in it. */
static bool resize_table(respub__topics *topics, uint32_t slots) {
  size_t chunks = chunks_for(slots, topics->chunk_shift);
  respub__topic **fresh =
      respub__alloc_zero(&topics->alloc, table_bytes(slots, topics->chunk_shift));
  if (fresh == NULL)
    return false;
  if (topics->chunks != NULL)
    memcpy(fresh, topics->chunks,
           (topics->numbers >> topics->chunk_shift) * sizeof(respub__topic *));
  respub__free(&topics->alloc, topics->chunks);
  topics->chunks = fresh;
  topics->slots = (uint32_t *)(void *)(fresh + chunks);
  topics->mask = slots - 1;
  for (uint32_t number = 0; number < topics->numbers; number++)
    place(topics, respub__topics_at(topics, number), number);
  return true;
}

/* Makes room for more topics; there is none for a single one. */
static bool grow(respub__topics *topics) {
  uint32_t n = topics->chunk, slots = slots_for(topics->numbers + n);
  if (topics->numbers > topics->most - n ||
      (slots > topics->mask + 1 && !resize_table(topics, slots)))
    return false;
  respub__upkeep *upkeep = respub__alloc(&topics->alloc, chunk_bytes(n));
  if (upkeep == NULL)
    return false;
  char *behind = (char *)(upkeep + n);
  if (RESPUB_FAST)
    behind += -(uintptr_t)behind % RESPUB__LINE_BYTES;
  respub__topic *t = (respub__topic *)(void *)behind;
  topics->chunks[topics->numbers >> topics->chunk_shift] = t;
  for (uint32_t i = n; i-- > 0;) {
    t[i].upkeep = upkeep + i;
    free_number(topics, t + i, topics->numbers + i);
  }
  topics->numbers += n;
  return true;
}

/* ------------------------------------------------------------------------------------------------
 * The table */

respub__topic *respub__topics_find(const respub__topics *topics, respub_kind kind,
                                   respub_slice name) {
  return respub__topics_find_hashed(topics, respub__topics_hash(topics, kind, name), kind, name);
}

respub__topic *respub__topics_find_hashed(const respub__topics *topics, uint32_t hash,
                                          respub_kind kind, respub_slice name) {
  uint32_t mask = topics->mask, slot;
  for (uint32_t i = hash & mask; (slot = topics->slots[i]) != 0; i = (i + 1) & mask) {
    if (!respub__slot_may_be(mask, hash, slot))
      continue;
    respub__topic *t = respub__topics_in(topics, slot);
    if (respub__topic_is(t, kind, name))
      return t;
  }
  return NULL;
}

/* Room for a name beside its topic. */
static char *alloc_far(respub__topics *topics, size_t len) {
  return respub__alloc(&topics->alloc, topics->name_room > 0 ? topics->name_room : len);
}

respub__topic *respub__topics_add(respub__topics *topics, respub_kind kind, respub_slice name) {
  if (topics->free == NULL && !grow(topics))
    return NULL;
  bool is_near = respub__name_is_near(name.len);
  char *far = is_near ? NULL : alloc_far(topics, name.len);
  if (!is_near && far == NULL)
    return NULL;
  respub__topic *t = topics->free;
  respub__upkeep *upkeep = t->upkeep;
  uint32_t number = t->len;
  poison_topic(t, false);
  topics->free = upkeep->next;
  *upkeep = (respub__upkeep){.next = NULL};
  *t = (respub__topic){.len = (uint32_t)name.len,
                       .kind = (uint8_t)kind,
                       .wire = RESPUB__ABSENT,
                       .batch = RESPUB__BATCH,
                       .upkeep = upkeep,
                       .name.far = far};
  memcpy(is_near ? t->name.near : far, name.ptr, name.len);
  place(topics, t, number);
  topics->count++;
  topics->changes++;
  return t;
}

/* Places anew what may have probed past a slot that is free now, so that no tombstones gather. */
static void place_behind(respub__topics *topics, uint32_t hole) {
  uint32_t mask = topics->mask;
  for (uint32_t i = (hole + 1) & mask; topics->slots[i] != 0; i = (i + 1) & mask) {
    uint32_t number = (topics->slots[i] & mask) - 1;
    topics->slots[i] = 0;
    place(topics, respub__topics_at(topics, number), number);
  }
}

void respub__topics_remove(respub__topics *topics, respub__topic *topic) {
  uint32_t mask = topics->mask, at = hash_of_topic(topics, topic) & mask;
  while (respub__topics_in(topics, topics->slots[at]) != topic)
    at = (at + 1) & mask;
  uint32_t number = (topics->slots[at] & mask) - 1;
  topics->slots[at] = 0;
  place_behind(topics, at);
  respub__free(&topics->alloc, far_of(topic));
  free_number(topics, topic, number);
  topics->count--;
  topics->changes++;
}

respub__topic *respub__topics_next(const respub__topics *topics, uint32_t *at) {
  while (*at < topics->numbers) {
    respub__topic *t = respub__topics_at(topics, (*at)++);
    if (t->batch > 0)
      return t;
  }
  return NULL;
}
