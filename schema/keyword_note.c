/* Keywords that check nothing by themselves: names for parts of a schema, and annotations. */
#include "schema/compile.h"

#include <string.h>

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static bool compile_dialect(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  if (cJSON_IsString(value) && strcmp(value->valuestring, DIALECT) == 0)
    return true;
  return respub__compile_fail(c, value, "only %s is understood", DIALECT);
}

static bool compile_id(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  if (c->object != c->document)
    return respub__compile_fail(c, value, "\"$id\" is supported at the root only");
  return respub__must_be(c, value, cJSON_String, "a string");
}

static bool is_anchor(const char *name) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.0123456789";
  return strspn(name, letters) > 0 && name[strspn(name, more)] == '\0';
}

static bool compile_anchor(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  if (!cJSON_IsString(value) || !is_anchor(value->valuestring))
    return respub__compile_fail(c, value,
                                "a name of letters, digits, \"-\", \"_\" and \".\" expected");
  return respub__add_anchor(c, value);
}

static bool compile_definitions(respub__compiler *c, respub__check *check, cJSON *value) {
  return respub__must_be(c, value, cJSON_Object, "an object of schemas") &&
         respub__compile_rules(c, check, value);
}

static bool compile_note(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  return respub__must_be(c, value, cJSON_String, "a string");
}

static bool compile_mark(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  return respub__must_be(c, value, RESPUB__ON_BOOLEAN, "true or false");
}

static bool compile_examples(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  return respub__must_be(c, value, cJSON_Array, "an array");
}

const respub__keyword respub__note_keywords[] = {
    {"$schema", 0, false, compile_dialect, NULL},
    {"$id", 0, false, compile_id, NULL},
    {"$anchor", 0, false, compile_anchor, NULL},
    {"$defs", 0, false, compile_definitions, NULL},
    {"definitions", 0, false, compile_definitions, NULL}, /* what $defs was called before */
    {"$comment", 0, false, compile_note, NULL},
    {"title", 0, false, compile_note, NULL},
    {"description", 0, false, compile_note, NULL},
    {"default", 0, false, respub__must_be_any, NULL},
    {"examples", 0, false, compile_examples, NULL},
    {"deprecated", 0, false, compile_mark, NULL},
    {"readOnly", 0, false, compile_mark, NULL},
    {"writeOnly", 0, false, compile_mark, NULL},
    {"format", 0, false, compile_note, NULL},
    {"contentEncoding", 0, false, compile_note, NULL},
    {"contentMediaType", 0, false, compile_note, NULL},
    {"contentSchema", 0, false, respub__must_be_any, NULL},
    {0}};
