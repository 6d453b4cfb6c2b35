#include "tools/progress.h"

#include "tools/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  PERIOD_MS = 100,
  BAR_CELLS = 20,
  LINE_BYTES = 160
};

void progress_open(progress *p, int fd, int64_t now_ms) {
  struct stat s;
  *p = (progress){.started_ms = now_ms, .shown_ms = now_ms - PERIOD_MS};
  p->on = isatty(STDERR_FILENO) && !isatty(fd);
  if (p->on && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size > 0)
    p->size = (uint64_t)s.st_size;
}

static size_t draw_bar(char *out, size_t cap, uint64_t bytes, uint64_t size) {
  char cells[BAR_CELLS + 1];
  /* A file may grow while it is read. */
  double part = bytes >= size ? 1.0 : (double)bytes / (double)size;
  size_t full = (size_t)(part * BAR_CELLS);
  memset(cells, '.', BAR_CELLS);
  memset(cells, '#', full);
  cells[BAR_CELLS] = '\0';
  int n = snprintf(out, cap, "[%s] %3d%%  ", cells, (int)(part * 100.0));
  return n < 0 ? 0 : (size_t)n;
}

static void draw(const progress *p, const progress_figures *f, int64_t now_ms, char *line) {
  int64_t elapsed_ms = now_ms > p->started_ms ? now_ms - p->started_ms : 1;
  double rate = (double)f->sent * 1000.0 / (double)elapsed_ms;
  size_t bar = p->size > 0 ? draw_bar(line, LINE_BYTES, f->bytes, p->size) : 0;
  snprintf(line + bar, LINE_BYTES - bar, "%" PRIu64 " lines sent, %.0f/s, %" PRIu64 " %s", f->sent,
           rate, f->errors, f->errors == 1 ? "error" : "errors");
}

void progress_update(progress *p, const progress_figures *f, int64_t now_ms) {
  char line[LINE_BYTES];
  if (!p->on || now_ms - p->shown_ms < PERIOD_MS)
    return;
  p->shown_ms = now_ms;
  draw(p, f, now_ms, line);
  say_status(line);
}

void progress_close(progress *p, const progress_figures *f, int64_t now_ms) {
  char line[LINE_BYTES];
  if (!p->on)
    return;
  p->size = 0; /* no bar any more */
  draw(p, f, now_ms, line);
  say_status("");
  say("%s", line);
}
