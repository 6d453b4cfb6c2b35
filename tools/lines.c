#include "tools/lines.h"

#include <string.h>

bool lines_open(lines *l, int fd, const char *name) {
  *l = (lines){0};
  return input_open(&l->in, fd, name);
}

/* Where the next newline is; the length of what is there when there is none. */
static size_t newline_at(lines *l) {
  respub_slice bytes = input_bytes(&l->in);
  const char *found = NULL;
  if (bytes.len > l->searched)
    found = memchr(bytes.ptr + l->searched, '\n', bytes.len - l->searched);
  l->searched = found != NULL ? (size_t)(found - bytes.ptr) : bytes.len;
  return l->searched;
}

static void take(lines *l, size_t len) {
  input_consume(&l->in, len);
  l->searched = 0;
}

static lines_result fill(lines *l) {
  switch (input_fill(&l->in, 0)) {
  case INPUT_MORE:
    return LINES_LINE;
  case INPUT_END:
    l->at_end = true;
    return LINES_END;
  case INPUT_FAILED:
    break;
  }
  return LINES_FAILED;
}

/* Drops bytes up to the newline or the end. */
static lines_result pass_over(lines *l) {
  for (;;) {
    size_t len = newline_at(l);
    bool found = len < input_bytes(&l->in).len;
    take(l, found ? len + 1 : len);
    if (found)
      return LINES_TOO_LONG;
    lines_result r = fill(l);
    if (r != LINES_LINE)
      return r == LINES_END ? LINES_TOO_LONG : r;
  }
}

lines_result lines_next(lines *l, respub_slice *line) {
  for (;;) {
    size_t len = newline_at(l);
    respub_slice bytes = input_bytes(&l->in);
    bool found = len < bytes.len;
    if (l->at_end && bytes.len == 0)
      return LINES_END;
    if (len > LINES_LONGEST) {
      l->number++;
      return pass_over(l);
    }
    if (found || l->at_end) {
      *line = respub_slice_of(bytes.ptr, len);
      take(l, found ? len + 1 : len);
      l->number++;
      return LINES_LINE;
    }
    if (fill(l) == LINES_FAILED)
      return LINES_FAILED;
  }
}

bool lines_are_ready(lines *l) {
  return l->at_end || newline_at(l) < input_bytes(&l->in).len || input_is_ready(&l->in);
}

void lines_close(lines *l) {
  input_close(&l->in);
}
