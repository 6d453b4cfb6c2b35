/* lines.h - an input, a line at a time. */
#ifndef RESPUB_TOOLS_LINES_H
#define RESPUB_TOOLS_LINES_H

#include "tools/input.h"

#define LINES_LONGEST ((size_t)16 * 1024 * 1024)

typedef struct lines {
  input in;
  size_t searched; /* bytes at the front in which there is no newline */
  uint64_t number; /* of the line given out last, from 1 */
  bool at_end;
} lines;

typedef enum lines_result {
  LINES_LINE,
  LINES_TOO_LONG, /* longer than LINES_LONGEST bytes; it has been passed over */
  LINES_END,
  LINES_FAILED /* which has been said */
} lines_result;

/* False: no memory. The descriptor stays the caller's. */
bool lines_open(lines *l, int fd, const char *name);

/* The next line without its newline; the last one need not have one. Valid until the next call. */
lines_result lines_next(lines *l, respub_slice *line);

/* True when the next line, or a part of it, is there without waiting. */
bool lines_are_ready(lines *l);

/* Accepts one that is all zeros. */
void lines_close(lines *l);

#endif
