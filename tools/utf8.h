/* utf8.h - is it UTF-8? */
#ifndef RESPUB_TOOLS_UTF8_H
#define RESPUB_TOOLS_UTF8_H

#include "resp/resp.h"

/* How many bytes at the front of s are whole UTF-8 characters (RFC 3629: no overlong forms, no
 * surrogates, nothing beyond U+10FFFF). s.len when all of it is UTF-8. */
size_t utf8_prefix(respub_slice s);

#endif
