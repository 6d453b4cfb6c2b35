#include "tools/bulk.h"

#include "tools/checked.h"
#include "tools/command.h"
#include "tools/json.h"
#include "tools/lines.h"
#include "tools/numbers.h"
#include "tools/progress.h"
#include "tools/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Lines that failed one after another for the same reason: a lost connection takes many with it,
 * and one sentence is enough for them. */
typedef struct failures {
  respub_status status;
  uint64_t first, last, count;
  char text[256];
} failures;

typedef struct bulk {
  const bulk_settings *settings;
  lines lines;
  numbers outstanding; /* line numbers, in the order of queueing, which is that of the results */
  failures failures;
  progress progress;
  progress_figures figures;
  int code;
  bool over;    /* more lines would only fail */
  bool closing; /* results say no more than that */
} bulk;

/* --- failures --- */

static void say_failures(bulk *b) {
  const failures *f = &b->failures;
  if (f->count == 1)
    say("line %" PRIu64 ": %s", f->first, f->text);
  else if (f->count > 1)
    say("%" PRIu64 " lines from %" PRIu64 " to %" PRIu64 ": %s", f->count, f->first, f->last,
        f->text);
  b->failures.count = 0;
}

/* What happened to a publish weighs more than what a line looked like. */
static void note_code(bulk *b, int code) {
  if (b->code == EXIT_DONE || b->code == EXIT_INVALID)
    b->code = code;
}

static void note_invalid(bulk *b, const char *reason) {
  say_failures(b);
  say("line %" PRIu64 ": %s", b->lines.number, reason);
  b->figures.errors++;
  if (b->code == EXIT_DONE)
    b->code = EXIT_INVALID;
}

static void note_failure(bulk *b, uint64_t line, respub_status status, respub_slice reason) {
  failures *f = &b->failures;
  char text[sizeof f->text];
  if (reason.len == 0)
    reason = respub_slice_of_string(respub_status_text(status));
  snprintf(text, sizeof text, "%.*s", (int)(reason.len < sizeof text ? reason.len : sizeof text),
           reason.ptr);
  if (f->status != status || strcmp(f->text, text) != 0)
    say_failures(b);
  if (f->count == 0) {
    f->first = line;
    f->status = status;
    memcpy(f->text, text, sizeof text);
  }
  f->last = line;
  f->count++;
  b->figures.errors++;
  note_code(b, exit_code_of(status));
}

/* --- publishing --- */

/* The publisher waits for a lost server as long as the caller allows; what it then gives back
 * unsent says that the next lines would go the same way. */
static void published(const respub_publish_result *result, respub_slice text, void *ctx) {
  bulk *b = ctx;
  uint64_t line = numbers_pop(&b->outstanding);
  if (result->status != RESPUB_OK) {
    note_failure(b, line, result->status, b->closing ? RESPUB_LIT("") : text);
    b->over = b->over || result->status == RESPUB_EUNSENT;
    return;
  }
  b->figures.sent++;
  json_integer(result->receivers);
  output_char('\n');
}

static void queue(bulk *b, respub_slice payload) {
  const bulk_settings *s = b->settings;
  respub_status status = RESPUB_ENOMEM;
  if (numbers_reserve(&b->outstanding)) {
    numbers_push(&b->outstanding, b->lines.number);
    status = respub_publisher_queue(s->publisher, s->channel, payload, published, b);
    if (status != RESPUB_OK)
      numbers_unpush(&b->outstanding);
  }
  if (status == RESPUB_OK)
    return;
  note_failure(b, b->lines.number, status, RESPUB_LIT(""));
  b->over = true;
}

static void publish_line(bulk *b, respub_slice line) {
  const bulk_settings *s = b->settings;
  char reason[CHECKED_REASON_BYTES];
  char *text;
  size_t len;
  if (s->raw) {
    queue(b, line);
    return;
  }
  respub_status status =
      checked_envelope(s->registry, s->channel, line, s->sender, &text, &len, reason);
  if (status == RESPUB_OK) {
    queue(b, respub_slice_of(text, len));
    respub_text_free(text);
  } else if (exit_code_of(status) == EXIT_INVALID) {
    note_invalid(b, reason);
  } else {
    note_failure(b, b->lines.number, status, respub_slice_of_string(reason));
  }
}

/* Sends what is queued and waits for the answers, for as long as answers keep coming. */
static void drain(bulk *b) {
  respub_publisher *p = b->settings->publisher;
  size_t before;
  respub_status status;
  do {
    before = respub_publisher_outstanding(p);
    status = before == 0 ? RESPUB_OK : respub_publisher_flush(p, b->settings->stall_ms);
  } while (status == RESPUB_TIMEOUT && respub_publisher_outstanding(p) < before);
  b->over = b->over || status != RESPUB_OK;
  say_failures(b);
  output_flush();
}

/* Gives every line that is still outstanding its result. Why there are such lines, the publisher
 * knows only before it is closed. */
static void end(bulk *b) {
  respub_publisher_stats stats;
  respub_publisher_get_stats(b->settings->publisher, &stats);
  const char *reason = stats.last_error.text;
  b->closing = true;
  respub_publisher_close(b->settings->publisher);
  say_failures(b);
  if (!b->over)
    return;
  note_code(b, EXIT_IO);
  say("ended at line %" PRIu64 "%s%s; nothing behind it was sent", b->lines.number,
      reason[0] != '\0' ? ": " : "", reason);
}

/* --- reading --- */

static void show_progress(bulk *b) {
  b->figures.bytes = b->lines.in.consumed;
  progress_update(&b->progress, &b->figures, respub_now_ms());
}

static bool publish_next(bulk *b) {
  respub_slice line;
  switch (lines_next(&b->lines, &line)) {
  case LINES_LINE:
    publish_line(b, line);
    return true;
  case LINES_TOO_LONG:
    note_invalid(b, "longer than 16 MiB");
    return true;
  case LINES_END:
    return false;
  case LINES_FAILED:
    note_code(b, EXIT_IO);
    return false;
  }
  return false;
}

static void publish_all(bulk *b) {
  do {
    /* Before a wait for input, so that a line from a slow source leaves at once. */
    if (!lines_are_ready(&b->lines))
      drain(b);
    if (b->progress.on)
      show_progress(b);
  } while (output_works() && !b->over && publish_next(b));
  if (!b->over)
    drain(b);
}

int bulk_publish(const bulk_settings *settings, int fd) {
  bulk b = {.settings = settings};
  if (lines_open(&b.lines, fd, "standard input")) {
    progress_open(&b.progress, fd, respub_now_ms());
    publish_all(&b);
  } else {
    say("out of memory");
    b.code = EXIT_IO;
  }
  end(&b);
  progress_close(&b.progress, &b.figures, respub_now_ms());
  numbers_close(&b.outstanding);
  lines_close(&b.lines);
  return output_flush() ? b.code : EXIT_IO;
}
