#include "schema/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_END 9007199254740992.0 /* 2^53: whole numbers below it are exact */
#define SAFE_END 1e15                /* any decimal of 15 digits survives a double */
#define PLAIN_MIN (-5) /* outside of these places of the point an exponent is written */
#define PLAIN_MAX 16

/* digits * 10^exponent; digits has no zero at its end unless it is 0. */
typedef struct decimal {
  uint64_t digits;
  int exponent;
} decimal;

static decimal normal(uint64_t digits, int exponent) {
  while (digits != 0 && digits % 10 == 0) {
    digits /= 10;
    exponent++;
  }
  return (decimal){.digits = digits, .exponent = digits == 0 ? 0 : exponent};
}

/* Prices and quantities: few decimals. Both 10^k and m are exact, so the division is rounded once,
 * as reading the decimal would be. */
static bool short_decimal(double x, decimal *d) {
  double power = 1;
  for (int k = 0; k >= -22 && x * power < SAFE_END; k--) {
    uint64_t m = (uint64_t)(x * power + 0.5);
    const double quotient = (double)m / power; /* no longer with the extra bits of some machines */
    if (quotient == x) {
      *d = normal(m, k);
      return true;
    }
    power *= 10;
  }
  return false;
}

/* From "d.ddde+xx", whatever stands for the point. */
static decimal decimal_from(const char *text) {
  uint64_t digits = 0;
  int n = 0;
  for (; *text != 'e'; text++) {
    if (*text >= '0' && *text <= '9') {
      digits = digits * 10 + (uint64_t)(*text - '0');
      n++;
    }
  }
  return normal(digits, (int)strtol(text + 1, NULL, 10) - (n - 1));
}

static bool reads_back(decimal d, double x) {
  char text[48];
  (void)snprintf(text, sizeof text, "%" PRIu64 "e%d", d.digits, d.exponent);
  return strtod(text, NULL) == x;
}

/* x is finite and >= 0. */
static decimal decimal_of(double x) {
  decimal d = {0};
  if (x < EXACT_END && (double)(uint64_t)x == x)
    return normal((uint64_t)x, 0);
  if (short_decimal(x, &d))
    return d;
  int first = x < DBL_MIN
                  ? 0
                  : 14; /* 15 digits are always fit to be kept, but not below the normal doubles */
  for (int precision = first; precision <= 16; precision++) {
    char text[48];
    (void)snprintf(text, sizeof text, "%.*e", precision, x);
    d = decimal_from(text);
    if (reads_back(d, x))
      break;
  }
  return d;
}

static size_t put_zeros(char *out, int n) {
  for (int i = 0; i < n; i++)
    out[i] = '0';
  return n > 0 ? (size_t)n : 0;
}

static size_t put_plain(char *out, const char *digits, size_t n, int point) {
  size_t len = 0;
  if (point <= 0) {
    memcpy(out, "0.", 2);
    len = 2 + put_zeros(out + 2, -point);
    memcpy(out + len, digits, n);
    return len + n;
  }
  size_t whole = (size_t)point < n ? (size_t)point : n;
  memcpy(out, digits, whole);
  len = whole + put_zeros(out + whole, point - (int)whole);
  if (whole == n)
    return len;
  out[len++] = '.';
  memcpy(out + len, digits + whole, n - whole);
  return len + n - whole;
}

static size_t put_scientific(char *out, const char *digits, size_t n, int point) {
  size_t len = 0;
  out[len++] = digits[0];
  if (n > 1) {
    out[len++] = '.';
    memcpy(out + len, digits + 1, n - 1);
    len += n - 1;
  }
  char exponent[16];
  int written = snprintf(exponent, sizeof exponent, "e%d", point - 1);
  memcpy(out + len, exponent, (size_t)written);
  return len + (size_t)written;
}

static size_t put_digits(char out[24], uint64_t value) {
  char reversed[24];
  size_t n = 0;
  do {
    reversed[n++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (size_t i = 0; i < n; i++)
    out[i] = reversed[n - 1 - i];
  return n;
}

static size_t put_word(char *out, const char *word) {
  size_t n = strlen(word);
  memcpy(out, word, n);
  return n;
}

size_t respub__number_print(char out[RESPUB__NUMBER_BYTES], double number) {
  if (isnan(number))
    return put_word(out, "NaN");
  size_t sign = 0;
  if (signbit(number)) {
    out[sign++] = '-';
    number = -number;
  }
  if (isinf(number))
    return sign + put_word(out + sign, "Infinity");
  decimal d = decimal_of(number);
  char digits[24] = "0"; /* gcc -O1 does not see that the next line always writes it */
  size_t n = put_digits(digits, d.digits);
  int point = (int)n + d.exponent;
  if (point < PLAIN_MIN || point > PLAIN_MAX)
    return sign + put_scientific(out + sign, digits, n, point);
  return sign + put_plain(out + sign, digits, n, point);
}

bool respub__number_is_multiple(double number, double divisor) {
  decimal value = decimal_of(number < 0 ? -number : number);
  decimal step = decimal_of(divisor);
  if (value.digits == 0)
    return true;
  if (value.exponent < step.exponent) /* 10 divides the step's digits there, but not the value's */
    return false;
  uint64_t rest = value.digits % step.digits;
  /* Digits are below 10^17, so that ten times a rest fits. */
  for (int k = value.exponent - step.exponent; k > 0 && rest != 0; k--)
    rest = rest * 10 % step.digits;
  return rest == 0;
}

bool respub__number_is_finite(double number) {
  return isfinite(number);
}

bool respub__number_is_whole(double number) {
  if (!isfinite(number))
    return false;
  if (number >= EXACT_END || number <= -EXACT_END)
    return true;
  return (double)(int64_t)number == number;
}
