#include "schema/message.h"

#include "schema/arena.h"
#include "schema/rule.h"
#include "schema/tree.h"
#include "schema/utf8.h"

#include <string.h>

respub_status respub__message_check(const respub_registry *registry, respub_slice channel,
                                    const cJSON *data, respub_validation_error *error) {
  const respub_schema *schema = registry == NULL ? NULL : respub_registry_find(registry, channel);
  if (!cJSON_IsObject(data)) {
    respub__tell_fault(error, &data, 1, "type", "an object", NULL);
    return RESPUB_EINVALID;
  }
  return schema == NULL ? RESPUB_OK : respub__validate(schema, data, error);
}

respub_status respub__message_measure(const respub_registry *registry, respub_slice channel,
                                      const cJSON *data, size_t *bytes,
                                      respub_validation_error *error) {
  respub__tree tree;
  tree.bytes = 0;
  if (cJSON_IsObject(data)) {
    respub_status status = respub__tree_check(&tree, data, RESPUB__DATA_DEPTH);
    if (status == RESPUB_EINVALID)
      respub__tell_fault(error, tree.path, tree.n, "json", tree.reason, tree.got);
    if (status != RESPUB_OK)
      return status;
  }
  *bytes = tree.bytes;
  return respub__message_check(registry, channel, data, error);
}

respub_status respub_message_validate(const respub_registry *registry, respub_slice channel,
                                      const cJSON *data, respub_validation_error *error) {
  size_t bytes;
  return respub__message_measure(registry, channel, data, &bytes, error);
}

/* ---- making ---- */

/* Gives ownership of item to object, or frees it. */
static bool hand_over(cJSON *object, const char *name, cJSON *item) {
  if (item != NULL && cJSON_AddItemToObjectCS(object, name, item))
    return true;
  cJSON_Delete(item);
  return false;
}

static bool fill_message(respub_message *message, const cJSON *data, const char *sender) {
  char now[RESPUB__TIMESTAMP_BYTES];
  respub__timestamp(now);
  message->root = cJSON_CreateObject();
  if (message->root == NULL || !hand_over(message->root, "data", cJSON_Duplicate(data, true)) ||
      !hand_over(message->root, "timestamp", cJSON_CreateString(now)) ||
      !hand_over(message->root, "sender", cJSON_CreateString(sender)))
    return false;
  message->data = message->root->child;
  message->timestamp = message->data->next->valuestring;
  message->sender = message->data->next->next->valuestring;
  return true;
}

respub_status respub_message_create(const cJSON *data, const char *sender,
                                    respub_message *message) {
  respub__tree tree;
  *message = (respub_message){0};
  if (sender == NULL || sender[0] == '\0')
    sender = RESPUB__UNKNOWN_SENDER;
  if (!respub__utf8_is_valid(sender, strlen(sender)))
    return RESPUB_EARGUMENT;
  respub_status status = respub__tree_check(&tree, data, RESPUB__DATA_DEPTH);
  if (status != RESPUB_OK)
    return status == RESPUB_EINVALID ? RESPUB_EARGUMENT : status;
  if (fill_message(message, data, sender))
    return RESPUB_OK;
  respub_message_free(message);
  return RESPUB_ENOMEM;
}

respub_status respub_message_format(const respub_registry *registry, respub_slice channel,
                                    const cJSON *data, const char *sender, char **text, size_t *len,
                                    respub_validation_error *error) {
  size_t bytes;
  respub__envelope envelope;
  *text = NULL;
  *len = 0;
  respub_status status = respub__message_measure(registry, channel, data, &bytes, error);
  if (status != RESPUB_OK)
    return status;
  status = respub__envelope_value(&envelope, data, bytes, sender);
  if (status == RESPUB_OK)
    status = respub__message_keep_text(&envelope, text, len);
  respub__envelope_free(&envelope);
  return status;
}

/* ---- taking apart ---- */

/* A string member; fallback when there is none; NULL: it is no string. */
static const char *read_string(const cJSON *root, const char *name, const char *fallback) {
  const cJSON *member = respub__tree_field(root, name);
  if (member == NULL)
    return fallback;
  return cJSON_IsString(member) ? member->valuestring : NULL;
}

static const char *read_envelope(respub_message *message) {
  if (!cJSON_IsObject(message->root))
    return "a message is an object with \"data\", \"timestamp\" and \"sender\"";
  message->data = respub__tree_field(message->root, "data");
  if (message->data == NULL)
    return "the message has no \"data\"";
  message->timestamp = read_string(message->root, "timestamp", "");
  if (message->timestamp == NULL)
    return "the message's \"timestamp\" is no string";
  message->sender = read_string(message->root, "sender", RESPUB__UNKNOWN_SENDER);
  return message->sender == NULL ? "the message's \"sender\" is no string" : NULL;
}

respub_status respub_message_parse(const char *text, size_t len, respub_message *message,
                                   respub_error *error) {
  *message = (respub_message){0};
  respub_status status = respub_json_parse(&message->root, text, len, error);
  if (status != RESPUB_OK)
    return status;
  const char *fault = read_envelope(message);
  if (fault == NULL)
    return RESPUB_OK;
  respub_message_free(message);
  return respub__schema_fail(error, RESPUB_EENVELOPE, "%s", fault);
}

const cJSON *respub_message_data(const respub_message *message) {
  return message == NULL ? NULL : message->data;
}

void respub_message_free(respub_message *message) {
  if (message == NULL)
    return;
  cJSON_Delete(message->root);
  *message = (respub_message){0};
}
