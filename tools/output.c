#include "tools/output.h"

#include "tools/say.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
  GATHERED_BYTES = 64 * 1024
};

static char gathered[GATHERED_BYTES];
static size_t used;
static bool failed;

bool output_works(void) {
  return !failed;
}

/* Standard output may share a description that somebody else made non-blocking. */
static bool wait_until_writable(void) {
  struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&fd, 1, -1) >= 0 || errno == EINTR;
}

static void put(const char *bytes, size_t len) {
  while (len > 0 && !failed) {
    ssize_t n = write(STDOUT_FILENO, bytes, len);
    if (n > 0) {
      bytes += n;
      len -= (size_t)n;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) || !wait_until_writable()) {
      failed = true;
      say("cannot write to standard output: %s", n == 0 ? "nothing is taken" : strerror(errno));
    }
  }
}

bool output_flush(void) {
  put(gathered, used);
  used = 0;
  return !failed;
}

void output_bytes(const char *bytes, size_t len) {
  if (len > sizeof gathered - used) {
    output_flush();
    if (len >= sizeof gathered) {
      put(bytes, len);
      return;
    }
  }
  if (len > 0)
    memcpy(gathered + used, bytes, len);
  used += len;
}

void output_char(char c) {
  if (used == sizeof gathered)
    output_flush();
  gathered[used++] = c;
}

void output_text(const char *text) {
  output_bytes(text, strlen(text));
}
