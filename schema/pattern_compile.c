#include "schema/pattern_parse.h"

#include <string.h>

#define GROUP_DEPTH 32
#define UNBOUNDED (-1)
#define REPEAT_MAX 100000 /* larger counts exceed every program anyway */

static bool parse_alternatives(respub__pattern_parser *p);

bool respub__pattern_emit(respub__pattern_parser *p, respub__opcode op, int32_t x, int32_t y) {
  if (p->n == RESPUB__PATTERN_MAX)
    return respub__pattern_fail(p, "too large");
  p->code[p->n++] = (respub__instruction){.op = op, .x = x, .y = y};
  return true;
}

/* Puts a SPLIT in front of what has been emitted since start. */
static bool insert_split(respub__pattern_parser *p, size_t start, int32_t x, int32_t y) {
  if (!respub__pattern_emit(p, RESPUB__OP_SPLIT, 0, 0))
    return false;
  memmove(&p->code[start + 1], &p->code[start], (p->n - 1 - start) * sizeof p->code[0]);
  p->code[start] = (respub__instruction){.op = RESPUB__OP_SPLIT, .x = x, .y = y};
  return true;
}

/* ---- repetition ---- */

typedef struct repeat {
  int32_t min, max; /* max may be UNBOUNDED */
} repeat;

static int32_t read_count(respub__pattern_parser *p) {
  int32_t value = 0;
  while (*p->at >= '0' && *p->at <= '9') {
    value = value * 10 + (*p->at++ - '0');
    value = value > REPEAT_MAX ? REPEAT_MAX : value;
  }
  return value;
}

static bool is_count(const respub__pattern_parser *p) {
  return *p->at >= '0' && *p->at <= '9';
}

/* Behind "{". */
static bool read_braces(respub__pattern_parser *p, repeat *r) {
  if (!is_count(p))
    return respub__pattern_fail(p, "a brace that stands for itself needs a backslash");
  r->min = r->max = read_count(p);
  if (*p->at == ',') {
    p->at++;
    r->max = is_count(p) ? read_count(p) : UNBOUNDED;
  }
  if (*p->at != '}')
    return respub__pattern_fail(p, "a brace that stands for itself needs a backslash");
  p->at++;
  if (r->max != UNBOUNDED && r->max < r->min)
    return respub__pattern_fail(p, "a repetition with its counts out of order");
  return true;
}

/* *found is false when there is no quantifier. Lazy or not makes no difference to whether something
 * matches. */
static bool read_repeat(respub__pattern_parser *p, repeat *r, bool *found) {
  char c = *p->at;
  *found = c == '*' || c == '+' || c == '?' || c == '{';
  if (!*found)
    return true;
  p->at++;
  r->min = c == '+';
  r->max = c == '?' ? 1 : UNBOUNDED;
  if (c == '{' && !read_braces(p, r))
    return false;
  p->at += *p->at == '?';
  return true;
}

static bool copy_piece(respub__pattern_parser *p, size_t start, size_t len) {
  if (len > RESPUB__PATTERN_MAX - p->n)
    return respub__pattern_fail(p, "too large");
  memcpy(&p->code[p->n], &p->code[start], len * sizeof p->code[0]);
  p->n += len;
  return true;
}

/* The last copy of the piece becomes one that may come any number of times. */
static bool make_endless(respub__pattern_parser *p, size_t start, bool optional) {
  int32_t len = (int32_t)(p->n - start);
  if (!optional)
    return respub__pattern_emit(p, RESPUB__OP_SPLIT, -len, 1);
  return insert_split(p, start, 1, len + 2) &&
         respub__pattern_emit(p, RESPUB__OP_JUMP, -(len + 1), 0);
}

/* Copies that may come or not, up to max. */
static bool make_optional(respub__pattern_parser *p, size_t start, size_t len, repeat r) {
  int32_t made = r.min;
  if (r.min == 0) {
    if (!insert_split(p, start, 1, (int32_t)len + 1))
      return false;
    start++;
    made = 1;
  }
  for (; made < r.max; made++) {
    if (!respub__pattern_emit(p, RESPUB__OP_SPLIT, 1, (int32_t)len + 1) ||
        !copy_piece(p, start, len))
      return false;
  }
  return true;
}

/* Repeats the piece that was emitted since start: min copies, then as many optional ones, or an
 * endless one. */
static bool apply_repeat(respub__pattern_parser *p, size_t start, repeat r) {
  size_t len = p->n - start;
  if (r.max == 0 || len == 0) {
    p->n = start;
    return true;
  }
  for (int32_t i = 1; i < r.min; i++) {
    if (!copy_piece(p, start, len))
      return false;
  }
  if (r.max == UNBOUNDED)
    return make_endless(p, p->n - len, r.min == 0);
  return make_optional(p, start, len, r);
}

/* ---- structure ---- */

/* Behind "(?": a group that is not captured, or one with a name, which makes no difference here. */
static bool skip_group_kind(respub__pattern_parser *p) {
  if (*p->at == ':') {
    p->at++;
    return true;
  }
  const char *look = p->at + (*p->at == '<');
  if (*look == '=' || *look == '!')
    return respub__pattern_fail(p, "lookahead and lookbehind are not supported");
  if (*p->at != '<')
    return respub__pattern_fail(p, "an unknown kind of group");
  const char *end = strchr(p->at, '>');
  if (end == NULL || end == p->at + 1)
    return respub__pattern_fail(p, "a group's name is not closed");
  p->at = end + 1;
  return true;
}

/* Behind "(". */
static bool parse_group(respub__pattern_parser *p) {
  if (++p->depth > GROUP_DEPTH)
    return respub__pattern_fail(p, "groups are nested deeper than 32");
  if (*p->at == '?') {
    p->at++;
    if (!skip_group_kind(p))
      return false;
  }
  if (!parse_alternatives(p))
    return false;
  if (*p->at != ')')
    return respub__pattern_fail(p, "a group without its closing parenthesis");
  p->at++;
  p->depth--;
  return true;
}

/* Behind a backslash. */
static bool parse_escape(respub__pattern_parser *p) {
  uint32_t code;
  if (respub__pattern_is_set(*p->at))
    return respub__pattern_set(p, *p->at++);
  return respub__pattern_character_escape(p, false, &code) &&
         respub__pattern_emit(p, RESPUB__OP_CHAR, (int32_t)code, 0);
}

static bool parse_atom(respub__pattern_parser *p) {
  switch (*p->at) {
  case '(':
    p->at++;
    return parse_group(p);
  case '[':
    p->at++;
    return respub__pattern_class(p);
  case '.':
    p->at++;
    return respub__pattern_emit(p, RESPUB__OP_ANY, 0, 0);
  case '\\':
    p->at++;
    return parse_escape(p);
  case '*':
  case '+':
  case '?':
    return respub__pattern_fail(p, "nothing to repeat");
  case '{':
  case '}':
  case ']':
    return respub__pattern_fail(p, "a brace or bracket that stands for itself needs a backslash");
  default:
    return respub__pattern_emit(p, RESPUB__OP_CHAR, (int32_t)respub__pattern_next(p), 0);
  }
}

/* ^ $ \b \B: true in *found when there was one. */
static bool parse_assertion(respub__pattern_parser *p, bool *found) {
  respub__opcode op = RESPUB__OP_START;
  size_t len = 1;
  *found = true;
  if (p->at[0] == '$') {
    op = RESPUB__OP_END;
  } else if (p->at[0] == '\\' && (p->at[1] == 'b' || p->at[1] == 'B')) {
    op = p->at[1] == 'b' ? RESPUB__OP_EDGE : RESPUB__OP_NOT_EDGE;
    len = 2;
  } else if (p->at[0] != '^') {
    *found = false;
    return true;
  }
  p->at += len;
  return respub__pattern_emit(p, op, 0, 0);
}

static bool parse_term(respub__pattern_parser *p) {
  bool found;
  repeat r;
  size_t start = p->n;
  if (!parse_assertion(p, &found))
    return false;
  if (found)
    return true; /* a quantifier behind it finds nothing to repeat */
  if (!parse_atom(p) || !read_repeat(p, &r, &found))
    return false;
  return !found || apply_repeat(p, start, r);
}

static bool parse_sequence(respub__pattern_parser *p) {
  while (*p->at != '\0' && *p->at != '|' && *p->at != ')') {
    if (!parse_term(p))
      return false;
  }
  return true;
}

/* "a|b" becomes SPLIT a JUMP b; with "|c" behind it, SPLIT (SPLIT a JUMP b) JUMP c. */
static bool parse_alternatives(respub__pattern_parser *p) {
  size_t start = p->n;
  if (!parse_sequence(p))
    return false;
  while (*p->at == '|') {
    p->at++;
    int32_t len = (int32_t)(p->n - start);
    if (!insert_split(p, start, 1, len + 2))
      return false;
    size_t jump = p->n;
    if (!respub__pattern_emit(p, RESPUB__OP_JUMP, 0, 0) || !parse_sequence(p))
      return false;
    p->code[jump].x = (int32_t)(p->n - jump);
  }
  return true;
}

static bool parse_pattern(respub__pattern_parser *p) {
  if (!parse_alternatives(p))
    return false;
  if (*p->at != '\0')
    return respub__pattern_fail(p, "a closing parenthesis without its group");
  return respub__pattern_emit(p, RESPUB__OP_MATCH, 0, 0);
}

static respub__pattern *keep(respub__arena *arena, const respub__pattern_parser *p) {
  respub__pattern *pattern = respub__arena_take(arena, 1, sizeof *pattern);
  respub__instruction *code = respub__arena_take(arena, p->n, sizeof *code);
  respub__range *ranges = respub__arena_take(arena, p->ranges_n + 1, sizeof *ranges);
  if (pattern == NULL || code == NULL || ranges == NULL)
    return NULL;
  memcpy(code, p->code, p->n * sizeof *code);
  memcpy(ranges, p->ranges, p->ranges_n * sizeof *ranges);
  pattern->code = code;
  pattern->ranges = ranges;
  pattern->n = p->n;
  return pattern;
}

respub__pattern *respub__pattern_compile(respub__arena *arena, const char *source,
                                         const char **reason) {
  respub__pattern_parser p;
  p.at = source;
  p.reason = NULL;
  p.n = p.ranges_n = 0;
  p.depth = 0;
  bool parsed = parse_pattern(&p) && p.reason == NULL;
  *reason = p.reason;
  return parsed ? keep(arena, &p) : NULL;
}
