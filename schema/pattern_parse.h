/* pattern_parse.h - shared by the two halves of the pattern compiler: structure and single
 * characters. */
#ifndef RESPUB_SCHEMA_PATTERN_PARSE_H
#define RESPUB_SCHEMA_PATTERN_PARSE_H

#include "schema/pattern.h"

#include <stddef.h>

#define RESPUB__CODE_MAX 0x10ffffu

typedef struct respub__pattern_parser {
  const char *at;
  const char *reason; /* the first fault; NULL: none so far */
  size_t n, ranges_n;
  unsigned depth;
  respub__instruction code[RESPUB__PATTERN_MAX];
  respub__range ranges[RESPUB__PATTERN_MAX];
} respub__pattern_parser;

/* Keeps the first reason; returns false. */
bool respub__pattern_fail(respub__pattern_parser *p, const char *reason);

/* The next character of the source, which is not at its end. */
uint32_t respub__pattern_next(respub__pattern_parser *p);

bool respub__pattern_emit(respub__pattern_parser *p, respub__opcode op, int32_t x, int32_t y);

/* Behind the backslash of an escape that stands for one character. */
bool respub__pattern_character_escape(respub__pattern_parser *p, bool in_class, uint32_t *code);

/* Is letter one of d D w W s S? */
bool respub__pattern_is_set(char letter);

/* Emits the class of such a letter; a class from behind its opening bracket. */
bool respub__pattern_set(respub__pattern_parser *p, char letter);
bool respub__pattern_class(respub__pattern_parser *p);

#endif
