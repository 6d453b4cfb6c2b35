/* scan.h - is this text JSON? One pass before cJSON sees it, since cJSON takes much that is not. */
#ifndef RESPUB_SCHEMA_SCAN_H
#define RESPUB_SCHEMA_SCAN_H

#include "schema/schema.h"

/* OK: the len bytes are one JSON text (RFC 8259), nested no deeper than depth (<=
 * RESPUB_JSON_DEPTH), which cJSON keeps whole. EJSON: "offset N: reason". ENOMEM. */
RESPUB_MUST_USE respub_status respub__scan(const char *text, size_t len, size_t depth,
                                           respub_error *error);

/* Parses a text that respub__scan has accepted. NULL: out of memory. */
cJSON *respub__parse_scanned(const char *text, size_t len);

#endif
