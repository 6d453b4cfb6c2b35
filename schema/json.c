#include "schema/arena.h"
#include "schema/scan.h"
#include "schema/text.h"
#include "schema/tree.h"

respub_status respub_json_parse(cJSON **root, const char *text, size_t len, respub_error *error) {
  *root = NULL;
  respub_status status = respub__scan(text, len, RESPUB_JSON_DEPTH, error);
  if (status != RESPUB_OK)
    return status;
  *root = respub__parse_scanned(text, len);
  if (*root == NULL)
    return respub__schema_fail(error, RESPUB_ENOMEM, "%s", respub_status_text(RESPUB_ENOMEM));
  return RESPUB_OK;
}

respub_status respub_json_text(const cJSON *value, char **text, size_t *len) {
  respub__tree tree;
  *text = NULL;
  respub_status status = respub__tree_check(&tree, value, RESPUB_JSON_DEPTH);
  if (status != RESPUB_OK)
    return status == RESPUB_EINVALID ? RESPUB_EARGUMENT : status;
  char *out = tree.bytes < PTRDIFF_MAX ? cJSON_malloc(tree.bytes + 1) : NULL;
  if (out == NULL)
    return RESPUB_ENOMEM;
  size_t printed = respub__tree_print(out, value, false);
  out[printed] = '\0';
  if (len != NULL)
    *len = printed;
  *text = out;
  return RESPUB_OK;
}

void respub_text_free(char *text) {
  respub__give_back(text);
}
