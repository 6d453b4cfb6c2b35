#include "broker/commands.h"
#include "broker/glob.h"
#include "broker/reply.h"

#include <stdio.h>

/* ------------------------------------------------------------------------------------------------
 * PUBSUB */

static bool wanted(const respub__topic *topic, const respub__words *words) {
  return words->count == 2 || respub__glob_match(words->at[2].text, respub__topic_name(topic));
}

/* Counted before they are listed, because the count stands in front. */
void respub__run_pubsub_channels(respub__client *client, const respub__words *words) {
  if (words->count > 3) {
    respub_slice name = words->at[1].text;
    respub__reply_errorf(client,
                         "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try "
                         "PUBSUB HELP.",
                         RESPUB__QUOTED(name, 128));
    return;
  }
  const respub__list *all = &client->hub->topics.all[RESPUB__CHANNEL];
  size_t count = 0;
  for (respub__link *at = all->first; at != NULL; at = at->next)
    count += wanted(RESPUB__OF(at, respub__topic, of_kind), words);
  client->hub->work += 2 * all->count;
  respub__reply_array(client, count);
  for (respub__link *at = all->first; at != NULL; at = at->next) {
    const respub__topic *topic = RESPUB__OF(at, respub__topic, of_kind);
    if (wanted(topic, words))
      respub__reply_bulk(client, respub__topic_name(topic));
  }
}

void respub__run_pubsub_numsub(respub__client *client, const respub__words *words) {
  const respub__topics *topics = &client->hub->topics;
  respub__reply_array(client, (words->count - 2) * 2);
  for (size_t i = 2; i < words->count; i++) {
    respub_slice name = words->at[i].text;
    const respub__topic *topic = respub__topic_find(topics, RESPUB__CHANNEL, name);
    respub__reply_bulk(client, name);
    respub__reply_integer(client, topic == NULL ? 0 : (int64_t)topic->subscriptions.count);
  }
}

void respub__run_pubsub_numpat(respub__client *client, const respub__words *words) {
  (void)words;
  respub__reply_integer(client, (int64_t)client->hub->topics.all[RESPUB__PATTERN].count);
}

void respub__run_pubsub_help(respub__client *client, const respub__words *words) {
  (void)words;
  respub__reply_array(client, 4);
  respub__reply_simple(client, RESPUB_LIT("PUBSUB CHANNELS [pattern]: channels with subscribers"));
  respub__reply_simple(client, RESPUB_LIT("PUBSUB NUMSUB [channel ...]: subscribers of each"));
  respub__reply_simple(client, RESPUB_LIT("PUBSUB NUMPAT: different patterns subscribed to"));
  respub__reply_simple(client, RESPUB_LIT("PUBSUB HELP: this list"));
}

/* ------------------------------------------------------------------------------------------------
 * INFO, which some clients ask for before they do anything else */

typedef int write_section(const respub__hub *hub, char *out, size_t capacity);

static int write_server(const respub__hub *hub, char *out, size_t capacity) {
  return snprintf(out, capacity,
                  "# Server\r\nredis_version:" RESPUB__REDIS_VERSION "\r\nredis_mode:standalone\r\n"
                  "respub_version:" RESPUB_VERSION "\r\ntcp_port:%d\r\n",
                  hub->port);
}

static int write_clients(const respub__hub *hub, char *out, size_t capacity) {
  return snprintf(out, capacity, "# Clients\r\nconnected_clients:%zu\r\n", hub->clients.count);
}

static int write_persistence(const respub__hub *hub, char *out, size_t capacity) {
  (void)hub;
  return snprintf(out, capacity, "# Persistence\r\nloading:0\r\n");
}

static int write_stats(const respub__hub *hub, char *out, size_t capacity) {
  return snprintf(out, capacity,
                  "# Stats\r\ntotal_connections_received:%llu\r\ntotal_commands_processed:%llu\r\n"
                  "rejected_connections:%llu\r\npubsub_channels:%zu\r\npubsub_patterns:%zu\r\n",
                  (unsigned long long)hub->stats.accepted, (unsigned long long)hub->stats.commands,
                  (unsigned long long)hub->stats.refused, hub->topics.all[RESPUB__CHANNEL].count,
                  hub->topics.all[RESPUB__PATTERN].count);
}

static int write_replication(const respub__hub *hub, char *out, size_t capacity) {
  (void)hub;
  return snprintf(out, capacity, "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n");
}

static const struct section {
  const char *name;
  write_section *write;
} sections[] = {
    {"server", write_server},           {"clients", write_clients},
    {"persistence", write_persistence}, {"stats", write_stats},
    {"replication", write_replication},
};

static bool asked_for(const char *section, const respub__words *words) {
  bool asked = words->count == 1;
  for (size_t i = 1; i < words->count; i++) {
    const respub_node *word = &words->at[i];
    asked |= respub__word_is(word, respub_slice_of_string(section)) ||
             respub__word_is(word, RESPUB_LIT("all")) ||
             respub__word_is(word, RESPUB_LIT("default")) ||
             respub__word_is(word, RESPUB_LIT("everything"));
  }
  return asked;
}

void respub__run_info(respub__client *client, const respub__words *words) {
  char text[1024];
  size_t len = 0;
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    if (!asked_for(sections[i].name, words))
      continue;
    const char *gap = len > 0 ? "\r\n" : "";
    int n = snprintf(text + len, sizeof text - len, "%s", gap);
    len += n > 0 ? (size_t)n : 0;
    n = sections[i].write(client->hub, text + len, sizeof text - len);
    len += n > 0 ? (size_t)n : 0;
  }
  respub__reply_bulk(client, respub_slice_of(text, len));
}
