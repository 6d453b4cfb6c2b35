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
                               respub_slice data, const char *sender, char **text, size_t *len,
                               char reason[CHECKED_REASON_BYTES]) {
  respub_error error;
  respub_validation_error invalid;
  respub_status status = respub_message_format_text(registry, channel, data.ptr, data.len, sender,
                                                    text, len, &invalid, &error);
  if (status == RESPUB_OK)
    return RESPUB_OK;
  return explain(status, status == RESPUB_EINVALID ? invalid.text : error.text, reason);
}
