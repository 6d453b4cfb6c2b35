/* number.h - doubles as the decimal numbers that people and JSON mean by them. */
#ifndef RESPUB_SCHEMA_NUMBER_H
#define RESPUB_SCHEMA_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#define RESPUB__NUMBER_BYTES 32 /* room for any number in print */

/* Prints the fewest digits that read back as the same double, as JSON and without regard to the
 * locale; "NaN", "Infinity" or "-Infinity" for what JSON does not have. Returns the length; there
 * is no NUL. */
size_t respub__number_print(char out[RESPUB__NUMBER_BYTES], double number);

/* Is number a whole multiple of divisor (finite, > 0), both taken as the decimals that they print
 * as? 19.99 is one of 0.01 then, which the quotient of the doubles denies. */
bool respub__number_is_multiple(double number, double divisor);

bool respub__number_is_finite(double number);

/* 1 and 1.0, but not 1.5. */
bool respub__number_is_whole(double number);

#endif
