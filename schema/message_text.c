/* Messages as text: data that a caller has as JSON, and envelopes that it takes with it. */
#include "schema/message.h"
#include "schema/scan.h"
#include "schema/text.h"

#include <string.h>

respub_status respub__message_fail(respub_status status, const respub_validation_error *invalid,
                                   respub_error *error) {
  if (status == RESPUB_EINVALID)
    return respub__schema_fail(error, status, "%s", invalid->text);
  if (status == RESPUB_EARGUMENT)
    return respub__schema_fail(error, status, "the sender is not UTF-8");
  return respub__schema_fail(error, status, "%s", respub_status_text(status));
}

static respub_status check_text(const respub_registry *registry, respub_slice channel,
                                const char *data, size_t len, respub_validation_error *invalid,
                                respub_error *error) {
  respub_status status = respub__scan(data, len, RESPUB__DATA_DEPTH, error);
  if (status != RESPUB_OK)
    return status;
  cJSON *parsed = respub__parse_scanned(data, len);
  if (parsed == NULL)
    return respub__message_fail(RESPUB_ENOMEM, invalid, error);
  status = respub__message_check(registry, channel, parsed, invalid);
  cJSON_Delete(parsed);
  return status == RESPUB_OK ? RESPUB_OK : respub__message_fail(status, invalid, error);
}

respub_status respub__message_wrap_text(respub__envelope *envelope, const respub_registry *registry,
                                        respub_slice channel, const char *data, size_t len,
                                        const char *sender, respub_validation_error *invalid,
                                        respub_error *error) {
  respub_validation_error fault;
  if (invalid == NULL)
    invalid = &fault;
  envelope->allocated = NULL;
  respub_status status = check_text(registry, channel, data, len, invalid, error);
  if (status != RESPUB_OK)
    return status;
  status = respub__envelope_text(envelope, data, len, sender);
  return status == RESPUB_OK ? RESPUB_OK : respub__message_fail(status, invalid, error);
}

respub_status respub__message_keep_text(respub__envelope *e, char **text, size_t *len) {
  char *kept = e->allocated; /* NULL: it is a small one, on the stack */
  if (kept == NULL) {
    kept = cJSON_malloc(e->len + 1);
    if (kept == NULL)
      return RESPUB_ENOMEM;
    memcpy(kept, e->text, e->len + 1);
  }
  e->allocated = NULL;
  *text = kept;
  *len = e->len;
  return RESPUB_OK;
}

respub_status respub_message_format_text(const respub_registry *registry, respub_slice channel,
                                         const char *data, size_t data_len, const char *sender,
                                         char **text, size_t *len, respub_validation_error *invalid,
                                         respub_error *error) {
  respub__envelope envelope;
  *text = NULL;
  *len = 0;
  respub_status status = respub__message_wrap_text(&envelope, registry, channel, data, data_len,
                                                   sender, invalid, error);
  if (status == RESPUB_OK) {
    status = respub__message_keep_text(&envelope, text, len);
    if (status != RESPUB_OK)
      (void)respub__message_fail(status, invalid, error);
  }
  respub__envelope_free(&envelope);
  return status;
}
