/* Every row of the README's table of the Python library's names, exercised against redis-server. */
#include "schema/schema.h"

#include "tests/support/host.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 10000
};

static const char price[] = "{\"type\":\"price\",\"timestamp\":\"2025-04-24T09:45:00.000Z\","
                            "\"symbol\":\"MSFT\",\"price\":300.5,\"volume\":2000}";
static const char no_type[] = "{\"symbol\":\"AAPL\",\"price\":150}";

static respub_test_server *server;
static respub_registry *registry;

static respub_slice ticker(const char *symbol) {
  static char channel[RESPUB_CHANNEL_MAX];
  respub_error error;
  CU_ASSERT_EQUAL(respub_ticker_channel(channel, symbol, &error), RESPUB_OK);
  return respub_slice_of_string(channel);
}

static cJSON *json(const char *text) {
  cJSON *value = cJSON_Parse(text);
  CU_ASSERT_PTR_NOT_NULL_FATAL(value);
  return value;
}

/* host, port and db are members of the options; a URL sets all of them. */
static respub_options at_the_server(void) {
  respub_options options;
  respub_options_init(&options);
  snprintf(options.host, sizeof options.host, "127.0.0.1");
  options.port = respub_test_server_port(server);
  options.db = 0;
  return options;
}

static respub_publisher *open_publisher(void) {
  respub_publisher *publisher = NULL;
  respub_publisher_options options;
  respub_publisher_options_init(&options);
  options.connection = at_the_server();
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&publisher, &options, NULL), RESPUB_OK);
  return publisher;
}

static respub_subscriber *open_subscriber(void) {
  respub_subscriber *subscriber = NULL;
  respub_subscriber_options options;
  respub_subscriber_options_init(&options);
  options.connection = at_the_server();
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&subscriber, &options, NULL), RESPUB_OK);
  return subscriber;
}

/* ------------------------------------------------------------------------------------------------
 * CHANNELS and MESSAGE_SCHEMAS */

static void channels(void) {
  char channel[RESPUB_CHANNEL_MAX];
  CU_ASSERT_STRING_EQUAL(RESPUB_BROKER_REGISTRATION, "BROKER_REGISTRATION");
  CU_ASSERT_EQUAL(respub_ticker_channel(channel, "AAPL", NULL), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(channel, "TICKER_UPDATES_AAPL");
  CU_ASSERT_EQUAL(respub_ticker_channel(channel, "brk.b", NULL), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(channel, "TICKER_UPDATES_BRK.B");
  CU_ASSERT_EQUAL(respub_account_channel(channel, "Anna", NULL), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(channel, "ACCOUNT_UPDATES_Anna");
}

static void channels_get_schema_and_message_schemas(void) {
  const respub_schema *registration =
      respub_registry_find(registry, RESPUB_LIT(RESPUB_BROKER_REGISTRATION));
  const respub_schema *updates = respub_registry_find(registry, ticker("AAPL"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(registration);
  CU_ASSERT_PTR_NOT_NULL_FATAL(updates);
  CU_ASSERT_PTR_NOT_EQUAL(registration, updates);
  CU_ASSERT_PTR_EQUAL(updates, respub_registry_find(registry, ticker("MSFT")));
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_schema_json(registration), "unsubscribe"));
  CU_ASSERT_PTR_NOT_NULL(respub_registry_find(registry, RESPUB_LIT("ACCOUNT_UPDATES_x")));
  CU_ASSERT_PTR_NULL(respub_registry_find(registry, RESPUB_LIT("anything")));
}

/* ------------------------------------------------------------------------------------------------
 * RedisConnection */

static void redis_connection(void) {
  respub_options options = at_the_server();
  respub_conn *connection = NULL;
  const respub_node *reply = NULL;
  const respub_slice ping[] = {RESPUB_LIT("PING")};
  CU_ASSERT_EQUAL_FATAL(respub_conn_open(&connection, &options, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(
      respub_conn_command(connection, ping, 1, RESPUB_DEFAULT_TIMEOUT, &reply, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("PONG")));
  respub_conn_close(connection);
}

/* ------------------------------------------------------------------------------------------------
 * RedisPublisher and RedisSubscriber */

static atomic_int received;

static void take(const respub_message_event *event, void *ctx) {
  const char *sender = ctx;
  bool right = event->status == RESPUB_OK && strcmp(event->message->sender, sender) == 0 &&
               cJSON_GetNumberValue(
                   cJSON_GetObjectItemCaseSensitive(event->message->data, "price")) == 300.5;
  atomic_fetch_add(&received, right ? 1 : 1000);
}

static bool has_received(void *ctx) {
  return atomic_load(&received) >= *(int *)ctx;
}

static void receives(int wanted) {
  CU_ASSERT_TRUE(respub_test_wait(has_received, &wanted, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&received), wanted);
}

static void publish(respub_publisher *publisher, const char *symbol, const char *sender,
                    int64_t wanted) {
  int64_t receivers = -1;
  cJSON *data = json(price);
  CU_ASSERT_EQUAL(respub_message_publish(publisher, registry, ticker(symbol), data, sender,
                                         &receivers, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, wanted);
  cJSON_Delete(data);
}

static void redis_publisher_and_redis_subscriber(void) {
  char sender[] = "broker_service", unknown[] = "unknown";
  respub_publisher *publisher = open_publisher();
  respub_subscriber *subscriber = open_subscriber();
  atomic_store(&received, 0);
  CU_ASSERT_EQUAL(
      respub_message_subscribe(subscriber, registry, ticker("MSFT"), take, sender, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(
      respub_message_subscribe(subscriber, registry, ticker("IBM"), take, unknown, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(respub_message_psubscribe(subscriber, registry, RESPUB_LIT("TICKER_*_GOO?"), take,
                                            unknown, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(subscriber), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(subscriber, DEADLINE_MS), RESPUB_OK);

  publish(publisher, "MSFT", sender, 1);
  publish(publisher, "IBM", NULL, 1);
  publish(publisher, "GOOG", "", 1);
  receives(3);

  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_channel(subscriber, ticker("MSFT")), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(subscriber, DEADLINE_MS), RESPUB_OK);
  publish(publisher, "MSFT", sender, 0);
  publish(publisher, "IBM", NULL, 1);
  receives(4);

  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_all(subscriber), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(subscriber, DEADLINE_MS), RESPUB_OK);
  publish(publisher, "IBM", NULL, 0);
  publish(publisher, "GOOG", NULL, 0);
  respub_subscriber_close(subscriber);
  respub_publisher_close(publisher);
  CU_ASSERT_EQUAL(atomic_load(&received), 4);
}

static void unsubscribe_of_one_handler_leaves_the_other(void) {
  char sender[] = "s";
  respub_subscription first, second;
  respub_publisher *publisher = open_publisher();
  respub_subscriber *subscriber = open_subscriber();
  atomic_store(&received, 0);
  CU_ASSERT_EQUAL(respub_message_subscribe(subscriber, registry, ticker("X"), take, sender, &first),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(
      respub_message_subscribe(subscriber, registry, ticker("X"), take, sender, &second),
      RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(subscriber), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(subscriber, DEADLINE_MS), RESPUB_OK);
  publish(publisher, "X", sender, 1);
  receives(2);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(subscriber, first), RESPUB_OK);
  publish(publisher, "X", sender, 1);
  receives(3);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(subscriber, first), RESPUB_ENOTFOUND);
  respub_subscriber_close(subscriber);
  respub_publisher_close(publisher);
}

/* ------------------------------------------------------------------------------------------------
 * Message functions */

static void validate_message_and_message_validation_error(void) {
  respub_validation_error invalid;
  cJSON *right = json(price), *wrong = json(no_type);
  CU_ASSERT_EQUAL(respub_message_validate(registry, ticker("AAPL"), right, &invalid), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_message_validate(registry, ticker("AAPL"), wrong, &invalid),
                  RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(invalid.keyword, "required");
  CU_ASSERT_PTR_NOT_NULL(strstr(invalid.text, "type"));
  cJSON_Delete(right);
  cJSON_Delete(wrong);
}

static void an_invalid_message_is_not_published(void) {
  respub_validation_error invalid;
  respub_publisher_stats stats;
  respub_publisher *publisher = open_publisher();
  CU_ASSERT_EQUAL(respub_message_publish_text(publisher, registry, ticker("AAPL"), no_type,
                                              strlen(no_type), NULL, NULL, &invalid, NULL),
                  RESPUB_EINVALID);
  respub_publisher_get_stats(publisher, &stats);
  CU_ASSERT_EQUAL(stats.published, 0);
  CU_ASSERT_EQUAL(stats.bytes_out, 0);
  respub_publisher_close(publisher);
}

static void create_message_and_extract_data(void) {
  respub_message message;
  cJSON *data = json(price);
  CU_ASSERT_EQUAL_FATAL(respub_message_create(data, NULL, &message), RESPUB_OK);
  CU_ASSERT_TRUE(cJSON_Compare(respub_message_data(&message), data, true));
  CU_ASSERT_STRING_EQUAL(message.sender, "unknown");
  CU_ASSERT_EQUAL(strlen(message.timestamp), strlen("2025-04-24T09:45:01.123456"));
  respub_message_free(&message);
  cJSON_Delete(data);
}

static void format_for_channel_and_parse_message(void) {
  char *text = NULL;
  size_t len = 0;
  respub_message message;
  cJSON *data = json(price), *wrong = json(no_type);
  CU_ASSERT_EQUAL(respub_message_format(registry, ticker("MSFT"), wrong, "s", &text, &len, NULL),
                  RESPUB_EINVALID);
  CU_ASSERT_EQUAL_FATAL(
      respub_message_format(registry, ticker("MSFT"), data, "s", &text, &len, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_message_parse(text, len, &message, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(cJSON_Compare(respub_message_data(&message), data, true));
  CU_ASSERT_STRING_EQUAL(message.sender, "s");
  respub_message_free(&message);
  respub_text_free(text);
  cJSON_Delete(data);
  cJSON_Delete(wrong);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(channels),
      RESPUB_TEST(channels_get_schema_and_message_schemas),
      RESPUB_TEST(redis_connection),
      RESPUB_TEST(redis_publisher_and_redis_subscriber),
      RESPUB_TEST(unsubscribe_of_one_handler_leaves_the_other),
      RESPUB_TEST(validate_message_and_message_validation_error),
      RESPUB_TEST(an_invalid_message_is_not_published),
      RESPUB_TEST(create_message_and_extract_data),
      RESPUB_TEST(format_for_channel_and_parse_message),
  };
  if (respub_registry_open(&registry, NULL) != RESPUB_OK)
    return 1;
  int code = respub_test_main_at_redis(&server, "python names", tests, RESPUB_TEST_COUNT(tests),
                                       argc, argv);
  respub_registry_close(registry);
  return code;
}
