/* wait.h - waiting for descriptors, and waking a thread that waits; a port supplies it. */
#ifndef RESPUB_NET_WAIT_H
#define RESPUB_NET_WAIT_H

#include "resp/resp.h"

#include <poll.h>

/* poll until a descriptor is ready (RESPUB_OK, revents set) or respub__clock_ms() reaches
 * deadline_ms (RESPUB_TIMEOUT, also at once for one that has passed, after a look at the
 * descriptors). EINTR goes on with the time that is left. RESPUB_EIO: poll failed, see errno. */
RESPUB_MUST_USE respub_status respub__wait(struct pollfd *fds, size_t n, int64_t deadline_ms);

/* The same for a caller who has just looked at the clock. */
RESPUB_MUST_USE respub_status respub__wait_from(struct pollfd *fds, size_t n, int64_t now_ms,
                                                int64_t deadline_ms);

/* A descriptor that any thread can make readable (eventfd or a pipe). */
typedef struct respub__wake {
  int read_fd;
  int write_fd;
} respub__wake;

/* RESPUB_EIO when the process has no descriptor left. */
RESPUB_MUST_USE respub_status respub__wake_open(respub__wake *wake);
void respub__wake_close(respub__wake *wake);

/* From any thread. Several rings before a drain are one. */
void respub__wake_ring(const respub__wake *wake);
void respub__wake_drain(const respub__wake *wake);

#endif
