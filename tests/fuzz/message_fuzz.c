/* What a stranger can send to the schema layer: a message, and (from a file) a schema with a
 * message for it. The first byte says which: 'm' the rest is an envelope; 's' the rest is a schema,
 * a NUL and a value; 'p' the rest is a pattern, a NUL and a text. */
#include "schema/schema.h"

#include <stdlib.h>
#include <string.h>

static void must(bool condition) {
  if (!condition)
    abort();
}

/* What was accepted can be printed, and what was printed is accepted and prints the same. */
static void check_round_trip(const cJSON *value) {
  char *text;
  char *again;
  size_t len;
  cJSON *copy;
  must(respub_json_text(value, &text, &len) == RESPUB_OK);
  must(strlen(text) == len);
  must(respub_json_parse(&copy, text, len, NULL) == RESPUB_OK);
  must(respub_json_text(copy, &again, NULL) == RESPUB_OK);
  must(strcmp(text, again) == 0);
  cJSON_Delete(copy);
  respub_text_free(text);
  respub_text_free(again);
}

static void check_fault(const respub_validation_error *fault) {
  must(memchr(fault->pointer, '\0', sizeof fault->pointer) != NULL);
  must(memchr(fault->expected, '\0', sizeof fault->expected) != NULL);
  must(memchr(fault->text, '\0', sizeof fault->text) != NULL);
  must(fault->keyword[0] != '\0' && fault->expected[0] != '\0' && fault->text[0] != '\0');
}

static const respub_registry *builtin(void) {
  static respub_registry *registry;
  if (registry == NULL)
    must(respub_registry_open(&registry, NULL) == RESPUB_OK);
  return registry;
}

static void format_again(const respub_message *message, respub_slice channel) {
  char *text;
  size_t len;
  respub_message again;
  respub_validation_error fault;
  respub_status status = respub_message_format(builtin(), channel, message->data, message->sender,
                                               &text, &len, &fault);
  must(status == RESPUB_OK);
  must(respub_message_parse(text, len, &again, NULL) == RESPUB_OK);
  must(again.data != NULL && cJSON_Compare(again.data, message->data, true));
  must(strcmp(again.sender, message->sender[0] == '\0' ? "unknown" : message->sender) == 0);
  respub_message_free(&again);
  respub_text_free(text);
}

static void fuzz_message(const char *text, size_t len) {
  static const char *const channels[] = {"BROKER_REGISTRATION", "TICKER_UPDATES_X",
                                         "ACCOUNT_UPDATES_X", "other"};
  respub_message message;
  respub_error error = {.status = RESPUB_OK};
  if (respub_message_parse(text, len, &message, &error) != RESPUB_OK) {
    must(error.status == RESPUB_EJSON || error.status == RESPUB_EENVELOPE);
    must(error.text[0] != '\0' && message.root == NULL);
    return;
  }
  check_round_trip(message.root);
  for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
    respub_slice channel = respub_slice_of_string(channels[i]);
    respub_validation_error fault;
    respub_status status = respub_message_validate(builtin(), channel, message.data, &fault);
    must(status == RESPUB_OK || status == RESPUB_EINVALID);
    if (status == RESPUB_OK)
      format_again(&message, channel);
    else
      check_fault(&fault);
  }
  respub_message_free(&message);
}

static void fuzz_value(const respub_schema *schema, const char *text, size_t len) {
  cJSON *value;
  respub_validation_error fault;
  respub_status parsed = respub_json_parse(&value, text, len, NULL);
  must(parsed == RESPUB_OK || parsed == RESPUB_EJSON);
  if (parsed != RESPUB_OK)
    return;
  respub_status told = respub_schema_validate(schema, value, &fault);
  must(told == respub_schema_validate(schema, value, NULL));
  if (told == RESPUB_EINVALID)
    check_fault(&fault);
  cJSON_Delete(value);
}

static void fuzz_schema(const char *text, size_t len) {
  const char *end = memchr(text, '\0', len);
  size_t schema_len = end == NULL ? len : (size_t)(end - text);
  respub_schema *schema;
  respub_schema *again;
  respub_error error = {.status = RESPUB_OK};
  if (respub_schema_compile(&schema, text, schema_len, &error) != RESPUB_OK) {
    must(error.status == RESPUB_ESCHEMA && error.text[0] != '\0' && schema == NULL);
    return;
  }
  const char *json = respub_schema_json(schema);
  must(respub_schema_compile(&again, json, strlen(json), NULL) == RESPUB_OK);
  must(strcmp(respub_schema_json(again), json) == 0);
  respub_schema_free(again);
  if (end != NULL)
    fuzz_value(schema, end + 1, len - schema_len - 1);
  respub_schema_free(schema);
}

static cJSON *single(const char *name, cJSON *value) {
  cJSON *object = cJSON_CreateObject();
  must(object != NULL && value != NULL && cJSON_AddItemToObject(object, name, value));
  return object;
}

static void fuzz_pattern(const char *bytes, size_t len) {
  char *input = malloc(len + 2);
  must(input != NULL);
  memcpy(input, bytes, len);
  memset(input + len, 0, 2);
  cJSON *schema = single("pattern", cJSON_CreateString(input));
  cJSON *value = cJSON_CreateString(input + strlen(input) + 1);
  char *text;
  size_t text_len;
  respub_schema *compiled;
  if (respub_json_text(schema, &text, &text_len) == RESPUB_OK) {
    if (respub_schema_compile(&compiled, text, text_len, NULL) == RESPUB_OK)
      (void)!respub_schema_validate(compiled, value, NULL);
    respub_schema_free(compiled);
    respub_text_free(text);
  }
  cJSON_Delete(value);
  cJSON_Delete(schema);
  free(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  const char *rest = (const char *)data + 1;
  if (data[0] == 'm')
    fuzz_message(rest, size - 1);
  else if (data[0] == 's')
    fuzz_schema(rest, size - 1);
  else if (data[0] == 'p')
    fuzz_pattern(rest, size - 1);
  return 0;
}
