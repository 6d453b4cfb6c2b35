#include "broker/glob.h"

#define MAX_STEPS (4u * 1024 * 1024)

/* Redis compares plain char, which is signed on the machines that it is mostly run on; fixed here,
 * so that a pattern means the same everywhere. */
static bool in_range(char a, char b, char c) {
  signed char low = (signed char)a;
  signed char high = (signed char)b;
  signed char byte = (signed char)c;
  return low <= high ? low <= byte && byte <= high : high <= byte && byte <= low;
}

/* *at stands behind the '['; it is moved behind the class. */
static bool class_holds(const char **at, const char *end, char c) {
  const char *p = *at;
  bool negated = p < end && *p == '^';
  bool found = false;
  if (negated)
    p++;
  for (; p < end && *p != ']'; p++) {
    if (end - p >= 3 && p[0] != '\\' && p[1] == '-') {
      found |= in_range(p[0], p[2], c);
      p += 2;
      continue;
    }
    if (end - p >= 2 && p[0] == '\\')
      p++;
    found |= *p == c;
  }
  *at = p < end ? p + 1 : end;
  return found != negated;
}

/* Matches c with the one element of the pattern at *at, which is not '*', and moves *at behind it.
 */
static bool element_matches(const char **at, const char *end, char c) {
  const char *p = *at;
  if (*p == '[') {
    *at = p + 1;
    return class_holds(at, end, c);
  }
  bool any = *p == '?';
  if (*p == '\\' && end - p >= 2)
    p++;
  *at = p + 1;
  return any || *p == c;
}

static const char *skip_stars(const char *p, const char *end) {
  while (p < end && *p == '*')
    p++;
  return p;
}

/* Every element but '*' takes exactly one byte. So the first place where the elements between two
 * stars fit is as good as any later one, and only the last star is ever tried again: no recursion.
 */
bool respub__broker_glob_match(respub_slice pattern, respub_slice text) {
  if (pattern.len == 0 || text.len == 0)
    return pattern.len == text.len;
  const char *p = pattern.ptr;
  const char *p_end = p + pattern.len;
  const char *t = text.ptr;
  const char *t_end = t + text.len;
  const char *star = NULL; /* behind the last '*' */
  const char *star_t = t;  /* where what follows that star is being tried */
  for (size_t steps = 0; t < t_end && steps < MAX_STEPS; steps++) {
    if (p < p_end && *p == '*') {
      p = star = skip_stars(p, p_end);
      star_t = t;
      if (p == p_end)
        return true;
      continue;
    }
    const char *element = p;
    bool fits = p < p_end && element_matches(&p, p_end, *t);
    steps += (size_t)(p - element);
    if (fits) {
      t++;
      continue;
    }
    if (star == NULL)
      return false;
    p = star;
    t = ++star_t;
  }
  return t == t_end && skip_stars(p, p_end) == p_end;
}

uint64_t respub__broker_glob_work(respub_slice pattern, respub_slice text) {
  uint64_t most = (uint64_t)pattern.len * text.len;
  return (most < MAX_STEPS ? most : MAX_STEPS) / 1000;
}
