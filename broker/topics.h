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

typedef enum respub__broker_topic_kind {
  RESPUB__BROKER_CHANNEL,
  RESPUB__BROKER_PATTERN
} respub__broker_topic_kind;

#define RESPUB__BROKER_TOPIC_KINDS 2

/* Part of a client. All zero: holds nothing. */
typedef struct respub__broker_subscriber {
  respub__broker_list held[RESPUB__BROKER_TOPIC_KINDS]; /* of of_subscriber links, oldest first */
} respub__broker_subscriber;

typedef struct respub__broker_topic {
  respub__broker_entry entry;
  respub__broker_link of_kind;
  respub__broker_list subscriptions; /* of of_topic links, oldest first; never empty */
  respub__broker_topic_kind kind;
  size_t name_len;
  char name[];
} respub__broker_topic;

typedef struct respub__broker_subscription {
  respub__broker_entry entry; /* in pairs */
  respub__broker_link of_topic;
  respub__broker_link of_subscriber;
  respub__broker_topic *topic;
  respub__broker_subscriber *subscriber;
} respub__broker_subscription;

typedef struct respub__broker_topics {
  respub_allocator allocator;
  respub__broker_hash_key key;
  respub__broker_table by_name[RESPUB__BROKER_TOPIC_KINDS];
  respub__broker_table pairs;                          /* subscriptions by (subscriber, topic) */
  respub__broker_list all[RESPUB__BROKER_TOPIC_KINDS]; /* of of_kind links, oldest first */
} respub__broker_topics;

/* *topics must not move afterwards. */
void respub__broker_topics_init(respub__broker_topics *topics, const respub_allocator *allocator);

/* Nobody may be subscribed any more. */
void respub__broker_topics_free(respub__broker_topics *topics);

/* OK also when it was subscribed before, and nothing changes then. ENOMEM: nothing has changed. */
RESPUB_MUST_USE respub_status respub__broker_subscribe(respub__broker_topics *topics,
                                                       respub__broker_subscriber *subscriber,
                                                       respub__broker_topic_kind kind,
                                                       respub_slice name);

/* False when it was not subscribed. */
bool respub__broker_unsubscribe(respub__broker_topics *topics,
                                respub__broker_subscriber *subscriber,
                                respub__broker_topic_kind kind, respub_slice name);

/* Drops this subscription, and its topic with the last one. */
void respub__broker_subscription_end(respub__broker_topics *topics,
                                     respub__broker_subscription *subscription);

void respub__broker_unsubscribe_all(respub__broker_topics *topics,
                                    respub__broker_subscriber *subscriber);

/* The oldest subscription of this kind, NULL when there is none. */
respub__broker_subscription *
respub__broker_subscription_first(const respub__broker_subscriber *subscriber,
                                  respub__broker_topic_kind kind);

/* Channels and patterns together: what Redis's confirmations count. */
size_t respub__broker_subscriptions_held(const respub__broker_subscriber *subscriber);

/* NULL when nobody is subscribed to it. */
const respub__broker_topic *respub__broker_topic_find(const respub__broker_topics *topics,
                                                      respub__broker_topic_kind kind,
                                                      respub_slice name);

respub_slice respub__broker_topic_name(const respub__broker_topic *topic);

#endif
