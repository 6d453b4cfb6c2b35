/* utf8.h - UTF-8 as RFC 3629 has it (no overlong forms, no surrogates, nothing above U+10FFFF), and
 * the digits of escapes. */
#ifndef RESPUB_SCHEMA_UTF8_H
#define RESPUB_SCHEMA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that starts at s, of which len >= 1 bytes are there; 0: none does. *code
 * (unless NULL) becomes its code point. */
size_t respub__utf8_next(const char *s, size_t len, uint32_t *code);

bool respub__utf8_is_valid(const char *s, size_t len);

/* Characters of a valid string. */
size_t respub__utf8_count(const char *s);

/* The largest n <= len at which no character of s is cut in two. */
size_t respub__utf8_floor(const char *s, size_t len);

/* Writes code (a Unicode scalar value) to out; returns the 1 to 4 bytes that it takes. */
size_t respub__utf8_put(char out[4], uint32_t code);

#endif
