#include "tests/support/server.h"

#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/wait.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Ports are taken from below the range from which kernels choose the ports of outgoing connections
 * (from 32768 on Linux): a client that keeps trying to reach a stopped server on a port of that
 * range can be given the very same port for its own end, and is then connected to itself. */
enum {
  FIRST_PORT = 15000,
  PORTS = 15000,
  MAX_EXTRA = 32,
  START_MS = 20000,
  COMMAND_MS = 5000
};

struct respub_test_server {
  bool is_broker;
  respub_test_process *process;
  uint16_t port;
  char folder[RESPUB_TEST_TEMPORARY];
  char path[80];
  char url[64];
  char unix_url[96];
  char *extra[MAX_EXTRA + 1];
  char complaint[512]; /* what it said on standard error when it did not come up */
};

/* --- talking to it --- */

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int n = snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = n > 0 && (size_t)n < sizeof address.sun_path ? socket(AF_UNIX, SOCK_STREAM, 0) : -1;
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/* Reads to the end of the stream. */
static long receive(int fd, char *reply, size_t cap, int64_t deadline) {
  size_t len = 0;
  for (;;) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (len == cap || poll(&readable, 1, respub_test_left_ms(deadline)) <= 0)
      return -1;
    ssize_t n = recv(fd, reply + len, cap - len, 0);
    if (n < 0)
      return -1;
    if (n == 0)
      return (long)len;
    len += (size_t)n;
  }
}

/* QUIT makes the end of the connection the end of the replies, so that they need not be decoded. */
long respub_test_server_command(const respub_test_server *s, char *reply, size_t cap,
                                const char *command) {
  static const char quit[] = "\r\nQUIT\r\n";
  static const char bye[] = "+OK\r\n";
  const size_t bye_len = sizeof bye - 1;
  int fd = connect_to(s->path);
  if (fd < 0)
    return -1;
  long len = -1;
  if (send(fd, command, strlen(command), MSG_NOSIGNAL) == (ssize_t)strlen(command) &&
      send(fd, quit, sizeof quit - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof quit - 1))
    len = receive(fd, reply, cap, respub_test_deadline(COMMAND_MS));
  close(fd);
  if (len < (long)bye_len || memcmp(reply + len - bye_len, bye, bye_len) != 0)
    return -1;
  len -= (long)bye_len;
  reply[len] = '\0';
  return len;
}

bool respub_test_server_says(const respub_test_server *s, const char *command, const char *start) {
  static const size_t cap = (size_t)1 << 20;
  char *reply = malloc(cap);
  if (reply == NULL)
    return false;
  bool says = respub_test_server_command(s, reply, cap, command) >= (long)strlen(start) &&
              strncmp(reply, start, strlen(start)) == 0;
  free(reply);
  return says;
}

long respub_test_server_published(const respub_test_server *s) {
  static const char name[] = "cmdstat_publish:calls=";
  char reply[65536];
  if (respub_test_server_command(s, reply, sizeof reply, "INFO commandstats") <= 0)
    return -1;
  const char *line = strstr(reply, name);
  return line == NULL ? 0 : strtol(line + sizeof name - 1, NULL, 10);
}

/* --- starting --- */

static bool port_is_free(uint16_t port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  if (fd >= 0)
    close(fd);
  return is_free;
}

/* Programs of the suite run at the same time: each begins its search somewhere else. */
static uint16_t choose_port(void) {
  static unsigned next;
  if (next == 0)
    next = (unsigned)getpid() * 7919u;
  for (int tries = 0; tries < PORTS; tries++) {
    uint16_t port = (uint16_t)(FIRST_PORT + next++ % PORTS);
    if (port_is_free(port))
      return port;
  }
  return 0;
}

typedef struct start_state {
  respub_test_server *server;
  bool answered;
} start_state;

/* The socket's path is this server's alone, and redis-server opens it after its port: an answer
 * here cannot come from another server that was faster in taking the port. Wanting a password is an
 * answer too. */
static bool answers_or_ended(void *ctx) {
  start_state *state = ctx;
  state->answered = respub_test_server_says(state->server, "PING", "+PONG") ||
                    respub_test_server_says(state->server, "PING", "-NOAUTH");
  return state->answered || respub_test_process_wait(state->server->process, 0) >= 0;
}

static respub_test_process *start_redis(const respub_test_server *s, const char *port) {
  const char *own[] = {
      "redis-server", "--port", port,      "--bind",      "127.0.0.1", "--unixsocket",
      s->path,        "--dir",  s->folder, "--logfile",   "redis.log", "--appendonly",
      "no",           "--save", "",        "--daemonize", "no"};
  const char *argv[sizeof own / sizeof own[0] + MAX_EXTRA + 1] = {NULL};
  memcpy(argv, own, sizeof own);
  memcpy(argv + sizeof own / sizeof own[0], s->extra, sizeof s->extra);
  return respub_test_process_start(argv);
}

static respub_test_process *start_broker(const respub_test_server *s, const char *port) {
  char path[1024];
  const char *argv[] = {respub_test_built("respub", path, sizeof path),
                        "broker",
                        "--port",
                        port,
                        "--unix",
                        s->path,
                        NULL};
  return respub_test_process_start(argv);
}

static bool launch(respub_test_server *s) {
  char port[8];
  snprintf(port, sizeof port, "%u", (unsigned)s->port);
  unlink(s->path);
  s->process = s->is_broker ? start_broker(s, port) : start_redis(s, port);
  start_state state = {.server = s, .answered = false};
  if (s->process != NULL && respub_test_wait(answers_or_ended, &state, START_MS) && state.answered)
    return true;
  if (s->process != NULL)
    snprintf(s->complaint, sizeof s->complaint, "%s", respub_test_process_errors(s->process));
  respub_test_process_end(s->process);
  s->process = NULL;
  return false;
}

static bool keep_extra(respub_test_server *s, const char *const extra[]) {
  for (size_t i = 0; extra != NULL && extra[i] != NULL; i++) {
    s->extra[i] = i < MAX_EXTRA ? strdup(extra[i]) : NULL;
    if (s->extra[i] == NULL)
      return false;
  }
  return true;
}

static bool make_folder(respub_test_server *s) {
  if (mkdtemp(respub_test_temporary(s->folder, "test")) == NULL) {
    s->folder[0] = '\0';
    return false;
  }
  snprintf(s->path, sizeof s->path, "%s/redis.sock", s->folder);
  snprintf(s->unix_url, sizeof s->unix_url, "unix://%s", s->path);
  return true;
}

static bool start_on_some_port(respub_test_server *s) {
  for (int tries = 0; tries < 5; tries++) {
    s->port = choose_port();
    snprintf(s->url, sizeof s->url, "redis://127.0.0.1:%u", (unsigned)s->port);
    if (s->port != 0 && launch(s))
      return true;
  }
  return false;
}

static void show_log(const respub_test_server *s) {
  char path[80];
  char text[2048];
  snprintf(path, sizeof path, "%s/redis.log", s->folder);
  FILE *log = fopen(path, "r");
  size_t n = log == NULL ? 0 : fread(text, 1, sizeof text, log);
  if (log != NULL)
    fclose(log);
  fprintf(stderr, "%s does not come up.\n%s%.*s\n", s->is_broker ? "the broker" : "redis-server",
          s->complaint, (int)n, text);
}

static respub_test_server *start(bool is_broker, const char *const extra[]) {
  respub_test_server *s = calloc(1, sizeof *s);
  if (s == NULL)
    return NULL;
  s->is_broker = is_broker;
  if (keep_extra(s, extra) && make_folder(s) && start_on_some_port(s))
    return s;
  show_log(s);
  respub_test_server_free(s);
  return NULL;
}

respub_test_server *respub_test_server_start(const char *const extra[]) {
  return start(false, extra);
}

respub_test_server *respub_test_server_start_broker(void) {
  return start(true, NULL);
}

uint16_t respub_test_server_port(const respub_test_server *s) {
  return s->port;
}

const char *respub_test_server_path(const respub_test_server *s) {
  return s->path;
}

const char *respub_test_server_url(const respub_test_server *s) {
  return s->url;
}

const char *respub_test_server_unix_url(const respub_test_server *s) {
  return s->unix_url;
}

pid_t respub_test_server_id(const respub_test_server *s) {
  return s->process == NULL ? 0 : respub_test_process_id(s->process);
}

/* --- ending --- */

bool respub_test_server_kill(respub_test_server *s) {
  if (s->process == NULL)
    return false;
  bool was_running = respub_test_process_wait(s->process, 0) == RESPUB_TEST_RUNNING;
  respub_test_process_end(s->process);
  s->process = NULL;
  return was_running;
}

bool respub_test_server_stop(respub_test_server *s) {
  if (s->process == NULL || !respub_test_process_signal(s->process, SIGTERM))
    return respub_test_server_kill(s);
  bool ended = respub_test_process_wait(s->process, START_MS) != RESPUB_TEST_RUNNING;
  respub_test_process_end(s->process);
  s->process = NULL;
  return ended;
}

bool respub_test_server_restart(respub_test_server *s) {
  return s->process == NULL && launch(s);
}

bool respub_test_server_freeze(respub_test_server *s) {
  return s->process != NULL && respub_test_process_signal(s->process, SIGSTOP);
}

bool respub_test_server_thaw(respub_test_server *s) {
  return s->process != NULL && respub_test_process_signal(s->process, SIGCONT);
}

static void remove_folder(const char *folder) {
  DIR *entries = opendir(folder);
  if (entries == NULL)
    return;
  for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
    unlinkat(dirfd(entries), entry->d_name, 0);
  closedir(entries);
  rmdir(folder);
}

void respub_test_server_free(respub_test_server *s) {
  if (s == NULL)
    return;
  respub_test_process_end(s->process);
  if (s->folder[0] != '\0')
    remove_folder(s->folder);
  for (size_t i = 0; i < MAX_EXTRA; i++)
    free(s->extra[i]);
  free(s);
}
