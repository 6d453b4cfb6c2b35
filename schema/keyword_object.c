/* Keywords for objects. */
#include "schema/compile.h"
#include "schema/tree.h"

#include <stdlib.h>
#include <string.h>

static size_t count_fields(const cJSON *object) {
  size_t n = 0;
  for (const cJSON *field = object->child; field != NULL; field = field->next)
    n++;
  return n;
}

/* ---- properties ---- */

static int compare_names(const void *a, const void *b) {
  const respub__field *x = a;
  const respub__field *y = b;
  return strcmp(x->name, y->name);
}

static const respub__field *find_property(const respub__check *properties, const char *name) {
  if (properties == NULL)
    return NULL;
  size_t low = 0;
  size_t high = properties->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(name, properties->of.fields[middle].name);
    if (order == 0)
      return &properties->of.fields[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

static bool compile_properties(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!respub__must_be(c, value, cJSON_Object, "an object of schemas"))
    return false;
  size_t n = count_fields(value);
  respub__field *fields = respub__compile_take(c, n, sizeof *fields);
  if (fields == NULL)
    return false;
  for (cJSON *field = value->child; field != NULL; field = field->next) {
    respub__field *f = &fields[check->n];
    *f = (respub__field){.name = field->string, .place = check->n};
    f->rule = respub__compile_rule(c, field);
    if (f->rule == NULL)
      return false;
    check->n++;
  }
  qsort(fields, n, sizeof *fields, compare_names);
  check->of.fields = fields;
  c->rule->properties = check;
  return true;
}

/* One search a field of the value, however many a sender puts there; of several faults the one
 * whose property stands first in the schema is told. */
static bool check_properties(respub__validation *v, const respub__check *check,
                             const cJSON *value) {
  const respub__field *first = NULL;
  const cJSON *fault = NULL;
  for (const cJSON *field = value->child; field != NULL; field = field->next) {
    const respub__field *property = find_property(check, field->string);
    if (property == NULL || (first != NULL && property->place > first->place))
      continue;
    if (respub__child_matches(v, property->rule, field))
      continue;
    first = property;
    fault = field;
    if (v->error == NULL || v->quiet > 0)
      return false;
  }
  return first == NULL || respub__evaluate_child(v, first->rule, fault);
}

/* ---- patternProperties, additionalProperties ---- */

static bool compile_pattern_properties(respub__compiler *c, respub__check *check, cJSON *value) {
  if (!respub__must_be(c, value, cJSON_Object, "an object of schemas"))
    return false;
  const respub__pattern **patterns =
      respub__compile_take(c, count_fields(value), sizeof(const respub__pattern *));
  if (patterns == NULL || !respub__compile_rules(c, check, value))
    return false;
  size_t i = 0;
  for (const cJSON *field = value->child; field != NULL; field = field->next, i++) {
    patterns[i] = respub__compile_pattern(c, field, field->string);
    if (patterns[i] == NULL)
      return false;
  }
  check->of.patterns = patterns;
  c->rule->pattern_properties = check;
  return true;
}

static bool check_pattern_properties(respub__validation *v, const respub__check *check,
                                     const cJSON *value) {
  for (size_t i = 0; i < check->n; i++) {
    for (const cJSON *field = value->child; field != NULL; field = field->next) {
      if (respub__pattern_matches(check->of.patterns[i], field->string) &&
          !respub__evaluate_child(v, check->rules[i], field))
        return false;
    }
  }
  return true;
}

static bool is_described(const respub__rule *rule, const char *name) {
  if (find_property(rule->properties, name) != NULL)
    return true;
  const respub__check *patterns = rule->pattern_properties;
  for (size_t i = 0; patterns != NULL && i < patterns->n; i++) {
    if (respub__pattern_matches(patterns->of.patterns[i], name))
      return true;
  }
  return false;
}

static bool check_additional(respub__validation *v, const respub__check *check,
                             const cJSON *value) {
  for (const cJSON *field = value->child; field != NULL; field = field->next) {
    if (!is_described(check->rule, field->string) &&
        !respub__evaluate_child(v, check->rules[0], field))
      return false;
  }
  return true;
}

/* ---- propertyNames ---- */

static bool check_names(respub__validation *v, const respub__check *check, const cJSON *value) {
  for (const cJSON *field = value->child; field != NULL; field = field->next) {
    cJSON name = {.type = cJSON_String, .valuestring = field->string};
    if (respub__matches(v, check->rules[0], &name))
      continue;
    if (respub__fault_begin(v))
      respub__text_add(&v->expected, "field names as described by \"propertyNames\"");
    return respub__fault_end(v, "propertyNames", &name);
  }
  return true;
}

/* ---- required, dependentRequired ---- */

static bool missing_fault(respub__validation *v, const char *keyword, const char *name,
                          const char *beside) {
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, "the field ");
    respub__text_quoted(&v->expected, name);
    if (beside != NULL) {
      respub__text_add(&v->expected, " beside ");
      respub__text_quoted(&v->expected, beside);
    }
  }
  return respub__fault_end_with(v, keyword, "none");
}

static bool has_all(respub__validation *v, const char *keyword, const cJSON *names,
                    const char *beside, const cJSON *value) {
  for (const cJSON *name = names->child; name != NULL; name = name->next) {
    if (respub__tree_field(value, name->valuestring) == NULL)
      return missing_fault(v, keyword, name->valuestring, beside);
  }
  return true;
}

static bool compile_required(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  return respub__must_be_names(c, value);
}

static bool check_required(respub__validation *v, const respub__check *check, const cJSON *value) {
  return has_all(v, "required", check->source, NULL, value);
}

static bool compile_dependent_required(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)check;
  if (!respub__must_be(c, value, cJSON_Object, "an object of lists of names"))
    return false;
  for (const cJSON *names = value->child; names != NULL; names = names->next) {
    if (!respub__must_be_names(c, names))
      return false;
  }
  return true;
}

static bool check_dependent_required(respub__validation *v, const respub__check *check,
                                     const cJSON *value) {
  for (const cJSON *names = check->source->child; names != NULL; names = names->next) {
    if (respub__tree_field(value, names->string) != NULL &&
        !has_all(v, "dependentRequired", names, names->string, value))
      return false;
  }
  return true;
}

/* ---- maxProperties, minProperties ---- */

static bool check_max_fields(respub__validation *v, const respub__check *check,
                             const cJSON *value) {
  size_t n = count_fields(value);
  return n <= check->of.count || respub__fault_count(v, check, n, "at most ", "field");
}

static bool check_min_fields(respub__validation *v, const respub__check *check,
                             const cJSON *value) {
  size_t n = count_fields(value);
  return n >= check->of.count || respub__fault_count(v, check, n, "at least ", "field");
}

const respub__keyword respub__object_keywords[] = {
    {"properties", cJSON_Object, false, compile_properties, check_properties},
    {"patternProperties", cJSON_Object, false, compile_pattern_properties,
     check_pattern_properties},
    {"additionalProperties", cJSON_Object, false, respub__compile_one, check_additional},
    {"propertyNames", cJSON_Object, false, respub__compile_one, check_names},
    {"required", cJSON_Object, false, compile_required, check_required},
    {"dependentRequired", cJSON_Object, false, compile_dependent_required,
     check_dependent_required},
    {"maxProperties", cJSON_Object, false, respub__compile_count, check_max_fields},
    {"minProperties", cJSON_Object, false, respub__compile_count, check_min_fields},
    {0}};
