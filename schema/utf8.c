#include "schema/utf8.h"

static bool is_tail(unsigned char c) {
  return (c & 0xc0) == 0x80;
}

static size_t lead_bytes(unsigned char c) {
  if (c < 0x80)
    return 1;
  if (c < 0xc2 || c > 0xf4) /* a tail, an overlong form, or beyond U+10FFFF */
    return 0;
  return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t respub__utf8_next(const char *s, size_t len, uint32_t *code) {
  static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned char lead = (unsigned char)s[0];
  size_t n = lead_bytes(lead);
  if (n == 0 || n > len)
    return 0;
  uint32_t value = n == 1 ? lead : lead & (0x7fu >> n);
  for (size_t i = 1; i < n; i++) {
    if (!is_tail((unsigned char)s[i]))
      return 0;
    value = value << 6 | ((unsigned char)s[i] & 0x3fu);
  }
  if (value < lowest[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return 0;
  if (code != NULL)
    *code = value;
  return n;
}

bool respub__utf8_is_valid(const char *s, size_t len) {
  size_t i = 0;
  while (i < len) {
    size_t n = (unsigned char)s[i] < 0x80 ? 1 : respub__utf8_next(s + i, len - i, NULL);
    if (n == 0)
      return false;
    i += n;
  }
  return true;
}

size_t respub__utf8_count(const char *s) {
  size_t n = 0;
  for (; *s != '\0'; s++)
    n += !is_tail((unsigned char)*s);
  return n;
}

size_t respub__utf8_floor(const char *s, size_t len) {
  size_t start = len;
  while (start > 0 && len - start < 4) {
    start--;
    size_t n = lead_bytes((unsigned char)s[start]);
    if (n != 0)
      return start + n > len ? start : len;
  }
  return len;
}

size_t respub__utf8_put(char out[4], uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  out[0] = (char)((0xf00u >> n & 0xf0) | code);
  return n;
}
