#include "broker/commands.h"
#include "broker/glob.h"
#include "broker/reply.h"

#include <inttypes.h>
#include <stdarg.h>

/* ------------------------------------------------------------------------------------------------
 * PUBSUB */

static bool wanted(respub__broker_hub *hub, const respub__broker_topic *topic,
                   const respub__broker_words *words) {
  hub->work++;
  if (words->count == 2)
    return true;
  respub_slice pattern = words->at[2].text;
  hub->work += respub__broker_glob_work(pattern, respub__broker_topic_name(topic));
  return respub__broker_glob_match(pattern, respub__broker_topic_name(topic));
}

/* Counted before they are listed, because the count stands in front. */
void respub__broker_run_pubsub_channels(respub__broker_client *client,
                                        const respub__broker_words *words) {
  if (words->count > 3) {
    respub_slice name = words->at[1].text;
    respub__broker_reply_errorf(
        client,
        "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try "
        "PUBSUB HELP.",
        RESPUB__BROKER_QUOTED(name, 128));
    return;
  }
  respub__broker_hub *hub = client->hub;
  const respub__broker_list *all = &hub->topics.all[RESPUB__BROKER_CHANNEL];
  size_t count = 0;
  for (respub__broker_link *at = all->first; at != NULL; at = at->next)
    count += wanted(hub, RESPUB__BROKER_OF(at, respub__broker_topic, of_kind), words);
  respub__broker_reply_array(client, count);
  for (respub__broker_link *at = all->first; at != NULL; at = at->next) {
    const respub__broker_topic *topic = RESPUB__BROKER_OF(at, respub__broker_topic, of_kind);
    if (wanted(hub, topic, words))
      respub__broker_reply_bulk(client, respub__broker_topic_name(topic));
  }
}

void respub__broker_run_pubsub_numsub(respub__broker_client *client,
                                      const respub__broker_words *words) {
  const respub__broker_topics *topics = &client->hub->topics;
  respub__broker_reply_array(client, (words->count - 2) * 2);
  for (size_t i = 2; i < words->count; i++) {
    respub_slice name = words->at[i].text;
    const respub__broker_topic *topic =
        respub__broker_topic_find(topics, RESPUB__BROKER_CHANNEL, name);
    respub__broker_reply_bulk(client, name);
    respub__broker_reply_integer(client, topic == NULL ? 0 : (int64_t)topic->subscriptions.count);
  }
}

void respub__broker_run_pubsub_numpat(respub__broker_client *client,
                                      const respub__broker_words *words) {
  (void)words;
  respub__broker_reply_integer(client,
                               (int64_t)client->hub->topics.all[RESPUB__BROKER_PATTERN].count);
}

void respub__broker_run_pubsub_help(respub__broker_client *client,
                                    const respub__broker_words *words) {
  (void)words;
  respub__broker_reply_array(client, 4);
  respub__broker_reply_simple(client,
                              RESPUB_LIT("PUBSUB CHANNELS [pattern]: channels with subscribers"));
  respub__broker_reply_simple(client,
                              RESPUB_LIT("PUBSUB NUMSUB [channel ...]: subscribers of each"));
  respub__broker_reply_simple(client,
                              RESPUB_LIT("PUBSUB NUMPAT: different patterns subscribed to"));
  respub__broker_reply_simple(client, RESPUB_LIT("PUBSUB HELP: this list"));
}

/* ------------------------------------------------------------------------------------------------
 * INFO, which some clients ask for before they do anything else */

typedef struct page {
  size_t len;
  char text[1024];
} page;

/* What does not fit is left out. */
RESPUB__PRINTF(2, 3) static void append_to_page(page *p, const char *format, ...) {
  size_t room = sizeof p->text - p->len;
  va_list arguments;
  va_start(arguments, format);
  size_t len = respub__format_list(p->text + p->len, room, format, arguments);
  va_end(arguments);
  p->len += len < room ? len : room - 1;
}

static void write_server(page *p, const respub__broker_hub *hub) {
  append_to_page(p,
                 "# Server\r\nredis_version:" RESPUB__BROKER_REDIS_VERSION
                 "\r\nredis_mode:standalone\r\n"
                 "respub_version:" RESPUB_VERSION "\r\ntcp_port:%d\r\n",
                 hub->port);
}

static void write_clients(page *p, const respub__broker_hub *hub) {
  append_to_page(p, "# Clients\r\nconnected_clients:%zu\r\n", hub->clients.count);
}

static void write_persistence(page *p, const respub__broker_hub *hub) {
  (void)hub;
  append_to_page(p, "# Persistence\r\nloading:0\r\n");
}

static void write_stats(page *p, const respub__broker_hub *hub) {
  const respub_broker_stats *stats = &hub->stats;
  append_to_page(p, "# Stats\r\ntotal_connections_received:%" PRIu64 "\r\n", stats->accepted);
  append_to_page(p, "total_commands_processed:%" PRIu64 "\r\n", stats->commands);
  append_to_page(p, "rejected_connections:%" PRIu64 "\r\n", stats->refused);
  append_to_page(p, "pubsub_channels:%zu\r\n", hub->topics.all[RESPUB__BROKER_CHANNEL].count);
  append_to_page(p, "pubsub_patterns:%zu\r\n", hub->topics.all[RESPUB__BROKER_PATTERN].count);
}

static void write_replication(page *p, const respub__broker_hub *hub) {
  (void)hub;
  append_to_page(p, "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n");
}

static const struct section {
  const char *name;
  void (*write)(page *p, const respub__broker_hub *hub);
} sections[] = {
    {"server", write_server},           {"clients", write_clients},
    {"persistence", write_persistence}, {"stats", write_stats},
    {"replication", write_replication},
};

static bool asked_for(const char *section, const respub__broker_words *words) {
  bool asked = words->count == 1;
  for (size_t i = 1; i < words->count; i++) {
    const respub_node *word = &words->at[i];
    asked |= respub__broker_word_is(word, respub_slice_of_string(section)) ||
             respub__broker_word_is(word, RESPUB_LIT("all")) ||
             respub__broker_word_is(word, RESPUB_LIT("default")) ||
             respub__broker_word_is(word, RESPUB_LIT("everything"));
  }
  return asked;
}

void respub__broker_run_info(respub__broker_client *client, const respub__broker_words *words) {
  page p = {.len = 0};
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    if (!asked_for(sections[i].name, words))
      continue;
    append_to_page(&p, "%s", p.len > 0 ? "\r\n" : "");
    sections[i].write(&p, client->hub);
  }
  respub__broker_reply_bulk(client, respub_slice_of(p.text, p.len));
}
