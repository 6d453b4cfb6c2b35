#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int pipe_ends[2];

static void note(int signal_number) {
  int saved = errno;
  (void)signal_number;
  if (write(pipe_ends[1], "", 1) < 0) {
    /* The pipe is full of earlier signals: the loop will see those. */
  }
  errno = saved;
}

int signals_open(void) {
  if (pipe(pipe_ends) < 0)
    return -1;
  for (int i = 0; i < 2; i++)
    if (fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC) < 0)
      return -1;
  struct sigaction action = {.sa_handler = note};
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0)
    return -1;
  return pipe_ends[0];
}
