#include "resp/memory.h"
#include "resp/resp.h"

respub_slice respub_slice_of_string(const char *string) {
  size_t len = 0;
  /* The bound keeps compilers from making this a call of strlen, which freestanding programs lack.
   */
  while (string != NULL && len < SIZE_MAX && string[len] != '\0')
    len++;
  return respub_slice_of(string, len);
}

bool respub_slice_equal(respub_slice a, respub_slice b) {
  return a.len == b.len && respub_slice_starts_with(a, b);
}

bool respub_slice_starts_with(respub_slice s, respub_slice prefix) {
  /* memcmp must not see the pointer of an empty slice, which may be NULL. */
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool respub_slice_equal_nocase(respub_slice a, respub_slice b) {
  if (a.len != b.len)
    return false;
  for (size_t i = 0; i < a.len; i++) {
    if (lower(a.ptr[i]) != lower(b.ptr[i]))
      return false;
  }
  return true;
}
