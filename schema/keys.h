/* keys.h - finding an object's duplicate keys, at n log n whatever a sender chooses. */
#ifndef RESPUB_SCHEMA_KEYS_H
#define RESPUB_SCHEMA_KEYS_H

#include "schema/schema.h"

typedef struct respub__key {
  const char *ptr;
  size_t len;
  bool escaped; /* holds escapes of a JSON string, all of them well-formed */
} respub__key;

/* The keys of the objects that are open at the moment, those of the innermost last. */
typedef struct respub__keys {
  respub__key *at;
  size_t n, capacity;
  respub__key first[32]; /* so that common messages need no allocation */
} respub__keys;

void respub__keys_init(respub__keys *keys);
void respub__keys_free(respub__keys *keys);

/* RESPUB_ENOMEM. */
RESPUB_MUST_USE respub_status respub__keys_push(respub__keys *keys, respub__key key);

/* Ends the object whose first key was number base: takes its keys away. Returns one that stands
 * there twice, the later of the two in the text; NULL: none. Valid until the next push. */
const respub__key *respub__keys_pop(respub__keys *keys, size_t base);

#endif
