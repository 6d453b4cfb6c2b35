/* The schema layer whose n-th allocation fails, for every n: it says so, nothing leaks, nothing
 * crashes. All of its memory comes from cJSON's hooks, so those are what fails. */
#include "schema/schema.h"
#include "tests/support/check.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one thread at a time: no test here has two that use cJSON. */
static struct {
  size_t fail_at; /* the 0-based call that gets nothing */
  size_t calls;
  size_t live;
} hooks;

static void *take(size_t size) {
  if (hooks.calls++ == hooks.fail_at)
    return NULL;
  void *taken = malloc(size);
  hooks.live += taken != NULL;
  return taken;
}

static void give(void *taken) {
  hooks.live -= taken != NULL;
  free(taken);
}

typedef respub_status attempt(respub_error *error);

/* Fails each allocation in turn until none is left to fail. */
static void sweep(const char *what, attempt *once) {
  respub_status status = RESPUB_ENOMEM;
  size_t failures = 0;
  for (size_t n = 0; status == RESPUB_ENOMEM; n++) {
    respub_error error = {.status = RESPUB_OK};
    hooks.fail_at = n;
    hooks.calls = 0;
    status = once(&error);
    bool failed = hooks.calls > n;
    RESPUB_CHECK(status == (failed ? RESPUB_ENOMEM : RESPUB_OK), "%s %zu: %s", what, n,
                 respub_status_name(status));
    RESPUB_CHECK(!failed || error.status == RESPUB_ENOMEM || error.status == RESPUB_OK, "%s %zu",
                 what, n);
    RESPUB_CHECK(hooks.live == 0, "%s %zu: %zu blocks", what, n, hooks.live);
    failures += failed;
  }
  hooks.fail_at = SIZE_MAX;
  RESPUB_CHECK(failures > 0, "%s", what);
}

static const char everything[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"t\","
    "\"type\":[\"object\",\"array\"],\"properties\":{\"a\":{\"$ref\":\"#/$defs/"
    "n\"},\"b\":{\"$ref\":"
    "\"#p\"},\"c\":{\"enum\":[1,\"x\",{}]},\"list\":{\"items\":true,\"prefixItems\":[{},false],"
    "\"contains\":{\"const\":1},\"uniqueItems\":true}},\"patternProperties\":{\"^x[a-z]{2}$\":true}"
    ","
    "\"additionalProperties\":{\"pattern\":\"(a|[b-d]){200}\"},\"required\":[\"a\"],"
    "\"dependentRequired\":"
    "{\"a\":[\"b\"]},\"dependentSchemas\":{\"b\":{}},\"allOf\":[{}],\"anyOf\":[true],\"oneOf\":[{}]"
    ","
    "\"not\":{\"type\":\"null\"},\"if\":{},\"then\":{},\"else\":{},\"propertyNames\":{},"
    "\"$defs\":{\"n\":{\"type\":\"number\"},\"p\":{\"$anchor\":\"p\",\"minimum\":1},"
    "\"r\":{\"properties\":{\"r\":{\"$ref\":\"#/$defs/r\"}}}}}";

static respub_status compile(respub_error *error) {
  respub_schema *schema = (respub_schema *)error;
  respub_status status = respub_schema_compile(&schema, everything, sizeof everything - 1, error);
  CU_ASSERT_EQUAL(schema == NULL, status != RESPUB_OK);
  CU_ASSERT_EQUAL(error->status, status);
  respub_schema_free(schema);
  return status;
}

static respub_status load(respub_error *error) {
  respub_schema *schema = (respub_schema *)error;
  char path[RESPUB_TEST_TEMPORARY];
  int fd = mkstemp(respub_test_temporary(path, "alloc"));
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  CU_ASSERT_TRUE(fputs(everything, file) >= 0);
  CU_ASSERT_EQUAL(fclose(file), 0);
  respub_status status = respub_schema_load(&schema, path, error);
  CU_ASSERT_EQUAL(schema == NULL, status != RESPUB_OK);
  CU_ASSERT_EQUAL(error->status, status);
  respub_schema_free(schema);
  CU_ASSERT_EQUAL(remove(path), 0);
  return status;
}

/* Memory of schemas is taken in blocks. A pattern of another length moves their borders, so that
 * each piece is once the first of a block. */
static int filler;

static respub_status compile_shifted(respub_error *error) {
  char text[1024];
  respub_schema *schema = NULL;
  int len = snprintf(text, sizeof text, "{\"pattern\":\"a{%d}\",%s", filler, everything + 1);
  CU_ASSERT_TRUE_FATAL(len > 0 && (size_t)len < sizeof text);
  respub_status status = respub_schema_compile(&schema, text, (size_t)len, error);
  CU_ASSERT_EQUAL(schema == NULL, status != RESPUB_OK);
  respub_schema_free(schema);
  return status;
}

static void compiling_survives_lack_of_memory(void) {
  for (filler = 1; filler < 330; filler++)
    sweep("compile_shifted", compile_shifted);
  sweep("compile", compile);
  sweep("load", load);
}

static respub_status open_registry(respub_error *error) {
  respub_registry *registry = (respub_registry *)error;
  respub_status status = respub_registry_open(&registry, error);
  CU_ASSERT_EQUAL(registry == NULL, status != RESPUB_OK);
  CU_ASSERT_EQUAL(error->status, status);
  respub_registry_close(registry);
  return status;
}

/* More entries than there is room for at first. A schema that was not taken stays the caller's. */
static respub_status add_many(respub_error *error) {
  respub_registry *registry = NULL;
  respub_status status = respub_registry_open(&registry, error);
  for (int i = 0; status == RESPUB_OK && i < 20; i++) {
    char name[16];
    respub_schema *schema = NULL;
    (void)snprintf(name, sizeof name, "c%d", i);
    status = respub_schema_compile(&schema, "true", 4, error);
    if (status == RESPUB_OK)
      status = respub_registry_add(registry, respub_slice_of_string(name), schema);
    if (status != RESPUB_OK)
      respub_schema_free(schema);
  }
  CU_ASSERT_TRUE(status != RESPUB_OK || respub_registry_find(registry, RESPUB_LIT("c19")) != NULL);
  respub_registry_close(registry);
  return status;
}

/* Items of which there are too many to be compared without room for them. */
static char *many_items(size_t n) {
  size_t room = n * 8 + 32;
  char *text = malloc(room);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  size_t len = (size_t)snprintf(text, room, "{\"l\":[0");
  for (size_t i = 1; i < n; i++)
    len += (size_t)snprintf(text + len, room - len, ",%zu", i);
  (void)snprintf(text + len, room - len, "]}");
  return text;
}

static respub_status add_and_validate(respub_error *error) {
  static const char unique[] = "{\"properties\":{\"l\":{\"uniqueItems\":true}}}";
  respub_registry *registry = NULL;
  respub_schema *schema = NULL;
  cJSON *data = NULL;
  char *text = many_items(200);
  respub_status status = respub_registry_open(&registry, error);
  if (status == RESPUB_OK)
    status = respub_schema_compile(&schema, unique, sizeof unique - 1, error);
  if (status == RESPUB_OK)
    status = respub_registry_add_prefix(registry, RESPUB_LIT("LISTS_"), schema);
  if (status != RESPUB_OK)
    respub_schema_free(schema);
  if (status == RESPUB_OK)
    status = respub_json_parse(&data, text, strlen(text), NULL);
  if (status == RESPUB_OK)
    status = respub_message_validate(registry, RESPUB_LIT("LISTS_A"), data, NULL);
  cJSON_Delete(data);
  respub_registry_close(registry);
  free(text);
  return status;
}

static void registries_survive_lack_of_memory(void) {
  sweep("registry", open_registry);
  sweep("add", add_many);
  sweep("add and validate", add_and_validate);
}

/* ---- values ---- */

/* {"data":{"k0":{"k":0},"k1":{"k":1},...}}: more fields than fit the first room for keys. */
static char *large_envelope(size_t n) {
  size_t room = n * 32 + 32;
  char *text = malloc(room);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  size_t len = (size_t)snprintf(text, room, "{\"data\":{");
  for (size_t i = 0; i < n; i++)
    len +=
        (size_t)snprintf(text + len, room - len, "%s\"k%zu\":{\"k\":%zu}", i == 0 ? "" : ",", i, i);
  (void)snprintf(text + len, room - len, "}}");
  return text;
}

/* Made without the hooks failing. */
static respub_message large_message(void) {
  respub_message message;
  size_t fail_at = hooks.fail_at;
  hooks.fail_at = SIZE_MAX;
  char *text = large_envelope(200);
  CU_ASSERT_EQUAL(respub_message_parse(text, strlen(text), &message, NULL), RESPUB_OK);
  free(text);
  hooks.calls = 0;
  hooks.fail_at = fail_at;
  return message;
}

static respub_status parse(respub_error *error) {
  respub_message message;
  char *text = large_envelope(200);
  respub_status status = respub_message_parse(text, strlen(text), &message, error);
  free(text);
  CU_ASSERT_EQUAL(error->status, status);
  CU_ASSERT_EQUAL(message.root == NULL, status != RESPUB_OK);
  respub_message_free(&message);
  return status;
}

static respub_status print(respub_error *error) {
  respub_message message = large_message();
  char *text = (char *)error;
  size_t len = 0;
  respub_status status = respub_json_text(message.data, &text, &len);
  CU_ASSERT_EQUAL(text == NULL, status != RESPUB_OK);
  respub_text_free(text);
  respub_message_free(&message);
  return status;
}

static respub_status create(respub_error *error) {
  (void)error;
  respub_message message = large_message();
  respub_message made;
  respub_status status = respub_message_create(message.data, "me", &made);
  CU_ASSERT_EQUAL(made.root == NULL, status != RESPUB_OK);
  respub_message_free(&made);
  respub_message_free(&message);
  return status;
}

static respub_status format(respub_error *error) {
  respub_message message = large_message();
  char *text = (char *)error;
  size_t len = 7;
  respub_status status =
      respub_message_format(NULL, RESPUB_LIT("x"), message.data, NULL, &text, &len, NULL);
  CU_ASSERT_EQUAL(text == NULL, status != RESPUB_OK);
  respub_text_free(text);
  respub_message_free(&message);
  return status;
}

static respub_status format_text(respub_error *error) {
  static const char data[] = "{\"a\":[1,{\"b\":\"c\"}]}";
  char *text = (char *)error;
  size_t len = 7;
  respub_status status = respub_message_format_text(NULL, RESPUB_LIT("x"), data, sizeof data - 1,
                                                    NULL, &text, &len, NULL, error);
  CU_ASSERT_EQUAL(text == NULL, status != RESPUB_OK);
  CU_ASSERT_EQUAL(error->status, status);
  respub_text_free(text);
  return status;
}

static void messages_survive_lack_of_memory(void) {
  sweep("parse", parse);
  sweep("print", print);
  sweep("create", create);
  sweep("format", format);
  sweep("format_text", format_text);
}

/* ---- validation ---- */

static respub_schema *unique;
static cJSON *items;

static respub_status validate(respub_error *error) {
  (void)error;
  respub_validation_error fault;
  return respub_schema_validate(unique, items, &fault);
}

/* Comparing items takes memory; without it there is no verdict, not even under "not". */
static void comparing_many_items_survives_lack_of_memory(void) {
  static const char schema[] = "{\"not\":{\"not\":{\"uniqueItems\":true}}}";
  static const char value[] = "[{\"a\":1,\"b\":{}},{\"b\":{},\"a\":2},[1,2],[[]]]";
  hooks.fail_at = SIZE_MAX;
  CU_ASSERT_EQUAL_FATAL(respub_schema_compile(&unique, schema, sizeof schema - 1, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_json_parse(&items, value, sizeof value - 1, NULL), RESPUB_OK);
  size_t made_before = hooks.live;
  hooks.live = 0;
  sweep("uniqueItems", validate);
  hooks.live = made_before;
  respub_schema_free(unique);
  cJSON_Delete(items);
  CU_ASSERT_EQUAL(hooks.live, 0);
}

/* ---- publishing and subscribing ---- */

static respub_publisher *publisher_to_nowhere(void) {
  respub_publisher *publisher = NULL;
  respub_publisher_options options;
  respub_publisher_options_init(&options);
  (void)snprintf(options.connection.unix_path, sizeof options.connection.unix_path,
                 "/nonexistent/respub");
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&publisher, &options, NULL), RESPUB_OK);
  return publisher;
}

/* Nobody is there: what gets as far as the publisher is unsent. */
static respub_status as_published(respub_status status) {
  return status == RESPUB_EUNSENT ? RESPUB_OK : status;
}

static respub_status publish(respub_error *error) {
  respub_publisher *publisher = publisher_to_nowhere();
  respub_message message = large_message();
  respub_status status = respub_message_publish(publisher, NULL, RESPUB_LIT("x"), message.data,
                                                "me", NULL, NULL, error);
  CU_ASSERT_EQUAL(error->status, status);
  respub_message_free(&message);
  respub_publisher_close(publisher);
  return as_published(status);
}

static respub_status publish_text(respub_error *error) {
  respub_publisher *publisher = publisher_to_nowhere();
  char *text = large_envelope(200);
  respub_status status = respub_message_publish_text(publisher, NULL, RESPUB_LIT("x"), text,
                                                     strlen(text), "me", NULL, NULL, error);
  CU_ASSERT_EQUAL(error->status, status);
  free(text);
  respub_publisher_close(publisher);
  return as_published(status);
}

static void ignore(const respub_message_event *event, void *ctx) {
  (void)event;
  (void)ctx;
}

static respub_status subscribe(respub_error *error) {
  (void)error;
  respub_subscriber *subscriber = NULL;
  respub_subscriber_options options;
  respub_subscriber_options_init(&options);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&subscriber, &options, NULL), RESPUB_OK);
  respub_subscription ids[2];
  respub_status status =
      respub_message_subscribe(subscriber, NULL, RESPUB_LIT("x"), ignore, NULL, &ids[0]);
  if (status == RESPUB_OK)
    status = respub_message_psubscribe(subscriber, NULL, RESPUB_LIT("*"), ignore, NULL, &ids[1]);
  if (status == RESPUB_OK)
    CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(subscriber, ids[0]), RESPUB_OK);
  respub_subscriber_close(subscriber);
  return status;
}

static void publishing_and_subscribing_survive_lack_of_memory(void) {
  sweep("publish", publish);
  sweep("publish_text", publish_text);
  sweep("subscribe", subscribe);
}

/* A price every millisecond must not cost an allocation each. */
static void small_messages_are_published_without_memory(void) {
  static const char text[] = "{\"type\":\"price\",\"timestamp\":\"2025-04-24T09:45:00.000Z\","
                             "\"symbol\":\"AAPL\",\"price\":150.25,\"volume\":1000}";
  respub_registry *registry = NULL;
  cJSON *data = NULL;
  hooks.fail_at = SIZE_MAX;
  respub_publisher *publisher = publisher_to_nowhere();
  CU_ASSERT_EQUAL_FATAL(respub_registry_open(&registry, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_json_parse(&data, text, sizeof text - 1, NULL), RESPUB_OK);
  hooks.calls = 0;
  respub_status status =
      respub_message_publish(publisher, registry, RESPUB_LIT("TICKER_UPDATES_AAPL"), data,
                             "broker_service", NULL, NULL, NULL);
  CU_ASSERT_EQUAL(status, RESPUB_EUNSENT);
  CU_ASSERT_EQUAL(hooks.calls, 0);
  cJSON_Delete(data);
  respub_registry_close(registry);
  respub_publisher_close(publisher);
  CU_ASSERT_EQUAL(hooks.live, 0);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(compiling_survives_lack_of_memory),
      RESPUB_TEST(registries_survive_lack_of_memory),
      RESPUB_TEST(messages_survive_lack_of_memory),
      RESPUB_TEST(comparing_many_items_survives_lack_of_memory),
      RESPUB_TEST(publishing_and_subscribing_survive_lack_of_memory),
      RESPUB_TEST(small_messages_are_published_without_memory),
  };
  cJSON_Hooks failing = {.malloc_fn = take, .free_fn = give};
  cJSON_InitHooks(&failing);
  return respub_test_main("schema_alloc", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
