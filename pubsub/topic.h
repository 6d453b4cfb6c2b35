/* topic.h - channels and patterns by their bytes: what is wanted and where it stands on the wire.
 */
#ifndef RESPUB_PUBSUB_TOPIC_H
#define RESPUB_PUBSUB_TOPIC_H

#include "net/net.h"
#include "pubsub/pubsub.h"

/* Where a topic stands on the present connection. */
typedef enum respub__wire {
  RESPUB__ABSENT,  /* the server does not hold it */
  RESPUB__ASKED,   /* SUBSCRIBE is on its way or unanswered */
  RESPUB__PRESENT, /* confirmed */
  RESPUB__LEAVING  /* UNSUBSCRIBE is on its way or unanswered */
} respub__wire;

#define RESPUB__BATCH 128 /* most topics of a command, until one was refused */

/* One channel or pattern. Owned by its table; at a fixed address until respub__topics_free_topic.
 */
typedef struct respub__topic {
  struct respub__topic *next; /* in the session's list of those that need a command */
  uint64_t latest;            /* the queue's: where its newest message stands */
  uint32_t command;           /* ASKED, LEAVING: sequence number of the command that carries it */
  uint32_t holds;             /* messages in the delivery queue and reports that still name it */
  /* What each message reads begins here, in as few cache lines as it takes. */
  struct respub__subscription *handlers; /* the subscriber's; oldest first */
  uint32_t len;
  uint16_t batch; /* most topics that a command with it may carry */
  uint8_t kind;   /* a respub_kind */
  uint8_t wire;   /* a respub__wire */
  bool wanted : 1;
  bool listed : 1;  /* in the list of those that need a command */
  bool refused : 1; /* the server said no; not asked again before the retry */
  bool told : 1;    /* the user knows of this refusal */
  bool epoch : 1;   /* which of the two counts of unsettled topics it is in */
  char name[];
} respub__topic;

static inline respub_slice respub__topic_slice(const respub__topic *t) {
  return respub_slice_of(t->name, t->len);
}

/* A place in the table. By its mark a search knows the topic without touching it; see
 * topic_find.h. */
typedef struct respub__slot {
  respub__topic *topic; /* NULL: free */
  uint64_t mark;
} respub__slot;

/* Open addressing, linear probing, at most two thirds full. */
typedef struct respub__topics {
  respub_allocator alloc;
  respub__slot *slots;
  size_t mask; /* slots - 1; slots is a power of two, or none at all */
  size_t count;
  size_t changes; /* how often one was added or removed */
  uint64_t seed;
  size_t most;      /* fixed memory: the table is made for so many at once; 0: it grows */
  size_t name_room; /* with most: bytes for the name of each */
} respub__topics;

/* seed keeps outsiders from choosing names that collide. */
void respub__topics_init(respub__topics *topics, const respub_allocator *alloc, uint64_t seed);

/* Fixed memory: the table has room for most topics with names of at most name_room bytes, all of
 * one size. To be called before the first is added. */
void respub__topics_fix(respub__topics *topics, size_t most, size_t name_room);
struct respub__plan;
void respub__topics_plan(struct respub__plan *plan, size_t most, size_t name_room);

/* Frees the table and every topic in it. */
void respub__topics_free(respub__topics *topics);

/* NULL: not there. */
respub__topic *respub__topics_find(const respub__topics *topics, respub_kind kind,
                                   respub_slice name);

/* The same by its mark. */
respub__topic *respub__topics_find_marked(const respub__topics *topics, uint64_t mark,
                                          respub_slice name);

/* Adds a topic that is not there, ABSENT and unwanted. NULL: out of memory, nothing changed. */
respub__topic *respub__topics_add(respub__topics *topics, respub_kind kind, respub_slice name);

/* Takes the topic out of the table; its memory stays until respub__topics_free_topic. */
void respub__topics_remove(respub__topics *topics, respub__topic *topic);
void respub__topics_free_topic(respub__topics *topics, respub__topic *topic);

/* Every topic once: start with *at 0, go on until NULL. The table must not change in between. */
respub__topic *respub__topics_next(const respub__topics *topics, size_t *at);

#endif
