#include "pubsub/topic.h"

#include "net/memory.h"
#include "net/pool.h"
#include "pubsub/topic_find.h"

#include <string.h>

void respub__topics_init(respub__topics *topics, const respub_allocator *alloc, uint64_t seed) {
  *topics = (respub__topics){.alloc = *alloc, .seed = seed};
}

/* Slots that hold most at two thirds; SIZE_MAX: more than there can be. */
static size_t slots_for(size_t most) {
  size_t slots = RESPUB_FIRST_TOPICS;
  while (most > slots / 3 * 2) {
    if (slots > SIZE_MAX / 2)
      return SIZE_MAX;
    slots *= 2;
  }
  return slots;
}

/* Never less than the struct: its last members may be read as one word. */
static size_t topic_size(size_t name_bytes) {
  size_t size = offsetof(respub__topic, name) + name_bytes;
  return size < sizeof(respub__topic) ? sizeof(respub__topic) : size;
}

void respub__topics_fix(respub__topics *topics, size_t most, size_t name_room) {
  topics->most = most;
  topics->name_room = name_room;
}

void respub__topics_plan(respub__plan *plan, size_t most, size_t name_room) {
  respub__plan_table(plan, sizeof(respub__slot), slots_for(most));
  respub__plan_add(plan, topic_size(name_room), most);
}

void respub__topics_free(respub__topics *topics) {
  size_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(topics, &at)) != NULL;)
    respub__topics_free_topic(topics, t);
  respub__free(&topics->alloc, topics->slots);
  topics->slots = NULL;
  topics->count = 0;
}

respub__topic *respub__topics_find(const respub__topics *topics, respub_kind kind,
                                   respub_slice name) {
  return respub__topics_find_marked(topics, respub__topics_mark(topics, kind, name), name);
}

respub__topic *respub__topics_find_marked(const respub__topics *topics, uint64_t mark,
                                          respub_slice name) {
  if (topics->slots == NULL)
    return NULL;
  for (size_t i = (size_t)mark & topics->mask;; i = (i + 1) & topics->mask) {
    respub__topic *t = topics->slots[i].topic;
    if (t == NULL || (topics->slots[i].mark == mark && respub__topic_is(t, name)))
      return t;
  }
}

static void place(respub__slot *slots, size_t mask, respub__slot slot) {
  size_t i = (size_t)slot.mark & mask;
  while (slots[i].topic != NULL)
    i = (i + 1) & mask;
  slots[i] = slot;
}

static bool grow_table(respub__topics *topics) {
  size_t slots = topics->slots == NULL ? slots_for(topics->most) : (topics->mask + 1) * 2;
  if (slots > SIZE_MAX / sizeof(respub__slot))
    return false;
  respub__slot *fresh = respub__alloc_zero(&topics->alloc, slots * sizeof *fresh);
  if (fresh == NULL)
    return false;
  for (size_t i = 0; topics->slots != NULL && i <= topics->mask; i++)
    if (topics->slots[i].topic != NULL)
      place(fresh, slots - 1, topics->slots[i]);
  respub__free(&topics->alloc, topics->slots);
  topics->slots = fresh;
  topics->mask = slots - 1;
  return true;
}

respub__topic *respub__topics_add(respub__topics *topics, respub_kind kind, respub_slice name) {
  size_t slots = topics->slots == NULL ? 0 : topics->mask + 1;
  if ((topics->count + 1) > slots / 3 * 2 && !grow_table(topics))
    return NULL;
  size_t name_room = topics->most > 0 ? topics->name_room : name.len;
  respub__topic *t = respub__alloc_zero(&topics->alloc, topic_size(name_room));
  if (t == NULL)
    return NULL;
  t->len = (uint32_t)name.len;
  t->kind = (uint8_t)kind;
  t->wire = RESPUB__ABSENT;
  t->batch = RESPUB__BATCH;
  memcpy(t->name, name.ptr, name.len);
  uint64_t mark = respub__topics_mark(topics, kind, name);
  place(topics->slots, topics->mask, (respub__slot){t, mark});
  topics->count++;
  topics->changes++;
  return t;
}

/* Closes the hole by moving back what probed past it, so that no tombstones gather. */
void respub__topics_remove(respub__topics *topics, respub__topic *topic) {
  respub__slot *slots = topics->slots;
  size_t mask = topics->mask;
  respub_slice name = respub__topic_slice(topic);
  size_t hole = (size_t)respub__topics_mark(topics, (respub_kind)topic->kind, name) & mask;
  while (slots[hole].topic != topic)
    hole = (hole + 1) & mask;
  for (size_t i = (hole + 1) & mask; slots[i].topic != NULL; i = (i + 1) & mask) {
    size_t home = (size_t)slots[i].mark & mask;
    if (((i - home) & mask) < ((i - hole) & mask))
      continue;
    slots[hole] = slots[i];
    hole = i;
  }
  slots[hole] = (respub__slot){NULL, 0};
  topics->count--;
  topics->changes++;
}

void respub__topics_free_topic(respub__topics *topics, respub__topic *topic) {
  respub__free(&topics->alloc, topic);
}

respub__topic *respub__topics_next(const respub__topics *topics, size_t *at) {
  if (topics->slots == NULL)
    return NULL;
  while (*at <= topics->mask) {
    respub__topic *t = topics->slots[(*at)++].topic;
    if (t != NULL)
      return t;
  }
  return NULL;
}
