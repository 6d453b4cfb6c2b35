/* peer.h - a bare connection to a server: bytes out, bytes in, nothing understood.
 *
 * Deadlines are scaled (wait.h). A peer belongs to one thread at a time. */
#ifndef RESPUB_TESTS_SUPPORT_PEER_H
#define RESPUB_TESTS_SUPPORT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct respub_test_peer {
  int fd;      /* -1: not connected */
  char *bytes; /* what has come and was not forgotten, with a NUL behind its len bytes */
  size_t len;
  size_t cap;
  bool ended; /* the server has closed */
} respub_test_peer;

/* To a port of 127.0.0.1, or to a Unix socket. False, and nothing to close, when it is refused. */
bool respub_test_peer_tcp(respub_test_peer *p, uint16_t port);
bool respub_test_peer_unix(respub_test_peer *p, const char *path);

/* True when the server's kernel took all len bytes before the deadline. What comes back in the
 * meantime is kept. */
bool respub_test_peer_send(respub_test_peer *p, const void *bytes, size_t len, int deadline_ms);

/* The same for a string. */
bool respub_test_peer_say(respub_test_peer *p, const char *text, int deadline_ms);

/* No more is going to be sent. */
void respub_test_peer_finish(respub_test_peer *p);

/* Reads until at least n bytes are there (false: end or deadline first), until the server closes,
 * or until text is among the bytes. */
bool respub_test_peer_receive(respub_test_peer *p, size_t n, int deadline_ms);
bool respub_test_peer_receive_end(respub_test_peer *p, int deadline_ms);
bool respub_test_peer_receive_text(respub_test_peer *p, const char *text, int deadline_ms);

/* True when exactly this comes next; it is then forgotten. Bytes behind it may be there already. */
bool respub_test_peer_expect(respub_test_peer *p, const char *text, int deadline_ms);

/* Drops the first n (<= len) bytes. */
void respub_test_peer_forget(respub_test_peer *p, size_t n);

void respub_test_peer_close(respub_test_peer *p);

#endif
