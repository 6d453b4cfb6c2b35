/* builtin.h - the schemas that every registry begins with. */
#ifndef RESPUB_SCHEMA_BUILTIN_H
#define RESPUB_SCHEMA_BUILTIN_H

#include "schema/schema.h"

typedef struct respub__builtin {
  const char *name;
  bool is_prefix;
  const char *text; /* JSON Schema */
} respub__builtin;

#define RESPUB__BUILTINS 3

extern const respub__builtin respub__builtins[RESPUB__BUILTINS];

#endif
