#include "broker/commands.h"
#include "broker/glob.h"
#include "broker/reply.h"

/* ------------------------------------------------------------------------------------------------
 * Subscribing */

/* One confirmation: what was done, with which name (NULL: none was held), how many are left. */
static void reply_confirmation(respub__broker_client *client, respub_slice verb,
                               const respub_slice *name, size_t left) {
  respub__broker_reply_array(client, 3);
  respub__broker_reply_bulk(client, verb);
  if (name == NULL)
    respub__broker_reply_null(client);
  else
    respub__broker_reply_bulk(client, *name);
  respub__broker_reply_integer(client, (int64_t)left);
}

static size_t held(const respub__broker_client *client) {
  return respub__broker_subscriptions_held(&client->subscriber);
}

static void subscribe_words(respub__broker_client *client, const respub__broker_words *words,
                            respub__broker_topic_kind kind, respub_slice verb) {
  respub__broker_hub *hub = client->hub;
  for (size_t i = 1; i < words->count && client->state == RESPUB__BROKER_CLIENT_OPEN; i++) {
    respub_slice name = words->at[i].text;
    hub->work++;
    if (respub__broker_subscribe(&hub->topics, &client->subscriber, kind, name) == RESPUB_OK)
      reply_confirmation(client, verb, &name, held(client));
    else
      respub__broker_client_lose(client, respub_status_text(RESPUB_ENOMEM));
  }
}

/* Each is confirmed before it goes, because its name may go with it. */
static void unsubscribe_all(respub__broker_client *client, respub__broker_topic_kind kind,
                            respub_slice verb) {
  respub__broker_hub *hub = client->hub;
  respub__broker_subscription *s = respub__broker_subscription_first(&client->subscriber, kind);
  if (s == NULL)
    reply_confirmation(client, verb, NULL, held(client));
  for (; s != NULL; s = respub__broker_subscription_first(&client->subscriber, kind)) {
    respub_slice name = respub__broker_topic_name(s->topic);
    hub->work++;
    reply_confirmation(client, verb, &name, held(client) - 1);
    respub__broker_subscription_end(&hub->topics, s);
  }
}

static void unsubscribe(respub__broker_client *client, const respub__broker_words *words,
                        respub__broker_topic_kind kind, respub_slice verb) {
  if (words->count == 1)
    unsubscribe_all(client, kind, verb);
  for (size_t i = 1; i < words->count; i++) {
    respub_slice name = words->at[i].text;
    client->hub->work++;
    (void)respub__broker_unsubscribe(&client->hub->topics, &client->subscriber, kind, name);
    reply_confirmation(client, verb, &name, held(client));
  }
}

void respub__broker_run_subscribe(respub__broker_client *client,
                                  const respub__broker_words *words) {
  subscribe_words(client, words, RESPUB__BROKER_CHANNEL, RESPUB_LIT("subscribe"));
}

void respub__broker_run_psubscribe(respub__broker_client *client,
                                   const respub__broker_words *words) {
  subscribe_words(client, words, RESPUB__BROKER_PATTERN, RESPUB_LIT("psubscribe"));
}

void respub__broker_run_unsubscribe(respub__broker_client *client,
                                    const respub__broker_words *words) {
  unsubscribe(client, words, RESPUB__BROKER_CHANNEL, RESPUB_LIT("unsubscribe"));
}

void respub__broker_run_punsubscribe(respub__broker_client *client,
                                     const respub__broker_words *words) {
  unsubscribe(client, words, RESPUB__BROKER_PATTERN, RESPUB_LIT("punsubscribe"));
}

/* ------------------------------------------------------------------------------------------------
 * Publishing */

/* An array of bulk strings as one block: what all subscribers of one topic get. */
static respub__broker_block *encode_once(const respub_allocator *allocator,
                                         const respub_slice *parts, size_t n) {
  size_t size = respub_encode_command(NULL, 0, parts, n);
  respub__broker_block *block =
      size == RESPUB_UNENCODABLE ? NULL : respub__broker_block_new(allocator, size);
  if (block != NULL)
    (void)respub_encode_command(block->bytes, size, parts, n);
  return block;
}

/* Gives all subscribers of a topic the message; adds those who will get it to *receivers. */
static respub_status deliver_to_topic(respub__broker_hub *hub, const respub__broker_topic *topic,
                                      const respub_slice *parts, size_t n, uint64_t *receivers) {
  respub__broker_block *block = encode_once(&hub->allocator, parts, n);
  if (block == NULL)
    return RESPUB_ENOMEM;
  for (respub__broker_link *at = topic->subscriptions.first; at != NULL; at = at->next) {
    respub__broker_subscription *s = RESPUB__BROKER_OF(at, respub__broker_subscription, of_topic);
    respub__broker_client *client =
        RESPUB__BROKER_OF(s->subscriber, respub__broker_client, subscriber);
    if (respub__broker_reply_block(client, block))
      ++*receivers;
  }
  hub->work += topic->subscriptions.count;
  respub__broker_block_release(&hub->allocator, block);
  return RESPUB_OK;
}

static respub_status deliver_by_channel(respub__broker_hub *hub, respub_slice channel,
                                        respub_slice payload, uint64_t *receivers) {
  const respub__broker_topic *topic =
      respub__broker_topic_find(&hub->topics, RESPUB__BROKER_CHANNEL, channel);
  if (topic == NULL)
    return RESPUB_OK;
  const respub_slice parts[] = {RESPUB_LIT("message"), channel, payload};
  return deliver_to_topic(hub, topic, parts, 3, receivers);
}

static respub_status deliver_by_pattern(respub__broker_hub *hub, respub_slice channel,
                                        respub_slice payload, uint64_t *receivers) {
  respub_status status = RESPUB_OK;
  respub__broker_link *at = hub->topics.all[RESPUB__BROKER_PATTERN].first;
  for (; at != NULL && status == RESPUB_OK; at = at->next) {
    const respub__broker_topic *topic = RESPUB__BROKER_OF(at, respub__broker_topic, of_kind);
    respub_slice pattern = respub__broker_topic_name(topic);
    hub->work += 1 + respub__broker_glob_work(pattern, channel);
    if (!respub__broker_glob_match(pattern, channel))
      continue;
    const respub_slice parts[] = {RESPUB_LIT("pmessage"), pattern, channel, payload};
    status = deliver_to_topic(hub, topic, parts, 4, receivers);
  }
  return status;
}

void respub__broker_run_publish(respub__broker_client *client, const respub__broker_words *words) {
  respub__broker_hub *hub = client->hub;
  respub_slice channel = words->at[1].text;
  respub_slice payload = words->at[2].text;
  uint64_t receivers = 0;
  respub_status status = deliver_by_channel(hub, channel, payload, &receivers);
  if (status == RESPUB_OK)
    status = deliver_by_pattern(hub, channel, payload, &receivers);
  hub->stats.published++;
  hub->stats.delivered += receivers;
  /* Some may have it and some not: no number would be the truth. */
  if (status != RESPUB_OK)
    respub__broker_client_lose(client, respub_status_text(status));
  else
    respub__broker_reply_integer(client, (int64_t)receivers);
}
