#include "net/hex.h"
#include "schema/pattern_parse.h"
#include "schema/utf8.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ECMA-262: WhiteSpace and LineTerminator, which \s is. */
static const respub__range space_ranges[] = {
    {0x09, 0x0d},     {0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
static const respub__range digit_ranges[] = {{'0', '9'}};
static const respub__range word_ranges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};

bool respub__is_word(uint32_t code) {
  return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || code == '_' ||
         (code >= 'a' && code <= 'z');
}

bool respub__pattern_fail(respub__pattern_parser *p, const char *reason) {
  if (p->reason == NULL)
    p->reason = reason;
  return false;
}

uint32_t respub__pattern_next(respub__pattern_parser *p) {
  uint32_t code = 0;
  p->at += respub__utf8_next(p->at, strlen(p->at), &code);
  return code;
}

/* ---- escapes ---- */

static bool hex_digits(respub__pattern_parser *p, int count, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < count; i++, p->at++) {
    int digit = respub__hex_digit(*p->at);
    if (digit < 0)
      return respub__pattern_fail(p, "an escape lacks hexadecimal digits");
    *code = *code << 4 | (uint32_t)digit;
  }
  return true;
}

/* Behind "\u{". */
static bool braced_escape(respub__pattern_parser *p, uint32_t *code) {
  *code = 0;
  do {
    uint32_t digit;
    if (!hex_digits(p, 1, &digit))
      return false;
    *code = *code << 4 | digit;
    if (*code > RESPUB__CODE_MAX)
      return respub__pattern_fail(p, "an escape is beyond U+10FFFF");
  } while (*p->at != '}');
  p->at++;
  return true;
}

/* Behind "\u": two of them may be a surrogate pair. */
static bool unicode_escape(respub__pattern_parser *p, uint32_t *code) {
  if (*p->at == '{') {
    p->at++;
    return braced_escape(p, code);
  }
  if (!hex_digits(p, 4, code))
    return false;
  if (*code < 0xd800 || *code > 0xdbff || p->at[0] != '\\' || p->at[1] != 'u' || p->at[2] == '{')
    return true;
  uint32_t low;
  p->at += 2;
  if (!hex_digits(p, 4, &low))
    return false;
  if (low < 0xdc00 || low > 0xdfff)
    return respub__pattern_fail(p, "an escape is half of a surrogate pair");
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

static bool control_escape(respub__pattern_parser *p, uint32_t *code) {
  char letter = *p->at;
  char lower = (char)(letter | 0x20);
  if (lower < 'a' || lower > 'z')
    return respub__pattern_fail(p, "\\c needs a letter");
  *code = (uint32_t)letter & 31;
  p->at++;
  return true;
}

static bool is_punctuation(char c) {
  return c > ' ' && c < 0x7f && c != '_' && !respub__is_word((uint32_t)c);
}

bool respub__pattern_character_escape(respub__pattern_parser *p, bool in_class, uint32_t *code) {
  static const char letters[] = "tnvfr";
  static const char values[] = "\t\n\v\f\r";
  char c = *p->at;
  const char *letter = c == '\0' ? NULL : strchr(letters, c);
  if (c == '\0')
    return respub__pattern_fail(p, "a backslash at the end");
  p->at++;
  *code = (unsigned char)c;
  if (letter != NULL)
    *code = (unsigned char)values[letter - letters];
  else if (in_class && c == 'b')
    *code = '\b';
  else if (c == '0' && (*p->at < '0' || *p->at > '9'))
    *code = 0;
  else if (c == 'c')
    return control_escape(p, code);
  else if (c == 'x')
    return hex_digits(p, 2, code);
  else if (c == 'u')
    return unicode_escape(p, code);
  else if ((c >= '0' && c <= '9') || c == 'k')
    return respub__pattern_fail(p, "backreferences are not supported");
  else if (c == 'p' || c == 'P')
    return respub__pattern_fail(p, "\\p{...} is not supported");
  else if (!is_punctuation(c))
    return respub__pattern_fail(p, "an unknown escape");
  return true;
}

/* ---- classes ---- */

bool respub__pattern_is_set(char letter) {
  return letter != '\0' && strchr("dDwWsS", letter) != NULL;
}

static bool add_range(respub__pattern_parser *p, uint32_t low, uint32_t high) {
  if (p->ranges_n == RESPUB__PATTERN_MAX)
    return respub__pattern_fail(p, "too large");
  p->ranges[p->ranges_n++] = (respub__range){.low = low, .high = high};
  return true;
}

/* Ranges in order, or what lies between them. */
static bool add_ranges(respub__pattern_parser *p, const respub__range *ranges, size_t n,
                       bool inverted) {
  uint32_t next = 0;
  bool fits = true;
  for (size_t i = 0; i < n && fits; i++) {
    if (!inverted)
      fits = add_range(p, ranges[i].low, ranges[i].high);
    else if (ranges[i].low > next)
      fits = add_range(p, next, ranges[i].low - 1);
    next = ranges[i].high + 1;
  }
  return fits && (!inverted || add_range(p, next, RESPUB__CODE_MAX));
}

static bool add_set(respub__pattern_parser *p, char letter) {
  bool inverted = letter >= 'A' && letter <= 'Z';
  switch (letter | 0x20) {
  case 'd':
    return add_ranges(p, digit_ranges, COUNT(digit_ranges), inverted);
  case 'w':
    return add_ranges(p, word_ranges, COUNT(word_ranges), inverted);
  default:
    return add_ranges(p, space_ranges, COUNT(space_ranges), inverted);
  }
}

bool respub__pattern_set(respub__pattern_parser *p, char letter) {
  size_t first = p->ranges_n;
  return add_set(p, letter) &&
         respub__pattern_emit(p, RESPUB__OP_CLASS, (int32_t)first, (int32_t)(p->ranges_n - first));
}

/* One member: a character, or a set such as \d, which has been added when *set is true. */
static bool class_atom(respub__pattern_parser *p, uint32_t *code, bool *set) {
  *set = false;
  if (*p->at == '\0')
    return respub__pattern_fail(p, "a class without its closing bracket");
  if (*p->at != '\\') {
    *code = respub__pattern_next(p);
    return true;
  }
  p->at++;
  *set = respub__pattern_is_set(*p->at);
  if (*set)
    return add_set(p, *p->at++);
  return respub__pattern_character_escape(p, true, code);
}

static bool class_member(respub__pattern_parser *p) {
  uint32_t low = 0;
  uint32_t high = 0;
  bool low_set;
  bool high_set = false;
  if (!class_atom(p, &low, &low_set))
    return false;
  bool range = p->at[0] == '-' && p->at[1] != ']' && p->at[1] != '\0';
  if (!range)
    return low_set || add_range(p, low, low);
  p->at++;
  if (!class_atom(p, &high, &high_set))
    return false;
  if (low_set || high_set || low > high)
    return respub__pattern_fail(p, "a range of a class is out of order");
  return add_range(p, low, high);
}

bool respub__pattern_class(respub__pattern_parser *p) {
  size_t first = p->ranges_n;
  bool inverted = *p->at == '^';
  p->at += inverted;
  while (*p->at != ']') {
    if (!class_member(p))
      return false;
  }
  p->at++;
  return respub__pattern_emit(p, inverted ? RESPUB__OP_NOT_CLASS : RESPUB__OP_CLASS, (int32_t)first,
                              (int32_t)(p->ranges_n - first));
}
