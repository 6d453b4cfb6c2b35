#include "schema/message.h"

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
    return respub__message_fail(status, invalid, error);
  status = respub__envelope_value(&envelope, data, bytes, sender);
  if (status == RESPUB_OK)
    status = publish_envelope(pub, channel, &envelope, receivers, error);
  else
    status = respub__message_fail(status, invalid, error);
  respub__envelope_free(&envelope);
  return status;
}

respub_status respub_message_publish_text(respub_publisher *pub, const respub_registry *registry,
                                          respub_slice channel, const char *data, size_t len,
                                          const char *sender, int64_t *receivers,
                                          respub_validation_error *invalid, respub_error *error) {
  respub__envelope envelope;
  respub_status status =
      respub__message_wrap_text(&envelope, registry, channel, data, len, sender, invalid, error);
  if (status == RESPUB_OK)
    status = publish_envelope(pub, channel, &envelope, receivers, error);
  respub__envelope_free(&envelope);
  return status;
}
