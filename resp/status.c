#include "resp/resp.h"

#include <limits.h>

typedef struct entry {
  int value;
  const char *name;
  const char *text;
} entry;

static const entry entries[] = {
#define ENTRY(name, value, category, text) {(value), #name, RESPUB_TEXTS ? (text) : ""},
    RESPUB_STATUS_MAP(ENTRY)
#undef ENTRY
};

static const entry unknown = {INT_MIN, "UNKNOWN", RESPUB_TEXTS ? "unknown status" : ""};

static const entry *entry_of(respub_status status) {
  for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
    if (entries[i].value == (int)status)
      return &entries[i];
  }
  return &unknown;
}

const char *respub_status_name(respub_status status) {
  return entry_of(status)->name;
}

const char *respub_status_text(respub_status status) {
  return entry_of(status)->text;
}

/* Not in the table, so that a program which wants no name does not link them all. */
respub_category respub_status_category(respub_status status) {
  switch (status) {
#define STATUS_CASE(name, value, category, text)                                                   \
  case RESPUB_##name:                                                                              \
    return RESPUB_CATEGORY_##category;
    RESPUB_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
  }
  return RESPUB_CATEGORY_USAGE;
}
