/* ahead.h - messages of channels, the only values whose cost matters, on their way to be events. A
 * few are decoded at a time, ahead of their turn, so that what their turns will read comes from
 * memory all at once instead of one piece after the other. Nothing is done with them before: each
 * is dealt with in its turn, as things stand then. */
#ifndef RESPUB_PUBSUB_AHEAD_H
#define RESPUB_PUBSUB_AHEAD_H

#include "net/inline.h"
#include "net/messages.h"
#include "pubsub/session.h"
#include "pubsub/topic_find.h"

/* All zero: none. The messages are the connection's and end with it. */
typedef struct respub__ahead {
  unsigned next, count;
  size_t changes; /* of the topics, when these were guessed */
  respub__message messages[RESPUB_AHEAD];
  uint32_t hashes[RESPUB_AHEAD];
  respub__topic *guesses[RESPUB_AHEAD];
} respub__ahead;

static inline bool respub__ahead_is_empty(const respub__ahead *a) {
  return a->next == a->count;
}

/* Decodes what messages come next; only when empty. False: something else comes, or nothing. */
bool respub__ahead_look(respub__ahead *a, respub_conn *conn, const respub__topics *topics);

/* The turn of the next message; there is one. True: *event (blank, all zero, or an earlier MESSAGE)
 * and *topic are filled; the slices are good until the next look. False: it is not wanted. */
RESPUB__INLINE bool respub__ahead_turn(respub__ahead *a, respub__session *s, respub_event *event,
                                       respub__topic **topic) {
  unsigned i = a->next++;
  const respub__message *message = &a->messages[i];
  respub__topic *t = a->changes == s->topics.changes ? a->guesses[i] : NULL;
  if (t == NULL || !respub__topic_is(t, RESPUB_CHANNEL, message->channel))
    t = respub__topics_find_hashed(&s->topics, a->hashes[i], RESPUB_CHANNEL, message->channel);
  /* It was on its way when UNSUBSCRIBE went out. */
  if (t == NULL || !t->wanted) {
    s->unexpected++;
    return false;
  }
  event->kind = RESPUB_CHANNEL;
  event->channel = message->channel;
  event->pattern = respub_slice_of(NULL, 0);
  event->payload = message->payload;
  event->generation = s->generation;
  *topic = t;
  return true;
}

/* The connection is gone. */
static inline void respub__ahead_forget(respub__ahead *a) {
  a->next = a->count = 0;
}

#endif
