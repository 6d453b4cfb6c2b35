#include "tools/utf8.h"

#include "schema/utf8.h"

#include <string.h>

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
    size_t n =
        p[i] < 0x80 ? ascii(p + i, s.len - i) : respub__utf8_next(s.ptr + i, s.len - i, NULL);
    if (n == 0)
      break;
    i += n;
  }
  return i;
}
