/* envelope.h - {"data":...,"timestamp":"...","sender":"..."} around a message's data, in print.
 *
 * The keys and their order are those of the Python library that messages are exchanged with; it
 * puts a blank behind commas and colons, which no JSON reader looks at, so they are left out. */
#ifndef RESPUB_SCHEMA_ENVELOPE_H
#define RESPUB_SCHEMA_ENVELOPE_H

#include "schema/schema.h"

#define RESPUB__TIMESTAMP_BYTES 32
#define RESPUB__UNKNOWN_SENDER "unknown"

/* Now, in UTC: "2025-04-24T09:45:01.123456". */
void respub__timestamp(char out[RESPUB__TIMESTAMP_BYTES]);

/* Memory in which one envelope is built: on the stack, or allocated when it is large. */
typedef struct respub__envelope {
  char *text; /* len bytes and a NUL */
  size_t len;
  char *allocated; /* NULL: text is in small */
  char small[2048];
} respub__envelope;

/* Wraps a value that respub__tree_check has passed as taking at most bytes. EARGUMENT: the sender
 * is not UTF-8; ENOMEM. sender may be NULL. Free it in each case; allocated may be taken over
 * instead. */
RESPUB_MUST_USE respub_status respub__envelope_value(respub__envelope *e, const cJSON *data,
                                                     size_t bytes, const char *sender);

/* Wraps a text that respub__scan has passed, as it is. */
RESPUB_MUST_USE respub_status respub__envelope_text(respub__envelope *e, const char *data,
                                                    size_t len, const char *sender);

void respub__envelope_free(respub__envelope *e);

#endif
