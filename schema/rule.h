/* rule.h - a compiled schema: rules (subschemas) made of checks (keywords), and what the checks
 * share. */
#ifndef RESPUB_SCHEMA_RULE_H
#define RESPUB_SCHEMA_RULE_H

#include "schema/arena.h"
#include "schema/pattern.h"
#include "schema/schema.h"
#include "schema/text.h"

#define RESPUB__NESTED_MAX 256             /* rules inside each other while validating */
#define RESPUB__EVALUATIONS_MAX (1u << 24) /* rules looked at for one message */

typedef struct respub__rule respub__rule;
typedef struct respub__check respub__check;
typedef struct respub__compiler respub__compiler;
typedef struct respub__validation respub__validation;

/* One row of the table of keywords. */
typedef struct respub__keyword {
  const char *name;
  int types;     /* bits of cJSON's types that check looks at; values of others pass */
  bool in_place; /* its rules are for the same value, so they must not lead back to where they stand
                  */
  /* Reads the keyword's value; false: c says why not. */
  bool (*compile)(respub__compiler *c, respub__check *check, cJSON *value);
  /* Does value pass? false: the fault is told. NULL: the keyword checks nothing. */
  bool (*check)(respub__validation *v, const respub__check *check, const cJSON *value);
} respub__keyword;

#define RESPUB__ON_BOOLEAN (cJSON_False | cJSON_True)
#define RESPUB__ON_ANY                                                                             \
  (RESPUB__ON_BOOLEAN | cJSON_NULL | cJSON_Number | cJSON_String | cJSON_Array | cJSON_Object)

/* A field's name and the rule for its value. */
typedef struct respub__field {
  const char *name;
  const respub__rule *rule;
  size_t place; /* in the schema's order */
} respub__field;

struct respub__check {
  const respub__keyword *keyword;
  const respub__rule *rule; /* the one that it stands in */
  const cJSON *source;      /* the keyword's value */
  const respub__rule *
      *rules; /* in_place and most others: the rules that it applies, in its own order */
  size_t n;   /* of rules, fields or patterns */
  union {
    int types; /* type: bits */
    double number;
    size_t count;
    const respub__field *fields; /* sorted by name */
    const respub__pattern *pattern;
    const respub__pattern **patterns; /* each with the rule of the same number */
    struct {
      size_t min, max;
    } range;
  } of;
};

struct respub__rule {
  enum {
    RESPUB__ACCEPT,
    RESPUB__REFUSE,
    RESPUB__CHECK
  } kind;
  cJSON *source;
  respub__check *checks;
  size_t n;
  const respub__check *properties; /* what additionalProperties leaves out; NULL: none */
  const respub__check *pattern_properties;
  size_t
      incoming; /* for the search for loops: rules that apply this one in place, and one of them */
  respub__rule *before;
};

extern const respub__rule respub__accept_all, respub__refuse_all;

struct respub_schema {
  respub__arena arena;
  cJSON *document;
  char *json;
  const respub__rule *root;
};

/* ---- validating ---- */

struct respub__validation {
  respub_validation_error *error; /* NULL: nobody asks why */
  respub__text expected;          /* error->expected while a fault is told */
  unsigned quiet;                 /* above 0: a fault decides something, and is none by itself */
  const char *keyword;            /* that is being checked */
  unsigned nested;
  unsigned evaluations;
  respub_status stopped; /* not OK: no verdict is possible; everything returns false */
  size_t depth;
  const cJSON *path[RESPUB_JSON_DEPTH + 1]; /* from the whole value to the one at hand */
};

/* Validates a value that is known to be JSON (parsed or checked). */
RESPUB_MUST_USE respub_status respub__validate(const respub_schema *schema, const cJSON *value,
                                               respub_validation_error *error);

bool respub__evaluate(respub__validation *v, const respub__rule *rule, const cJSON *value);

/* The same for an item or a field of the value at hand. */
bool respub__evaluate_child(respub__validation *v, const respub__rule *rule, const cJSON *child);

/* The same, without telling a fault. */
bool respub__matches(respub__validation *v, const respub__rule *rule, const cJSON *value);
bool respub__child_matches(respub__validation *v, const respub__rule *rule, const cJSON *child);

/* Gives up; returns false. */
bool respub__give_up(respub__validation *v, respub_status status);

/* Telling a fault: when begin is true somebody wants to know, and v->expected takes what was
 * expected; end adds what is there instead and returns false. */
bool respub__fault_begin(respub__validation *v);
bool respub__fault_end(respub__validation *v, const char *keyword, const cJSON *got);
bool respub__fault_end_with(respub__validation *v, const char *keyword, const char *got);

/* The fault of a value that has n of these things: not at most, or not at least, check->of.count.
 */
bool respub__fault_count(respub__validation *v, const respub__check *check, size_t n,
                         const char *relation, const char *thing);

/* A fault of the value at hand whose expectation is a text: "at least 3 items". */
bool respub__fault(respub__validation *v, const respub__check *check, const cJSON *got,
                   const char *expected);

/* Fills error (unless NULL) with a fault that is found outside of a schema, in the last of the
 * path's n nodes. got NULL: that node. */
void respub__tell_fault(respub_validation_error *error, const cJSON *const *path, size_t n,
                        const char *keyword, const char *expected, const char *got);

#endif
