/* json.h - compact JSON on standard output. UTF-8 stays as it is, control characters are escaped.
 */
#ifndef RESPUB_TOOLS_JSON_H
#define RESPUB_TOOLS_JSON_H

#include "tools/output.h"

/* A string. Bytes that are not UTF-8 are printed as base64 instead, and the result is false: the
 * caller then adds json_base64_mark's member beside it. */
bool json_string(respub_slice bytes);

/* ,"NAME":"base64" */
void json_base64_mark(const char *name);

/* "NAME":string, with ,"ENCODING":"base64" behind it where it is needed. */
void json_member(const char *name, respub_slice value, const char *encoding);

/* A string for people, such as a reason: every byte that is not UTF-8 becomes U+FFFD. */
void json_sentence(respub_slice bytes);

/* Every digit of it. */
void json_integer(int64_t value);
void json_unsigned(uint64_t value);

/* JSON text that has been found to be valid (RFC 8259: so no string of it holds a newline), without
 * the blanks between its tokens; every digit and escape stays as it was. */
void json_compact(respub_slice json);

#endif
