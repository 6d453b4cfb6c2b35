#include "broker/topics.h"

#include "net/random.h"

#include <string.h>

void respub__broker_topics_init(respub__broker_topics *topics, const respub_allocator *allocator) {
  *topics = (respub__broker_topics){.allocator = *allocator};
  topics->key.low = respub__random_seed();
  topics->key.high = respub__random_seed();
  for (int kind = 0; kind < RESPUB__BROKER_TOPIC_KINDS; kind++)
    topics->by_name[kind].allocator = &topics->allocator;
  topics->pairs.allocator = &topics->allocator;
}

void respub__broker_topics_free(respub__broker_topics *topics) {
  for (int kind = 0; kind < RESPUB__BROKER_TOPIC_KINDS; kind++)
    respub__broker_table_free(&topics->by_name[kind]);
  respub__broker_table_free(&topics->pairs);
}

respub_slice respub__broker_topic_name(const respub__broker_topic *topic) {
  return respub_slice_of(topic->name, topic->name_len);
}

/* ------------------------------------------------------------------------------------------------
 * Topics */

static respub__broker_topic *topic_with(const respub__broker_topics *topics,
                                        respub__broker_topic_kind kind, respub_slice name,
                                        uint64_t hash) {
  respub__broker_entry *e = respub__broker_table_bucket(&topics->by_name[kind], hash);
  for (; e != NULL; e = e->next) {
    respub__broker_topic *topic = RESPUB__BROKER_OF(e, respub__broker_topic, entry);
    if (e->hash == hash && respub_slice_equal(respub__broker_topic_name(topic), name))
      return topic;
  }
  return NULL;
}

const respub__broker_topic *respub__broker_topic_find(const respub__broker_topics *topics,
                                                      respub__broker_topic_kind kind,
                                                      respub_slice name) {
  return topic_with(topics, kind, name, respub__broker_hash(topics->key, name));
}

static respub__broker_topic *topic_new(respub__broker_topics *topics,
                                       respub__broker_topic_kind kind, respub_slice name,
                                       uint64_t hash) {
  if (name.len > SIZE_MAX - sizeof(respub__broker_topic))
    return NULL;
  respub__broker_topic *topic = respub__alloc(&topics->allocator, sizeof *topic + name.len);
  if (topic == NULL)
    return NULL;
  *topic = (respub__broker_topic){.entry.hash = hash, .kind = kind, .name_len = name.len};
  if (name.len > 0)
    memcpy(topic->name, name.ptr, name.len);
  if (respub__broker_table_add(&topics->by_name[kind], &topic->entry) != RESPUB_OK) {
    respub__free(&topics->allocator, topic);
    return NULL;
  }
  respub__broker_list_append(&topics->all[kind], &topic->of_kind);
  return topic;
}

static void topic_free(respub__broker_topics *topics, respub__broker_topic *topic) {
  respub__broker_table_remove(&topics->by_name[topic->kind], &topic->entry);
  respub__broker_list_remove(&topics->all[topic->kind], &topic->of_kind);
  respub__free(&topics->allocator, topic);
}

/* ------------------------------------------------------------------------------------------------
 * Subscriptions */

/* Clients choose only what has gone through the keyed hash, so mixing in the address is enough. */
static uint64_t pair_hash(const respub__broker_subscriber *subscriber,
                          const respub__broker_topic *topic) {
  uint64_t address = (uint64_t)(uintptr_t)subscriber;
  return topic->entry.hash ^ (address >> 4) * 0x9e3779b97f4a7c15u;
}

static respub__broker_subscription *subscription_of(const respub__broker_topics *topics,
                                                    const respub__broker_subscriber *subscriber,
                                                    const respub__broker_topic *topic) {
  respub__broker_entry *e =
      respub__broker_table_bucket(&topics->pairs, pair_hash(subscriber, topic));
  for (; e != NULL; e = e->next) {
    respub__broker_subscription *s = RESPUB__BROKER_OF(e, respub__broker_subscription, entry);
    if (s->subscriber == subscriber && s->topic == topic)
      return s;
  }
  return NULL;
}

static respub_status subscription_new(respub__broker_topics *topics,
                                      respub__broker_subscriber *subscriber,
                                      respub__broker_topic *topic) {
  respub__broker_subscription *s = respub__alloc_zero(&topics->allocator, sizeof *s);
  if (s == NULL)
    return RESPUB_ENOMEM;
  s->entry.hash = pair_hash(subscriber, topic);
  s->topic = topic;
  s->subscriber = subscriber;
  if (respub__broker_table_add(&topics->pairs, &s->entry) != RESPUB_OK) {
    respub__free(&topics->allocator, s);
    return RESPUB_ENOMEM;
  }
  respub__broker_list_append(&topic->subscriptions, &s->of_topic);
  respub__broker_list_append(&subscriber->held[topic->kind], &s->of_subscriber);
  return RESPUB_OK;
}

respub_status respub__broker_subscribe(respub__broker_topics *topics,
                                       respub__broker_subscriber *subscriber,
                                       respub__broker_topic_kind kind, respub_slice name) {
  uint64_t hash = respub__broker_hash(topics->key, name);
  respub__broker_topic *topic = topic_with(topics, kind, name, hash);
  if (topic != NULL && subscription_of(topics, subscriber, topic) != NULL)
    return RESPUB_OK;
  if (topic == NULL)
    topic = topic_new(topics, kind, name, hash);
  if (topic == NULL)
    return RESPUB_ENOMEM;
  respub_status status = subscription_new(topics, subscriber, topic);
  if (topic->subscriptions.count == 0)
    topic_free(topics, topic);
  return status;
}

void respub__broker_subscription_end(respub__broker_topics *topics,
                                     respub__broker_subscription *s) {
  respub__broker_topic *topic = s->topic;
  respub__broker_table_remove(&topics->pairs, &s->entry);
  respub__broker_list_remove(&topic->subscriptions, &s->of_topic);
  respub__broker_list_remove(&s->subscriber->held[topic->kind], &s->of_subscriber);
  respub__free(&topics->allocator, s);
  if (topic->subscriptions.count == 0)
    topic_free(topics, topic);
}

bool respub__broker_unsubscribe(respub__broker_topics *topics,
                                respub__broker_subscriber *subscriber,
                                respub__broker_topic_kind kind, respub_slice name) {
  const respub__broker_topic *topic = respub__broker_topic_find(topics, kind, name);
  respub__broker_subscription *s =
      topic == NULL ? NULL : subscription_of(topics, subscriber, topic);
  if (s == NULL)
    return false;
  respub__broker_subscription_end(topics, s);
  return true;
}

respub__broker_subscription *
respub__broker_subscription_first(const respub__broker_subscriber *subscriber,
                                  respub__broker_topic_kind kind) {
  respub__broker_link *first = subscriber->held[kind].first;
  return first == NULL ? NULL
                       : RESPUB__BROKER_OF(first, respub__broker_subscription, of_subscriber);
}

void respub__broker_unsubscribe_all(respub__broker_topics *topics,
                                    respub__broker_subscriber *subscriber) {
  for (int kind = 0; kind < RESPUB__BROKER_TOPIC_KINDS; kind++) {
    respub__broker_subscription *s;
    while ((s = respub__broker_subscription_first(subscriber, (respub__broker_topic_kind)kind)) !=
           NULL)
      respub__broker_subscription_end(topics, s);
  }
}

size_t respub__broker_subscriptions_held(const respub__broker_subscriber *subscriber) {
  return subscriber->held[RESPUB__BROKER_CHANNEL].count +
         subscriber->held[RESPUB__BROKER_PATTERN].count;
}
