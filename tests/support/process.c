#include "tests/support/process.h"

#include "tests/support/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* One stream of the child: bytes read so far, of which those before taken were handed out. */
typedef struct stream {
  int fd;
  char *bytes;
  size_t len;
  size_t cap;
  size_t taken;
} stream;

struct respub_test_process {
  pid_t pid;
  int ended;
  int in;
  stream out;
  stream err;
};

static const char *below(const char *variable, const char *otherwise, const char *name, char *out,
                         size_t cap) {
  const char *folder = getenv(variable);
  int n = snprintf(out, cap, "%s/%s", folder == NULL ? otherwise : folder, name);
  if ((n < 0 || (size_t)n >= cap) && cap > 0)
    out[0] = '\0';
  return out;
}

const char *respub_test_built(const char *name, char *out, size_t cap) {
  return below("RESPUB_BUILD", "build", name, out, cap);
}

const char *respub_test_source(const char *name, char *out, size_t cap) {
  return below("RESPUB_TOP", ".", name, out, cap);
}

/* --- starting --- */

static void close_fd(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

static void close_pipes(int pipes[3][2]) {
  for (int i = 0; i < 3; i++) {
    close_fd(&pipes[i][0]);
    close_fd(&pipes[i][1]);
  }
}

static bool open_pipes(int pipes[3][2]) {
  for (int i = 0; i < 3; i++)
    pipes[i][0] = pipes[i][1] = -1;
  for (int i = 0; i < 3; i++) {
    if (pipe(pipes[i]) != 0) {
      close_pipes(pipes);
      return false;
    }
    for (int k = 0; k < 2; k++)
      fcntl(pipes[i][k], F_SETFD, FD_CLOEXEC);
  }
  return true;
}

/* Runs in the child between fork and exec: only async-signal-safe calls. */
static void become(const char *const argv[], int pipes[3][2], pid_t parent) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  /* The parent may have died before the line above. */
  if (getppid() != parent)
    _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(pipes[0][0], 0) >= 0 && dup2(pipes[1][1], 1) >= 0 && dup2(pipes[2][1], 2) >= 0)
    execvp(argv[0], (char *const *)(uintptr_t)argv);
  _exit(127);
}

static int keep(int pipes[3][2], int stream_index, int end) {
  int fd = pipes[stream_index][end];
  pipes[stream_index][end] = -1;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

static bool start_in(respub_test_process *p, const char *const argv[]) {
  int pipes[3][2];
  if (!open_pipes(pipes))
    return false;
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0)
    become(argv, pipes, parent);
  if (pid > 0) {
    p->pid = pid;
    p->in = keep(pipes, 0, 1);
    p->out.fd = keep(pipes, 1, 0);
    p->err.fd = keep(pipes, 2, 0);
  }
  close_pipes(pipes);
  return pid > 0;
}

respub_test_process *respub_test_process_start(const char *const argv[]) {
  /* Between pipe and FD_CLOEXEC another thread's child would inherit the ends and hold them. */
  static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
  respub_test_process *p = calloc(1, sizeof *p);
  if (p == NULL)
    return NULL;
  p->in = p->out.fd = p->err.fd = -1;
  p->ended = RESPUB_TEST_RUNNING;
  pthread_mutex_lock(&one_at_a_time);
  bool started = start_in(p, argv);
  pthread_mutex_unlock(&one_at_a_time);
  if (!started) {
    free(p);
    return NULL;
  }
  return p;
}

/* --- reading --- */

/* Keeps one byte free for a NUL. */
static bool reserve(stream *s) {
  if (s->cap - s->len > 4096)
    return true;
  size_t cap = s->cap == 0 ? 16384 : s->cap * 2;
  char *bytes = realloc(s->bytes, cap);
  if (bytes == NULL)
    return false;
  s->bytes = bytes;
  s->cap = cap;
  return true;
}

/* Takes what is there without waiting. */
static void drain(stream *s) {
  while (s->fd >= 0) {
    if (!reserve(s)) {
      close_fd(&s->fd);
      return;
    }
    ssize_t n = read(s->fd, s->bytes + s->len, s->cap - s->len - 1);
    if (n > 0)
      s->len += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
      close_fd(&s->fd);
    else if (errno == EAGAIN)
      return;
  }
}

static const char *text_of(stream *s) {
  if (s->bytes == NULL)
    return "";
  s->bytes[s->len] = '\0';
  return s->bytes;
}

static void reap(respub_test_process *p) {
  int status;
  if (p->pid == 0)
    return;
  pid_t got = waitpid(p->pid, &status, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR))
    return;
  p->pid = 0;
  if (got < 0)
    p->ended = RESPUB_TEST_BROKEN;
  else
    p->ended = WIFEXITED(status) ? WEXITSTATUS(status) : RESPUB_TEST_SIGNALLED + WTERMSIG(status);
}

/* Waits a short while for the child to say something, to take input (when asked) or to end. */
static void pump(respub_test_process *p, bool writing, int64_t deadline) {
  struct pollfd fds[3] = {{.fd = p->out.fd, .events = POLLIN},
                          {.fd = p->err.fd, .events = POLLIN},
                          {.fd = writing ? p->in : -1, .events = POLLOUT}};
  int left = respub_test_left_ms(deadline);
  /* The end of the child is not a poll event when it, or one of its own, still holds the pipes. */
  poll(fds, 3, left < 5 ? left : 5);
  /* Reaped first: what it said before its end is then in the pipes. */
  reap(p);
  drain(&p->out);
  drain(&p->err);
}

/* --- talking --- */

pid_t respub_test_process_id(const respub_test_process *p) {
  return p->pid;
}

static ssize_t write_without_sigpipe(int fd, const char *bytes, size_t len) {
  sigset_t pipe_only, before;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  ssize_t n = write(fd, bytes, len);
  int error = errno;
  if (n < 0 && error == EPIPE && !sigismember(&before, SIGPIPE))
    sigwait(&pipe_only, &(int){0});
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return n;
}

/* Returns how many bytes are left to write; closes the input when the child no longer reads it. */
static size_t feed(respub_test_process *p, const char *bytes, size_t len) {
  ssize_t n = write_without_sigpipe(p->in, bytes, len);
  if (n >= 0)
    return len - (size_t)n;
  if (errno != EAGAIN && errno != EINTR)
    close_fd(&p->in);
  return len;
}

bool respub_test_process_write(respub_test_process *p, const void *bytes, size_t len,
                               int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  size_t left = len;
  while (left > 0 && p->in >= 0) {
    left = feed(p, (const char *)bytes + (len - left), left);
    if (left == 0 || respub_test_left_ms(deadline) == 0)
      break;
    pump(p, true, deadline);
  }
  return left == 0;
}

void respub_test_process_close_input(respub_test_process *p) {
  close_fd(&p->in);
}

static const char *take_line(stream *s) {
  char *start = s->bytes + s->taken;
  size_t len = s->len - s->taken;
  char *newline = len == 0 ? NULL : memchr(start, '\n', len);
  if (newline == NULL && (s->fd >= 0 || len == 0))
    return NULL;
  if (newline == NULL)
    newline = s->bytes + s->len;
  *newline = '\0';
  s->taken = (size_t)(newline - s->bytes) + (newline < s->bytes + s->len ? 1 : 0);
  return start;
}

static const char *next_line(respub_test_process *p, int64_t deadline) {
  for (;;) {
    const char *line = take_line(&p->out);
    if (line != NULL || p->out.fd < 0 || respub_test_left_ms(deadline) == 0)
      return line;
    pump(p, false, deadline);
  }
}

const char *respub_test_process_line(respub_test_process *p, int deadline_ms) {
  return next_line(p, respub_test_deadline(deadline_ms));
}

bool respub_test_process_line_is(respub_test_process *p, const char *wanted, int deadline_ms) {
  const char *line = respub_test_process_line(p, deadline_ms);
  bool is = line != NULL && strcmp(line, wanted) == 0;
  if (!is)
    fprintf(stderr, "wanted: %s\n   got: %s\n%s\n", wanted, line != NULL ? line : "nothing",
            respub_test_process_errors(p));
  return is;
}

const char *respub_test_process_line_with(respub_test_process *p, const char *text,
                                          int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  const char *line;
  do
    line = next_line(p, deadline);
  while (line != NULL && strstr(line, text) == NULL);
  return line;
}

bool respub_test_process_error_with(respub_test_process *p, const char *text, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  drain(&p->err);
  while (strstr(text_of(&p->err), text) == NULL) {
    if (p->err.fd < 0 || respub_test_left_ms(deadline) == 0)
      return false;
    pump(p, false, deadline);
  }
  return true;
}

const char *respub_test_process_errors(respub_test_process *p) {
  drain(&p->err);
  return text_of(&p->err);
}

/* --- ending --- */

bool respub_test_process_signal(respub_test_process *p, int signal) {
  reap(p);
  return p->pid != 0 && kill(p->pid, signal) == 0;
}

int respub_test_process_wait(respub_test_process *p, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  pump(p, false, 0);
  while (p->pid != 0 && respub_test_left_ms(deadline) > 0)
    pump(p, false, deadline);
  return p->ended;
}

static void kill_and_reap(respub_test_process *p) {
  if (!respub_test_process_signal(p, SIGKILL))
    return;
  while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  p->pid = 0;
}

void respub_test_process_end(respub_test_process *p) {
  if (p == NULL)
    return;
  kill_and_reap(p);
  close_fd(&p->in);
  close_fd(&p->out.fd);
  close_fd(&p->err.fd);
  free(p->out.bytes);
  free(p->err.bytes);
  free(p);
}

/* --- run to the end --- */

static char *hand_over(stream *s, size_t *len) {
  *len = s->len;
  if (s->bytes == NULL)
    return calloc(1, 1);
  s->bytes[s->len] = '\0';
  char *bytes = s->bytes;
  s->bytes = NULL;
  return bytes;
}

int respub_test_run(const char *const argv[], const void *input, size_t input_len, int deadline_ms,
                    respub_test_output *result) {
  *result = (respub_test_output){.ended = RESPUB_TEST_BROKEN};
  int64_t deadline = respub_test_deadline(deadline_ms);
  respub_test_process *p = respub_test_process_start(argv);
  if (p == NULL)
    return result->ended;
  size_t left = input_len;
  while (p->pid != 0 && respub_test_left_ms(deadline) > 0) {
    if (left > 0 && p->in >= 0)
      left = feed(p, (const char *)input + (input_len - left), left);
    if (left == 0)
      close_fd(&p->in);
    pump(p, p->in >= 0, deadline);
  }
  result->ended = p->ended;
  result->out = hand_over(&p->out, &result->out_len);
  result->err = hand_over(&p->err, &result->err_len);
  respub_test_process_end(p);
  return result->ended;
}

void respub_test_output_free(respub_test_output *result) {
  free(result->out);
  free(result->err);
  *result = (respub_test_output){.ended = RESPUB_TEST_BROKEN};
}
