#include "tools/utf8.h"

#include <string.h>

/* The range of a sequence's second byte, which is where RFC 3629 rules out overlong forms,
 * surrogates and what lies beyond U+10FFFF. */
typedef struct lead {
  unsigned char length; /* of the whole sequence; 0: not a first byte */
  unsigned char low, high;
} lead;

static lead lead_of(unsigned char c) {
  if (c >= 0xc2 && c <= 0xdf)
    return (lead){2, 0x80, 0xbf};
  if (c >= 0xe0 && c <= 0xef)
    return (lead){3, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf};
  if (c >= 0xf0 && c <= 0xf4)
    return (lead){4, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf};
  return (lead){0, 0, 0};
}

/* Length of the sequence at p, of which left bytes are there; 0 when it is none. */
static size_t sequence(const unsigned char *p, size_t left) {
  lead l = lead_of(p[0]);
  if (l.length == 0 || left < l.length || p[1] < l.low || p[1] > l.high)
    return 0;
  for (size_t k = 2; k < l.length; k++)
    if ((p[k] & 0xc0) != 0x80)
      return 0;
  return l.length;
}

static size_t ascii(const unsigned char *p, size_t len) {
  size_t i = 0;
  for (uint64_t word; len - i >= sizeof word; i += sizeof word) {
    memcpy(&word, p + i, sizeof word);
    if ((word & UINT64_C(0x8080808080808080)) != 0)
      break;
  }
  while (i < len && p[i] < 0x80)
    i++;
  return i;
}

size_t utf8_prefix(respub_slice s) {
  const unsigned char *p = (const unsigned char *)s.ptr;
  size_t i = 0;
  while (i < s.len) {
    size_t n = p[i] < 0x80 ? ascii(p + i, s.len - i) : sequence(p + i, s.len - i);
    if (n == 0)
      break;
    i += n;
  }
  return i;
}
