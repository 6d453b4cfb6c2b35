/* Keywords for numbers. */
#include "schema/compile.h"
#include "schema/number.h"

static bool compile_limit(respub__compiler *c, respub__check *check, cJSON *value) {
  check->of.number = value->valuedouble;
  return respub__must_be(c, value, cJSON_Number, "a number");
}

static bool compile_multiple(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!compile_limit(c, check, value))
    return false;
  return check->of.number > 0 || respub__compile_fail(c, value, "a number above 0 expected");
}

static bool number_fault(respub__validation *v, const respub__check *check, const cJSON *value,
                         const char *relation) {
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, relation);
    respub__text_number(&v->expected, check->of.number);
  }
  return respub__fault_end(v, check->keyword->name, value);
}

static bool check_multiple(respub__validation *v, const respub__check *check, const cJSON *value) {
  return respub__number_is_multiple(value->valuedouble, check->of.number) ||
         number_fault(v, check, value, "a multiple of ");
}

static bool check_maximum(respub__validation *v, const respub__check *check, const cJSON *value) {
  return value->valuedouble <= check->of.number || number_fault(v, check, value, "at most ");
}

static bool check_below(respub__validation *v, const respub__check *check, const cJSON *value) {
  return value->valuedouble < check->of.number || number_fault(v, check, value, "less than ");
}

static bool check_minimum(respub__validation *v, const respub__check *check, const cJSON *value) {
  return value->valuedouble >= check->of.number || number_fault(v, check, value, "at least ");
}

static bool check_above(respub__validation *v, const respub__check *check, const cJSON *value) {
  return value->valuedouble > check->of.number || number_fault(v, check, value, "more than ");
}

const respub__keyword respub__number_keywords[] = {
    {"multipleOf", cJSON_Number, false, compile_multiple, check_multiple},
    {"maximum", cJSON_Number, false, compile_limit, check_maximum},
    {"exclusiveMaximum", cJSON_Number, false, compile_limit, check_below},
    {"minimum", cJSON_Number, false, compile_limit, check_minimum},
    {"exclusiveMinimum", cJSON_Number, false, compile_limit, check_above},
    {0}};
