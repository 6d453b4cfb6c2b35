#include "resp/resp.h"

#include <limits.h>

typedef struct entry {
  int value;
  respub_category category;
  const char *name;
  const char *text;
} entry;

static const entry entries[] = {
#define ENTRY(name, value, category, text) {(value), RESPUB_CATEGORY_##category, #name, text},
    RESPUB_STATUS_MAP(ENTRY)
#undef ENTRY
};

static const entry unknown = {INT_MIN, RESPUB_CATEGORY_USAGE, "UNKNOWN", "unknown status"};

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

respub_category respub_status_category(respub_status status) {
  return entry_of(status)->category;
}
