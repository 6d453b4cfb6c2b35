/* queue.h - the bounded queue between the thread that reads and whoever takes the messages. A ring
 * of records in one block of memory, which grows to its bound and then applies the policy. Every
 * call needs the lock of the subscriber that owns the queue. */
#ifndef RESPUB_PUBSUB_QUEUE_H
#define RESPUB_PUBSUB_QUEUE_H

#include "pubsub/session.h"

struct respub__record;

typedef struct respub__queue {
  respub_allocator alloc;
  respub__session *session; /* is told when the last record of a topic is gone */
  respub_delivery policy;
  bool fixed; /* ring and taken have most_bytes from the first use on, and never another size */
  bool brief; /* used now and then only: has no memory while it is empty */
  size_t most_messages, most_bytes;

  char *ring;
  size_t capacity;
  size_t first;   /* where the oldest record begins */
  size_t end;     /* behind the newest */
  size_t used;    /* bytes between, records that are void included */
  size_t peak;    /* most of them since the queue last ran empty */
  size_t scanned; /* bytes from first on in which no message waits */
  size_t void_bytes;
  size_t messages, high_messages, high_bytes;

  respub__topics latest; /* LATEST: by pattern and channel, where the waiting message is */
  char *key;             /* room to put such a name together */
  size_t key_capacity;

  char *taken; /* the record handed out last */
  size_t taken_capacity;

  uint64_t dropped;     /* ever */
  uint64_t dropped_old; /* since the last message was taken: older than what is next */
  uint64_t dropped_new; /* since the last message was put: newer than it */
  bool slow;            /* an episode goes on: SLOW_CONSUMER was told, GAP is owed */
  uint64_t episode_dropped;
  int64_t episode_from_ms, episode_to_ms;
  uint64_t episode_generation; /* of the last connection that a message was dropped of */
} respub__queue;

void respub__queue_init(respub__queue *q, const respub_allocator *alloc, respub__session *session,
                        const respub_subscriber_options *options);
void respub__queue_free(respub__queue *q);

/* Fixed memory. The bound has to hold the record of the largest message, of message_bytes. */
struct respub__plan;
void respub__queue_plan(struct respub__plan *plan, const respub_subscriber_options *options);
size_t respub__queue_least_bytes(size_t message_bytes);

/* Copies an event, its bytes and its topic (NULL for other events than messages) into the queue, or
 * drops by policy. wall_ms is the time for the account of drops. RESPUB_EFULL (policy BLOCK, or
 * more events than twice the bound) and RESPUB_ENOMEM: nothing is done, the caller waits and tries
 * again. */
RESPUB_MUST_USE respub_status respub__queue_put(respub__queue *q, const respub_event *event,
                                                respub__topic *topic, int64_t wall_ms);

/* Takes the oldest. The event's slices live until the next take. *topic, unless NULL, is held for
 * the caller, who ends that with respub__queue_let_go. False: empty, and memory that a peak has
 * left behind is given back; or, if it is not empty, there is no memory at the moment: try again.
 */
bool respub__queue_take(respub__queue *q, respub_event *event, respub__topic **topic);
void respub__queue_let_go(respub__queue *q, respub__topic *topic);

static inline bool respub__queue_is_empty(const respub__queue *q) {
  return q->used == q->void_bytes && !(q->slow && q->episode_dropped > 0);
}

#endif
