/* compile.h - turning a schema's text into rules; for the files of keywords. */
#ifndef RESPUB_SCHEMA_COMPILE_H
#define RESPUB_SCHEMA_COMPILE_H

#include "schema/rule.h"

typedef struct respub__anchor {
  const char *name;
  cJSON *target;
} respub__anchor;

/* Rules are made first and filled later, one after the other, so that neither nesting nor
 * references recurse. */
struct respub__compiler {
  respub__arena *arena;
  cJSON *document;
  cJSON *object; /* the subschema that is being filled */
  respub__rule *rule;
  respub__rule *
      *rules; /* in the order of their discovery; arrays end with the compiler, rules do not */
  size_t n, capacity;
  respub__anchor *anchors;
  size_t anchors_n, anchors_capacity;
  respub_status status;
  respub_error *error;
};

/* Compiles c->document; NULL: c->status and c->error say why. */
const respub__rule *respub__compile(respub__compiler *c);
void respub__compiler_free(respub__compiler *c);

/* The rule of a subschema: made on first use. NULL: it is neither an object nor a boolean, or no
 * memory. */
const respub__rule *respub__compile_rule(respub__compiler *c, cJSON *subschema);

/* Into check->rules: the rule of value, or of each child of value. */
bool respub__compile_one(respub__compiler *c, respub__check *check, cJSON *value);
bool respub__compile_rules(respub__compiler *c, respub__check *check, cJSON *value);

/* Into check->of.count: a whole number. */
bool respub__compile_count(respub__compiler *c, respub__check *check, cJSON *value);

/* Fails with ESCHEMA: "at /pointer/of/node: format...". Returns false. */
bool respub__compile_fail(respub__compiler *c, const cJSON *at, const char *format, ...)
    RESPUB__SENTENCE(3, 4);

/* Zeroed memory that lives as long as the schema; NULL: c->status is ENOMEM. */
void *respub__compile_take(respub__compiler *c, size_t n, size_t size);

/* Fail unless value has the form: */
bool respub__must_be(respub__compiler *c, const cJSON *value, int types, const char *what);
bool respub__must_be_count(respub__compiler *c, const cJSON *value, size_t *count);
bool respub__must_be_names(respub__compiler *c, const cJSON *value);
bool respub__must_be_any(respub__compiler *c, respub__check *check, cJSON *value);

/* NULL: fails, naming the place at. */
const respub__pattern *respub__compile_pattern(respub__compiler *c, const cJSON *at,
                                               const char *source);

/* The subschema at hand gets a name for $ref. */
bool respub__add_anchor(respub__compiler *c, const cJSON *name);

bool respub__is_reference(const respub__check *check);

/* Finds the rule that the check's $ref names. All anchors must be known. */
bool respub__compile_reference(respub__compiler *c, respub__check *check);

/* Refuses rules that lead back to themselves without going into the value. */
bool respub__refuse_loops(respub__compiler *c);

/* NULL: no such keyword. */
const respub__keyword *respub__keyword_of(const char *name);

/* The tables, one a file; each ends with a row without a name. */
extern const respub__keyword respub__any_keywords[], respub__number_keywords[],
    respub__string_keywords[], respub__array_keywords[], respub__object_keywords[],
    respub__logic_keywords[], respub__note_keywords[];

#endif
