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

/* Who is called with a message. */
typedef struct respub__receiver {
  respub_handler *handler; /* may be NULL */
  void *ctx;
  respub_subscription id;
} respub__receiver;

/* What changes of a topic need, and messages that wait. */
typedef struct respub__upkeep {
  struct respub__topic *next;            /* in the session's list of those that need a command */
  struct respub__subscription *handlers; /* the subscriber's; oldest first */
  uint64_t latest;                       /* the queue's: where its newest message stands */
  uint32_t command; /* ASKED, LEAVING: sequence number of the command that carries it */
  uint32_t holds;   /* messages in the delivery queue and reports that still name it */
} respub__upkeep;

enum {
  RESPUB__LINE_BYTES = 64, /* of a cache line */
  RESPUB__NEAR_BYTES =
      RESPUB_FAST ? RESPUB__LINE_BYTES - sizeof(respub__receiver) - 8 - sizeof(void *) : 1
};

/* One channel or pattern: what each message reads, with RESPUB_FAST in a cache line of its own.
 * Owned by its table; at a fixed address until it is removed. */
typedef struct respub__topic {
  respub__receiver lead; /* of the first of the handlers, with RESPUB_FAST; all zero: none */
  uint32_t len;
  uint8_t kind;  /* a respub_kind */
  uint8_t wire;  /* a respub__wire */
  uint8_t batch; /* most topics that a command with it may carry; 0: free for a new topic */
  bool wanted : 1;
  bool listed : 1;  /* in the list of those that need a command */
  bool refused : 1; /* the server said no; not asked again before the retry */
  bool told : 1;    /* the user knows of this refusal */
  bool epoch : 1;   /* which of the two counts of unsettled topics it is in */
  bool several : 1; /* handlers, with RESPUB_FAST */
  respub__upkeep *upkeep;
  union {
    char near[RESPUB__NEAR_BYTES];
    char *far; /* a longer one, or any without RESPUB_FAST, which is less code */
  } name;
} respub__topic;

static inline bool respub__name_is_near(size_t len) {
  return RESPUB_FAST && len <= RESPUB__NEAR_BYTES;
}

static inline const char *respub__topic_name(const respub__topic *t) {
  return respub__name_is_near(t->len) ? t->name.near : t->name.far;
}

static inline respub_slice respub__topic_slice(const respub__topic *t) {
  return respub_slice_of(respub__topic_name(t), t->len);
}

/* Open addressing, linear probing, at most half full. A topic is known by a number, by which it is
 * found in its chunk: so a slot is small, and has room for bits of the hash that tell nearly always
 * whether the topic is worth a look; see topic_find.h. */
typedef struct respub__topics {
  respub_allocator alloc;
  respub__topic **chunks; /* one block with the slots */
  uint32_t *slots;        /* 0: free */
  uint32_t no_slots;      /* what slots is before there is memory: a single one, always free */
  uint32_t mask;          /* slots - 1; slots is a power of two */
  uint32_t count;         /* topics */
  uint32_t numbers;       /* there is room for: those of all chunks */
  uint32_t most;          /* of these; fixed memory: topics at once */
  uint32_t chunk;         /* topics of a chunk; fixed memory: all */
  uint32_t chunk_shift;   /* 2 to the power of it is chunk, or more than most */
  respub__topic *free;    /* linked by upkeep->next; len is the number */
  size_t changes;         /* how often one was added or removed */
  uint64_t seed;
  size_t name_room; /* fixed memory: bytes for each name that is not near */
} respub__topics;

/* seed keeps outsiders from choosing names that collide. */
void respub__topics_init(respub__topics *topics, const respub_allocator *alloc, uint64_t seed);

/* Fixed memory: the table has room for most topics with names of at most name_room bytes, all of
 * one size. To be called before the first is added. */
void respub__topics_fix(respub__topics *topics, uint32_t most, size_t name_room);
struct respub__plan;
void respub__topics_plan(struct respub__plan *plan, uint32_t most, size_t name_room);

/* Frees the table and every topic in it. */
void respub__topics_free(respub__topics *topics);

/* NULL: not there. */
respub__topic *respub__topics_find(const respub__topics *topics, respub_kind kind,
                                   respub_slice name);

/* The same by its hash. */
respub__topic *respub__topics_find_hashed(const respub__topics *topics, uint32_t hash,
                                          respub_kind kind, respub_slice name);

/* Adds a topic that is not there, ABSENT and unwanted. NULL: out of memory, nothing changed. */
respub__topic *respub__topics_add(respub__topics *topics, respub_kind kind, respub_slice name);

/* Ends the topic. Its memory is kept for the next one. */
void respub__topics_remove(respub__topics *topics, respub__topic *topic);

/* Every topic once: start with *at 0, go on until NULL. In between any may be removed, but none
 * added. */
respub__topic *respub__topics_next(const respub__topics *topics, uint32_t *at);

#endif
