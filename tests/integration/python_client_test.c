/* redis-py on the other end: what it sends arrives here, what is sent here arrives there, through
 * redis-server and through the broker. */
#include "schema/schema.h"
#include "tests/support/check.h"
#include "tests/support/place.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEADLINE_MS = 20000,
  BYTES = 256,
  LINE = 64 + 2 * BYTES
};

#define PRICE                                                                                      \
  "{\"price\": 150.25, \"symbol\": \"caf\\u00e9 \\ud83d\\ude00\", "                                \
  "\"timestamp\": \"2025-04-24T09:45:00.000Z\", \"type\": \"price\", \"volume\": 1000}"

static respub_test_place place;

/* The first of these that has redis-py: tools/setup looks at the same two. */
static const char *python(void) {
  static const char *const names[] = {"python3", "/usr/bin/python3"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    respub_test_output r;
    const char *const words[] = {names[i], "-c", "import redis", NULL};
    bool has = respub_test_run(words, NULL, 0, DEADLINE_MS, &r) == 0;
    respub_test_output_free(&r);
    if (has)
      return names[i];
  }
  CU_FAIL_FATAL("no python3 with redis-py");
  return NULL;
}

static respub_test_process *start_python(const char *verb, const char *name, const char *pattern) {
  char script[512];
  (void)respub_test_source("tests/integration/python_client.py", script, sizeof script);
  const char *const words[] = {python(), script, place.url, verb, name, pattern, NULL};
  respub_test_process *p = respub_test_process_start(words);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  return p;
}

static void says(respub_test_process *p, const char *wanted) {
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  RESPUB_CHECK(line != NULL && strcmp(line, wanted) == 0, "\"%s\" instead of \"%s\"; %s",
               line == NULL ? "" : line, wanted, respub_test_process_errors(p));
}

static void tell(respub_test_process *p, const char *line) {
  CU_ASSERT_TRUE(respub_test_process_write(p, line, strlen(line), DEADLINE_MS));
}

static void every_byte(char bytes[BYTES]) {
  for (int i = 0; i < BYTES; i++)
    bytes[i] = (char)i;
}

/* "PREFIX HEX" and a suffix, as the script writes and reads it. */
static const char *line_of(const char *prefix, respub_slice payload, const char *suffix) {
  static char line[LINE];
  int n = snprintf(line, sizeof line, "%s ", prefix);
  for (size_t i = 0; i < payload.len; i++)
    n += snprintf(line + n, sizeof line - (size_t)n, "%02x", (unsigned char)payload.ptr[i]);
  (void)snprintf(line + n, sizeof line - (size_t)n, "%s", suffix);
  return line;
}

static respub_options connection(void) {
  respub_options options;
  CU_ASSERT_EQUAL_FATAL(respub_options_from_url(&options, place.url, NULL), RESPUB_OK);
  return options;
}

static respub_publisher *opened_publisher(void) {
  respub_publisher *pub = NULL;
  respub_publisher_options o;
  respub_publisher_options_init(&o);
  o.connection = connection();
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  return pub;
}

static respub_subscriber *opened_subscriber(void) {
  respub_subscriber *sub = NULL;
  respub_subscriber_options o;
  respub_subscriber_options_init(&o);
  o.connection = connection();
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  return sub;
}

/* ------------------------------------------------------------------------------------------------
 * From here to there */

static void bytes_reach_python(respub_test_kind kind) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
  respub_test_process *p = start_python("listen", "news", "n?ws*");
  says(p, "ready");
  char bytes[BYTES];
  every_byte(bytes);
  const respub_slice payloads[] = {respub_slice_of(bytes, BYTES), RESPUB_LIT("")};
  respub_publisher *pub = opened_publisher();
  for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
    int64_t receivers = 0;
    CU_ASSERT_EQUAL(
        respub_publisher_publish(pub, RESPUB_LIT("news"), payloads[i], &receivers, NULL),
        RESPUB_OK);
    CU_ASSERT_EQUAL(receivers, 2);
    says(p, line_of("message news", payloads[i], ""));
    says(p, line_of("pmessage news", payloads[i], ""));
  }
  respub_publisher_close(pub);
  respub_test_process_end(p);
  respub_test_place_close(&place);
}

static void data_reaches_python(respub_test_kind kind) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
  respub_test_process *p = start_python("data", "TICKER_UPDATES_AAPL", NULL);
  says(p, "ready");
  respub_registry *registry = NULL;
  CU_ASSERT_EQUAL_FATAL(respub_registry_open(&registry, NULL), RESPUB_OK);
  respub_publisher *pub = opened_publisher();
  CU_ASSERT_EQUAL(respub_message_publish_text(pub, registry, RESPUB_LIT("TICKER_UPDATES_AAPL"),
                                              PRICE, sizeof PRICE - 1, "c", NULL, NULL, NULL),
                  RESPUB_OK);
  says(p, PRICE);
  respub_publisher_close(pub);
  respub_registry_close(registry);
  respub_test_process_end(p);
  respub_test_place_close(&place);
}

/* ------------------------------------------------------------------------------------------------
 * From there to here */

static void next_message_is(respub_subscriber *sub, respub_slice payload) {
  respub_event event;
  do {
    respub_status status = respub_subscriber_next(sub, respub_test_scaled(DEADLINE_MS), &event);
    if (!RESPUB_CHECK(status == RESPUB_OK, "%s", respub_status_name(status)))
      return;
  } while (event.type != RESPUB_EVENT_MESSAGE);
  CU_ASSERT_TRUE(respub_slice_equal(event.channel, RESPUB_LIT("news")));
  CU_ASSERT_TRUE(respub_slice_equal(event.payload, payload));
}

static void bytes_come_from_python(respub_test_kind kind) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
  respub_test_process *p = start_python("publish", NULL, NULL);
  respub_subscriber *sub = opened_subscriber();
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("news"), NULL, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  char bytes[BYTES];
  every_byte(bytes);
  const respub_slice payloads[] = {respub_slice_of(bytes, BYTES), RESPUB_LIT("")};
  for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
    tell(p, line_of("news", payloads[i], "\n"));
    says(p, "1");
    next_message_is(sub, payloads[i]);
  }
  respub_subscriber_close(sub);
  respub_test_process_end(p);
  respub_test_place_close(&place);
}

typedef struct taken {
  respub_status status;
  char *data;
  char sender[32];
} taken;

static void take(const respub_message_event *event, void *ctx) {
  taken *t = ctx;
  t->status = event->status;
  if (event->status == RESPUB_OK) {
    (void)snprintf(t->sender, sizeof t->sender, "%s", event->message->sender);
    t->status = respub_json_text(event->message->data, &t->data, NULL);
  }
  respub_subscriber_stop(event->event->subscriber);
}

static void data_comes_from_python(respub_test_kind kind) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
  respub_test_process *p = start_python("envelopes", "TICKER_UPDATES_AAPL", NULL);
  respub_registry *registry = NULL;
  CU_ASSERT_EQUAL_FATAL(respub_registry_open(&registry, NULL), RESPUB_OK);
  respub_subscriber *sub = opened_subscriber();
  taken got = {.status = RESPUB_MORE};
  CU_ASSERT_EQUAL(
      respub_message_subscribe(sub, registry, RESPUB_LIT("TICKER_UPDATES_AAPL"), take, &got, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  tell(p, PRICE "\n");
  says(p, "1");
  CU_ASSERT_EQUAL(respub_subscriber_run(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(got.status, RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(got.sender, "redis-py");
  RESPUB_CHECK(got.data != NULL && strstr(got.data, "caf\xc3\xa9 \xf0\x9f\x98\x80") != NULL, "%s",
               got.data == NULL ? "nothing" : got.data);
  respub_text_free(got.data);
  respub_subscriber_close(sub);
  respub_registry_close(registry);
  respub_test_process_end(p);
  respub_test_place_close(&place);
}

/* ------------------------------------------------------------------------------------------------
 * Through both servers */

static void every_byte_reaches_python_and_back_through_redis(void) {
  bytes_reach_python(RESPUB_TEST_REDIS);
  bytes_come_from_python(RESPUB_TEST_REDIS);
}

static void every_byte_reaches_python_and_back_through_the_broker(void) {
  bytes_reach_python(RESPUB_TEST_BROKER);
  bytes_come_from_python(RESPUB_TEST_BROKER);
}

static void envelopes_are_understood_both_ways_through_redis(void) {
  data_reaches_python(RESPUB_TEST_REDIS);
  data_comes_from_python(RESPUB_TEST_REDIS);
}

static void envelopes_are_understood_both_ways_through_the_broker(void) {
  data_reaches_python(RESPUB_TEST_BROKER);
  data_comes_from_python(RESPUB_TEST_BROKER);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(every_byte_reaches_python_and_back_through_redis),
      RESPUB_TEST(every_byte_reaches_python_and_back_through_the_broker),
      RESPUB_TEST(envelopes_are_understood_both_ways_through_redis),
      RESPUB_TEST(envelopes_are_understood_both_ways_through_the_broker),
  };
  return respub_test_main("redis-py", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
