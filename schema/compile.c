#include "schema/compile.h"

#include "schema/number.h"
#include "schema/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COUNT_END 9007199254740992.0 /* 2^53 */

/* ---- failing ---- */

/* The nodes from at to wanted; 0: it is not below. The depth of what was parsed bounds the
 * recursion. */
static size_t find_path(const cJSON *at, const cJSON *wanted, const cJSON **path, size_t n) {
  path[n++] = at;
  if (at == wanted)
    return n;
  for (const cJSON *child = at->child; child != NULL; child = child->next) {
    size_t found = find_path(child, wanted, path, n);
    if (found != 0)
      return found;
  }
  return 0;
}

bool respub__compile_fail(respub__compiler *c, const cJSON *at, const char *format, ...) {
  const cJSON *path[RESPUB_JSON_DEPTH + 1];
  char reason[200];
  char pointer[120];
  va_list args;
  va_start(args, format);
  if (vsnprintf(reason, sizeof reason, format, args) < 0)
    reason[0] = '\0';
  va_end(args);
  respub__text t = respub__text_in(pointer, sizeof pointer);
  respub__text_pointer(&t, path, find_path(c->document, at, path, 0));
  c->status = respub__schema_fail(c->error, RESPUB_ESCHEMA, "at %s: %s",
                                  pointer[0] == '\0' ? "the root" : pointer, reason);
  return false;
}

void *respub__compile_take(respub__compiler *c, size_t n, size_t size) {
  void *taken = respub__arena_take(c->arena, n, size);
  if (taken == NULL)
    c->status =
        respub__schema_fail(c->error, RESPUB_ENOMEM, "%s", respub_status_text(RESPUB_ENOMEM));
  return taken;
}

/* ---- forms of values ---- */

bool respub__must_be(respub__compiler *c, const cJSON *value, int types, const char *what) {
  return (value->type & 0xff & types) != 0 || respub__compile_fail(c, value, "%s expected", what);
}

bool respub__must_be_any(respub__compiler *c, respub__check *check, cJSON *value) {
  (void)c;
  (void)check;
  (void)value;
  return true;
}

bool respub__must_be_count(respub__compiler *c, const cJSON *value, size_t *count) {
  double number = value->valuedouble;
  if (!cJSON_IsNumber(value) || !respub__number_is_whole(number) || number < 0)
    return respub__compile_fail(c, value, "a whole number from 0 on expected");
  *count = number < COUNT_END && number < (double)SIZE_MAX ? (size_t)number : SIZE_MAX;
  return true;
}

bool respub__compile_count(respub__compiler *c, respub__check *check, cJSON *value) {
  return respub__must_be_count(c, value, &check->of.count);
}

static bool is_repeated(const cJSON *list, const cJSON *name) {
  for (const cJSON *one = list->child; one != name; one = one->next) {
    if (strcmp(one->valuestring, name->valuestring) == 0)
      return true;
  }
  return false;
}

bool respub__must_be_names(respub__compiler *c, const cJSON *value) {
  if (!respub__must_be(c, value, cJSON_Array, "an array of names"))
    return false;
  for (const cJSON *name = value->child; name != NULL; name = name->next) {
    if (!respub__must_be(c, name, cJSON_String, "a name"))
      return false;
    if (is_repeated(value, name))
      return respub__compile_fail(c, name, "this name stands there twice");
  }
  return true;
}

const respub__pattern *respub__compile_pattern(respub__compiler *c, const cJSON *at,
                                               const char *source) {
  const char *reason;
  respub__pattern *pattern = respub__pattern_compile(c->arena, source, &reason);
  if (pattern == NULL && reason != NULL)
    (void)respub__compile_fail(c, at, "this pattern cannot be used: %s", reason);
  else if (pattern == NULL)
    c->status =
        respub__schema_fail(c->error, RESPUB_ENOMEM, "%s", respub_status_text(RESPUB_ENOMEM));
  return pattern;
}

/* ---- growing arrays ---- */

/* Makes room for one more of n elements. */
static bool grow(respub__compiler *c, void **array, size_t n, size_t *capacity, size_t size) {
  if (n < *capacity)
    return true;
  size_t wanted = *capacity == 0 ? 16 : *capacity <= SIZE_MAX / 2 ? *capacity * 2 : SIZE_MAX;
  void *larger = respub__take_array(wanted, size);
  if (larger == NULL) {
    c->status =
        respub__schema_fail(c->error, RESPUB_ENOMEM, "%s", respub_status_text(RESPUB_ENOMEM));
    return false;
  }
  if (n > 0)
    memcpy(larger, *array, n * size);
  respub__give_back(*array);
  *array = larger;
  *capacity = wanted;
  return true;
}

bool respub__add_anchor(respub__compiler *c, const cJSON *name) {
  for (size_t i = 0; i < c->anchors_n; i++) {
    if (strcmp(c->anchors[i].name, name->valuestring) == 0)
      return respub__compile_fail(c, name, "this anchor stands there twice");
  }
  void *anchors = c->anchors;
  bool grown = grow(c, &anchors, c->anchors_n, &c->anchors_capacity, sizeof *c->anchors);
  c->anchors = anchors;
  if (grown)
    c->anchors[c->anchors_n++] = (respub__anchor){.name = name->valuestring, .target = c->object};
  return grown;
}

/* ---- rules ---- */

static const respub__rule *new_rule(respub__compiler *c, cJSON *subschema) {
  void *rules = c->rules;
  bool grown = grow(c, &rules, c->n, &c->capacity, sizeof *c->rules);
  c->rules = rules;
  respub__rule *rule = grown ? respub__compile_take(c, 1, sizeof *rule) : NULL;
  if (rule == NULL)
    return NULL;
  rule->kind = RESPUB__CHECK;
  rule->source = subschema;
  c->rules[c->n++] = rule;
  /* cJSON leaves this member of an object alone: the rule's number, counted from 1. */
  subschema->valueint = (int)c->n;
  return rule;
}

const respub__rule *respub__compile_rule(respub__compiler *c, cJSON *subschema) {
  if (cJSON_IsBool(subschema))
    return cJSON_IsTrue(subschema) ? &respub__accept_all : &respub__refuse_all;
  if (!respub__must_be(c, subschema, cJSON_Object, "a schema (an object or a boolean)"))
    return NULL;
  if (subschema->valueint != 0)
    return c->rules[subschema->valueint - 1];
  return new_rule(c, subschema);
}

bool respub__compile_one(respub__compiler *c, respub__check *check, cJSON *value) {
  check->rules = respub__compile_take(c, 1, sizeof(const respub__rule *));
  const respub__rule *rule = check->rules == NULL ? NULL : respub__compile_rule(c, value);
  if (rule == NULL)
    return false;
  check->rules[check->n++] = rule;
  return true;
}

bool respub__compile_rules(respub__compiler *c, respub__check *check, cJSON *value) {
  size_t n = 0;
  for (const cJSON *child = value->child; child != NULL; child = child->next)
    n++;
  check->rules = respub__compile_take(c, n, sizeof(const respub__rule *));
  if (check->rules == NULL)
    return false;
  for (cJSON *child = value->child; child != NULL; child = child->next) {
    const respub__rule *rule = respub__compile_rule(c, child);
    if (rule == NULL)
      return false;
    check->rules[check->n++] = rule;
  }
  return true;
}

static bool fill_check(respub__compiler *c, cJSON *value) {
  const respub__keyword *keyword = respub__keyword_of(value->string);
  if (keyword == NULL)
    return respub__compile_fail(c, c->object, "the keyword \"%.60s\" is not known or not supported",
                                value->string);
  /* What checks nothing needs a place only until its value has been read. */
  respub__check *check = &c->rule->checks[c->rule->n];
  *check = (respub__check){.keyword = keyword, .rule = c->rule, .source = value};
  if (!keyword->compile(c, check, value))
    return false;
  c->rule->n += keyword->check != NULL;
  return true;
}

static bool fill_rule(respub__compiler *c, respub__rule *rule) {
  size_t n = 0;
  for (const cJSON *value = rule->source->child; value != NULL; value = value->next)
    n++;
  c->rule = rule;
  c->object = rule->source;
  rule->checks = respub__compile_take(c, n, sizeof *rule->checks);
  if (rule->checks == NULL)
    return false;
  for (cJSON *value = rule->source->child; value != NULL; value = value->next) {
    if (!fill_check(c, value))
      return false;
  }
  return true;
}

static bool resolve_rule(respub__compiler *c, const respub__rule *rule) {
  for (size_t i = 0; i < rule->n; i++) {
    if (respub__is_reference(&rule->checks[i]) && !respub__compile_reference(c, &rule->checks[i]))
      return false;
  }
  return true;
}

/* Both ends of the list move: filling finds more rules, and so does a reference to a place that is
 * no subschema. */
static bool fill_all(respub__compiler *c) {
  size_t filled = 0;
  size_t resolved = 0;
  while (resolved < c->n) {
    while (filled < c->n) {
      if (!fill_rule(c, c->rules[filled++]))
        return false;
    }
    if (!resolve_rule(c, c->rules[resolved++]))
      return false;
  }
  return true;
}

const respub__rule *respub__compile(respub__compiler *c) {
  const respub__rule *root = respub__compile_rule(c, c->document);
  bool compiled = root != NULL && fill_all(c) && respub__refuse_loops(c);
  return compiled && c->status == RESPUB_OK ? root : NULL;
}

void respub__compiler_free(respub__compiler *c) {
  respub__give_back(c->rules);
  respub__give_back(c->anchors);
}
