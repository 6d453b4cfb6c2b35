/* How long a subscriber of 100,000 channels takes to hold them all again after redis-server was
 * killed and started anew: from the event of the new connection to the event that says that all are
 * confirmed. Beside it, redis-cli --pipe sends the same commands to the same server and reads the
 * answers, from its start to its end.
 *
 * Prints a line each: who, milliseconds (the best of several rounds; the two take turns). */
#include "pubsub/pubsub.h"
#include "tests/support/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  ROUNDS = 3,
  CHANNELS = 100000,
  BATCH = 128 /* names in a command, as the subscriber sends them */
};

static void require(bool held, const char *what) {
  if (held)
    return;
  fprintf(stderr, "resubscribe_bench: %s failed\n", what);
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char names[CHANNELS][24];

static respub_slice name_at(size_t i) {
  return respub_slice_of_string(names[i]);
}

/* ------------------------------------------------------------------------------------------------
 * The subscriber */

static double connected_ms, restored_ms;
static size_t confirmed;

static void on_event(const respub_event *event, void *ctx) {
  (void)ctx;
  if (event->type == RESPUB_EVENT_CONNECTED) {
    connected_ms = now_ms();
    confirmed = 0;
  }
  confirmed += event->type == RESPUB_EVENT_SUBSCRIBED;
  if (event->type != RESPUB_EVENT_RESTORED)
    return;
  restored_ms = now_ms();
  respub_subscriber_stop(event->subscriber);
}

static respub_subscriber *open_subscriber(const respub_test_server *server) {
  respub_subscriber_options o;
  respub_subscriber *sub;
  respub_subscriber_options_init(&o);
  require(respub_options_from_url(&o.connection, respub_test_server_url(server), NULL) == RESPUB_OK,
          "url");
  o.on_event = on_event;
  o.backoff_min_ms = 10;
  o.backoff_max_ms = 50;
  require(respub_subscriber_open(&sub, &o, NULL) == RESPUB_OK, "open");
  for (size_t i = 0; i < CHANNELS; i++)
    require(respub_subscriber_subscribe(sub, name_at(i), NULL, NULL, NULL) == RESPUB_OK,
            "subscribe");
  require(respub_subscriber_flush(sub, 60000) == RESPUB_OK, "flush");
  return sub;
}

static double restore(respub_test_server *server, respub_subscriber *sub) {
  require(respub_test_server_kill(server) && respub_test_server_restart(server), "restart");
  require(respub_subscriber_run(sub) == RESPUB_OK && confirmed == CHANNELS, "restoration");
  return restored_ms - connected_ms;
}

/* ------------------------------------------------------------------------------------------------
 * redis-cli */

/* The commands in a file without a name. QUIT at the end, because a subscriber's connection does
 * not answer the ECHO by which redis-cli would see that all is answered. */
static int write_commands(void) {
  static char out[BATCH * 64];
  respub_slice args[BATCH + 1] = {RESPUB_LIT("SUBSCRIBE")};
  respub_slice quit = RESPUB_LIT("QUIT");
  FILE *file = tmpfile();
  require(file != NULL, "tmpfile");
  for (size_t i = 0; i < CHANNELS;) {
    size_t n = 1;
    while (n <= BATCH && i < CHANNELS)
      args[n++] = name_at(i++);
    size_t len = respub_encode_command(out, sizeof out, args, n);
    require(len <= sizeof out && fwrite(out, 1, len, file) == len, "write");
  }
  size_t len = respub_encode_command(out, sizeof out, &quit, 1);
  require(fwrite(out, 1, len, file) == len && fflush(file) == 0, "write");
  return fileno(file);
}

static double pipe_commands(const respub_test_server *server, int commands) {
  char port[16];
  snprintf(port, sizeof port, "%u", (unsigned)respub_test_server_port(server));
  require(lseek(commands, 0, SEEK_SET) == 0, "lseek");
  double start = now_ms();
  pid_t id = fork();
  if (id == 0) {
    int null = open("/dev/null", O_WRONLY);
    dup2(commands, 0);
    dup2(null, 1);
    dup2(null, 2);
    execlp("redis-cli", "redis-cli", "-p", port, "--pipe", (char *)NULL);
    _exit(127);
  }
  int status = 0;
  while (waitpid(id, &status, 0) < 0)
    require(errno == EINTR, "waitpid");
  require(WIFEXITED(status) && WEXITSTATUS(status) != 127, "redis-cli");
  return now_ms() - start;
}

static void keep_best(double *best, double ms) {
  if (*best == 0 || ms < *best)
    *best = ms;
}

int main(void) {
  double respub = 0, cli = 0;
  for (size_t i = 0; i < CHANNELS; i++)
    snprintf(names[i], sizeof names[i], "TICKER_UPDATES_%05x", (unsigned)i);
  respub_test_server *server = respub_test_server_start(NULL);
  require(server != NULL, "redis-server");
  respub_subscriber *sub = open_subscriber(server);
  int commands = write_commands();
  for (int round = 0; round < ROUNDS; round++) {
    keep_best(&respub, restore(server, sub));
    keep_best(&cli, pipe_commands(server, commands));
  }
  printf("respub\t%.1f\nredis-cli --pipe\t%.1f\n", respub, cli);
  respub_subscriber_close(sub);
  respub_test_server_free(server);
  return 0;
}
