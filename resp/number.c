#include "resp/number.h"

uint8_t respub__integer_next(uint8_t state, char c) {
  if (respub__digit(c) <= 9)
    return state == RESPUB__NUMBER_MINUS || state == RESPUB__NUMBER_NEGATIVE
               ? RESPUB__NUMBER_NEGATIVE
               : RESPUB__NUMBER_POSITIVE;
  if (state != RESPUB__NUMBER_START)
    return RESPUB__NUMBER_REFUSED;
  if (c == '-')
    return RESPUB__NUMBER_MINUS;
  return c == '+' ? RESPUB__NUMBER_PLUS : RESPUB__NUMBER_REFUSED;
}

bool respub__integer_complete(uint8_t state) {
  return state == RESPUB__NUMBER_POSITIVE || state == RESPUB__NUMBER_NEGATIVE;
}

respub_status respub__integer_add(uint8_t *state, uint64_t *magnitude, char c) {
  const unsigned digit = respub__digit(c);
  *state = respub__integer_next(*state, c);
  if (*state == RESPUB__NUMBER_REFUSED)
    return RESPUB_ENUMBER;
  if (digit > 9)
    return RESPUB_OK;
  /* One more below zero than above. */
  const uint64_t last = INT64_MAX % 10 + (*state == RESPUB__NUMBER_NEGATIVE);
  if (*magnitude > INT64_MAX / 10 || (*magnitude == INT64_MAX / 10 && digit > last))
    return RESPUB_ERANGE;
  *magnitude = *magnitude * 10 + digit;
  return RESPUB_OK;
}

int64_t respub__integer_value(uint8_t state, uint64_t magnitude) {
  if (state != RESPUB__NUMBER_NEGATIVE || magnitude == 0)
    return (int64_t)magnitude;
  return -(int64_t)(magnitude - 1) - 1; /* INT64_MIN's magnitude is no int64_t */
}

size_t respub__decimal_size(uint64_t n) {
  size_t size = 1;
  for (; n > 9; n /= 10)
    size++;
  return size;
}

char *respub__decimal_put(char *out, uint64_t n) {
  char *const end = out + respub__decimal_size(n);
  for (char *p = end; p > out; n /= 10)
    *--p = (char)('0' + n % 10);
  return end;
}

#if RESPUB_RESP3

/* Behind "i" and "n" of inf and nan: what must follow, each ended by a NUL. */
static const char word_tails[] = "nf\0an";
enum {
  INF_TAIL = RESPUB__NUMBER_WORD,
  NAN_TAIL = RESPUB__NUMBER_WORD + 3
};

static uint8_t double_digit(uint8_t state) {
  switch (state) {
  case RESPUB__NUMBER_POINT:
  case RESPUB__NUMBER_FRACTION:
    return RESPUB__NUMBER_FRACTION;
  case RESPUB__NUMBER_E:
  case RESPUB__NUMBER_E_SIGN:
  case RESPUB__NUMBER_EXPONENT:
    return RESPUB__NUMBER_EXPONENT;
  default:
    return RESPUB__NUMBER_POSITIVE;
  }
}

uint8_t respub__double_next(uint8_t state, char c) {
  if (state >= RESPUB__NUMBER_WORD) {
    const char want = word_tails[state - RESPUB__NUMBER_WORD];
    return want != '\0' && c == want ? (uint8_t)(state + 1) : RESPUB__NUMBER_REFUSED;
  }
  if (respub__digit(c) <= 9)
    return double_digit(state);
  const bool start = state == RESPUB__NUMBER_START;
  const bool integral = state == RESPUB__NUMBER_POSITIVE;
  switch (c) {
  case '+':
  case '-':
    if (state == RESPUB__NUMBER_E)
      return RESPUB__NUMBER_E_SIGN;
    if (!start)
      return RESPUB__NUMBER_REFUSED;
    return c == '-' ? RESPUB__NUMBER_MINUS : RESPUB__NUMBER_PLUS;
  case '.':
    return integral ? RESPUB__NUMBER_POINT : RESPUB__NUMBER_REFUSED;
  case 'e':
  case 'E':
    return integral || state == RESPUB__NUMBER_FRACTION ? RESPUB__NUMBER_E : RESPUB__NUMBER_REFUSED;
  case 'i':
    return start || state == RESPUB__NUMBER_MINUS ? INF_TAIL : RESPUB__NUMBER_REFUSED;
  case 'n':
    return start || state == RESPUB__NUMBER_MINUS ? NAN_TAIL : RESPUB__NUMBER_REFUSED;
  default:
    return RESPUB__NUMBER_REFUSED;
  }
}

bool respub__double_complete(uint8_t state) {
  if (state >= RESPUB__NUMBER_WORD)
    return word_tails[state - RESPUB__NUMBER_WORD] == '\0';
  return state == RESPUB__NUMBER_POSITIVE || state == RESPUB__NUMBER_FRACTION ||
         state == RESPUB__NUMBER_EXPONENT;
}

#endif
