/* hub.h - what all clients share, and what the commands act on. No socket is known here. */
#ifndef RESPUB_BROKER_HUB_H
#define RESPUB_BROKER_HUB_H

#include "broker/broker.h"
#include "broker/topics.h"

/* What clients that look at versions are told: the one whose answers are given. */
#define RESPUB__BROKER_REDIS_VERSION "7.0.0"

/* Defaults. What a client may have waiting is more than the largest command, because else that
 * could be published and reach nobody; it is what Redis lets subscribers have (redis.conf,
 * client-output-buffer-limit pubsub). */
#define RESPUB__BROKER_REQUEST_BYTES ((size_t)16 * 1024 * 1024)
#define RESPUB__BROKER_OUTPUT_BYTES ((size_t)32 * 1024 * 1024)

struct respub__broker_client;

typedef struct respub__broker_hub {
  respub_allocator allocator;
  respub_log log;
  respub_slice username;
  respub_slice password; /* empty: none is needed */
  size_t client_output_bytes;
  size_t request_bytes;
  int port; /* for INFO */
  respub__broker_topics topics;
  respub__broker_list clients; /* of of_hub links, oldest first */
  respub__broker_list touched; /* of of_touched links: whose output or state has changed */
  uint64_t last_client_id;
  /* Sends what the socket takes at once; NULL where there are no sockets. */
  void (*send_now)(struct respub__broker_client *client);
  uint64_t work; /* grows with everything done for clients; what a turn is measured by */
  respub_broker_stats stats;
} respub__broker_hub;

/* *hub must not move afterwards. The options' zeros stand for their defaults. */
void respub__broker_hub_init(respub__broker_hub *hub, const respub_broker_options *options);

/* There are no clients any more. */
void respub__broker_hub_free(respub__broker_hub *hub);

#endif
