/* Keywords for strings. Lengths count code points. */
#include "schema/compile.h"
#include "schema/utf8.h"

static bool length_fault(respub__validation *v, const respub__check *check, const cJSON *value,
                         const char *relation) {
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, relation);
    respub__text_plural(&v->expected, check->of.count, "character");
  }
  return respub__fault_end(v, check->keyword->name, value);
}

static bool check_max_length(respub__validation *v, const respub__check *check,
                             const cJSON *value) {
  return respub__utf8_count(value->valuestring) <= check->of.count ||
         length_fault(v, check, value, "at most ");
}

static bool check_min_length(respub__validation *v, const respub__check *check,
                             const cJSON *value) {
  return respub__utf8_count(value->valuestring) >= check->of.count ||
         length_fault(v, check, value, "at least ");
}

static bool compile_pattern(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!respub__must_be(c, value, cJSON_String, "a string"))
    return false;
  check->of.pattern = respub__compile_pattern(c, value, value->valuestring);
  return check->of.pattern != NULL;
}

static bool check_pattern(respub__validation *v, const respub__check *check, const cJSON *value) {
  if (respub__pattern_matches(check->of.pattern, value->valuestring))
    return true;
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, "a string that matches ");
    respub__text_quoted(&v->expected, check->source->valuestring);
  }
  return respub__fault_end(v, "pattern", value);
}

const respub__keyword respub__string_keywords[] = {
    {"maxLength", cJSON_String, false, respub__compile_count, check_max_length},
    {"minLength", cJSON_String, false, respub__compile_count, check_min_length},
    {"pattern", cJSON_String, false, compile_pattern, check_pattern},
    {0}};
