#include "tools/say.h"

#include "resp/resp.h"
#include "schema/utf8.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
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

/* A terminal may be non-blocking because another program made it so. */
static bool wait_until_writable(void) {
  struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
  return poll(&fd, 1, -1) >= 0 || errno == EINTR;
}

/* When standard error is gone there is nobody to tell. */
static void put(const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t n = write(STDERR_FILENO, bytes, len);
    if (n > 0) {
      bytes += n;
      len -= (size_t)n;
    } else if (n == 0 || (errno != EINTR && (errno != EAGAIN || !wait_until_writable()))) {
      return;
    }
  }
}

/* The size of the character at the front if it may be shown: not a control character of ASCII, nor
 * one of the C1 set, which some terminals obey as well. 0: it may not, or is not UTF-8. */
static size_t harmless(respub_slice s) {
  unsigned char c = (unsigned char)s.ptr[0];
  if (c < 0x20 || c == 0x7f)
    return 0;
  if (c < 0x80)
    return 1;
  if (c == 0xc2 && s.len > 1 && (unsigned char)s.ptr[1] < 0xa0)
    return 0;
  return respub__utf8_next(s.ptr, s.len, NULL);
}

/* Copies in to out, which has room for cap bytes and no NUL; what does not fit is cut. */
static size_t make_harmless(char *out, size_t cap, respub_slice in) {
  static const char digits[] = "0123456789abcdef";
  size_t len = 0;
  while (in.len > 0 && cap - len >= 4) {
    unsigned char c = (unsigned char)in.ptr[0];
    const char shown_as[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
    size_t whole = harmless(in);
    memcpy(out + len, whole > 0 ? in.ptr : shown_as, whole > 0 ? whole : sizeof shown_as);
    len += whole > 0 ? whole : sizeof shown_as;
    size_t taken = whole > 0 ? whole : 1;
    in = respub_slice_of(in.ptr + taken, in.len - taken);
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
  len += make_harmless(line + len, sizeof line - STATUS_BYTES - 1 - len,
                       respub_slice_of_string(sentence));
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
