/* type, enum, const: for values of every type. */
#include "schema/compile.h"
#include "schema/number.h"
#include "schema/tree.h"

#include <string.h>

#define WHOLE_NUMBER (1 << 16) /* beside cJSON's bits */

static const struct type_name {
  const char *name;
  const char *text;
  int types;
} type_names[] = {{"null", "null", cJSON_NULL},
                  {"boolean", "a boolean", RESPUB__ON_BOOLEAN},
                  {"integer", "an integer", WHOLE_NUMBER},
                  {"number", "a number", cJSON_Number},
                  {"string", "a string", cJSON_String},
                  {"array", "an array", cJSON_Array},
                  {"object", "an object", cJSON_Object}};

static const struct type_name *find_type(const char *name) {
  for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
    if (strcmp(type_names[i].name, name) == 0)
      return &type_names[i];
  }
  return NULL;
}

static bool compile_type_name(respub__compiler *c, respub__check *check, const cJSON *value) {
  const struct type_name *type = cJSON_IsString(value) ? find_type(value->valuestring) : NULL;
  if (type == NULL)
    return respub__compile_fail(c, value,
                                "no type's name: null, boolean, integer, number, string, "
                                "array or object expected");
  check->of.types |= type->types;
  return true;
}

static bool compile_type(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!cJSON_IsArray(value))
    return compile_type_name(c, check, value);
  if (value->child == NULL)
    return respub__compile_fail(c, value, "the list of types is empty");
  if (!respub__must_be_names(c, value))
    return false;
  for (const cJSON *name = value->child; name != NULL; name = name->next) {
    if (!compile_type_name(c, check, name))
      return false;
  }
  return true;
}

/* "a, b or c" */
static void list_types(respub__text *t, const cJSON *source) {
  if (cJSON_IsString(source)) {
    respub__text_add(t, find_type(source->valuestring)->text);
    return;
  }
  for (const cJSON *name = source->child; name != NULL; name = name->next) {
    if (name != source->child)
      respub__text_add(t, name->next == NULL ? " or " : ", ");
    respub__text_add(t, find_type(name->valuestring)->text);
  }
}

static bool check_type(respub__validation *v, const respub__check *check, const cJSON *value) {
  bool whole = cJSON_IsNumber(value) && respub__number_is_whole(value->valuedouble);
  if ((check->of.types & value->type & 0xff) != 0 || (whole && (check->of.types & WHOLE_NUMBER)))
    return true;
  if (respub__fault_begin(v))
    list_types(&v->expected, check->source);
  return respub__fault_end(v, "type", value);
}

static bool compile_enum(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  return respub__must_be(c, value, cJSON_Array, "an array");
}

static bool check_enum(respub__validation *v, const respub__check *check, const cJSON *value) {
  for (const cJSON *one = check->source->child; one != NULL; one = one->next) {
    if (respub__tree_equal(one, value))
      return true;
  }
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, check->source->child != NULL ? "one of " : "no value at all");
    for (const cJSON *one = check->source->child; one != NULL; one = one->next) {
      respub__text_add(&v->expected, one == check->source->child ? "" : ", ");
      respub__text_value(&v->expected, one);
    }
  }
  return respub__fault_end(v, "enum", value);
}

static bool check_const(respub__validation *v, const respub__check *check, const cJSON *value) {
  if (respub__tree_equal(check->source, value))
    return true;
  if (respub__fault_begin(v)) {
    bool container = cJSON_IsObject(check->source) || cJSON_IsArray(check->source);
    respub__text_add(&v->expected, container ? "what \"const\" says, " : "");
    respub__text_value(&v->expected, check->source);
  }
  return respub__fault_end(v, "const", value);
}

const respub__keyword respub__any_keywords[] = {
    {"type", RESPUB__ON_ANY, false, compile_type, check_type},
    {"enum", RESPUB__ON_ANY, false, compile_enum, check_enum},
    {"const", RESPUB__ON_ANY, false, respub__must_be_any, check_const},
    {0}};
