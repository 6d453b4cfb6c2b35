/* Typed messages through redis-server: which bytes travel, what reaches a typed handler, and what
 * never reaches the wire. */
#include "schema/schema.h"
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"
#include "tests/support/wait.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEADLINE_MS = 20000,
  KEPT = 16,
  KEPT_BYTES = 4096
};

#define TICKER RESPUB_LIT("TICKER_UPDATES_AAPL")

static respub_test_server *server;
static respub_registry *registry;

/* What handlers have got, in order. */
static struct {
  pthread_mutex_t lock;
  size_t n;
  struct {
    respub_status status;
    bool invalid;
    char channel[64];
    char payload[KEPT_BYTES];
    char text[512]; /* the error's, or the data */
    char sender[64];
  } at[KEPT];
} got = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void copy_slice(char *out, size_t capacity, respub_slice s) {
  (void)snprintf(out, capacity, "%.*s", (int)s.len, s.ptr);
}

static void keep_raw(const respub_event *event, void *ctx) {
  (void)ctx;
  pthread_mutex_lock(&got.lock);
  if (got.n < KEPT) {
    copy_slice(got.at[got.n].payload, KEPT_BYTES, event->payload);
    copy_slice(got.at[got.n].channel, sizeof got.at[0].channel, event->channel);
    got.n++;
  }
  pthread_mutex_unlock(&got.lock);
}

static void keep_typed(const respub_message_event *event, void *ctx) {
  (void)ctx;
  pthread_mutex_lock(&got.lock);
  if (got.n < KEPT) {
    char *data = NULL;
    got.at[got.n].status = event->status;
    got.at[got.n].invalid = event->invalid != NULL;
    copy_slice(got.at[got.n].payload, KEPT_BYTES, event->event->payload);
    copy_slice(got.at[got.n].channel, sizeof got.at[0].channel, event->event->channel);
    if (event->status == RESPUB_OK &&
        respub_json_text(event->message->data, &data, NULL) == RESPUB_OK)
      (void)snprintf(got.at[got.n].text, sizeof got.at[0].text, "%s", data);
    else
      (void)snprintf(got.at[got.n].text, sizeof got.at[0].text, "%s", event->error->text);
    if (event->status == RESPUB_OK)
      (void)snprintf(got.at[got.n].sender, sizeof got.at[0].sender, "%s", event->message->sender);
    respub_text_free(data);
    got.n++;
  }
  pthread_mutex_unlock(&got.lock);
}

static size_t count_kept(void) {
  pthread_mutex_lock(&got.lock);
  size_t n = got.n;
  pthread_mutex_unlock(&got.lock);
  return n;
}

static bool has_kept(void *ctx) {
  return count_kept() >= *(size_t *)ctx;
}

static void wait_for(size_t n) {
  CU_ASSERT_TRUE_FATAL(respub_test_wait(has_kept, &n, DEADLINE_MS));
  CU_ASSERT_EQUAL(count_kept(), n);
}

typedef struct ends {
  respub_publisher *publisher;
  respub_subscriber *subscriber;
} ends;

static ends open_ends(void) {
  ends e = {NULL, NULL};
  respub_publisher_options p = respub_test_publisher_options(respub_test_server_url(server));
  respub_subscriber_options s = respub_test_subscriber_options(respub_test_server_url(server));
  got.n = 0;
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&e.publisher, &p, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&e.subscriber, &s, NULL), RESPUB_OK);
  return e;
}

static void begin_listening(const ends *e) {
  CU_ASSERT_EQUAL(respub_subscriber_start(e->subscriber), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_flush(e->subscriber, DEADLINE_MS), RESPUB_OK);
}

static void close_ends(const ends *e) {
  respub_subscriber_close(e->subscriber);
  respub_publisher_close(e->publisher);
}

static ends open_raw(respub_slice channel) {
  ends e = open_ends();
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(e.subscriber, channel, keep_raw, NULL, NULL),
                  RESPUB_OK);
  begin_listening(&e);
  return e;
}

static void publish_raw(const ends *e, respub_slice channel, const char *payload) {
  CU_ASSERT_EQUAL(
      respub_publisher_publish(e->publisher, channel, respub_slice_of_string(payload), NULL, NULL),
      RESPUB_OK);
}

/* ---- what travels ---- */

/* "...<head>,"timestamp":"<26 bytes>"<tail>" */
static void check_envelope(const char *payload, const char *head, const char *tail) {
  size_t before = strlen(head) + strlen(",\"timestamp\":\"");
  RESPUB_CHECK(strncmp(payload, head, strlen(head)) == 0, "%s", payload);
  RESPUB_CHECK(strncmp(payload + strlen(head), ",\"timestamp\":\"20", 16) == 0, "%s", payload);
  RESPUB_CHECK(strlen(payload) > before + 26 && strcmp(payload + before + 26, tail) == 0, "%s",
               payload);
}

static void a_message_travels_in_its_envelope(void) {
  int64_t receivers = -1;
  ends e = open_raw(TICKER);
  cJSON *data = respub_test_value("{'type':'price','timestamp':'t','price':150.00,'volume':null}");
  CU_ASSERT_EQUAL(respub_message_publish(e.publisher, registry, TICKER, data, "broker_service",
                                         &receivers, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 1);
  CU_ASSERT_EQUAL(
      respub_message_publish(e.publisher, registry, TICKER, data, NULL, NULL, NULL, NULL),
      RESPUB_OK);
  cJSON_Delete(data);
  wait_for(2);
  static const char head[] =
      "{\"data\":{\"type\":\"price\",\"timestamp\":\"t\",\"price\":150,\"volume\":null}";
  check_envelope(got.at[0].payload, head, "\",\"sender\":\"broker_service\"}");
  check_envelope(got.at[1].payload, head, "\",\"sender\":\"unknown\"}");
  close_ends(&e);
}

static void text_travels_as_it_is(void) {
  static const char text[] = " {\"type\" : \"price\",\n\t\"timestamp\": \"\\u0074\", "
                             "\"price\":0.12345678901234567890 , \"volume\": 1.50}\n";
  int64_t receivers = -1;
  ends e = open_raw(TICKER);
  CU_ASSERT_EQUAL(respub_message_publish_text(e.publisher, registry, TICKER, text, sizeof text - 1,
                                              "me", &receivers, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 1);
  wait_for(1);
  char head[256];
  (void)snprintf(head, sizeof head, "{\"data\":%s", text);
  check_envelope(got.at[0].payload, head, "\",\"sender\":\"me\"}");
  close_ends(&e);
}

static void large_messages_travel_whole(void) {
  enum {
    LARGE = 3000000
  };
  ends e = open_ends();
  CU_ASSERT_EQUAL(
      respub_message_subscribe(e.subscriber, NULL, RESPUB_LIT("big"), keep_typed, NULL, NULL),
      RESPUB_OK);
  begin_listening(&e);
  char *filler = malloc(LARGE + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(filler);
  memset(filler, '"', LARGE);
  filler[LARGE] = '\0';
  cJSON *data = cJSON_CreateObject();
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddStringToObject(data, "k", filler));
  CU_ASSERT_EQUAL(
      respub_message_publish(e.publisher, NULL, RESPUB_LIT("big"), data, NULL, NULL, NULL, NULL),
      RESPUB_OK);
  wait_for(1);
  CU_ASSERT_EQUAL(got.at[0].status, RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(got.at[0].sender, "unknown");
  cJSON_Delete(data);
  free(filler);
  close_ends(&e);
}

/* The envelope is built in memory of the schema layer's; the publisher sends it from there. */
static void the_publisher_makes_no_copy_of_a_large_message(void) {
  enum {
    LARGE = 1000000
  };
  respub_test_alloc memory = RESPUB_TEST_ALLOC_COUNTING;
  respub_publisher_options o = respub_test_publisher_options(respub_test_server_url(server));
  respub_publisher *publisher;
  char *data = malloc(LARGE + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(data);
  memset(data, ' ', LARGE);
  data[0] = '{';
  data[LARGE - 1] = '}';
  o.connection.allocator = respub_test_allocator(&memory);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&publisher, &o, NULL), RESPUB_OK);
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(respub_message_publish_text(publisher, NULL, RESPUB_LIT("x"), data, LARGE, NULL,
                                                NULL, NULL, NULL),
                    RESPUB_OK);
  CU_ASSERT(memory.peak_bytes < LARGE / 2);
  respub_publisher_close(publisher);
  CU_ASSERT_EQUAL(memory.live, 0);
  free(data);
}

/* ---- what does not ---- */

static void check_unpublished(const ends *e, const char *text, respub_status wanted,
                              const char *sentence) {
  respub_validation_error invalid = {.text = ""};
  respub_error error = {.text = ""};
  int64_t receivers = -1;
  respub_status status = respub_message_publish_text(
      e->publisher, registry, TICKER, text, strlen(text), "me", &receivers, &invalid, &error);
  RESPUB_CHECK(status == wanted && error.status == wanted, "%s: %s", text, error.text);
  RESPUB_CHECK(strcmp(error.text, sentence) == 0, "%s: %s", text, error.text);
  RESPUB_CHECK(wanted != RESPUB_EINVALID || strcmp(invalid.text, sentence) == 0, "%s", text);
  CU_ASSERT_EQUAL(receivers, -1);
  CU_ASSERT_EQUAL(respub_message_publish_text(e->publisher, registry, TICKER, text, strlen(text),
                                              "me", NULL, NULL, NULL),
                  wanted);
}

/* n arrays inside an object: one level more. */
static void check_depth(const ends *e, size_t n, respub_status wanted) {
  char text[256];
  size_t len = (size_t)snprintf(text, sizeof text, "{\"x\":");
  memset(text + len, '[', n);
  memset(text + len + n, ']', n);
  text[len + 2 * n] = '}';
  CU_ASSERT_EQUAL(respub_message_publish_text(e->publisher, NULL, RESPUB_LIT("deep"), text,
                                              len + 2 * n + 1, NULL, NULL, NULL, NULL),
                  wanted);
}

static void what_is_not_valid_never_reaches_the_wire(void) {
  ends e = open_raw(TICKER);
  check_unpublished(&e, "{\"type\":\"price\",}", RESPUB_EJSON,
                    "offset 16: a field name in quotes expected");
  check_unpublished(&e, "{\"type\":\"price\",\"timestamp\":\"t\",\"price\":[]}", RESPUB_EINVALID,
                    "/price: expected a number or a string, got an array (type)");
  check_unpublished(&e, "\"x\"", RESPUB_EINVALID, "expected an object, got \"x\" (type)");
  check_unpublished(&e, "{\"symbol\":\"A\"}", RESPUB_EINVALID,
                    "expected the field \"type\", got none (required)");
  cJSON *data = respub_test_value("{'type':'price','timestamp':'t','price':1}");
  respub_validation_error invalid;
  respub_error error;
  CU_ASSERT_EQUAL(
      respub_message_publish(e.publisher, registry, TICKER, data, "\xff", NULL, &invalid, &error),
      RESPUB_EARGUMENT);
  CU_ASSERT_STRING_EQUAL(error.text, "the sender is not UTF-8");
  CU_ASSERT_EQUAL(
      respub_message_publish_text(e.publisher, NULL, TICKER, "{}", 2, "\xff", NULL, NULL, NULL),
      RESPUB_EARGUMENT);
  cJSON_GetObjectItemCaseSensitive(data, "price")->valuedouble = (double)NAN;
  CU_ASSERT_EQUAL(
      respub_message_publish(e.publisher, registry, TICKER, data, NULL, NULL, &invalid, &error),
      RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(error.text, "/price: expected a finite number, got NaN (json)");
  CU_ASSERT_STRING_EQUAL(invalid.text, error.text);
  cJSON_Delete(data);
  respub_publisher_stats stats;
  respub_publisher_get_stats(e.publisher, &stats);
  CU_ASSERT_EQUAL(stats.connects, 0);
  CU_ASSERT_EQUAL(stats.bytes_out, 0);
  check_depth(&e, 98, RESPUB_OK);
  check_depth(&e, 99, RESPUB_EJSON);
  publish_raw(&e, TICKER, "the end");
  wait_for(1);
  CU_ASSERT_STRING_EQUAL(got.at[0].payload, "the end");
  close_ends(&e);
}

/* ---- what a typed handler gets ---- */

static void check_kept(size_t i, respub_status status, const char *text) {
  RESPUB_CHECK(got.at[i].status == status, "%zu: %s", i, respub_status_name(got.at[i].status));
  RESPUB_CHECK(strcmp(got.at[i].text, text) == 0, "%zu: %s", i, got.at[i].text);
  CU_ASSERT_EQUAL(got.at[i].invalid, status == RESPUB_EINVALID);
}

static void a_handler_hears_of_messages_and_of_what_is_none(void) {
  static const char python[] = /* as json.dumps writes it */
      "{\"data\": {\"type\": \"price\", \"timestamp\": \"t\", \"price\": 150.0, \"note\": "
      "\"\\u20ac\"}, \"timestamp\": \"2025-04-24T09:45:01.123456\", \"sender\": \"py\"}";
  static const char *const payloads[] = {"not JSON", "{\"type\":\"price\"}",
                                         "{\"data\":{\"type\":\"price\"}}", "", python};
  ends e = open_ends();
  CU_ASSERT_EQUAL(respub_message_subscribe(e.subscriber, registry, TICKER, keep_typed, NULL, NULL),
                  RESPUB_OK);
  begin_listening(&e);
  for (size_t i = 0; i < 5; i++)
    publish_raw(&e, TICKER, payloads[i]);
  wait_for(5);
  check_kept(0, RESPUB_EJSON, "offset 0: a value expected");
  check_kept(1, RESPUB_EENVELOPE, "the message has no \"data\"");
  check_kept(2, RESPUB_EINVALID, "expected the field \"timestamp\", got none (required)");
  check_kept(3, RESPUB_EJSON, "offset 0: the text ends where a value is due");
  check_kept(4, RESPUB_OK,
             "{\"type\":\"price\",\"timestamp\":\"t\",\"price\":150,\"note\":\"\xe2\x82\xac\"}");
  CU_ASSERT_STRING_EQUAL(got.at[4].sender, "py");
  for (size_t i = 0; i < 5; i++) {
    CU_ASSERT_STRING_EQUAL(got.at[i].payload, payloads[i]);
    CU_ASSERT_STRING_EQUAL(got.at[i].channel, "TICKER_UPDATES_AAPL");
  }
  close_ends(&e);
}

static void a_pattern_takes_the_schema_of_each_channel(void) {
  ends e = open_ends();
  CU_ASSERT_EQUAL(
      respub_message_psubscribe(e.subscriber, registry, RESPUB_LIT("*"), keep_typed, NULL, NULL),
      RESPUB_OK);
  begin_listening(&e);
  publish_raw(&e, RESPUB_LIT("BROKER_REGISTRATION"), "{\"data\":{\"ticker\":\"A\"}}");
  publish_raw(&e, RESPUB_LIT("elsewhere"), "{\"data\":{\"ticker\":\"A\"}}");
  publish_raw(&e, RESPUB_LIT("elsewhere"), "{\"data\":[]}");
  wait_for(3);
  check_kept(0, RESPUB_EINVALID, "expected the field \"action\", got none (required)");
  check_kept(1, RESPUB_OK, "{\"ticker\":\"A\"}");
  check_kept(2, RESPUB_EINVALID, "expected an object, got an array (type)");
  CU_ASSERT_STRING_EQUAL(got.at[0].channel, "BROKER_REGISTRATION");
  close_ends(&e);
}

/* Ends its own subscription, and looks at its message and at what it was bound to all the same. */
static respub_status ended;

static void take_one(const respub_message_event *event, void *ctx) {
  respub_subscription *own = ctx;
  ended = respub_subscriber_unsubscribe(event->event->subscriber, *own);
  keep_typed(event, NULL);
}

static void a_handler_may_end_itself(void) {
  ends e = open_ends();
  respub_subscription own = 0;
  CU_ASSERT_EQUAL(respub_message_subscribe(e.subscriber, NULL, TICKER, take_one, &own, &own),
                  RESPUB_OK);
  begin_listening(&e);
  publish_raw(&e, TICKER, "{\"data\":{\"n\":1}}");
  wait_for(1);
  CU_ASSERT_EQUAL(ended, RESPUB_OK);
  check_kept(0, RESPUB_OK, "{\"n\":1}");
  CU_ASSERT_EQUAL(respub_subscriber_flush(e.subscriber, DEADLINE_MS), RESPUB_OK);
  int64_t receivers = -1;
  CU_ASSERT_EQUAL(respub_publisher_publish(e.publisher, TICKER, RESPUB_LIT("x"), &receivers, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 0);
  close_ends(&e);
  CU_ASSERT_EQUAL(count_kept(), 1);
}

static void take_and_close(const respub_message_event *event, void *ctx) {
  (void)ctx;
  respub_subscriber_close(event->event->subscriber);
  keep_typed(event, NULL);
}

static void a_handler_may_close_its_subscriber(void) {
  ends e = open_ends();
  CU_ASSERT_EQUAL(respub_message_subscribe(e.subscriber, NULL, TICKER, take_and_close, NULL, NULL),
                  RESPUB_OK);
  begin_listening(&e);
  publish_raw(&e, TICKER, "{\"data\":{\"n\":1}}");
  wait_for(1);
  check_kept(0, RESPUB_OK, "{\"n\":1}");
  respub_publisher_close(e.publisher);
}

static void subscribing_needs_a_handler_and_a_name(void) {
  ends e = open_ends();
  CU_ASSERT_EQUAL(respub_message_subscribe(e.subscriber, NULL, TICKER, NULL, NULL, NULL),
                  RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_message_psubscribe(e.subscriber, NULL, TICKER, NULL, NULL, NULL),
                  RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(
      respub_message_subscribe(e.subscriber, NULL, RESPUB_LIT(""), keep_typed, NULL, NULL),
      RESPUB_EARGUMENT);
  close_ends(&e);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_message_travels_in_its_envelope),
      RESPUB_TEST(text_travels_as_it_is),
      RESPUB_TEST(large_messages_travel_whole),
      RESPUB_TEST(the_publisher_makes_no_copy_of_a_large_message),
      RESPUB_TEST(what_is_not_valid_never_reaches_the_wire),
      RESPUB_TEST(a_handler_hears_of_messages_and_of_what_is_none),
      RESPUB_TEST(a_pattern_takes_the_schema_of_each_channel),
      RESPUB_TEST(a_handler_may_end_itself),
      RESPUB_TEST(a_handler_may_close_its_subscriber),
      RESPUB_TEST(subscribing_needs_a_handler_and_a_name),
  };
  if (respub_registry_open(&registry, NULL) != RESPUB_OK)
    return 1;
  int code = respub_test_main_at_redis(&server, "schema_publish", tests, RESPUB_TEST_COUNT(tests),
                                       argc, argv);
  respub_registry_close(registry);
  return code;
}
