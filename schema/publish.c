#include "schema/envelope.h"
#include "schema/message.h"
#include "schema/scan.h"
#include "schema/text.h"

/* A sentence for what went wrong before anything was published. */
static respub_status not_published(respub_status status, const respub_validation_error *invalid,
                                   respub_error *error) {
  if (status == RESPUB_EINVALID)
    return respub__schema_fail(error, status, "%s", invalid->text);
  if (status == RESPUB_EARGUMENT)
    return respub__schema_fail(error, status, "the sender is not UTF-8");
  return respub__schema_fail(error, status, "%s", respub_status_text(status));
}

static respub_status publish_envelope(respub_publisher *pub, respub_slice channel,
                                      const respub__envelope *envelope, int64_t *receivers,
                                      respub_error *error) {
  respub_slice payload = respub_slice_of(envelope->text, envelope->len);
  return respub_publisher_publish(pub, channel, payload, receivers, error);
}

respub_status respub_message_publish(respub_publisher *pub, const respub_registry *registry,
                                     respub_slice channel, const cJSON *data, const char *sender,
                                     int64_t *receivers, respub_validation_error *invalid,
                                     respub_error *error) {
  size_t bytes;
  respub__envelope envelope;
  respub_validation_error fault;
  if (invalid == NULL)
    invalid = &fault;
  respub_status status = respub__message_measure(registry, channel, data, &bytes, invalid);
  if (status != RESPUB_OK)
    return not_published(status, invalid, error);
  status = respub__envelope_value(&envelope, data, bytes, sender);
  if (status == RESPUB_OK)
    status = publish_envelope(pub, channel, &envelope, receivers, error);
  else
    status = not_published(status, invalid, error);
  respub__envelope_free(&envelope);
  return status;
}

static respub_status check_text(const respub_registry *registry, respub_slice channel,
                                const char *data, size_t len, respub_validation_error *invalid,
                                respub_error *error) {
  respub_status status = respub__scan(data, len, RESPUB__DATA_DEPTH, error);
  if (status != RESPUB_OK)
    return status;
  cJSON *parsed = respub__parse_scanned(data, len);
  if (parsed == NULL)
    return not_published(RESPUB_ENOMEM, invalid, error);
  status = respub__message_check(registry, channel, parsed, invalid);
  cJSON_Delete(parsed);
  return status == RESPUB_OK ? RESPUB_OK : not_published(status, invalid, error);
}

respub_status respub_message_publish_text(respub_publisher *pub, const respub_registry *registry,
                                          respub_slice channel, const char *data, size_t len,
                                          const char *sender, int64_t *receivers,
                                          respub_validation_error *invalid, respub_error *error) {
  respub__envelope envelope;
  respub_validation_error fault;
  if (invalid == NULL)
    invalid = &fault;
  respub_status status = check_text(registry, channel, data, len, invalid, error);
  if (status != RESPUB_OK)
    return status;
  status = respub__envelope_text(&envelope, data, len, sender);
  if (status == RESPUB_OK)
    status = publish_envelope(pub, channel, &envelope, receivers, error);
  else
    status = not_published(status, invalid, error);
  respub__envelope_free(&envelope);
  return status;
}
