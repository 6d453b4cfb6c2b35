#include "tests/support/sim_server.h"

#include <stdio.h>
#include <string.h>

static const char *const names[RESPUB_SIM_TOPICS] = {"a0", "a1", "b0", "b1", "c0", "c1",
                                                     "d0", "d1", "a*", "b*", "*1"};

const char *respub_sim_topic_name(unsigned topic) {
  return names[topic];
}

bool respub_sim_matches(unsigned pattern_topic, unsigned channel_topic) {
  const char *pattern = names[pattern_topic];
  const char *channel = names[channel_topic];
  return pattern[0] == '*' ? channel[1] == pattern[1] : channel[0] == pattern[0];
}

static bool is_pattern(unsigned topic) {
  return topic >= RESPUB_SIM_CHANNELS;
}

static void say(respub_sim_server *s, const char *text) {
  if (!s->stuck)
    (void)respub_sim_wire_send(s->wire, respub_slice_of_string(text));
}

static unsigned held(const respub_sim_server *s) {
  unsigned n = 0;
  for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++)
    n += s->held[i];
  return n;
}

/* In answer to a command unless unasked. */
static void confirm(respub_sim_server *s, const char *word, respub_slice name, unsigned count,
                    bool unasked) {
  char text[128];
  if (respub_sim_chance(s->random, s->moods.miscount))
    count++;
  snprintf(text, sizeof text, "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%.*s\r\n:%u\r\n", strlen(word), word,
           name.len, (int)name.len, name.ptr, count);
  if (unasked || !respub_sim_chance(s->random, s->moods.mute))
    say(s, text);
}

void respub_sim_server_accept(respub_sim_server *s) {
  memset(s->held, 0, sizeof s->held);
  s->stuck = false;
  respub_decoder_init(&s->decoder, NULL, s->nodes, sizeof s->nodes / sizeof *s->nodes);
}

static int find(respub_slice name, bool pattern) {
  for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++)
    if (is_pattern(i) == pattern && respub_slice_equal(name, respub_slice_of_string(names[i])))
      return (int)i;
  return -1;
}

/* Redis asks its access list before it executes: one denied name refuses the whole command. */
static bool refuses(respub_sim_server *s, const respub_node *command, bool pattern) {
  for (size_t i = 1; i < respub_node_count(command); i++) {
    int topic = find(respub_node_at(command, i)->text, pattern);
    if (topic < 0 || s->forbidden[topic]) {
      say(s, "-NOPERM No permissions to access a channel\r\n");
      return true;
    }
  }
  if (!respub_sim_chance(s->random, s->moods.loading))
    return false;
  say(s, "-LOADING Redis is loading the dataset in memory\r\n");
  return true;
}

static void subscribe(respub_sim_server *s, const respub_node *command, bool pattern) {
  if (refuses(s, command, pattern))
    return;
  for (size_t i = 1; i < respub_node_count(command); i++) {
    respub_slice name = respub_node_at(command, i)->text;
    s->held[find(name, pattern)] = true;
    confirm(s, pattern ? "psubscribe" : "subscribe", name, held(s), false);
  }
}

static void unsubscribe(respub_sim_server *s, const respub_node *command, bool pattern) {
  int first = find(respub_node_at(command, 1)->text, pattern);
  if (s->nosub && (first < 0 || !s->held[first])) {
    say(s, "-NOSUB 'unsubscribe' command executed not in subscribed mode\r\n");
    return;
  }
  for (size_t i = 1; i < respub_node_count(command); i++) {
    respub_slice name = respub_node_at(command, i)->text;
    int topic = find(name, pattern);
    if (topic >= 0)
      s->held[topic] = false;
    confirm(s, pattern ? "punsubscribe" : "unsubscribe", name, held(s), false);
  }
}

static void pong(respub_sim_server *s) {
  static const char *const odd[] = {"+PONG\r\n", "$0\r\n\r\n", "-LOADING not now\r\n",
                                    "-MISCONF disk\r\n"};
  if (respub_sim_chance(s->random, s->moods.odd_pong))
    say(s, odd[respub_sim_below(s->random, 4)]);
  else
    say(s, held(s) > 0 ? "*2\r\n$4\r\npong\r\n$0\r\n\r\n" : "+PONG\r\n");
}

static void execute(respub_sim_server *s, const respub_node *command) {
  respub_slice word = respub_node_at(command, 0)->text;
  if (!respub_slice_equal(word, RESPUB_LIT("PING")) && held(s) > 0 &&
      respub_sim_chance(s->random, s->moods.mute))
    return;
  if (respub_slice_equal(word, RESPUB_LIT("SUBSCRIBE")))
    subscribe(s, command, false);
  else if (respub_slice_equal(word, RESPUB_LIT("PSUBSCRIBE")))
    subscribe(s, command, true);
  else if (respub_slice_equal(word, RESPUB_LIT("UNSUBSCRIBE")))
    unsubscribe(s, command, false);
  else if (respub_slice_equal(word, RESPUB_LIT("PUNSUBSCRIBE")))
    unsubscribe(s, command, true);
  else if (respub_slice_equal(word, RESPUB_LIT("PING")))
    pong(s);
  else if (respub_slice_equal(word, RESPUB_LIT("AUTH")) &&
           respub_sim_chance(s->random, s->moods.bad_auth))
    say(s, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  else
    say(s, "+OK\r\n");
}

static void drip(respub_sim_server *s) {
  if (!s->stuck || *s->wire->now_ms < respub_sim_server_next_ms(s))
    return;
  (void)respub_sim_wire_send(s->wire, RESPUB_LIT("."));
  s->next_byte_ms = *s->wire->now_ms + 150;
}

int64_t respub_sim_server_next_ms(const respub_sim_server *s) {
  return s->stuck && s->wire->is_open ? s->next_byte_ms : INT64_MAX;
}

void respub_sim_server_serve(respub_sim_server *s) {
  drip(s);
  for (;;) {
    respub_slice in = respub_sim_wire_arrived(s->wire);
    size_t used;
    if (in.len == 0)
      return;
    if (respub_decode(&s->decoder, in.ptr, in.len, &used) != RESPUB_OK) {
      respub_sim_wire_check_cut(s->wire);
      return;
    }
    execute(s, s->nodes);
    respub_sim_wire_consume(s->wire, used);
  }
}

static void take_away(respub_sim_server *s) {
  unsigned topic = respub_sim_below(s->random, RESPUB_SIM_TOPICS);
  if (!s->held[topic])
    return;
  s->held[topic] = false;
  confirm(s, is_pattern(topic) ? "punsubscribe" : "unsubscribe",
          respub_slice_of_string(names[topic]), held(s), true);
}

static void be_strange(respub_sim_server *s) {
  static const char *const frames[] = {
      ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n",
      "*3\r\n$7\r\nmessage\r\n$7\r\nunknown\r\n$1\r\n0\r\n",
      "*4\r\n$8\r\npmessage\r\n$2\r\nz*\r\n$2\r\nz0\r\n$1\r\n0\r\n",
      "*3\r\n$7\r\nmessage\r\n$2\r\na0\r\n$-1\r\n",
      "*3\r\n$12\r\nsunsubscribe\r\n$2\r\na0\r\n:0\r\n",
      "*0\r\n",
      ">3\r\n+MOVING\r\n:1\r\n_\r\n",
  };
  say(s, frames[respub_sim_below(s->random, sizeof frames / sizeof *frames)]);
}

static void get_stuck(respub_sim_server *s) {
  say(s, "*3\r\n$7\r\nmessage\r\n$2\r\na0\r\n$99999999\r\n");
  s->stuck = true;
}

void respub_sim_server_fidget(respub_sim_server *s) {
  if (held(s) == 0)
    return;
  if (respub_sim_chance(s->random, s->moods.stuck))
    get_stuck(s);
  if (respub_sim_chance(s->random, s->moods.take_away))
    take_away(s);
  if (respub_sim_chance(s->random, s->moods.stranger))
    be_strange(s);
}

static int64_t send_message(respub_sim_server *s, unsigned topic, unsigned channel,
                            unsigned number) {
  char payload[16];
  /* Long ones and short ones take different ways in. */
  int len = snprintf(payload, sizeof payload, "%0*u", (int)(number % 15), number);
  char text[128];
  if (is_pattern(topic))
    snprintf(text, sizeof text, "*4\r\n$8\r\npmessage\r\n$2\r\n%s\r\n$2\r\n%s\r\n$%d\r\n%s\r\n",
             names[topic], names[channel], len, payload);
  else
    snprintf(text, sizeof text, "*3\r\n$7\r\nmessage\r\n$2\r\n%s\r\n$%d\r\n%s\r\n", names[channel],
             len, payload);
  return respub_sim_wire_send(s->wire, respub_slice_of_string(text));
}

void respub_sim_server_publish(respub_sim_server *s, unsigned channel, unsigned number,
                               int64_t sent_at[RESPUB_SIM_TOPICS]) {
  for (unsigned topic = 0; topic < RESPUB_SIM_TOPICS; topic++) {
    bool concerns = is_pattern(topic) ? respub_sim_matches(topic, channel) : topic == channel;
    sent_at[topic] = INT64_MAX;
    if (concerns && s->held[topic] && s->wire->is_open && !s->stuck)
      sent_at[topic] = send_message(s, topic, channel, number);
  }
}
