#include "schema/compile.h"

#include <string.h>

const respub__keyword *respub__keyword_of(const char *name) {
  static const respub__keyword *const tables[] = {respub__any_keywords,    respub__number_keywords,
                                                  respub__string_keywords, respub__array_keywords,
                                                  respub__object_keywords, respub__logic_keywords,
                                                  respub__note_keywords};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    for (const respub__keyword *k = tables[i]; k->name != NULL; k++) {
      if (strcmp(k->name, name) == 0)
        return k;
    }
  }
  return NULL;
}
