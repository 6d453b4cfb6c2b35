/* publisher_fixture.h - the one publisher of a test at the server of its suite. */
#ifndef RESPUB_TESTS_SUPPORT_PUBLISHER_FIXTURE_H
#define RESPUB_TESTS_SUPPORT_PUBLISHER_FIXTURE_H

#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/wait.h"

enum {
  DEADLINE_MS = 15000
};

static respub_test_server *server;
static respub_publisher *pub;

/* Comes back soon after a loss. */
static inline respub_publisher_options quick_options(void) {
  respub_publisher_options o = respub_test_publisher_options(respub_test_server_url(server));
  o.timeout_ms = respub_test_scaled(DEADLINE_MS);
  o.backoff_min_ms = 5;
  o.backoff_max_ms = 50;
  return o;
}

static inline void open_publisher(const respub_publisher_options *o) {
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, o, NULL), RESPUB_OK);
}

static inline void end(void) {
  respub_publisher_close(pub);
  pub = NULL;
}

static inline respub_publisher_stats stats(void) {
  respub_publisher_stats s;
  respub_publisher_get_stats(pub, &s);
  return s;
}

#endif
