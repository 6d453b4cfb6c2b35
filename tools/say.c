#include "tools/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
  SENTENCE_BYTES = 2048,
  STATUS_BYTES = 160
};

#define TAKE_AWAY "\r\033[K"

static const char *prefix = "";
static char shown[STATUS_BYTES];

void say_as(const char *name) {
  prefix = name;
}

/* When standard error is gone there is nobody to tell. */
static void put(const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t n = write(STDERR_FILENO, bytes, len);
    if (n < 0 && errno != EINTR)
      return;
    if (n > 0) {
      bytes += n;
      len -= (size_t)n;
    }
  }
}

static bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

/* Copies in to out, which has room for cap bytes and no NUL; what does not fit is cut. */
static size_t make_harmless(char *out, size_t cap, const char *in) {
  static const char digits[] = "0123456789abcdef";
  size_t len = 0;
  for (; *in != '\0' && cap - len >= 4; in++) {
    unsigned char c = (unsigned char)*in;
    if (!is_control(c)) {
      out[len++] = *in;
      continue;
    }
    const char shown_as[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
    memcpy(out + len, shown_as, sizeof shown_as);
    len += sizeof shown_as;
  }
  return len;
}

void say(const char *format, ...) {
  char sentence[SENTENCE_BYTES];
  char line[SENTENCE_BYTES * 2 + STATUS_BYTES * 2];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);

  int start = snprintf(line, sizeof line, "%srespub: %s%s", shown[0] != '\0' ? TAKE_AWAY : "",
                       prefix, prefix[0] != '\0' ? ": " : "");
  size_t len = start < 0 ? 0 : (size_t)start;
  len += make_harmless(line + len, sizeof line - STATUS_BYTES - 1 - len, sentence);
  line[len++] = '\n';
  size_t status = strlen(shown);
  memcpy(line + len, shown, status);
  put(line, len + status);
}

void say_status(const char *text) {
  char line[STATUS_BYTES + sizeof TAKE_AWAY];
  if (strcmp(shown, text) == 0)
    return;
  snprintf(shown, sizeof shown, "%s", text);
  int len = snprintf(line, sizeof line, TAKE_AWAY "%s", shown);
  if (len > 0)
    put(line, (size_t)len);
}
