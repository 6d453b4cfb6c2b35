/* accept4, and Linux's names of its socket options. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* One send call takes so many parts at most; POSIX promises 16 and every system in use more. */
#define PARTS_AT_ONCE 16

/* Also on a socket that waiting is allowed on. */
#ifdef MSG_DONTWAIT
#define NEVER_WAIT MSG_DONTWAIT
#else
#define NEVER_WAIT 0
#endif

#ifdef MSG_NOSIGNAL
#define SEND_FLAGS (NEVER_WAIT | MSG_NOSIGNAL)
#elif defined(SO_NOSIGPIPE)
#define SEND_FLAGS NEVER_WAIT
#else
#error "this system has neither MSG_NOSIGNAL nor SO_NOSIGPIPE: a lost peer would kill the process"
#endif

#ifdef TCP_KEEPIDLE
#define KEEPALIVE_IDLE TCP_KEEPIDLE
#elif defined(TCP_KEEPALIVE)
#define KEEPALIVE_IDLE TCP_KEEPALIVE
#endif

/* ------------------------------------------------------------------------------------------------
 * Making and configuring */

void respub__socket_close(int fd) {
  if (fd < 0)
    return;
  int saved = errno;
  /* After EINTR the descriptor is gone on every system in use: a second close could hit another
   * thread's. */
  (void)close(fd);
  errno = saved;
}

respub_status respub__socket_adopt(int fd) {
  int descriptor_flags = fcntl(fd, F_GETFD);
  int status_flags = fcntl(fd, F_GETFL);
  if (descriptor_flags < 0 || fcntl(fd, F_SETFD, descriptor_flags | FD_CLOEXEC) < 0 ||
      status_flags < 0 || fcntl(fd, F_SETFL, status_flags | O_NONBLOCK) < 0)
    return RESPUB_EIO;
#ifdef SO_NOSIGPIPE
  int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return RESPUB_OK;
}

#if defined(__linux__)
static int new_socket(sa_family_t family) {
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int accept_one(int listener, struct sockaddr *peer, socklen_t *length) {
  return accept4(listener, peer, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
#else
/* Between the two steps a fork in another thread could let the descriptor slip into a child:
 * without the calls above that cannot be helped. */
static int adopted(int fd) {
  if (fd >= 0 && respub__socket_adopt(fd) != RESPUB_OK) {
    respub__socket_close(fd);
    return -1;
  }
  return fd;
}

static int new_socket(sa_family_t family) {
  return adopted(socket(family, SOCK_STREAM, 0));
}

static int accept_one(int listener, struct sockaddr *peer, socklen_t *length) {
  return adopted(accept(listener, peer, length));
}
#endif

static void set_option(int fd, int level, int name, int value) {
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void keep_alive(int fd, int idle_s) {
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef KEEPALIVE_IDLE
  set_option(fd, IPPROTO_TCP, KEEPALIVE_IDLE, idle_s);
#endif
  /* Three probes, spread over a third of the idle time each: a dead peer is known at twice that
   * time. */
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, idle_s >= 3 ? idle_s / 3 : 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
}

/* Every option here only improves what works without it, so that none can fail a connection. */
static void tune(int fd, sa_family_t family, const respub__socket_tuning *tuning) {
  if (family == AF_UNIX)
    return;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (tuning == NULL)
    return;
  if (tuning->keepalive_s > 0)
    keep_alive(fd, tuning->keepalive_s);
#ifdef TCP_USER_TIMEOUT
  if (tuning->user_timeout_ms > 0)
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, tuning->user_timeout_ms);
#endif
}

/* ------------------------------------------------------------------------------------------------
 * Connecting */

/* A port of the range that the system hands out, on this machine and with nobody listening, can be
 * given to the very socket that connects to it: it is then its own peer, and keeps the server from
 * coming back. */
static bool is_its_own_peer(int fd, const respub__address *peer) {
  respub__address self;
  self.length = sizeof self.as;
  if (peer->as.any.sa_family == AF_UNIX || getsockname(fd, &self.as.any, &self.length) != 0 ||
      respub__address_port(&self) != respub__address_port(peer))
    return false;
  if (peer->as.any.sa_family == AF_INET)
    return self.as.v4.sin_addr.s_addr == peer->as.v4.sin_addr.s_addr;
  return memcmp(&self.as.v6.sin6_addr, &peer->as.v6.sin6_addr, sizeof self.as.v6.sin6_addr) == 0;
}

respub_status respub__socket_connect(int *fd, const respub__address *address,
                                     const respub__socket_tuning *tuning) {
  *fd = -1;
  int s = new_socket(address->as.any.sa_family);
  if (s < 0)
    return RESPUB_EIO;
  tune(s, address->as.any.sa_family, tuning);
  /* An interrupted connect goes on by itself, like one that was told not to wait. */
  if (connect(s, &address->as.any, address->length) != 0 && errno != EINPROGRESS &&
      errno != EINTR) {
    bool backlog_full = errno == EAGAIN && address->as.any.sa_family == AF_UNIX;
    respub__socket_close(s);
    return backlog_full ? RESPUB_EFULL : RESPUB_EIO;
  }
  *fd = s;
  return RESPUB_OK;
}

respub_status respub__socket_connected(int fd) {
  int reason = 0;
  socklen_t length = sizeof reason;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &length) != 0)
    return RESPUB_EIO;
  if (reason != 0) {
    errno = reason;
    return RESPUB_EIO;
  }
  /* No error is also what a socket says that is still connecting. */
  respub__address peer;
  peer.length = sizeof peer.as;
  if (getpeername(fd, &peer.as.any, &peer.length) != 0)
    return errno == ENOTCONN ? RESPUB_AGAIN : RESPUB_EIO;
  if (!is_its_own_peer(fd, &peer))
    return RESPUB_OK;
  errno = ECONNREFUSED;
  return RESPUB_EIO;
}

/* ------------------------------------------------------------------------------------------------
 * Reading and writing */

static bool not_now(int reason) {
  return reason == EAGAIN || reason == EWOULDBLOCK;
}

ptrdiff_t respub__socket_read(int fd, void *buf, size_t len) {
  for (;;) {
    ptrdiff_t got = recv(fd, buf, len, NEVER_WAIT);
    if (got > 0)
      return got;
    if (got == 0)
      return RESPUB_EEOF;
    if (errno != EINTR)
      return not_now(errno) ? 0 : RESPUB_EIO;
  }
}

ptrdiff_t respub__socket_read_wait(int fd, void *buf, size_t len) {
  ptrdiff_t got = recv(fd, buf, len, 0);
  if (got > 0)
    return got;
  if (got == 0)
    return RESPUB_EEOF;
  return not_now(errno) || errno == EINTR ? 0 : RESPUB_EIO;
}

respub_status respub__socket_allow_waiting(int fd, int timeout_ms) {
#ifdef MSG_DONTWAIT
  struct timeval most = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0 &&
      fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
    return RESPUB_OK;
#else
  (void)fd;
  (void)timeout_ms;
#endif
  return RESPUB_EIO;
}

static ptrdiff_t send_parts(int fd, const respub_slice *parts, size_t n) {
  struct iovec vector[PARTS_AT_ONCE];
  struct msghdr message = {0};
  size_t count = n < PARTS_AT_ONCE ? n : PARTS_AT_ONCE;
  for (size_t i = 0; i < count; i++) {
    /* iovec serves reading too, so its pointer is not const. */
    union {
      const char *from;
      void *to;
    } pointer = {parts[i].ptr};
    vector[i].iov_base = pointer.to;
    vector[i].iov_len = parts[i].len;
    message.msg_iovlen++; /* counted so, because systems disagree on its type */
  }
  message.msg_iov = vector;
  return sendmsg(fd, &message, SEND_FLAGS);
}

ptrdiff_t respub__socket_write(int fd, const respub_slice *parts, size_t n) {
  for (;;) {
    ptrdiff_t put =
        n == 1 ? send(fd, parts[0].ptr, parts[0].len, SEND_FLAGS) : send_parts(fd, parts, n);
    if (put >= 0)
      return put;
    if (errno != EINTR)
      return not_now(errno) ? 0 : RESPUB_EIO;
  }
}

/* ------------------------------------------------------------------------------------------------
 * Listening */

respub_status respub__socket_listen(int *fd, const respub__address *address) {
  *fd = -1;
  int s = new_socket(address->as.any.sa_family);
  if (s < 0)
    return RESPUB_EIO;
  /* Else a restarted server waits for the last one's connections to be forgotten. For a Unix socket
   * it means nothing. */
  if (address->as.any.sa_family != AF_UNIX)
    set_option(s, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(s, &address->as.any, address->length) != 0 || listen(s, SOMAXCONN) != 0) {
    respub__socket_close(s);
    return RESPUB_EIO;
  }
  *fd = s;
  return RESPUB_OK;
}

static bool is_shortage(int reason) {
  return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

/* What accept reports of the connection that it was about to give: there may be a next one. The
 * network errors are Linux's habit of passing on what waited on the new socket. */
static bool is_of_one_connection(int reason) {
  return reason == EINTR || reason == ECONNABORTED || reason == EPROTO || reason == EPERM ||
         reason == ENETDOWN || reason == ENETUNREACH || reason == EHOSTUNREACH;
}

respub_status respub__socket_accept(int *fd, int listener, respub__address *peer,
                                    const respub__socket_tuning *tuning) {
  respub__address ignored;
  respub__address *from = peer != NULL ? peer : &ignored;
  do {
    from->length = sizeof from->as;
    from->as.any.sa_family = AF_UNSPEC;
    *fd = accept_one(listener, &from->as.any, &from->length);
  } while (*fd < 0 && is_of_one_connection(errno));
  if (*fd >= 0) {
    tune(*fd, from->as.any.sa_family, tuning);
    return RESPUB_OK;
  }
  if (not_now(errno))
    return RESPUB_AGAIN;
  return is_shortage(errno) ? RESPUB_EFULL : RESPUB_EIO;
}
