/* The envelope, in both directions, and with a Python program on the other end: the bytes called
 * python_... were written by json.dumps. */
#include "tests/support/check.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char python_price[] =
    "{\"data\": {\"type\": \"price\", \"timestamp\": \"2025-04-24T09:45:00.000Z\", \"price\": "
    "150.0, "
    "\"volume\": 1000, \"symbol\": \"AAPL\"}, \"timestamp\": \"2025-04-24T09:45:01.123456\", "
    "\"sender\": \"broker_service\"}";
static const char python_order[] =
    "{\"data\": {\"type\": \"order\", \"timestamp\": \"t\", \"price\": \"0.1\", \"volume\": null, "
    "\"order_data\": {\"note\": \"Z\\u00fcrich \\\"\\u20ac\\\" \\ud83d\\ude00\\n\\t\\\\/\\u0001\", "
    "\"big\": 9007199254740991, \"tiny\": 5e-324, \"sum\": 0.30000000000000004, \"neg\": -0.0, "
    "\"exp\": 1e+22, \"t\": true, \"l\": [[], {}]}}, \"timestamp\": \"2025-04-24T09:45:01\", "
    "\"sender\": \"unknown\"}";
static const char python_indented[] =
    "{\n \"data\": {\n  \"action\": \"subscribe\",\n  \"ticker\": \"MSFT\"\n },\n"
    " \"timestamp\": \"2025-04-24T09:45:01.123456\",\n \"sender\": \"bot \xc3\xa9\"\n}";

static respub_message parse(const char *text) {
  respub_message message;
  respub_error error = {.text = ""};
  respub_status status = respub_message_parse(text, strlen(text), &message, &error);
  RESPUB_CHECK(status == RESPUB_OK, "%s: %s", text, error.text);
  return message;
}

static const cJSON *field(const cJSON *object, const char *name) {
  const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
  CU_ASSERT_PTR_NOT_NULL_FATAL(found);
  return found;
}

/* ---- in ---- */

static void a_message_of_python_is_read(void) {
  respub_message message = parse(python_price);
  CU_ASSERT_STRING_EQUAL(message.timestamp, "2025-04-24T09:45:01.123456");
  CU_ASSERT_STRING_EQUAL(message.sender, "broker_service");
  const cJSON *data = respub_message_data(&message);
  CU_ASSERT_PTR_EQUAL(data, message.data);
  CU_ASSERT_EQUAL(field(data, "price")->valuedouble, 150.0);
  CU_ASSERT_STRING_EQUAL(field(data, "symbol")->valuestring, "AAPL");
  respub_message_free(&message);
  CU_ASSERT_PTR_NULL(message.root);
  CU_ASSERT_PTR_NULL(respub_message_data(&message));
  respub_message_free(&message);
}

static void escapes_and_numbers_of_python_arrive_exactly(void) {
  respub_message message = parse(python_order);
  const cJSON *order = field(respub_message_data(&message), "order_data");
  CU_ASSERT_STRING_EQUAL(field(order, "note")->valuestring,
                         "Z\xc3\xbcrich \"\xe2\x82\xac\" \xf0\x9f\x98\x80\n\t\\/\x01");
  CU_ASSERT_EQUAL(field(order, "big")->valuedouble, 9007199254740991.0);
  CU_ASSERT_EQUAL(field(order, "tiny")->valuedouble, (double)5e-324); /* some machines have more */
  CU_ASSERT_EQUAL(field(order, "sum")->valuedouble, (double)0.30000000000000004);
  CU_ASSERT_EQUAL(field(order, "exp")->valuedouble, 1e22);
  CU_ASSERT_STRING_EQUAL(message.timestamp, "2025-04-24T09:45:01");
  respub_message_free(&message);
  message = parse(python_indented);
  CU_ASSERT_STRING_EQUAL(message.sender, "bot \xc3\xa9");
  respub_message_free(&message);
}

static void a_message_lives_without_the_bytes_it_came_in(void) {
  respub_guard guard = respub_guard_open(sizeof python_price);
  const char *bytes = respub_guard_put_last(&guard, python_price, sizeof python_price - 1);
  respub_message message;
  CU_ASSERT_EQUAL(respub_message_parse(bytes, sizeof python_price - 1, &message, NULL), RESPUB_OK);
  respub_guard_close(&guard);
  CU_ASSERT_STRING_EQUAL(message.sender, "broker_service");
  CU_ASSERT_STRING_EQUAL(field(message.data, "type")->valuestring, "price");
  respub_message_free(&message);
}

static void what_is_missing_around_the_data_has_a_reading(void) {
  respub_message message = parse("{\"data\":null}");
  CU_ASSERT_TRUE(cJSON_IsNull(message.data));
  CU_ASSERT_STRING_EQUAL(message.sender, "unknown");
  CU_ASSERT_STRING_EQUAL(message.timestamp, "");
  respub_message_free(&message);
  message = parse("{\"sender\":\"\",\"more\":[1],\"timestamp\":\"x\",\"data\":{\"data\":2}}");
  CU_ASSERT_STRING_EQUAL(message.sender, "");
  CU_ASSERT_STRING_EQUAL(message.timestamp, "x");
  CU_ASSERT_EQUAL(field(message.data, "data")->valuedouble, 2);
  respub_message_free(&message);
}

static void check_no_envelope(const char *text, respub_status wanted, const char *reason) {
  respub_error error = {.text = ""};
  respub_message message;
  memset(&message, 0xa5, sizeof message);
  respub_status status = respub_message_parse(text, strlen(text), &message, &error);
  RESPUB_CHECK(status == wanted && error.status == wanted, "%s", text);
  RESPUB_CHECK(strcmp(error.text, reason) == 0, "%s: %s", text, error.text);
  CU_ASSERT_PTR_NULL(message.root);
  CU_ASSERT_PTR_NULL(message.data);
  respub_message_free(&message);
}

static void what_is_no_envelope_is_refused(void) {
  static const char form[] = "a message is an object with \"data\", \"timestamp\" and \"sender\"";
  check_no_envelope("[]", RESPUB_EENVELOPE, form);
  check_no_envelope("\"data\"", RESPUB_EENVELOPE, form);
  check_no_envelope("{}", RESPUB_EENVELOPE, "the message has no \"data\"");
  check_no_envelope("{\"Data\":{}}", RESPUB_EENVELOPE, "the message has no \"data\"");
  check_no_envelope("{\"data\":{},\"timestamp\":5}", RESPUB_EENVELOPE,
                    "the message's \"timestamp\" is no string");
  check_no_envelope("{\"data\":{},\"timestamp\":\"t\",\"sender\":null}", RESPUB_EENVELOPE,
                    "the message's \"sender\" is no string");
  check_no_envelope("", RESPUB_EJSON, "offset 0: the text ends where a value is due");
  check_no_envelope("{\"data\":NaN}", RESPUB_EJSON, "offset 8: a value expected");
  check_no_envelope("{\"data\":1,\"data\":2}", RESPUB_EJSON,
                    "offset 10: a field that stands there twice: \"data\"");
  check_no_envelope("{\"data\":{}} ,", RESPUB_EJSON, "offset 12: more behind the value");
  CU_ASSERT_PTR_NULL(respub_message_data(NULL));
  respub_message_free(NULL);
}

/* ---- out ---- */

/* "2025-04-24T09:45:01.123456", not further from now than a slow machine explains. */
static bool is_now(const char *stamp) {
  static const char digits[] = "0123456789";
  time_t now = time(NULL);
  if (strlen(stamp) != 26 || stamp[19] != '.' || strspn(stamp + 20, digits) != 6)
    return false;
  /* time may run a tick behind the clock that makes the stamp. */
  for (time_t s = now - 600; s <= now + 1; s++) {
    char seconds[32];
    struct tm utc;
    (void)gmtime_r(&s, &utc);
    (void)strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    if (strncmp(seconds, stamp, 19) == 0)
      return true;
  }
  return false;
}

static void create_wraps_a_copy(void) {
  cJSON *data = respub_test_value("{'a':[1,{'b':null}]}");
  respub_message message;
  CU_ASSERT_EQUAL(respub_message_create(data, "me", &message), RESPUB_OK);
  cJSON_Delete(data);
  CU_ASSERT_STRING_EQUAL(message.sender, "me");
  CU_ASSERT_TRUE(is_now(message.timestamp));
  char *text = NULL;
  CU_ASSERT_EQUAL(respub_json_text(message.data, &text, NULL), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(text, "{\"a\":[1,{\"b\":null}]}");
  respub_text_free(text);
  CU_ASSERT_EQUAL(respub_json_text(message.root, &text, NULL), RESPUB_OK);
  respub_message again = parse(text);
  CU_ASSERT_STRING_EQUAL(again.timestamp, message.timestamp);
  respub_message_free(&again);
  respub_text_free(text);
  respub_message_free(&message);
}

static void create_knows_what_cannot_be_sent(void) {
  respub_message message;
  cJSON *data = cJSON_CreateObject();
  CU_ASSERT_EQUAL(respub_message_create(NULL, "me", &message), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NULL(message.root);
  CU_ASSERT_EQUAL(respub_message_create(data, "\xff", &message), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_message_create(data, NULL, &message), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(message.sender, "unknown");
  respub_message_free(&message);
  CU_ASSERT_EQUAL(respub_message_create(data, "", &message), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(message.sender, "unknown");
  respub_message_free(&message);
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddNumberToObject(data, "x", 0));
  data->child->valuedouble = (double)NAN;
  CU_ASSERT_EQUAL(respub_message_create(data, NULL, &message), RESPUB_EARGUMENT);
  cJSON_Delete(data);
}

/* Formats data for a channel without a schema; the text without its timestamp, to be freed. */
static char *format(const cJSON *data, const char *sender) {
  char *text = NULL;
  size_t len = 0;
  respub_validation_error error = {.text = ""};
  respub_status status =
      respub_message_format(NULL, RESPUB_LIT("x"), data, sender, &text, &len, &error);
  RESPUB_CHECK(status == RESPUB_OK, "%s", error.text);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  CU_ASSERT_EQUAL(len, strlen(text));
  char *stamp = strstr(text, ",\"timestamp\":\"");
  CU_ASSERT_PTR_NOT_NULL_FATAL(stamp);
  stamp += strlen(",\"timestamp\":\"");
  char end = stamp[26];
  stamp[26] = '\0';
  CU_ASSERT_TRUE(is_now(stamp));
  stamp[26] = end;
  memmove(stamp, stamp + 26, strlen(stamp + 26) + 1);
  return text;
}

static void check_format(const char *data_text, const char *sender, const char *wanted) {
  cJSON *data = respub_test_value(data_text);
  char *text = format(data, sender);
  char *quoted = respub_test_quotes(wanted);
  CU_ASSERT_STRING_EQUAL(text, quoted);
  free(quoted);
  respub_text_free(text);
  cJSON_Delete(data);
}

static void the_envelope_has_its_keys_in_order(void) {
  check_format("{}", "me", "{'data':{},'timestamp':'','sender':'me'}");
  check_format("{'b':1,'a':[2.50,true]}", NULL,
               "{'data':{'b':1,'a':[2.5,true]},'timestamp':'','sender':'unknown'}");
  check_format("{}", "", "{'data':{},'timestamp':'','sender':'unknown'}");
}

static void senders_are_escaped(void) {
  cJSON *data = cJSON_CreateObject();
  char *text = format(data, "a\"b\\c\n\x01\xc3\xa9");
  CU_ASSERT_STRING_EQUAL(text, "{\"data\":{},\"timestamp\":\"\",\"sender\":\"a\\\"b\\\\c\\n\\u0001"
                               "\xc3\xa9\"}");
  respub_text_free(text);
  size_t len = 7;
  text = (char *)data;
  CU_ASSERT_EQUAL(respub_message_format(NULL, RESPUB_LIT("x"), data, "\xc3", &text, &len, NULL),
                  RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NULL(text);
  CU_ASSERT_EQUAL(len, 0);
  cJSON_Delete(data);
}

/* Around the 2048 bytes that need no allocation, and far beyond. */
static void envelopes_of_every_length_are_whole(void) {
  static const size_t lengths[] = {0, 1900, 1950, 1960, 1970, 1980, 2000, 2048, 5000, 300000};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    size_t len = lengths[i];
    char *filler = malloc(len + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(filler);
    memset(filler, 'x', len);
    filler[len] = '\0';
    cJSON *data = cJSON_CreateObject();
    CU_ASSERT_PTR_NOT_NULL(cJSON_AddStringToObject(data, "k", filler));
    char *text = format(data, "me");
    CU_ASSERT_EQUAL(strlen(text),
                    strlen("{\"data\":{\"k\":\"\"},\"timestamp\":\"\",\"sender\":\"me\"}") + len);
    respub_message message = parse(text);
    CU_ASSERT_STRING_EQUAL(field(message.data, "k")->valuestring, filler);
    respub_message_free(&message);
    respub_text_free(text);
    cJSON_Delete(data);
    free(filler);
  }
}

static void format_validates_first(void) {
  respub_registry *registry = NULL;
  respub_validation_error error = {.text = ""};
  char *text = NULL;
  size_t len;
  CU_ASSERT_EQUAL_FATAL(respub_registry_open(&registry, NULL), RESPUB_OK);
  cJSON *data = respub_test_value("{'type':'price','timestamp':'t','price':[]}");
  respub_slice channel = RESPUB_LIT("TICKER_UPDATES_AAPL");
  CU_ASSERT_EQUAL(respub_message_format(registry, channel, data, NULL, &text, &len, &error),
                  RESPUB_EINVALID);
  CU_ASSERT_PTR_NULL(text);
  CU_ASSERT_STRING_EQUAL(error.pointer, "/price");
  CU_ASSERT_STRING_EQUAL(error.keyword, "type");
  CU_ASSERT_STRING_EQUAL(error.expected, "a number or a string");
  CU_ASSERT_STRING_EQUAL(error.text, "/price: expected a number or a string, got an array (type)");
  CU_ASSERT_EQUAL(respub_message_format(registry, channel, data, NULL, &text, &len, NULL),
                  RESPUB_EINVALID);
  CU_ASSERT_EQUAL(respub_message_format(registry, RESPUB_LIT("x"), data, NULL, &text, &len, &error),
                  RESPUB_OK);
  respub_text_free(text);
  cJSON_Delete(data);
  respub_registry_close(registry);
}

static void text_is_formatted_as_it_is(void) {
  static const char data[] = " {\"price\": 1.50, \"n\":123456789012345678901} ";
  static const char head[] = "{\"data\": {\"price\": 1.50, \"n\":123456789012345678901} ,"
                             "\"timestamp\":\"";
  static const char tail[] = "\",\"sender\":\"me\"}";
  char *text = NULL;
  size_t len = 0;
  CU_ASSERT_EQUAL_FATAL(respub_message_format_text(NULL, RESPUB_LIT("x"), data, sizeof data - 1,
                                                   "me", &text, &len, NULL, NULL),
                        RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(len, strlen(text));
  CU_ASSERT_EQUAL(len, sizeof head - 1 + 26 + sizeof tail - 1);
  CU_ASSERT_EQUAL(memcmp(text, head, sizeof head - 1), 0);
  CU_ASSERT_STRING_EQUAL(text + sizeof head - 1 + 26, tail);
  respub_text_free(text);
}

static void check_refused_text(const char *data, const char *sender, respub_status wanted,
                               const char *sentence) {
  respub_registry *registry = NULL;
  respub_error error = {.text = ""};
  respub_validation_error invalid = {.text = ""};
  char other, *text = &other;
  size_t len = 7;
  CU_ASSERT_EQUAL_FATAL(respub_registry_open(&registry, NULL), RESPUB_OK);
  respub_status status =
      respub_message_format_text(registry, RESPUB_LIT("TICKER_UPDATES_AAPL"), data, strlen(data),
                                 sender, &text, &len, &invalid, &error);
  RESPUB_CHECK(status == wanted && error.status == wanted && strstr(error.text, sentence) != NULL,
               "%s: %s", respub_status_name(status), error.text);
  RESPUB_CHECK((wanted == RESPUB_EINVALID) == (invalid.text[0] != '\0'), "%s", invalid.text);
  CU_ASSERT_PTR_NULL(text);
  CU_ASSERT_EQUAL(len, 0);
  respub_registry_close(registry);
}

static void text_that_is_no_message_is_not_formatted(void) {
  static const char good[] = "{\"type\":\"price\",\"timestamp\":\"t\",\"price\":1}";
  check_refused_text("{\"type\":\"price\",\"timestamp\":\"t\",\"price\":[]}", NULL, RESPUB_EINVALID,
                     "/price: expected a number or a string");
  check_refused_text("[]", NULL, RESPUB_EINVALID, "expected an object");
  check_refused_text("{", NULL, RESPUB_EJSON, "");
  check_refused_text("", NULL, RESPUB_EJSON, "");
  check_refused_text(good, "\xc3", RESPUB_EARGUMENT, "the sender is not UTF-8");
}

/* ---- validation of what a program has made ---- */

static void check_invalid(cJSON *data, const char *wanted) {
  respub_validation_error error = {.text = ""};
  CU_ASSERT_EQUAL(respub_message_validate(NULL, RESPUB_LIT("x"), data, &error), RESPUB_EINVALID);
  RESPUB_CHECK(strcmp(error.text, wanted) == 0, "%s", error.text);
  CU_ASSERT_EQUAL(respub_message_validate(NULL, RESPUB_LIT("x"), data, NULL), RESPUB_EINVALID);
  cJSON_Delete(data);
}

static cJSON *object_with(const char *name, cJSON *value) {
  cJSON *object = cJSON_CreateObject();
  CU_ASSERT_TRUE(cJSON_AddItemToObject(object, name, value));
  return object;
}

static cJSON *not_a_number(double number) {
  cJSON *value = cJSON_CreateNumber(0);
  value->valuedouble = number;
  return value;
}

static cJSON *arrays(int n) {
  cJSON *value = cJSON_CreateArray();
  for (int i = 1; i < n; i++) {
    cJSON *outer = cJSON_CreateArray();
    CU_ASSERT_TRUE(cJSON_AddItemToArray(outer, value));
    value = outer;
  }
  return value;
}

static void what_json_cannot_say_is_invalid_without_a_schema(void) {
  check_invalid(NULL, "expected an object, got nothing (type)");
  check_invalid(cJSON_CreateString("\xff"), "expected an object, got what is not UTF-8 (type)");
  check_invalid(object_with("price", not_a_number((double)NAN)),
                "/price: expected a finite number, got NaN (json)");
  check_invalid(object_with("a", object_with("b", not_a_number(-(double)INFINITY))),
                "/a/b: expected a finite number, got -Infinity (json)");
  check_invalid(object_with("s", cJSON_CreateString("a\x80")),
                "/s: expected a string in UTF-8, got other bytes (json)");
  check_invalid(object_with("o", object_with("\xff", cJSON_CreateNull())),
                "/o: expected field names in UTF-8, got other bytes (json)");
  check_invalid(object_with("r", cJSON_CreateRaw("1")),
                "/r: expected a JSON value, got what is no JSON value (json)");
  cJSON *twice = object_with("x", cJSON_CreateNull());
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddTrueToObject(twice, "y"));
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddTrueToObject(twice, "x"));
  check_invalid(object_with("o", twice), "/o/x: expected this field once, got it twice (json)");
}

/* With its envelope a message of 99 levels has 100. */
static void data_may_be_nested_99_deep(void) {
  cJSON *data = object_with("d", arrays(98));
  char *text = format(data, NULL);
  respub_message message = parse(text);
  CU_ASSERT_PTR_NOT_NULL(message.data);
  respub_message_free(&message);
  respub_text_free(text);
  cJSON_Delete(data);
  respub_validation_error error;
  data = object_with("d", arrays(99));
  CU_ASSERT_EQUAL(respub_message_validate(NULL, RESPUB_LIT("x"), data, &error), RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(error.keyword, "json");
  CU_ASSERT_STRING_EQUAL(error.expected, "at most 100 levels");
  CU_ASSERT_EQUAL(strcmp(error.pointer + strlen(error.pointer) - 4, "/0/0"), 0);
  cJSON_Delete(data);
}

/* ---- texts of faults ---- */

static void long_texts_are_cut_between_characters(void) {
  char name[600];
  for (size_t i = 0; i < sizeof name - 2; i += 2)
    memcpy(name + i, "\xc3\xa9", 2);
  name[sizeof name - 2] = '\0';
  cJSON *inner = object_with(name, cJSON_CreateString(name));
  cJSON *value = object_with("a", inner);
  respub_schema *schema =
      respub_test_schema("{'properties':{'a':{'additionalProperties':{'type':'null'}}}}");
  respub_validation_error error;
  CU_ASSERT_EQUAL(respub_schema_validate(schema, value, &error), RESPUB_EINVALID);
  size_t len = strlen(error.pointer);
  CU_ASSERT_TRUE(len < sizeof error.pointer && len >= sizeof error.pointer - 3);
  CU_ASSERT_STRING_EQUAL(error.pointer + len - 5, "\xc3\xa9...");
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "\xc3\xa9...: expected null, got \"\xc3\xa9"));
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "\xc3\xa9...\" (type)"));
  respub_schema_free(schema);
  cJSON_Delete(value);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_message_of_python_is_read),
      RESPUB_TEST(escapes_and_numbers_of_python_arrive_exactly),
      RESPUB_TEST(a_message_lives_without_the_bytes_it_came_in),
      RESPUB_TEST(what_is_missing_around_the_data_has_a_reading),
      RESPUB_TEST(what_is_no_envelope_is_refused),
      RESPUB_TEST(create_wraps_a_copy),
      RESPUB_TEST(create_knows_what_cannot_be_sent),
      RESPUB_TEST(the_envelope_has_its_keys_in_order),
      RESPUB_TEST(senders_are_escaped),
      RESPUB_TEST(envelopes_of_every_length_are_whole),
      RESPUB_TEST(format_validates_first),
      RESPUB_TEST(text_is_formatted_as_it_is),
      RESPUB_TEST(text_that_is_no_message_is_not_formatted),
      RESPUB_TEST(what_json_cannot_say_is_invalid_without_a_schema),
      RESPUB_TEST(data_may_be_nested_99_deep),
      RESPUB_TEST(long_texts_are_cut_between_characters),
  };
  return respub_test_main("schema_message", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
