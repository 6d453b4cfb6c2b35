/* socket.h - stream sockets; the only file pair that makes, configures or closes descriptors. Part
 * of what a port supplies.
 *
 * Every descriptor made here is close-on-exec and non-blocking (until
 * respub__socket_allow_waiting); TCP ones have TCP_NODELAY. No call raises SIGPIPE. EINTR is
 * handled here; close is never retried. Where a status is RESPUB_EIO, errno says why. Any thread
 * may call anything; nothing blocks but a host name in listen_tcp. */
#ifndef RESPUB_NET_SOCKET_H
#define RESPUB_NET_SOCKET_H

#include "net/net.h"

#include <netinet/in.h>
#include <sys/socket.h>

#if RESPUB_UNIX
#include <sys/un.h>
#endif

/* Where a socket is or goes to. A union of its own, because sockaddr_storage is more than this
 * layer needs. length 0: no address. */
typedef struct respub__address {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
#if RESPUB_UNIX
    struct sockaddr_un local;
#endif
  } as;
  socklen_t length;
} respub__address;

#define RESPUB__ADDRESS_TEXT 128 /* holds the text of any address, NUL included */

/* "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock"; returns out. */
const char *respub__address_text(const respub__address *address, char out[RESPUB__ADDRESS_TEXT]);

/* RESPUB_EARGUMENT when path is empty or too long for a socket address; EUNSUPPORTED. */
RESPUB_MUST_USE respub_status respub__address_local(respub__address *address, const char *path);

/* The address of an IPv4 or IPv6 host in numbers. RESPUB_EARGUMENT when it is anything else, and
 * for forms that only getaddrinfo reads: fewer numbers than four, a scope. */
RESPUB_MUST_USE respub_status respub__address_numeric(respub__address *address, const char *host,
                                                      uint16_t port);

typedef struct respub__socket_tuning {
  int keepalive_s;     /* 0: off */
  int user_timeout_ms; /* 0: the system's */
} respub__socket_tuning;

/* Begins to connect: ask respub__socket_connected at once, and again whenever it is ready for
 * POLLOUT. EFULL: a Unix socket's backlog is full, try again a little later. EIO. *fd is -1 unless
 * OK. */
RESPUB_MUST_USE respub_status respub__socket_connect(int *fd, const respub__address *address,
                                                     const respub__socket_tuning *tuning);

/* OK: connected. AGAIN: not yet. EIO: failed; the caller closes fd. */
RESPUB_MUST_USE respub_status respub__socket_connected(int fd);

/* As read and write of respub_transport: bytes > 0; 0: not now; RESPUB_EEOF (read only);
 * RESPUB_EIO. */
ptrdiff_t respub__socket_read(int fd, void *buf, size_t len);
ptrdiff_t respub__socket_write(int fd, const respub_slice *parts, size_t n);

/* As read_wait of respub_transport, of a socket that respub__socket_allow_waiting has been called
 * for; it waits as long as was said there. Nothing else waits on such a socket. */
ptrdiff_t respub__socket_read_wait(int fd, void *buf, size_t len);

/* Lets respub__socket_read_wait wait for timeout_ms (>= 1). EIO: it cannot. */
RESPUB_MUST_USE respub_status respub__socket_allow_waiting(int fd, int timeout_ms);

/* Accepts -1. Keeps errno. */
void respub__socket_close(int fd);

/* Listens on host (a name or an address in numbers; NULL or "": 127.0.0.1) and port; port 0 picks
 * one. allocator is for its addresses; NULL: malloc's. *bound, unless NULL, is the address that it
 * got. ERESOLVE, EIO; error filled. */
RESPUB_MUST_USE respub_status respub__socket_listen_tcp(int *fd, const char *host, uint16_t port,
                                                        const respub_allocator *allocator,
                                                        respub__address *bound,
                                                        respub_error *error);

/* Listens on a Unix socket. A socket file that nobody listens on any more is replaced; one that is
 * in use, or a file that is no socket, is EIO (EADDRINUSE). The caller unlinks path when done. */
RESPUB_MUST_USE respub_status respub__socket_listen_unix(int *fd, const char *path,
                                                         respub_error *error);

/* Listens at one address. EIO. */
RESPUB_MUST_USE respub_status respub__socket_listen(int *fd, const respub__address *address);

/* The next waiting connection. AGAIN: none. EFULL: no descriptor or memory left now; the connection
 * stays in the queue, so stop polling the listener for a while. EIO: the listener is broken. *peer
 * and tuning may be NULL. */
RESPUB_MUST_USE respub_status respub__socket_accept(int *fd, int listener, respub__address *peer,
                                                    const respub__socket_tuning *tuning);

/* The port of an IPv4 or IPv6 address, 0 for others. */
uint16_t respub__address_port(const respub__address *address);

/* Makes a foreign descriptor (a pipe's) close-on-exec and non-blocking. */
RESPUB_MUST_USE respub_status respub__socket_adopt(int fd);

#endif
