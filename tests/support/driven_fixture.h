/* driven_fixture.h - subscribers at the server of their suite, driven in any of the ways, and what
 * they tell. */
#ifndef RESPUB_TESTS_SUPPORT_DRIVEN_FIXTURE_H
#define RESPUB_TESTS_SUPPORT_DRIVEN_FIXTURE_H

#include "tests/support/driven.h"
#include "tests/support/host.h"
#include "tests/support/wait.h"

#include <stdio.h>

enum {
  DEADLINE_MS = 10000
};

static respub_test_server *server;
static respub_test_recorder seen;

static inline void set_up(void) {
  respub_test_recorder_init(&seen);
}

static inline void tear_down(void) {
  respub_test_recorder_free(&seen);
}

static inline respub_subscriber *open_to_drive(respub_test_way way) {
  return respub_test_open_subscriber(respub_test_server_url(server), way, &seen);
}

static inline void publish(const char *channel, const char *payload) {
  char command[200];
  snprintf(command, sizeof command, "PUBLISH %s %s", channel, payload);
  CU_ASSERT_TRUE(respub_test_server_says(server, command, ":"));
}

#endif
