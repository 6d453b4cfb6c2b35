#include "tests/support/peer.h"

#include "tests/support/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  READ_BYTES = 65536
};

static bool connect_to(respub_test_peer *p, int family, const void *address, size_t size) {
  *p = (respub_test_peer){.fd = socket(family, SOCK_STREAM, 0)};
  if (p->fd >= 0 && connect(p->fd, address, (socklen_t)size) == 0) {
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    return true;
  }
  respub_test_peer_close(p);
  return false;
}

bool respub_test_peer_tcp(respub_test_peer *p, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool connected = connect_to(p, AF_INET, &address, sizeof address);
  int on = 1;
  if (connected)
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connected;
}

bool respub_test_peer_unix(respub_test_peer *p, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return connect_to(p, AF_UNIX, &address, sizeof address);
}

void respub_test_peer_close(respub_test_peer *p) {
  if (p->fd >= 0)
    close(p->fd);
  free(p->bytes);
  *p = (respub_test_peer){.fd = -1};
}

static bool make_room(respub_test_peer *p) {
  if (p->cap - p->len > READ_BYTES)
    return true;
  size_t cap = p->cap * 2 + 2 * READ_BYTES;
  char *bytes = realloc(p->bytes, cap);
  if (bytes == NULL)
    return false;
  p->bytes = bytes;
  p->cap = cap;
  return true;
}

/* Takes what is there. False when nothing more can come. A reset is an end, too: a server that
 * closes before it has read everything resets. */
static bool take(respub_test_peer *p) {
  if (p->ended || !make_room(p))
    return false;
  ssize_t n = recv(p->fd, p->bytes + p->len, READ_BYTES, 0);
  if (n > 0)
    p->len += (size_t)n;
  p->bytes[p->len] = '\0';
  bool later = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  p->ended = n <= 0 && !later;
  return !p->ended;
}

/* Waits for events or the deadline; takes what came. */
static bool wait_and_take(respub_test_peer *p, short events, int64_t deadline) {
  struct pollfd fd = {.fd = p->fd, .events = events};
  if (p->ended || poll(&fd, 1, respub_test_left_ms(deadline)) <= 0)
    return false;
  return (fd.revents & ~POLLOUT) == 0 || take(p);
}

bool respub_test_peer_send(respub_test_peer *p, const void *bytes, size_t len, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  const char *at = bytes;
  while (len > 0) {
    ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL);
    if (n > 0) {
      at += n;
      len -= (size_t)n;
    } else if ((errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) ||
               !wait_and_take(p, POLLIN | POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

bool respub_test_peer_say(respub_test_peer *p, const char *text, int deadline_ms) {
  return respub_test_peer_send(p, text, strlen(text), deadline_ms);
}

void respub_test_peer_finish(respub_test_peer *p) {
  shutdown(p->fd, SHUT_WR);
}

bool respub_test_peer_receive(respub_test_peer *p, size_t n, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  while (p->len < n && wait_and_take(p, POLLIN, deadline))
    continue;
  return p->len >= n;
}

bool respub_test_peer_receive_end(respub_test_peer *p, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  while (wait_and_take(p, POLLIN, deadline))
    continue;
  return p->ended;
}

bool respub_test_peer_receive_text(respub_test_peer *p, const char *text, int deadline_ms) {
  int64_t deadline = respub_test_deadline(deadline_ms);
  while (p->bytes == NULL || strstr(p->bytes, text) == NULL) {
    if (!wait_and_take(p, POLLIN, deadline))
      return p->bytes != NULL && strstr(p->bytes, text) != NULL;
  }
  return true;
}

bool respub_test_peer_expect(respub_test_peer *p, const char *text, int deadline_ms) {
  size_t len = strlen(text);
  if (!respub_test_peer_receive(p, len, deadline_ms) || memcmp(p->bytes, text, len) != 0) {
    fprintf(stderr, "expected \"%s\", got \"%s\"\n", text, p->bytes == NULL ? "" : p->bytes);
    return false;
  }
  respub_test_peer_forget(p, len);
  return true;
}

void respub_test_peer_forget(respub_test_peer *p, size_t n) {
  if (n == 0)
    return;
  p->len -= n;
  memmove(p->bytes, p->bytes + n, p->len + 1);
}
