/* subscriber_fixture.h - the one subscriber of a test at the server of its suite, soon back after a
 * loss, and what it tells. */
#ifndef RESPUB_TESTS_SUPPORT_SUBSCRIBER_FIXTURE_H
#define RESPUB_TESTS_SUPPORT_SUBSCRIBER_FIXTURE_H

#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/recorder.h"
#include "tests/support/wait.h"

enum {
  DEADLINE_MS = 15000
};

static respub_test_server *server;
static respub_test_recorder seen;
static respub_subscriber *sub;

static inline respub_subscriber_options quick_options(void) {
  respub_subscriber_options o = respub_test_subscriber_options(respub_test_server_url(server));
  o.on_event = respub_test_record;
  o.event_ctx = &seen;
  o.backoff_min_ms = 5;
  o.backoff_max_ms = 50;
  o.slow_retry_ms = 200;
  o.ping_interval_ms = respub_test_scaled(200);
  o.ping_timeout_ms = respub_test_scaled(300);
  return o;
}

/* Starts it with this channel, whose handler gets the recorder. */
static inline void open_on(const respub_subscriber_options *o, const char *channel,
                           respub_handler *handler) {
  respub_test_recorder_init(&seen);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(
      respub_subscriber_subscribe(sub, respub_slice_of_string(channel), handler, &seen, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_start(sub), RESPUB_OK);
}

static inline void end(void) {
  respub_subscriber_close(sub);
  respub_test_recorder_free(&seen);
}

static inline bool saw(const char *line, size_t n) {
  return respub_test_wait_recorded(&seen, line, n, DEADLINE_MS);
}

/* True when the server's answer to the command starts so. */
static inline bool tell(const char *command, const char *answer) {
  return respub_test_server_says(server, command, answer);
}

static inline bool has_read_all(void *ctx) {
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  return stats.messages == *(const uint64_t *)ctx;
}

/* Waits until so many messages have been read; those of a full queue that come after it has emptied
 * would be an episode of their own. */
static inline bool read_all(uint64_t messages) {
  return respub_test_wait(has_read_all, &messages, DEADLINE_MS);
}

#endif
