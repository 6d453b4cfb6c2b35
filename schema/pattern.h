/* pattern.h - regular expressions as JSON Schema means them: ECMA-262 with the u flag.
 *
 * An engine of its own, because POSIX's means other things by the same text (\d, [\]], what a
 * character is depends on the locale) and may take exponential time. Here a match takes time in
 * proportion to text times pattern, no allocation, and about 7 KiB of stack.
 *
 * Understood: characters, . [...] [^...] ( ) (?: ) (?<name> ) | * + ? {n} {n,} {n,m} and their lazy
 * forms, ^ $ \b \B, \d \D \w \W \s \S, \t \n \v \f \r \0 \cX \xHH \uHHHH \u{H...}, and a backslash
 * before punctuation. Refused: lookahead and lookbehind, backreferences, \p{...}, groups nested
 * deeper than 32, and what needs more than 1000 instructions. As with the u flag, a brace or a
 * closing bracket that stands for itself needs a backslash. */
#ifndef RESPUB_SCHEMA_PATTERN_H
#define RESPUB_SCHEMA_PATTERN_H

#include "schema/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define RESPUB__PATTERN_MAX 1000 /* instructions, and ranges of all its classes */

typedef enum respub__opcode {
  RESPUB__OP_CHAR,  /* x: the code point */
  RESPUB__OP_ANY,   /* any but a line's end */
  RESPUB__OP_CLASS, /* x: first of its ranges, y: how many; */
  RESPUB__OP_NOT_CLASS,
  RESPUB__OP_SPLIT,    /* goes on at both pc + x and pc + y */
  RESPUB__OP_JUMP,     /* at pc + x */
  RESPUB__OP_START,    /* ^ */
  RESPUB__OP_END,      /* $ */
  RESPUB__OP_EDGE,     /* \b */
  RESPUB__OP_NOT_EDGE, /* \B */
  RESPUB__OP_MATCH
} respub__opcode;

/* Distances are relative, so that a piece of a program can be moved and copied. */
typedef struct respub__instruction {
  respub__opcode op;
  int32_t x, y;
} respub__instruction;

typedef struct respub__range {
  uint32_t low, high;
} respub__range;

typedef struct respub__pattern {
  const respub__instruction *code;
  const respub__range *ranges;
  size_t n; /* instructions, MATCH the last */
} respub__pattern;

/* Compiles source (valid UTF-8) into memory of the arena. NULL: *reason says why not; it is NULL
 * when the memory is out. */
respub__pattern *respub__pattern_compile(respub__arena *arena, const char *source,
                                         const char **reason);

/* Does it match anywhere in text (valid UTF-8)? */
bool respub__pattern_matches(const respub__pattern *pattern, const char *text);

/* \w */
bool respub__is_word(uint32_t code);

#endif
