/* indent.h - JSON for eyes. */
#ifndef RESPUB_SCHEMA_INDENT_H
#define RESPUB_SCHEMA_INDENT_H

#include <stddef.h>

/* Lays out a scanned JSON text anew, every token as it was: NUL-terminated, to be given to
 * respub__give_back; NULL: out of memory. */
char *respub__indent(const char *text, size_t len);

#endif
