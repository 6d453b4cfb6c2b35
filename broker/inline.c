#include "broker/inline.h"

#include "net/hex.h"

/* isspace of the C locale, whatever locale the program has set. */
static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static char control_named(char c) {
  switch (c) {
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  case 'b':
    return '\b';
  case 'a':
    return '\a';
  default:
    return c;
  }
}

/* The byte written as \c or \xHH; at stands on the backslash, which is not the line's last byte. */
static char *unescape(char *at, const char *end, char *byte) {
  if (end - at >= 4 && at[1] == 'x' && respub__hex_digit(at[2]) >= 0 &&
      respub__hex_digit(at[3]) >= 0) {
    *byte = (char)(unsigned char)(respub__hex_digit(at[2]) * 16 + respub__hex_digit(at[3]));
    return at + 4;
  }
  *byte = control_named(at[1]);
  return at + 2;
}

/* Copies what stands between the quotes to *out, which is moved behind it. Returns where the
 * closing quote is, NULL without one. */
static char *quoted(char *at, const char *end, char quote, char **out) {
  while (at < end && *at != quote) {
    if (*at == '\\' && quote == '"' && end - at >= 2) {
      at = unescape(at, end, (*out)++);
      continue;
    }
    if (*at == '\\' && end - at >= 2 && at[1] == '\'')
      at++;
    *(*out)++ = *at++;
  }
  return at < end ? at : NULL;
}

/* What separates words outside of quotes: not \v and \f, which Redis takes for blanks only between
 * words. */
static bool ends_word(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

respub_status respub__broker_inline_word(respub__broker_inline *line, respub_slice *word) {
  while (line->at < line->end && is_blank(*line->at))
    line->at++;
  if (line->at == line->end)
    return RESPUB_MORE;
  char *start = line->at;
  char *out = start;
  char *at = start;
  while (at < line->end && !ends_word(*at)) {
    if (*at != '"' && *at != '\'') {
      *out++ = *at++;
      continue;
    }
    at = quoted(at + 1, line->end, *at, &out);
    if (at == NULL || (at + 1 < line->end && !is_blank(at[1])))
      return RESPUB_ELENGTH;
    at++;
    break;
  }
  line->at = at;
  *word = respub_slice_of(start, (size_t)(out - start));
  return RESPUB_OK;
}
