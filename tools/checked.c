#include "tools/checked.h"

#include <stdio.h>

static respub_status explain(respub_status status, const char *text,
                             char reason[CHECKED_REASON_BYTES]) {
  snprintf(reason, CHECKED_REASON_BYTES, "%s", text);
  return status;
}

respub_status checked_data(const respub_registry *registry, respub_slice channel, respub_slice data,
                           char reason[CHECKED_REASON_BYTES]) {
  cJSON *root;
  respub_error error = {0};
  respub_validation_error invalid;
  respub_status status = respub_json_parse(&root, data.ptr, data.len, &error);
  if (status != RESPUB_OK)
    return explain(status, error.text, reason);
  status = respub_message_validate(registry, channel, root, &invalid);
  cJSON_Delete(root);
  if (status == RESPUB_EINVALID)
    return explain(status, invalid.text, reason);
  return explain(status, respub_status_text(status), reason);
}

respub_status checked_envelope(const respub_registry *registry, respub_slice channel,
                               respub_slice data, const char *sender, respub__envelope *envelope,
                               char reason[CHECKED_REASON_BYTES]) {
  respub_status status = checked_data(registry, channel, data, reason);
  if (status != RESPUB_OK)
    return status;
  status = respub__envelope_text(envelope, data.ptr, data.len, sender);
  if (status == RESPUB_OK)
    return RESPUB_OK;
  respub__envelope_free(envelope);
  bool bad_sender = status == RESPUB_EARGUMENT;
  return explain(status, bad_sender ? "the sender is not UTF-8" : respub_status_text(status),
                 reason);
}
