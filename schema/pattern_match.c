#include "schema/pattern.h"
#include "schema/utf8.h"

#include <string.h>

#define NOTHING 0xffffffffu /* no character: before the text or behind it */
#define SEEN_WORDS ((RESPUB__PATTERN_MAX + 63) / 64)

/* All ways through the program at once, each instruction at most once a position (Thompson's
 * construction): no text makes it go back. */
typedef struct matcher {
  const respub__pattern *pattern;
  uint32_t before, here; /* the characters around the position */
  bool matched;
  size_t now_n, then_n, stack_n;
  uint64_t seen[SEEN_WORDS];
  uint16_t now[RESPUB__PATTERN_MAX];   /* waiting for the character here */
  uint16_t then[RESPUB__PATTERN_MAX];  /* where it leads to */
  uint16_t stack[RESPUB__PATTERN_MAX]; /* still to be followed at this position */
} matcher;

static void follow(matcher *m, size_t pc) {
  uint64_t bit = (uint64_t)1 << (pc % 64);
  if (m->seen[pc / 64] & bit)
    return;
  m->seen[pc / 64] |= bit;
  m->stack[m->stack_n++] = (uint16_t)pc;
}

static bool is_edge(const matcher *m) {
  return respub__is_word(m->before) != respub__is_word(m->here);
}

static size_t target(size_t pc, int32_t distance) {
  return (size_t)((ptrdiff_t)pc + distance);
}

static void follow_if(matcher *m, bool condition, size_t pc) {
  if (condition)
    follow(m, pc);
}

static void expand_one(matcher *m, size_t pc) {
  const respub__instruction *i = &m->pattern->code[pc];
  switch (i->op) {
  case RESPUB__OP_SPLIT:
    follow(m, target(pc, i->x));
    follow(m, target(pc, i->y));
    break;
  case RESPUB__OP_JUMP:
    follow(m, target(pc, i->x));
    break;
  case RESPUB__OP_START:
    follow_if(m, m->before == NOTHING, pc + 1);
    break;
  case RESPUB__OP_END:
    follow_if(m, m->here == NOTHING, pc + 1);
    break;
  case RESPUB__OP_EDGE:
    follow_if(m, is_edge(m), pc + 1);
    break;
  case RESPUB__OP_NOT_EDGE:
    follow_if(m, !is_edge(m), pc + 1);
    break;
  case RESPUB__OP_MATCH:
    m->matched = true;
    break;
  case RESPUB__OP_CHAR:
  case RESPUB__OP_ANY:
  case RESPUB__OP_CLASS:
  case RESPUB__OP_NOT_CLASS:
    m->now[m->now_n++] = (uint16_t)pc;
    break;
  }
}

/* Follows what needs no character, from where the last one led to and from a new beginning here. */
static void expand(matcher *m) {
  memset(m->seen, 0, (m->pattern->n + 63) / 64 * sizeof m->seen[0]);
  m->now_n = 0;
  follow(m, 0);
  for (size_t i = 0; i < m->then_n; i++)
    follow(m, m->then[i]);
  while (m->stack_n > 0 && !m->matched)
    expand_one(m, m->stack[--m->stack_n]);
}

static bool in_ranges(const respub__pattern *pattern, const respub__instruction *i, uint32_t code) {
  for (int32_t k = 0; k < i->y; k++) {
    const respub__range *range = &pattern->ranges[i->x + k];
    if (code >= range->low && code <= range->high)
      return true;
  }
  return false;
}

static bool ends_line(uint32_t code) {
  return code == '\n' || code == '\r' || code == 0x2028 || code == 0x2029;
}

static bool takes(const matcher *m, const respub__instruction *i) {
  if (i->op == RESPUB__OP_CHAR)
    return m->here == (uint32_t)i->x;
  if (i->op == RESPUB__OP_ANY)
    return !ends_line(m->here);
  return in_ranges(m->pattern, i, m->here) == (i->op == RESPUB__OP_CLASS);
}

static void advance(matcher *m) {
  m->then_n = 0;
  for (size_t i = 0; i < m->now_n; i++) {
    if (takes(m, &m->pattern->code[m->now[i]]))
      m->then[m->then_n++] = (uint16_t)(m->now[i] + 1);
  }
}

bool respub__pattern_matches(const respub__pattern *pattern, const char *text) {
  matcher m;
  const char *end = text + strlen(text);
  m.pattern = pattern;
  m.here = NOTHING;
  m.matched = false;
  m.then_n = m.stack_n = 0;
  do {
    m.before = m.here;
    m.here = NOTHING;
    if (text < end)
      text += respub__utf8_next(text, (size_t)(end - text), &m.here);
    expand(&m);
    advance(&m);
    bool hopeless = m.then_n == 0 && pattern->code[0].op == RESPUB__OP_START;
    if (m.matched || hopeless)
      break;
  } while (m.here != NOTHING);
  return m.matched;
}
