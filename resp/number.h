/* number.h - the grammars of numbers, one byte a step, and decimal digits. Private to resp/. */
#ifndef RESPUB_RESP_NUMBER_H
#define RESPUB_RESP_NUMBER_H

#include "resp/resp.h"

/* How far the text of a number has been read. START is where each begins; REFUSED ends it. */
enum respub__number_state {
  RESPUB__NUMBER_REFUSED,
  RESPUB__NUMBER_START,
  RESPUB__NUMBER_PLUS,
  RESPUB__NUMBER_MINUS,
  RESPUB__NUMBER_POSITIVE,
  RESPUB__NUMBER_NEGATIVE,
  RESPUB__NUMBER_POINT,
  RESPUB__NUMBER_FRACTION,
  RESPUB__NUMBER_E,
  RESPUB__NUMBER_E_SIGN,
  RESPUB__NUMBER_EXPONENT,
  RESPUB__NUMBER_WORD
};

/* The value of a decimal digit, above 9 for every other byte. */
static inline unsigned respub__digit(char c) {
  return (unsigned)(unsigned char)c - '0';
}

/* An optional sign and digits: the state behind c. */
uint8_t respub__integer_next(uint8_t state, char c);
bool respub__integer_complete(uint8_t state);

/* As respub__integer_next, and adds the digit to *magnitude: ENUMBER for what is no such number,
 * ERANGE for one beyond int64. */
RESPUB_MUST_USE respub_status respub__integer_add(uint8_t *state, uint64_t *magnitude, char c);

/* What *magnitude means behind the last digit. */
int64_t respub__integer_value(uint8_t state, uint64_t magnitude);

/* [+-] digits [. digits] [e [+-] digits], [-] inf, [-] nan. "-nan" is not in the specification, but
 * Redis before 7.2 sends it where its C library prints it (addReplyDouble in networking.c). */
uint8_t respub__double_next(uint8_t state, char c);
bool respub__double_complete(uint8_t state);

/* The number of decimal digits of n; at least 1. */
size_t respub__decimal_size(uint64_t n);

/* Writes the digits of n and returns the byte behind them. */
char *respub__decimal_put(char *out, uint64_t n);

#endif
