/* broker_fixture.h - an embedded broker in the process of its test, and bare connections to it. */
#ifndef RESPUB_TESTS_SUPPORT_BROKER_FIXTURE_H
#define RESPUB_TESTS_SUPPORT_BROKER_FIXTURE_H

#include "broker/broker.h"
#include "tests/support/peer.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <stdio.h>

enum {
  DEADLINE_MS = 30000
};

static inline respub_broker *open_broker(const respub_broker_options *options) {
  respub_broker *broker;
  respub_error error;
  respub_status status = respub_broker_open(&broker, options, &error);
  if (status != RESPUB_OK)
    fprintf(stderr, "%s\n", error.text);
  CU_ASSERT_EQUAL_FATAL(status, RESPUB_OK);
  return broker;
}

static inline respub_broker *start_with(const respub_broker_options *options) {
  respub_broker *broker = open_broker(options);
  CU_ASSERT_EQUAL_FATAL(respub_broker_start(broker), RESPUB_OK);
  return broker;
}

static inline respub_broker *start_default(void) {
  respub_broker_options options;
  respub_broker_options_init(&options);
  return start_with(&options);
}

static inline void connect_peer(respub_test_peer *p, const respub_broker *broker) {
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(p, (uint16_t)respub_broker_port(broker)));
}

static inline bool answers(respub_test_peer *p) {
  return respub_test_peer_say(p, "PING\r\n", DEADLINE_MS) &&
         respub_test_peer_expect(p, "+PONG\r\n", DEADLINE_MS);
}

/* To its first channel. */
static inline bool subscribes(respub_test_peer *p, const char *channel) {
  char text[128];
  snprintf(text, sizeof text, "SUBSCRIBE %s\r\n", channel);
  return respub_test_peer_say(p, text, DEADLINE_MS) &&
         respub_test_peer_receive_text(p, ":1\r\n", DEADLINE_MS) &&
         (respub_test_peer_forget(p, p->len), true);
}

/* A condition on the broker's statistics. */
typedef struct expectation {
  respub_broker *broker;
  uint64_t count;
} expectation;

static inline bool has_clients(void *ctx) {
  const expectation *e = ctx;
  respub_broker_stats stats;
  respub_broker_get_stats(e->broker, &stats);
  return stats.clients == e->count;
}

static inline bool clients_become(respub_broker *broker, uint64_t n) {
  expectation e = {broker, n};
  return respub_test_wait(has_clients, &e, DEADLINE_MS);
}

#endif
