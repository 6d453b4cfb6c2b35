#include "net/wait.h"

#include "net/clock.h"
#include "net/socket.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>
#endif

static int poll_timeout(int64_t now_ms, int64_t deadline_ms) {
  if (deadline_ms <= now_ms)
    return 0;
  int64_t left_ms = deadline_ms - now_ms;
  return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

respub_status respub__wait(struct pollfd *fds, size_t n, int64_t deadline_ms) {
  return respub__wait_from(fds, n, respub__clock_ms(), deadline_ms);
}

respub_status respub__wait_from(struct pollfd *fds, size_t n, int64_t now_ms, int64_t deadline_ms) {
  for (;; now_ms = respub__clock_ms()) {
    int timeout_ms = poll_timeout(now_ms, deadline_ms);
    int ready = poll(fds, (nfds_t)n, timeout_ms);
    if (ready > 0)
      return RESPUB_OK;
    if (ready < 0 && errno != EINTR)
      return RESPUB_EIO;
    /* A wait of more than INT_MAX ms ends early, and so may one of a coarse clock. */
    if (ready == 0 && timeout_ms == 0)
      return RESPUB_TIMEOUT;
  }
}

respub_status respub__wake_open(respub__wake *wake) {
#ifdef __linux__
  wake->read_fd = wake->write_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return wake->read_fd >= 0 ? RESPUB_OK : RESPUB_EIO;
#else
  int ends[2];
  if (pipe(ends) != 0) {
    wake->read_fd = wake->write_fd = -1;
    return RESPUB_EIO;
  }
  wake->read_fd = ends[0];
  wake->write_fd = ends[1];
  if (respub__socket_adopt(ends[0]) == RESPUB_OK && respub__socket_adopt(ends[1]) == RESPUB_OK)
    return RESPUB_OK;
  respub__wake_close(wake);
  return RESPUB_EIO;
#endif
}

void respub__wake_close(respub__wake *wake) {
  if (wake->write_fd != wake->read_fd)
    respub__socket_close(wake->write_fd);
  respub__socket_close(wake->read_fd);
  wake->read_fd = wake->write_fd = -1;
}

void respub__wake_ring(const respub__wake *wake) {
  /* Eight bytes are what an eventfd takes; for a pipe they are a ring like any other. A full one
   * rings already. */
  const uint64_t one = 1;
  int saved = errno;
  while (write(wake->write_fd, &one, sizeof one) < 0 && errno == EINTR)
    continue;
  errno = saved;
}

void respub__wake_drain(const respub__wake *wake) {
  char bytes[64];
  int saved = errno;
  ptrdiff_t got;
  do {
    got = read(wake->read_fd, bytes, sizeof bytes);
  } while (got == (ptrdiff_t)sizeof bytes || (got < 0 && errno == EINTR));
  errno = saved;
}
