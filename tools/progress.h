/* progress.h - how far a long input has come: a bar at the bottom of the terminal. */
#ifndef RESPUB_TOOLS_PROGRESS_H
#define RESPUB_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
  bool on;
  uint64_t size; /* bytes of the input; 0: not known, and no bar */
  int64_t started_ms;
  int64_t shown_ms;
} progress;

typedef struct progress_figures {
  uint64_t bytes; /* of the input, taken so far */
  uint64_t sent;  /* lines */
  uint64_t errors;
} progress_figures;

/* Shows nothing unless standard error is a terminal and the input, fd, is none. */
void progress_open(progress *p, int fd, int64_t now_ms);

/* Draws the bar again when it is time to. */
void progress_update(progress *p, const progress_figures *f, int64_t now_ms);

/* Leaves the last figures behind as an ordinary line. */
void progress_close(progress *p, const progress_figures *f, int64_t now_ms);

#endif
