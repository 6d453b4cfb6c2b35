#include "broker/topics.h"

#include "net/random.h"

#include <string.h>

void respub__broker_topics_init(respub__topics *topics, const respub_allocator *allocator) {
  *topics = (respub__topics){.allocator = *allocator};
  topics->key.low = respub__random_seed();
  topics->key.high = respub__random_seed();
  for (int kind = 0; kind < RESPUB__TOPIC_KINDS; kind++)
    topics->by_name[kind].allocator = &topics->allocator;
  topics->pairs.allocator = &topics->allocator;
}

void respub__broker_topics_free(respub__topics *topics) {
  for (int kind = 0; kind < RESPUB__TOPIC_KINDS; kind++)
    respub__table_free(&topics->by_name[kind]);
  respub__table_free(&topics->pairs);
}

respub_slice respub__topic_name(const respub__topic *topic) {
  return respub_slice_of(topic->name, topic->name_len);
}

/* ------------------------------------------------------------------------------------------------
 * Topics */

static respub__topic *topic_with(const respub__topics *topics, respub__topic_kind kind,
                                 respub_slice name, uint64_t hash) {
  respub__entry *e = respub__table_bucket(&topics->by_name[kind], hash);
  for (; e != NULL; e = e->next) {
    respub__topic *topic = RESPUB__OF(e, respub__topic, entry);
    if (e->hash == hash && respub_slice_equal(respub__topic_name(topic), name))
      return topic;
  }
  return NULL;
}

const respub__topic *respub__topic_find(const respub__topics *topics, respub__topic_kind kind,
                                        respub_slice name) {
  return topic_with(topics, kind, name, respub__hash(topics->key, name));
}

static respub__topic *topic_new(respub__topics *topics, respub__topic_kind kind, respub_slice name,
                                uint64_t hash) {
  if (name.len > SIZE_MAX - sizeof(respub__topic))
    return NULL;
  respub__topic *topic = respub__alloc(&topics->allocator, sizeof *topic + name.len);
  if (topic == NULL)
    return NULL;
  *topic = (respub__topic){.entry.hash = hash, .kind = kind, .name_len = name.len};
  if (name.len > 0)
    memcpy(topic->name, name.ptr, name.len);
  if (respub__table_add(&topics->by_name[kind], &topic->entry) != RESPUB_OK) {
    respub__free(&topics->allocator, topic);
    return NULL;
  }
  respub__list_append(&topics->all[kind], &topic->of_kind);
  return topic;
}

static void topic_free(respub__topics *topics, respub__topic *topic) {
  respub__table_remove(&topics->by_name[topic->kind], &topic->entry);
  respub__list_remove(&topics->all[topic->kind], &topic->of_kind);
  respub__free(&topics->allocator, topic);
}

/* ------------------------------------------------------------------------------------------------
 * Subscriptions */

/* Clients choose only what has gone through the keyed hash, so mixing in the address is enough. */
static uint64_t pair_hash(const respub__subscriber *subscriber, const respub__topic *topic) {
  uint64_t address = (uint64_t)(uintptr_t)subscriber;
  return topic->entry.hash ^ (address >> 4) * 0x9e3779b97f4a7c15u;
}

static respub__subscription *subscription_of(const respub__topics *topics,
                                             const respub__subscriber *subscriber,
                                             const respub__topic *topic) {
  respub__entry *e = respub__table_bucket(&topics->pairs, pair_hash(subscriber, topic));
  for (; e != NULL; e = e->next) {
    respub__subscription *s = RESPUB__OF(e, respub__subscription, entry);
    if (s->subscriber == subscriber && s->topic == topic)
      return s;
  }
  return NULL;
}

static respub_status subscription_new(respub__topics *topics, respub__subscriber *subscriber,
                                      respub__topic *topic) {
  respub__subscription *s = respub__alloc_zero(&topics->allocator, sizeof *s);
  if (s == NULL)
    return RESPUB_ENOMEM;
  s->entry.hash = pair_hash(subscriber, topic);
  s->topic = topic;
  s->subscriber = subscriber;
  if (respub__table_add(&topics->pairs, &s->entry) != RESPUB_OK) {
    respub__free(&topics->allocator, s);
    return RESPUB_ENOMEM;
  }
  respub__list_append(&topic->subscriptions, &s->of_topic);
  respub__list_append(&subscriber->held[topic->kind], &s->of_subscriber);
  return RESPUB_OK;
}

respub_status respub__subscribe(respub__topics *topics, respub__subscriber *subscriber,
                                respub__topic_kind kind, respub_slice name) {
  uint64_t hash = respub__hash(topics->key, name);
  respub__topic *topic = topic_with(topics, kind, name, hash);
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

void respub__subscription_end(respub__topics *topics, respub__subscription *s) {
  respub__topic *topic = s->topic;
  respub__table_remove(&topics->pairs, &s->entry);
  respub__list_remove(&topic->subscriptions, &s->of_topic);
  respub__list_remove(&s->subscriber->held[topic->kind], &s->of_subscriber);
  respub__free(&topics->allocator, s);
  if (topic->subscriptions.count == 0)
    topic_free(topics, topic);
}

bool respub__unsubscribe(respub__topics *topics, respub__subscriber *subscriber,
                         respub__topic_kind kind, respub_slice name) {
  const respub__topic *topic = respub__topic_find(topics, kind, name);
  respub__subscription *s = topic == NULL ? NULL : subscription_of(topics, subscriber, topic);
  if (s == NULL)
    return false;
  respub__subscription_end(topics, s);
  return true;
}

respub__subscription *respub__subscription_first(const respub__subscriber *subscriber,
                                                 respub__topic_kind kind) {
  respub__link *first = subscriber->held[kind].first;
  return first == NULL ? NULL : RESPUB__OF(first, respub__subscription, of_subscriber);
}

void respub__unsubscribe_all(respub__topics *topics, respub__subscriber *subscriber) {
  for (int kind = 0; kind < RESPUB__TOPIC_KINDS; kind++) {
    respub__subscription *s;
    while ((s = respub__subscription_first(subscriber, (respub__topic_kind)kind)) != NULL)
      respub__subscription_end(topics, s);
  }
}

size_t respub__subscriptions_held(const respub__subscriber *subscriber) {
  return subscriber->held[RESPUB__CHANNEL].count + subscriber->held[RESPUB__PATTERN].count;
}
