/* Keywords that apply other rules to the same value. */
#include "schema/compile.h"
#include "schema/tree.h"

static bool compile_list(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!respub__must_be(c, value, cJSON_Array, "an array of schemas"))
    return false;
  if (value->child == NULL)
    return respub__compile_fail(c, value, "at least one schema expected");
  return respub__compile_rules(c, check, value);
}

static bool check_all(respub__validation *v, const respub__check *check, const cJSON *value) {
  for (size_t i = 0; i < check->n; i++) {
    if (!respub__evaluate(v, check->rules[i], value))
      return false;
  }
  return true;
}

static bool alternatives_fault(respub__validation *v, const respub__check *check,
                               const cJSON *value, const char *relation) {
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, relation);
    respub__text_plural(&v->expected, check->n, "alternative");
  }
  return respub__fault_end(v, check->keyword->name, value);
}

static bool check_any(respub__validation *v, const respub__check *check, const cJSON *value) {
  for (size_t i = 0; i < check->n; i++) {
    if (respub__matches(v, check->rules[i], value))
      return true;
  }
  return alternatives_fault(v, check, value, "a match with one of ");
}

static bool check_one(respub__validation *v, const respub__check *check, const cJSON *value) {
  size_t matches = 0;
  for (size_t i = 0; i < check->n && matches < 2; i++)
    matches += respub__matches(v, check->rules[i], value);
  return matches == 1 || alternatives_fault(v, check, value, "a match with exactly one of ");
}

static bool check_not(respub__validation *v, const respub__check *check, const cJSON *value) {
  return !respub__matches(v, check->rules[0], value) ||
         respub__fault(v, check, value, "something else than \"not\" describes");
}

/* ---- if, then, else ---- */

/* rules: if, then, else; the last two accept everything when they are not there. */
static bool compile_if(respub__compiler *c, respub__check *check, cJSON *value) {
  cJSON *branches[] = {value, cJSON_GetObjectItemCaseSensitive(c->object, "then"),
                       cJSON_GetObjectItemCaseSensitive(c->object, "else")};
  check->rules = respub__compile_take(c, 3, sizeof(const respub__rule *));
  if (check->rules == NULL)
    return false;
  for (; check->n < 3; check->n++) {
    cJSON *branch = branches[check->n];
    const respub__rule *rule =
        branch == NULL ? &respub__accept_all : respub__compile_rule(c, branch);
    if (rule == NULL)
      return false;
    check->rules[check->n] = rule;
  }
  return true;
}

static bool check_if(respub__validation *v, const respub__check *check, const cJSON *value) {
  bool chosen = respub__matches(v, check->rules[0], value);
  return respub__evaluate(v, check->rules[chosen ? 1 : 2], value);
}

/* ---- dependentSchemas ---- */

static bool compile_dependent(respub__compiler *c, respub__check *check, cJSON *value) {
  return respub__must_be(c, value, cJSON_Object, "an object of schemas") &&
         respub__compile_rules(c, check, value);
}

static bool check_dependent(respub__validation *v, const respub__check *check, const cJSON *value) {
  size_t i = 0;
  for (const cJSON *one = check->source->child; one != NULL; one = one->next, i++) {
    if (respub__tree_field(value, one->string) != NULL &&
        !respub__evaluate(v, check->rules[i], value))
      return false;
  }
  return true;
}

/* ---- $ref ---- */

/* Its rule is found when all anchors are known. */
static bool compile_reference(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!respub__must_be(c, value, cJSON_String, "a string"))
    return false;
  check->rules = respub__compile_take(c, 1, sizeof(const respub__rule *));
  return check->rules != NULL;
}

bool respub__is_reference(const respub__check *check) {
  return check->keyword->compile == compile_reference;
}

const respub__keyword respub__logic_keywords[] = {
    {"allOf", RESPUB__ON_ANY, true, compile_list, check_all},
    {"anyOf", RESPUB__ON_ANY, true, compile_list, check_any},
    {"oneOf", RESPUB__ON_ANY, true, compile_list, check_one},
    {"not", RESPUB__ON_ANY, true, respub__compile_one, check_not},
    {"if", RESPUB__ON_ANY, true, compile_if, check_if},
    {"then", 0, false, respub__compile_one, NULL},
    {"else", 0, false, respub__compile_one, NULL},
    {"dependentSchemas", cJSON_Object, true, compile_dependent, check_dependent},
    {"$ref", RESPUB__ON_ANY, true, compile_reference, check_all},
    {0}};
