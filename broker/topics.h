/* topics.h - who is subscribed to what.
 *
 * A topic is a channel or a pattern with at least one subscriber. Subscribing and unsubscribing
 * take constant time, whatever is held; a subscriber's end takes time for its own subscriptions
 * only. */
#ifndef RESPUB_BROKER_TOPICS_H
#define RESPUB_BROKER_TOPICS_H

#include "broker/hash.h"
#include "broker/list.h"
#include "broker/table.h"

typedef enum respub__topic_kind {
  RESPUB__CHANNEL,
  RESPUB__PATTERN
} respub__topic_kind;

#define RESPUB__TOPIC_KINDS 2

/* Part of a client. All zero: holds nothing. */
typedef struct respub__subscriber {
  respub__list held[RESPUB__TOPIC_KINDS]; /* of of_subscriber links, oldest first */
} respub__subscriber;

typedef struct respub__topic {
  respub__entry entry;
  respub__link of_kind;
  respub__list subscriptions; /* of of_topic links, oldest first; never empty */
  respub__topic_kind kind;
  size_t name_len;
  char name[];
} respub__topic;

typedef struct respub__subscription {
  respub__entry entry; /* in pairs */
  respub__link of_topic;
  respub__link of_subscriber;
  respub__topic *topic;
  respub__subscriber *subscriber;
} respub__subscription;

typedef struct respub__topics {
  respub_allocator allocator;
  respub__hash_key key;
  respub__table by_name[RESPUB__TOPIC_KINDS];
  respub__table pairs;                   /* subscriptions by (subscriber, topic) */
  respub__list all[RESPUB__TOPIC_KINDS]; /* of of_kind links, oldest first */
} respub__topics;

/* *topics must not move afterwards. */
void respub__broker_topics_init(respub__topics *topics, const respub_allocator *allocator);

/* Nobody may be subscribed any more. */
void respub__broker_topics_free(respub__topics *topics);

/* OK also when it was subscribed before, and nothing changes then. ENOMEM: nothing has changed. */
RESPUB_MUST_USE respub_status respub__subscribe(respub__topics *topics,
                                                respub__subscriber *subscriber,
                                                respub__topic_kind kind, respub_slice name);

/* False when it was not subscribed. */
bool respub__unsubscribe(respub__topics *topics, respub__subscriber *subscriber,
                         respub__topic_kind kind, respub_slice name);

/* Drops this subscription, and its topic with the last one. */
void respub__subscription_end(respub__topics *topics, respub__subscription *subscription);

void respub__unsubscribe_all(respub__topics *topics, respub__subscriber *subscriber);

/* The oldest subscription of this kind, NULL when there is none. */
respub__subscription *respub__subscription_first(const respub__subscriber *subscriber,
                                                 respub__topic_kind kind);

/* Channels and patterns together: what Redis's confirmations count. */
size_t respub__subscriptions_held(const respub__subscriber *subscriber);

/* NULL when nobody is subscribed to it. */
const respub__topic *respub__topic_find(const respub__topics *topics, respub__topic_kind kind,
                                        respub_slice name);

respub_slice respub__topic_name(const respub__topic *topic);

#endif
