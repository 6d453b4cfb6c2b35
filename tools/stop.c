#include "tools/stop.h"

#include "tools/command.h"
#include "tools/say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
  GRACE_MS = 1000
};

/* What travels through the pipe to the waiting thread; LATE does not, it stands for nothing. */
static const char SIGNALLED = 's', FORGET = 'f', LATE = 'l';

static int notes[2] = {-1, -1};
static pthread_t waiter;
static bool waiting;
static void (*stop_function)(void *ctx);
static void *stop_ctx;

/* Async-signal-safe. When the pipe is full, there are signals enough in it. */
static void on_signal(int number) {
  int saved = errno;
  ssize_t n = write(notes[1], &SIGNALLED, 1);
  (void)number;
  (void)n;
  errno = saved;
}

/* Waits for at most timeout_ms (-1: for ever). */
static char next_note(int timeout_ms) {
  struct pollfd fd = {.fd = notes[0], .events = POLLIN};
  char note = FORGET;
  int n;
  do
    n = poll(&fd, 1, timeout_ms);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    return LATE;
  while (read(notes[0], &note, 1) < 0 && errno == EINTR)
    continue;
  return note;
}

static void *wait_for_signals(void *arg) {
  (void)arg;
  if (next_note(-1) == FORGET)
    return NULL;
  stop_function(stop_ctx);
  if (next_note(GRACE_MS) != FORGET)
    _exit(EXIT_DONE);
  return NULL;
}

static void handle(int number, void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

static bool open_pipe(void) {
  if (pipe(notes) != 0)
    return false;
  for (int i = 0; i < 2; i++)
    if (fcntl(notes[i], F_SETFD, FD_CLOEXEC) < 0)
      return false;
  return fcntl(notes[1], F_SETFL, O_NONBLOCK) >= 0;
}

bool stop_on_signals(void (*stop)(void *ctx), void *ctx) {
  stop_function = stop;
  stop_ctx = ctx;
  if (!open_pipe()) {
    say("cannot prepare for signals: %s", strerror(errno));
    return false;
  }
  int error = pthread_create(&waiter, NULL, wait_for_signals, NULL);
  if (error != 0) {
    say("cannot prepare for signals: %s", strerror(error));
    return false;
  }
  waiting = true;
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  return true;
}

void stop_forget(void) {
  if (!waiting)
    return;
  handle(SIGINT, SIG_IGN);
  handle(SIGTERM, SIG_IGN);
  /* One that comes while the pipe is full of signals is not needed: each of them ends the thread.
   */
  while (write(notes[1], &FORGET, 1) < 0 && errno == EINTR)
    continue;
  pthread_join(waiter, NULL);
  waiting = false;
}
