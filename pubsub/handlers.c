#include "pubsub/handlers.h"

#include "net/memory.h"
#include "net/pool.h"

enum {
  MOST_SLOTS = 1 << 26
};
#define NO_SLOT UINT32_MAX

void respub__handlers_init(respub__handlers *h, const respub_allocator *alloc) {
  *h = (respub__handlers){
      .alloc = *alloc, .first_free = NO_SLOT, .first_capacity = RESPUB_FIRST_HANDLERS};
}

void respub__handlers_fix(respub__handlers *h, uint32_t most) {
  h->first_capacity = most;
}

void respub__handlers_plan(respub__plan *plan, uint32_t most) {
  respub__plan_table(plan, sizeof(respub__handler_slot), most);
  respub__plan_add(plan, sizeof(respub__subscription), most);
}

void respub__handlers_free(respub__handlers *h) {
  respub__free(&h->alloc, h->slots);
  h->slots = NULL;
  h->capacity = 0;
}

static bool grow_slots(respub__handlers *h) {
  uint32_t capacity = h->capacity == 0 ? h->first_capacity : h->capacity * 2;
  if (capacity > MOST_SLOTS)
    return false;
  respub__handler_slot *slots = respub__resize(&h->alloc, h->slots, capacity * sizeof *slots);
  if (slots == NULL)
    return false;
  for (uint32_t i = h->capacity; i < capacity; i++)
    slots[i] =
        (respub__handler_slot){.generation = 1, .next_free = i + 1 < capacity ? i + 1 : NO_SLOT};
  h->first_free = h->capacity;
  h->slots = slots;
  h->capacity = capacity;
  return true;
}

/* After each change of a topic's handlers: what is in its line. */
static void note_handlers(respub__topic *topic) {
  if (!RESPUB_FAST)
    return;
  const respub__subscription *first = topic->upkeep->handlers;
  topic->lead = first != NULL ? first->receiver : (respub__receiver){.id = 0};
  topic->several = first != NULL && first->next != NULL;
}

static void append_handler(respub__topic *topic, respub__subscription *s) {
  s->next = NULL;
  if (topic->upkeep->handlers == NULL) {
    topic->upkeep->handlers = s->prev = s;
  } else {
    s->prev = topic->upkeep->handlers->prev;
    s->prev->next = s;
    topic->upkeep->handlers->prev = s;
  }
  note_handlers(topic);
}

static void unlink_from_topic(respub__subscription *s) {
  respub__topic *topic = s->topic;
  if (s->next != NULL)
    s->next->prev = s->prev;
  else
    topic->upkeep->handlers->prev = s->prev;
  if (topic->upkeep->handlers == s)
    topic->upkeep->handlers = s->next;
  else
    s->prev->next = s->next;
  note_handlers(topic);
}

respub__subscription *respub__handlers_add(respub__handlers *h, respub__topic *topic,
                                           respub_handler *handler, void *ctx) {
  if (h->first_free == NO_SLOT && !grow_slots(h))
    return NULL;
  respub__subscription *s = respub__alloc(&h->alloc, sizeof *s);
  if (s == NULL)
    return NULL;
  h->count++;
  uint32_t index = h->first_free;
  respub__handler_slot *slot = &h->slots[index];
  h->first_free = slot->next_free;
  slot->subscription = s;
  *s = (respub__subscription){
      .receiver = {handler, ctx, (respub_subscription)slot->generation << 32 | index},
      .topic = topic,
      .born = h->dispatches};
  append_handler(topic, s);
  return s;
}

respub__subscription *respub__handlers_find(const respub__handlers *h, respub_subscription id) {
  uint32_t index = (uint32_t)id;
  if (index >= h->capacity || h->slots[index].generation != id >> 32)
    return NULL;
  return h->slots[index].subscription;
}

void respub__handlers_end(respub__handlers *h, respub__subscription *s) {
  if (h->cursor == s)
    h->cursor = s->next;
  unlink_from_topic(s);
  uint32_t index = (uint32_t)s->receiver.id;
  respub__handler_slot *slot = &h->slots[index];
  slot->subscription = NULL;
  /* A slot whose generation would come round is not used again: ids stay unique. */
  if (++slot->generation != 0) {
    slot->next_free = h->first_free;
    h->first_free = index;
  }
  if (s->released == NULL) {
    respub__handlers_forget(h, s);
    return;
  }
  s->next = h->ended;
  h->ended = s;
}

respub__subscription *respub__handlers_take_ended(respub__handlers *h) {
  respub__subscription *s = h->ended;
  if (s != NULL)
    h->ended = s->next;
  return s;
}

void respub__handlers_forget(respub__handlers *h, respub__subscription *s) {
  respub__free(&h->alloc, s);
  h->count--;
}
