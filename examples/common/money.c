#include "money.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Reads up to four decimals and rounds by the fifth; moves *text behind all of them. */
static money read_decimals(const char **text) {
  money value = 0;
  int places = 0;
  for (; is_digit(**text); ++*text, ++places) {
    if (places < 4)
      value = value * 10 + (**text - '0');
    else if (places == 4 && **text >= '5')
      value++;
  }
  for (; places < 4; places++)
    value *= 10;
  return value;
}

bool money_read(const char *text, money *out) {
  bool negative = *text == '-';
  const char *start = text += negative;
  money units = 0, decimals = 0;
  for (; is_digit(*text) && units <= MONEY_MAX_UNITS; text++)
    units = units * 10 + (*text - '0');
  int digits = (int)(text - start);
  if (*text == '.') {
    start = ++text;
    decimals = read_decimals(&text);
    digits += text > start;
  }
  if (digits == 0 || *text != '\0' || units > MONEY_MAX_UNITS)
    return false;
  money amount = units * MONEY_UNIT + decimals;
  if (amount > MONEY_MAX)
    return false;
  *out = negative ? -amount : amount;
  return true;
}

bool money_from_json(const cJSON *json, money *out) {
  if (cJSON_IsString(json))
    return money_read(json->valuestring, out);
  if (!cJSON_IsNumber(json) || !(fabs(json->valuedouble) <= MONEY_MAX_UNITS))
    return false;
  *out = llround(json->valuedouble * MONEY_UNIT);
  return true;
}

const char *money_text(money amount, char out[MONEY_TEXT]) {
  int64_t size = amount < 0 ? -amount : amount;
  const char *sign = amount < 0 ? "-" : "";
  if (size % 100 == 0)
    snprintf(out, MONEY_TEXT, "%s%" PRId64 ".%02" PRId64, sign, size / MONEY_UNIT,
             size % MONEY_UNIT / 100);
  else
    snprintf(out, MONEY_TEXT, "%s%" PRId64 ".%04" PRId64, sign, size / MONEY_UNIT,
             size % MONEY_UNIT);
  return out;
}

double money_to_double(money amount) {
  return (double)amount / MONEY_UNIT;
}
