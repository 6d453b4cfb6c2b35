/* handlers.h - who gets the messages of a topic: the subscriptions of a subscriber. Every call
 * needs the lock of the subscriber that owns the table. */
#ifndef RESPUB_PUBSUB_HANDLERS_H
#define RESPUB_PUBSUB_HANDLERS_H

#include "pubsub/topic.h"

typedef struct respub__subscription {
  respub__receiver receiver;
  struct respub__subscription *next; /* of the same topic, oldest first; NULL: last */
  struct respub__subscription *prev; /* the first one's is the last */
  uint64_t born; /* number of the dispatch during which it was made: not for that message */
  respub__topic *topic;
  void (*released)(void *ctx);
} respub__subscription;

typedef struct respub__handler_slot {
  respub__subscription *subscription;
  uint32_t generation; /* of the slot: part of the id, so that an old id is found out */
  uint32_t next_free;
} respub__handler_slot;

typedef struct respub__handlers {
  respub_allocator alloc;
  respub__handler_slot *slots;
  uint32_t capacity;
  uint32_t first_free;
  uint32_t first_capacity;      /* of the table when it is made */
  uint32_t count;               /* subscriptions, ended ones included that are not forgotten */
  respub__subscription *cursor; /* the next to run in the dispatch that goes on */
  respub__subscription *ended;  /* their released functions are due */
  uint64_t dispatches;
} respub__handlers;

void respub__handlers_init(respub__handlers *h, const respub_allocator *alloc);

/* Fixed memory: the table is made for most at once. To be called before the first is added. */
void respub__handlers_fix(respub__handlers *h, uint32_t most);
struct respub__plan;
void respub__handlers_plan(struct respub__plan *plan, uint32_t most);

/* Frees the table; everything in it has ended before. */
void respub__handlers_free(respub__handlers *h);

/* Adds one behind the others of its topic. NULL: out of memory, nothing changed. */
respub__subscription *respub__handlers_add(respub__handlers *h, respub__topic *topic,
                                           respub_handler *handler, void *ctx);

/* NULL: no such subscription, or not any more. */
respub__subscription *respub__handlers_find(const respub__handlers *h, respub_subscription id);

/* Ends it: it leaves its topic and a dispatch that goes on does not reach it. */
void respub__handlers_end(respub__handlers *h, respub__subscription *s);

/* A dispatch of one message: begin gives the first who gets it and next each other one that was
 * there before the dispatch, although the table, and the topic with it, may change between the
 * calls, and what they point to. NULL: no more. */
static inline const respub__receiver *respub__handlers_next(respub__handlers *h) {
  respub__subscription *s = h->cursor;
  if (s == NULL || s->born >= h->dispatches)
    return NULL;
  h->cursor = s->next;
  return &s->receiver;
}

static inline const respub__receiver *respub__handlers_begin(respub__handlers *h,
                                                             const respub__topic *topic) {
  h->dispatches++;
  if (!RESPUB_FAST) {
    h->cursor = topic->upkeep->handlers;
    return respub__handlers_next(h);
  }
  h->cursor = topic->several ? topic->upkeep->handlers->next : NULL;
  return topic->lead.id != 0 ? &topic->lead : NULL;
}

/* One whose released function is to be called now by the caller (without the lock), who then frees
 * it with respub__handlers_forget. NULL: none. */
respub__subscription *respub__handlers_take_ended(respub__handlers *h);
void respub__handlers_forget(respub__handlers *h, respub__subscription *s);

#endif
