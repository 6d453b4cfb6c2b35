#include "broker/commands.h"
#include "broker/glob.h"
#include "broker/reply.h"

/* ------------------------------------------------------------------------------------------------
 * Subscribing */

/* One confirmation: what was done, with which name (NULL: none was held), how many are left. */
static void confirm(respub__client *client, respub_slice verb, const respub_slice *name,
                    size_t left) {
  respub__reply_array(client, 3);
  respub__reply_bulk(client, verb);
  if (name == NULL)
    respub__reply_null(client);
  else
    respub__reply_bulk(client, *name);
  respub__reply_integer(client, (int64_t)left);
}

static size_t held(const respub__client *client) {
  return respub__subscriptions_held(&client->subscriber);
}

static void subscribe(respub__client *client, const respub__words *words, respub__topic_kind kind,
                      respub_slice verb) {
  respub__hub *hub = client->hub;
  for (size_t i = 1; i < words->count && client->state == RESPUB__CLIENT_OPEN; i++) {
    respub_slice name = words->at[i].text;
    hub->work++;
    if (respub__subscribe(&hub->topics, &client->subscriber, kind, name) == RESPUB_OK)
      confirm(client, verb, &name, held(client));
    else
      respub__client_lose(client, respub_status_text(RESPUB_ENOMEM));
  }
}

/* Each is confirmed before it goes, because its name may go with it. */
static void unsubscribe_all(respub__client *client, respub__topic_kind kind, respub_slice verb) {
  respub__hub *hub = client->hub;
  respub__subscription *s = respub__subscription_first(&client->subscriber, kind);
  if (s == NULL)
    confirm(client, verb, NULL, held(client));
  for (; s != NULL; s = respub__subscription_first(&client->subscriber, kind)) {
    respub_slice name = respub__topic_name(s->topic);
    hub->work++;
    confirm(client, verb, &name, held(client) - 1);
    respub__subscription_end(&hub->topics, s);
  }
}

static void unsubscribe(respub__client *client, const respub__words *words, respub__topic_kind kind,
                        respub_slice verb) {
  if (words->count == 1)
    unsubscribe_all(client, kind, verb);
  for (size_t i = 1; i < words->count; i++) {
    respub_slice name = words->at[i].text;
    client->hub->work++;
    (void)respub__unsubscribe(&client->hub->topics, &client->subscriber, kind, name);
    confirm(client, verb, &name, held(client));
  }
}

void respub__run_subscribe(respub__client *client, const respub__words *words) {
  subscribe(client, words, RESPUB__CHANNEL, RESPUB_LIT("subscribe"));
}

void respub__run_psubscribe(respub__client *client, const respub__words *words) {
  subscribe(client, words, RESPUB__PATTERN, RESPUB_LIT("psubscribe"));
}

void respub__run_unsubscribe(respub__client *client, const respub__words *words) {
  unsubscribe(client, words, RESPUB__CHANNEL, RESPUB_LIT("unsubscribe"));
}

void respub__run_punsubscribe(respub__client *client, const respub__words *words) {
  unsubscribe(client, words, RESPUB__PATTERN, RESPUB_LIT("punsubscribe"));
}

/* ------------------------------------------------------------------------------------------------
 * Publishing */

/* An array of bulk strings as one block: what all subscribers of one topic get. */
static respub__block *encode_once(const respub_allocator *allocator, const respub_slice *parts,
                                  size_t n) {
  size_t size = respub_encode_command(NULL, 0, parts, n);
  respub__block *block = size == RESPUB_UNENCODABLE ? NULL : respub__block_new(allocator, size);
  if (block != NULL)
    (void)respub_encode_command(block->bytes, size, parts, n);
  return block;
}

/* Gives all subscribers of a topic the message; adds those who will get it to *receivers. */
static respub_status deliver(respub__hub *hub, const respub__topic *topic,
                             const respub_slice *parts, size_t n, uint64_t *receivers) {
  respub__block *block = encode_once(&hub->allocator, parts, n);
  if (block == NULL)
    return RESPUB_ENOMEM;
  for (respub__link *at = topic->subscriptions.first; at != NULL; at = at->next) {
    respub__subscription *s = RESPUB__OF(at, respub__subscription, of_topic);
    respub__client *client = RESPUB__OF(s->subscriber, respub__client, subscriber);
    if (respub__reply_block(client, block))
      ++*receivers;
  }
  hub->work += topic->subscriptions.count;
  respub__block_release(&hub->allocator, block);
  return RESPUB_OK;
}

static respub_status deliver_by_channel(respub__hub *hub, respub_slice channel,
                                        respub_slice payload, uint64_t *receivers) {
  const respub__topic *topic = respub__topic_find(&hub->topics, RESPUB__CHANNEL, channel);
  if (topic == NULL)
    return RESPUB_OK;
  const respub_slice parts[] = {RESPUB_LIT("message"), channel, payload};
  return deliver(hub, topic, parts, 3, receivers);
}

static respub_status deliver_by_pattern(respub__hub *hub, respub_slice channel,
                                        respub_slice payload, uint64_t *receivers) {
  respub_status status = RESPUB_OK;
  respub__link *at = hub->topics.all[RESPUB__PATTERN].first;
  for (; at != NULL && status == RESPUB_OK; at = at->next) {
    const respub__topic *topic = RESPUB__OF(at, respub__topic, of_kind);
    respub_slice pattern = respub__topic_name(topic);
    hub->work++;
    if (!respub__glob_match(pattern, channel))
      continue;
    const respub_slice parts[] = {RESPUB_LIT("pmessage"), pattern, channel, payload};
    status = deliver(hub, topic, parts, 4, receivers);
  }
  return status;
}

void respub__run_publish(respub__client *client, const respub__words *words) {
  respub__hub *hub = client->hub;
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
    respub__client_lose(client, respub_status_text(status));
  else
    respub__reply_integer(client, (int64_t)receivers);
}
