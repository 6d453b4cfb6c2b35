/* money.h - amounts of money as whole numbers.
 *
 * A double cannot hold 0.1, and errors of thousands of such sums add up. So an amount is a whole
 * number of ten-thousandths: adding, subtracting and multiplying by a quantity are exact. Rounding
 * happens in one place, on the way in: a price with more than four decimals is rounded to the
 * nearest ten-thousandth, halves away from zero. */
#ifndef EXAMPLES_COMMON_MONEY_H
#define EXAMPLES_COMMON_MONEY_H

#include <cjson/cJSON.h>

#include <stdbool.h>
#include <stdint.h>

typedef int64_t money; /* 1/10000 */

#define MONEY_UNIT 10000
#define MONEY_MAX_UNITS 100000000 /* largest amount that is read, either sign */
#define MONEY_MAX ((money)MONEY_MAX_UNITS * MONEY_UNIT)
#define MONEY_TEXT 32

/* Reads "-12.5": digits, at most one point, at least one digit. False: not an amount or beyond
 * MONEY_MAX. */
bool money_read(const char *text, money *out);

/* Reads a JSON number, or a string as above (the schema allows both for a price). */
bool money_from_json(const cJSON *json, money *out);

/* "39.81", "0.1250": two decimals, four when there is something in the last two. Returns out. */
const char *money_text(money amount, char out[MONEY_TEXT]);

/* The amount as a JSON number prints it: money_to_double(398100) is the double nearest to 39.81. */
double money_to_double(money amount);

#endif
