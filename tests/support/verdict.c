#include "tests/support/verdict.h"

#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

char *respub_test_quotes(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  if (copy == NULL)
    abort();
  memcpy(copy, text, size);
  for (char *c = copy; *c != '\0'; c++) {
    if (*c == '\'')
      *c = '"';
  }
  return copy;
}

respub_schema *respub_test_schema(const char *text) {
  respub_schema *schema = NULL;
  respub_error error = {.status = RESPUB_OK};
  char *json = respub_test_quotes(text);
  respub_status status = respub_schema_compile(&schema, json, strlen(json), &error);
  RESPUB_CHECK(status == RESPUB_OK, "%s: %s", text, error.text);
  free(json);
  return schema;
}

cJSON *respub_test_value(const char *text) {
  cJSON *value = NULL;
  respub_error error = {.status = RESPUB_OK};
  char *json = respub_test_quotes(text);
  respub_status status = respub_json_parse(&value, json, strlen(json), &error);
  RESPUB_CHECK(status == RESPUB_OK, "%s: %s", text, error.text);
  free(json);
  return value;
}

static void check_row(const respub_schema *schema, const char *text,
                      const respub_test_verdict *row) {
  respub_validation_error error = {.text = ""};
  respub_status wanted = row->fault == NULL ? RESPUB_OK : RESPUB_EINVALID;
  cJSON *value = respub_test_value(row->value);
  respub_status told = respub_schema_validate(schema, value, &error);
  respub_status silent = respub_schema_validate(schema, value, NULL);
  RESPUB_CHECK(told == wanted, "%s of %s: %s", row->value, text, error.text);
  RESPUB_CHECK(silent == told, "%s of %s", row->value, text);
  if (row->fault != NULL)
    RESPUB_CHECK(strcmp(error.text, row->fault) == 0, "%s of %s: %s", row->value, text, error.text);
  cJSON_Delete(value);
}

void respub_test_verdicts(const respub_test_verdict *rows, size_t n) {
  respub_schema *schema = NULL;
  const char *text = "";
  for (size_t i = 0; i < n; i++) {
    if (rows[i].schema != NULL) {
      respub_schema_free(schema);
      text = rows[i].schema;
      schema = respub_test_schema(text);
    }
    if (schema != NULL)
      check_row(schema, text, &rows[i]);
  }
  respub_schema_free(schema);
}
