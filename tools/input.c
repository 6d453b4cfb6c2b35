#include "tools/input.h"

#include "tools/say.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  SMALL_BYTES = 128 * 1024,
  LEAST_READ = 16 * 1024
};

bool input_open(input *in, int fd, const char *name) {
  *in = (input){.name = name, .fd = fd, .capacity = SMALL_BYTES, .buffer = malloc(SMALL_BYTES)};
  return in->buffer != NULL;
}

respub_slice input_bytes(const input *in) {
  return respub_slice_of(in->buffer + in->start, in->end - in->start);
}

void input_consume(input *in, size_t len) {
  in->start += len;
  in->consumed += len;
}

static void move_to_front(input *in) {
  if (in->start == 0)
    return;
  memmove(in->buffer, in->buffer + in->start, in->end - in->start);
  in->end -= in->start;
  in->start = 0;
}

static bool resize(input *in, size_t capacity) {
  char *buffer = realloc(in->buffer, capacity);
  if (buffer == NULL)
    return false;
  in->buffer = buffer;
  in->capacity = capacity;
  return true;
}

/* Bytes move only when there is no room behind them, and the buffer at most doubles, so that the
 * cost a byte stays constant. What one large value needed is given back behind it. */
static bool make_room(input *in, size_t wanted) {
  size_t held = in->end - in->start;
  size_t least = held + LEAST_READ;
  size_t needed = wanted > least ? wanted : least;
  if (held == 0)
    in->start = in->end = 0;
  if (needed <= in->capacity - in->start && (in->capacity == SMALL_BYTES || needed > SMALL_BYTES))
    return true;
  move_to_front(in);
  if (needed <= SMALL_BYTES)
    return in->capacity == SMALL_BYTES || resize(in, SMALL_BYTES);
  if (needed <= in->capacity)
    return true;
  if (in->capacity > SIZE_MAX / 2)
    return false;
  return resize(in, needed < in->capacity * 2 ? needed : in->capacity * 2);
}

static bool wait_until_readable(const input *in) {
  struct pollfd fd = {.fd = in->fd, .events = POLLIN};
  return poll(&fd, 1, -1) >= 0 || errno == EINTR;
}

input_result input_fill(input *in, size_t wanted) {
  if (!make_room(in, wanted)) {
    say("out of memory");
    return INPUT_FAILED;
  }
  for (;;) {
    ssize_t n = read(in->fd, in->buffer + in->end, in->capacity - in->end);
    if (n > 0) {
      in->end += (size_t)n;
      return INPUT_MORE;
    }
    if (n == 0)
      return INPUT_END;
    if (errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_until_readable(in)))
      continue;
    say("cannot read %s: %s", in->name, strerror(errno));
    return INPUT_FAILED;
  }
}

bool input_is_ready(const input *in) {
  struct pollfd fd = {.fd = in->fd, .events = POLLIN};
  return poll(&fd, 1, 0) != 0;
}

void input_close(input *in) {
  free(in->buffer);
  in->buffer = NULL;
}
