/* sim_server.h - a Redis that only knows Pub/Sub, at the other end of a simulated wire, with moods.
 */
#ifndef RESPUB_TESTS_SUPPORT_SIM_SERVER_H
#define RESPUB_TESTS_SUPPORT_SIM_SERVER_H

#include "tests/support/sim_wire.h"

enum {
  RESPUB_SIM_CHANNELS = 8,
  RESPUB_SIM_PATTERNS = 3
};
enum {
  RESPUB_SIM_TOPICS = RESPUB_SIM_CHANNELS + RESPUB_SIM_PATTERNS
};

/* Topics 0 to 7 are channels "a0" to "d1": a letter, then 0 or 1. The patterns are "a*", "b*" and
 * "*1", so that channels match none, one or two of them. */
const char *respub_sim_topic_name(unsigned topic);
bool respub_sim_matches(unsigned pattern_topic, unsigned channel_topic);

/* Percent of commands (or turns) that get this. All zero: a perfect server. */
typedef struct respub_sim_moods {
  uint32_t loading;   /* SUBSCRIBE refused with -LOADING */
  uint32_t odd_pong;  /* PING answered in another shape, or by an error */
  uint32_t take_away; /* a subscription ended unasked */
  uint32_t miscount;  /* a wrong count in a confirmation */
  uint32_t stranger;  /* frames that nobody knows; messages and confirmations of unknown channels */
  uint32_t bad_auth;  /* the handshake refused */
  uint32_t mute;      /* commands and confirmations that get lost */
  uint32_t stuck;     /* messages that begin and never end, a byte now and then */
} respub_sim_moods;

typedef struct respub_sim_server {
  respub_sim_wire *wire;
  respub_sim_random *random;
  respub_sim_moods moods;
  respub_decoder decoder;
  respub_node nodes[512];
  bool held[RESPUB_SIM_TOPICS];
  bool forbidden[RESPUB_SIM_TOPICS];
  bool stuck;           /* in such a message until the connection ends */
  int64_t next_byte_ms; /* of it */
  bool nosub;           /* answers -NOSUB to the UNSUBSCRIBE of what is not held, as Valkey 8.0 */
} respub_sim_server;

/* A new connection: nothing is held on it. */
void respub_sim_server_accept(respub_sim_server *s);

/* Handles what has arrived. */
void respub_sim_server_serve(respub_sim_server *s);

/* When serve has something to do that nothing arrives for; INT64_MAX: never. */
int64_t respub_sim_server_next_ms(const respub_sim_server *s);

/* Something a server may do by itself, by its moods. */
void respub_sim_server_fidget(respub_sim_server *s);

/* Publishes a number on a channel: for each held topic that matches, sent_at[topic] becomes when
 * the message arrives; INT64_MAX for the others. */
void respub_sim_server_publish(respub_sim_server *s, unsigned channel, unsigned number,
                               int64_t sent_at[RESPUB_SIM_TOPICS]);

#endif
