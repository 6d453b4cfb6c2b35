#include "tests/support/trickle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct respub_test_trickle {
  pthread_t thread;
  int listener;
  int stop[2]; /* a pipe: closing its end ends the thread */
  uint16_t port, target;
  atomic_bool loses, sticks;
};

enum {
  DRIP_MS = 20
};

static struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in a;
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static int connect_to(uint16_t port) {
  struct sockaddr_in a = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static bool send_slowly(int to, const char *bytes, ssize_t n) {
  for (ssize_t i = 0; i < n; i++)
    if (send(to, bytes + i, 1, MSG_NOSIGNAL) != 1)
      return false;
  return true;
}

static bool pass_on(int from, int to, atomic_bool *loses) {
  char bytes[256];
  ssize_t n = recv(from, bytes, sizeof bytes - 1, 0);
  if (n <= 0)
    return false;
  bytes[n] = '\0';
  if (loses != NULL && strstr(bytes, "SUBSCRIBE") != NULL && atomic_exchange(loses, false))
    return true;
  return send_slowly(to, bytes, n);
}

/* What a server never says. */
static bool drip(int client, bool *begun) {
  static const char head[] = "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1000000\r\n";
  bool sent = send_slowly(client, *begun ? "." : head, *begun ? 1 : (ssize_t)sizeof head - 1);
  *begun = true;
  return sent;
}

typedef enum passing {
  GOES_ON,
  IS_OVER,
  IS_TOLD_TO_END
} passing;

static passing pass_some(respub_test_trickle *t, int client, int server, bool *begun) {
  bool sticks = atomic_load(&t->sticks);
  struct pollfd fds[] = {
      {t->stop[0], POLLIN, 0}, {client, POLLIN, 0}, {sticks ? -1 : server, POLLIN, 0}};
  if (poll(fds, 3, DRIP_MS) < 0 || fds[0].revents != 0)
    return IS_TOLD_TO_END;
  if (fds[1].revents != 0 && !pass_on(client, server, &t->loses))
    return IS_OVER;
  if (sticks && !drip(client, begun))
    return IS_OVER;
  return fds[2].revents != 0 && !pass_on(server, client, NULL) ? IS_OVER : GOES_ON;
}

/* False when the proxy is to end. */
static bool serve(respub_test_trickle *t, int client) {
  const int on = 1;
  int server = connect_to(t->target);
  passing now = server >= 0 ? GOES_ON : IS_OVER;
  bool begun = false;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (now == GOES_ON)
    now = pass_some(t, client, server, &begun);
  atomic_store(&t->sticks, false);
  if (server >= 0)
    close(server);
  close(client);
  return now != IS_TOLD_TO_END;
}

static void *trickle_main(void *arg) {
  respub_test_trickle *t = arg;
  for (bool go_on = true; go_on;) {
    struct pollfd fds[] = {{t->stop[0], POLLIN, 0}, {t->listener, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 || fds[0].revents != 0)
      break;
    int client = accept(t->listener, NULL, NULL);
    if (client >= 0)
      go_on = serve(t, client);
  }
  return NULL;
}

respub_test_trickle *respub_test_trickle_start(uint16_t port) {
  respub_test_trickle *t = calloc(1, sizeof *t);
  struct sockaddr_in a = loopback(0);
  socklen_t len = sizeof a;
  if (t == NULL)
    return NULL;
  t->target = port;
  t->listener = socket(AF_INET, SOCK_STREAM, 0);
  if (t->listener < 0 || bind(t->listener, (struct sockaddr *)&a, sizeof a) != 0 ||
      listen(t->listener, 8) != 0 || getsockname(t->listener, (struct sockaddr *)&a, &len) != 0 ||
      pipe(t->stop) != 0 || pthread_create(&t->thread, NULL, trickle_main, t) != 0)
    abort();
  t->port = ntohs(a.sin_port);
  return t;
}

uint16_t respub_test_trickle_port(const respub_test_trickle *t) {
  return t->port;
}

void respub_test_trickle_lose(respub_test_trickle *t) {
  atomic_store(&t->loses, true);
}

void respub_test_trickle_stick(respub_test_trickle *t) {
  atomic_store(&t->sticks, true);
}

void respub_test_trickle_free(respub_test_trickle *t) {
  if (t == NULL)
    return;
  close(t->stop[1]);
  pthread_join(t->thread, NULL);
  close(t->stop[0]);
  close(t->listener);
  free(t);
}
