#include "schema/scan.h"

#include "net/hex.h"
#include "schema/keys.h"
#include "schema/number.h"
#include "schema/text.h"
#include "schema/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 63         /* longer ones are more than cJSON reads */
#define EXPONENT_CLAMP 100000 /* beyond every double, and ten times it fits an int */
#define IN_ARRAY SIZE_MAX     /* in place of the number of an object's first key */

typedef struct scanner {
  const char *begin, *at, *end;
  const char *fault; /* where */
  const char *reason;
  const respub__key *twice;
  bool out_of_memory;
  respub__keys keys;
  size_t depth, depth_max;
  size_t open[RESPUB_JSON_DEPTH]; /* the number of the first key of each open object, or IN_ARRAY */
} scanner;

static bool stop_at(scanner *s, const char *where, const char *reason) {
  s->fault = where;
  s->reason = reason;
  return false;
}

/* The byte at hand; -1 at the end. */
static int peek(const scanner *s) {
  return s->at < s->end ? (unsigned char)*s->at : -1;
}

static bool skip(scanner *s, char c) {
  if (peek(s) != c)
    return false;
  s->at++;
  return true;
}

static void skip_blanks(scanner *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
    s->at++;
}

/* ---- strings ---- */

/* Four hexadecimal digits behind "\u"; -1: they are not. */
static int32_t scan_hex(scanner *s) {
  int32_t code = 0;
  for (int i = 0; i < 4; i++) {
    int digit = s->at < s->end ? respub__hex_digit(*s->at) : -1;
    if (digit < 0)
      return -1;
    code = code << 4 | digit;
    s->at++;
  }
  return code;
}

static bool scan_low_surrogate(scanner *s) {
  if (!skip(s, '\\') || !skip(s, 'u'))
    return false;
  int32_t code = scan_hex(s);
  return code >= 0xdc00 && code <= 0xdfff;
}

static bool scan_unicode_escape(scanner *s, const char *start) {
  int32_t code = scan_hex(s);
  if (code < 0)
    return stop_at(s, start, "\\u needs four hexadecimal digits");
  if (code == 0)
    return stop_at(s, start, "\\u0000 is not allowed");
  bool high = code >= 0xd800 && code <= 0xdbff;
  bool low = code >= 0xdc00 && code <= 0xdfff;
  if (low || (high && !scan_low_surrogate(s)))
    return stop_at(s, start, "half of a surrogate pair");
  return true;
}

static bool scan_escape(scanner *s) {
  const char *start = s->at++;
  int c = peek(s);
  if (c <= 0 || strchr("\"\\/bfnrtu", c) == NULL)
    return stop_at(s, start, "an escape that JSON does not have");
  s->at++;
  return c != 'u' || scan_unicode_escape(s, start);
}

static bool scan_character(scanner *s) {
  unsigned char c = (unsigned char)*s->at;
  if (c < 0x20)
    return stop_at(s, s->at, "a control character in a string");
  size_t n = respub__utf8_next(s->at, (size_t)(s->end - s->at), NULL);
  if (n == 0)
    return stop_at(s, s->at, "not UTF-8");
  s->at += n;
  return true;
}

static bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* From a quote to behind the other. */
static bool scan_string(scanner *s, bool *escaped) {
  s->at++;
  for (;;) {
    while (s->at < s->end && is_plain(*s->at))
      s->at++;
    int c = peek(s);
    if (c == -1)
      return stop_at(s, s->at, "the text ends inside a string");
    if (c == '"')
      break;
    *escaped = *escaped || c == '\\';
    if (c == '\\' ? !scan_escape(s) : !scan_character(s))
      return false;
  }
  s->at++;
  return true;
}

/* ---- numbers ---- */

static size_t skip_digits(scanner *s) {
  const char *start = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
    s->at++;
  return (size_t)(s->at - start);
}

/* From behind the "e". */
static int read_exponent(const char *at, const char *end) {
  int value = 0;
  bool negative = *at == '-';
  for (at += *at == '-' || *at == '+'; at < end && value < EXPONENT_CLAMP; at++)
    value = value * 10 + (*at - '0');
  return negative ? -value : value;
}

/* Written anew without its point and with its exponent moved, so that strtod needs no locale. */
static bool fits_double(const char *at, const char *end) {
  char text[NUMBER_MAX + 24];
  size_t n = 0;
  int moved = 0;
  bool fraction = false;
  for (; *at != 'e' && *at != 'E'; at++) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    text[n++] = *at;
    moved += fraction;
  }
  (void)snprintf(text + n, sizeof text - n, "e%d", read_exponent(at + 1, end) - moved);
  return respub__number_is_finite(strtod(text, NULL));
}

static bool scan_number(scanner *s) {
  const char *start = s->at;
  (void)skip(s, '-');
  const char *whole = s->at;
  size_t digits = skip_digits(s);
  if (digits == 0)
    return stop_at(s, s->at, "a digit expected");
  if (digits > 1 && *whole == '0')
    return stop_at(s, whole, "a number that starts with 0");
  if (skip(s, '.') && skip_digits(s) == 0)
    return stop_at(s, s->at, "a digit expected behind the point");
  bool exponent = skip(s, 'e') || skip(s, 'E');
  if (exponent) {
    (void)(skip(s, '-') || skip(s, '+'));
    if (skip_digits(s) == 0)
      return stop_at(s, s->at, "a digit expected in the exponent");
  }
  if (s->at - start > NUMBER_MAX)
    return stop_at(s, start, "a number longer than 63 characters");
  if (exponent && !fits_double(start, s->at))
    return stop_at(s, start, "a number too large for a double");
  return true;
}

/* ---- values ---- */

static bool scan_word(scanner *s, const char *word) {
  size_t n = strlen(word);
  if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
    return stop_at(s, s->at, "a value expected");
  s->at += n;
  return true;
}

static bool scan_scalar(scanner *s) {
  bool escaped = false;
  switch (peek(s)) {
  case '"':
    return scan_string(s, &escaped);
  case 't':
    return scan_word(s, "true");
  case 'f':
    return scan_word(s, "false");
  case 'n':
    return scan_word(s, "null");
  case '-':
    return scan_number(s);
  default:
    if (peek(s) >= '0' && peek(s) <= '9')
      return scan_number(s);
    return stop_at(s, s->at,
                   s->at == s->end ? "the text ends where a value is due" : "a value expected");
  }
}

/* A field's name and the colon behind it. */
static bool scan_name(scanner *s) {
  skip_blanks(s);
  if (peek(s) != '"')
    return stop_at(s, s->at, "a field name in quotes expected");
  respub__key key = {.ptr = s->at + 1};
  if (!scan_string(s, &key.escaped))
    return false;
  key.len = (size_t)(s->at - 1 - key.ptr);
  if (respub__keys_push(&s->keys, key) != RESPUB_OK) {
    s->out_of_memory = true;
    return false;
  }
  skip_blanks(s);
  return skip(s, ':') || stop_at(s, s->at, "a colon expected");
}

static bool scan_open(scanner *s, bool object) {
  if (s->depth == s->depth_max)
    return stop_at(s, s->at, "nested deeper than 100 levels");
  s->open[s->depth++] = object ? s->keys.n : IN_ARRAY;
  s->at++;
  return true;
}

static bool scan_close(scanner *s) {
  size_t base = s->open[--s->depth];
  s->at++;
  if (base == IN_ARRAY)
    return true;
  s->twice = respub__keys_pop(&s->keys, base);
  return s->twice == NULL || stop_at(s, s->twice->ptr - 1, "a field that stands there twice");
}

static bool in_object(const scanner *s) {
  return s->open[s->depth - 1] != IN_ARRAY;
}

/* Up to and with the next scalar or empty container: what follows then is a comma, an end, or
 * nothing. */
static bool scan_down(scanner *s) {
  for (;;) {
    skip_blanks(s);
    int c = peek(s);
    if (c != '{' && c != '[')
      return scan_scalar(s);
    if (!scan_open(s, c == '{'))
      return false;
    skip_blanks(s);
    if (peek(s) == (c == '{' ? '}' : ']'))
      return scan_close(s);
    if (c == '{' && !scan_name(s))
      return false;
  }
}

/* Behind a value: closes what ends here, up to and with a comma or the end of the outermost value.
 */
static bool scan_up(scanner *s, bool *done) {
  for (;;) {
    skip_blanks(s);
    *done = s->depth == 0;
    if (*done)
      return s->at == s->end || stop_at(s, s->at, "more behind the value");
    if (skip(s, ','))
      return !in_object(s) || scan_name(s);
    if (peek(s) != (in_object(s) ? '}' : ']'))
      return stop_at(s, s->at,
                     in_object(s) ? "a comma or a closing brace expected"
                                  : "a comma or a closing bracket expected");
    if (!scan_close(s))
      return false;
  }
}

static bool scan_text(scanner *s) {
  bool done = false;
  while (!done) {
    if (!scan_down(s) || !scan_up(s, &done))
      return false;
  }
  return true;
}

static respub_status scan_failed(const scanner *s, respub_error *error) {
  if (s->out_of_memory)
    return respub__schema_fail(error, RESPUB_ENOMEM, "%s", respub_status_text(RESPUB_ENOMEM));
  size_t offset = (size_t)(s->fault - s->begin);
  if (s->twice != NULL)
    return respub__schema_fail(error, RESPUB_EJSON, "offset %zu: %s: \"%.*s\"", offset, s->reason,
                               (int)(s->twice->len < 100 ? s->twice->len : 100), s->twice->ptr);
  return respub__schema_fail(error, RESPUB_EJSON, "offset %zu: %s", offset, s->reason);
}

respub_status respub__scan(const char *text, size_t len, size_t depth, respub_error *error) {
  scanner s;
  s.begin = s.at = len == 0 ? "" : text;
  s.end = s.begin + len;
  s.twice = NULL;
  s.out_of_memory = false;
  s.depth = 0;
  s.depth_max = depth;
  respub__keys_init(&s.keys);
  respub_status status = scan_text(&s) ? RESPUB_OK : scan_failed(&s, error);
  respub__keys_free(&s.keys);
  return status;
}

cJSON *respub__parse_scanned(const char *text, size_t len) {
  return cJSON_ParseWithLengthOpts(text, len, NULL, false);
}
