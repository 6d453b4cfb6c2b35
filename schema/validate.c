#include "schema/rule.h"
#include "schema/tree.h"

#include <string.h>

const respub__rule respub__accept_all = {.kind = RESPUB__ACCEPT};
const respub__rule respub__refuse_all = {.kind = RESPUB__REFUSE};

/* ---- faults ---- */

static void set_keyword(respub_validation_error *error, const char *keyword) {
  respub__text t = respub__text_in(error->keyword, sizeof error->keyword);
  respub__text_add(&t, keyword);
}

/* "/price: expected a number or a string, got an array (type)" */
static void tell(respub_validation_error *error, const cJSON *got, const char *instead) {
  respub__text t = respub__text_in(error->text, sizeof error->text);
  respub__text_add(&t, error->pointer);
  respub__text_add(&t, error->pointer[0] == '\0' ? "expected " : ": expected ");
  respub__text_add(&t, error->expected);
  respub__text_add(&t, ", got ");
  if (instead != NULL)
    respub__text_add(&t, instead);
  else
    respub__text_value(&t, got);
  respub__text_add(&t, " (");
  respub__text_add(&t, error->keyword);
  respub__text_add(&t, ")");
}

static bool is_asked(const respub__validation *v) {
  return v->error != NULL && v->quiet == 0 && v->stopped == RESPUB_OK;
}

bool respub__fault_begin(respub__validation *v) {
  if (!is_asked(v))
    return false;
  v->expected = respub__text_in(v->error->expected, sizeof v->error->expected);
  return true;
}

static bool end_fault(respub__validation *v, const char *keyword, const cJSON *got,
                      const char *instead) {
  if (!is_asked(v))
    return false;
  respub__text pointer = respub__text_in(v->error->pointer, sizeof v->error->pointer);
  respub__text_pointer(&pointer, v->path, v->depth);
  set_keyword(v->error, keyword);
  tell(v->error, got, instead);
  return false;
}

bool respub__fault_end(respub__validation *v, const char *keyword, const cJSON *got) {
  return end_fault(v, keyword, got, NULL);
}

bool respub__fault_end_with(respub__validation *v, const char *keyword, const char *got) {
  return end_fault(v, keyword, NULL, got);
}

bool respub__fault_count(respub__validation *v, const respub__check *check, size_t n,
                         const char *relation, const char *thing) {
  char got[32];
  respub__text t = respub__text_in(got, sizeof got);
  respub__text_count(&t, n);
  if (respub__fault_begin(v)) {
    respub__text_add(&v->expected, relation);
    respub__text_plural(&v->expected, check->of.count, thing);
  }
  return respub__fault_end_with(v, check->keyword->name, got);
}

bool respub__fault(respub__validation *v, const respub__check *check, const cJSON *got,
                   const char *expected) {
  if (respub__fault_begin(v))
    respub__text_add(&v->expected, expected);
  return respub__fault_end(v, check->keyword->name, got);
}

void respub__tell_fault(respub_validation_error *error, const cJSON *const *path, size_t n,
                        const char *keyword, const char *expected, const char *got) {
  if (error == NULL)
    return;
  respub__text pointer = respub__text_in(error->pointer, sizeof error->pointer);
  respub__text_pointer(&pointer, path, n);
  respub__text text = respub__text_in(error->expected, sizeof error->expected);
  respub__text_add(&text, expected);
  set_keyword(error, keyword);
  tell(error, path[n - 1], got);
}

bool respub__give_up(respub__validation *v, respub_status status) {
  if (v->stopped == RESPUB_OK)
    v->stopped = status;
  return false;
}

/* ---- evaluation ---- */

static bool give_up_on_size(respub__validation *v) {
  if (v->stopped != RESPUB_OK)
    return false;
  respub__tell_fault(v->error, v->path, v->depth, "$ref",
                     v->nested == RESPUB__NESTED_MAX ? "at most 256 subschemas inside each other"
                                                     : "at most 16777216 subschemas to look at",
                     "more");
  return respub__give_up(v, RESPUB_EINVALID);
}

static bool passes(respub__validation *v, const respub__rule *rule, const cJSON *value) {
  int type = value->type & 0xff;
  for (size_t i = 0; i < rule->n; i++) {
    const respub__check *check = &rule->checks[i];
    if ((check->keyword->types & type) == 0)
      continue;
    v->keyword = check->keyword->name;
    if (!check->keyword->check(v, check, value))
      return false;
  }
  return true;
}

bool respub__evaluate(respub__validation *v, const respub__rule *rule, const cJSON *value) {
  if (rule->kind == RESPUB__ACCEPT)
    return true;
  if (rule->kind == RESPUB__REFUSE) {
    if (respub__fault_begin(v))
      respub__text_add(&v->expected, "nothing here");
    return respub__fault_end(v, v->keyword, value);
  }
  if (v->nested == RESPUB__NESTED_MAX || v->evaluations == RESPUB__EVALUATIONS_MAX)
    return give_up_on_size(v);
  const char *keyword = v->keyword;
  v->evaluations++;
  v->nested++;
  bool passed = passes(v, rule, value);
  v->nested--;
  v->keyword = keyword;
  return passed && v->stopped == RESPUB_OK;
}

bool respub__evaluate_child(respub__validation *v, const respub__rule *rule, const cJSON *child) {
  v->path[v->depth++] = child;
  bool passed = respub__evaluate(v, rule, child);
  v->depth--;
  return passed;
}

bool respub__matches(respub__validation *v, const respub__rule *rule, const cJSON *value) {
  v->quiet++;
  bool passed = respub__evaluate(v, rule, value);
  v->quiet--;
  return passed;
}

bool respub__child_matches(respub__validation *v, const respub__rule *rule, const cJSON *child) {
  v->quiet++;
  bool passed = respub__evaluate_child(v, rule, child);
  v->quiet--;
  return passed;
}

respub_status respub__validate(const respub_schema *schema, const cJSON *value,
                               respub_validation_error *error) {
  respub__validation v;
  v.error = error;
  v.quiet = v.nested = v.evaluations = 0;
  v.stopped = RESPUB_OK;
  v.keyword = "false";
  v.path[0] = value;
  v.depth = 1;
  bool passed = respub__evaluate(&v, schema->root, value);
  if (v.stopped != RESPUB_OK)
    return v.stopped;
  return passed ? RESPUB_OK : RESPUB_EINVALID;
}

respub_status respub_schema_validate(const respub_schema *schema, const cJSON *value,
                                     respub_validation_error *error) {
  respub__tree tree;
  respub_status status = respub__tree_check(&tree, value, RESPUB_JSON_DEPTH);
  if (status == RESPUB_EINVALID)
    respub__tell_fault(error, tree.path, tree.n, "json", tree.reason, tree.got);
  return status == RESPUB_OK ? respub__validate(schema, value, error) : status;
}
