/* tree.h - values of cJSON that a program made: can they be JSON, how long will they be, which are
 * equal. */
#ifndef RESPUB_SCHEMA_TREE_H
#define RESPUB_SCHEMA_TREE_H

#include "schema/schema.h"

/* A value that can be printed: bytes is what it takes at most; otherwise the node at fault is the
 * last on the path from the root, and reason is what is wrong with it. */
typedef struct respub__tree {
  size_t bytes;
  const char *reason; /* "a finite number", what was expected of the node */
  const char *got;    /* what is there instead, unless the node shows it */
  size_t n;           /* nodes on the path */
  const cJSON *path[RESPUB_JSON_DEPTH + 1];
} respub__tree;

/* Goes over value once. OK, EINVALID: reason, path; ENOMEM. depth (<= RESPUB_JSON_DEPTH) is how
 * deep arrays and objects may be nested. value may be NULL, which is invalid. */
RESPUB_MUST_USE respub_status respub__tree_check(respub__tree *tree, const cJSON *value,
                                                 size_t depth);

/* Prints a value that was checked; sorted: with the fields of objects in the order of their bytes
 * and -0 as 0, so that equal values have equal texts. Returns the length, 0: out of memory (only
 * when sorted). out has the bytes of the check. There is no NUL. */
size_t respub__tree_print(char *out, const cJSON *value, bool sorted);

/* As JSON Schema has it: 1 equals 1.0, the order of fields does not matter. Both were checked or
 * parsed. */
bool respub__tree_equal(const cJSON *a, const cJSON *b);

/* The field of an object; NULL: none. */
const cJSON *respub__tree_field(const cJSON *object, const char *name);

#endif
