#include "tests/support/trickle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
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

static bool pass_on(int from, int to) {
  char bytes[256];
  ssize_t n = recv(from, bytes, sizeof bytes, 0);
  if (n <= 0)
    return false;
  for (ssize_t i = 0; i < n; i++)
    if (send(to, bytes + i, 1, MSG_NOSIGNAL) != 1)
      return false;
  return true;
}

/* False when the proxy is to end. */
static bool serve(respub_test_trickle *t, int client) {
  const int on = 1;
  int server = connect_to(t->target);
  bool go_on = true;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (server >= 0) {
    struct pollfd fds[] = {{t->stop[0], POLLIN, 0}, {client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(fds, 3, -1) < 0 || fds[0].revents != 0) {
      go_on = false;
      break;
    }
    if (fds[1].revents != 0 && !pass_on(client, server))
      break;
    if (fds[2].revents != 0 && !pass_on(server, client))
      break;
  }
  if (server >= 0)
    close(server);
  close(client);
  return go_on;
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

void respub_test_trickle_free(respub_test_trickle *t) {
  if (t == NULL)
    return;
  close(t->stop[1]);
  pthread_join(t->thread, NULL);
  close(t->stop[0]);
  close(t->listener);
  free(t);
}
