/* net.h - one connection to a Redis server: URL, connect, handshake, commands and replies.
 *
 * Two ways to use a connection, which may be mixed: calls that wait (open, command, flush, reply),
 * each with a timeout, and calls that never wait (start, step, fill, take, push) for use with any
 * event loop.
 *
 * A connection belongs to one thread at a time: two calls on one connection must not overlap.
 * Different connections share nothing. After fork a child's calls on its parent's connection return
 * RESPUB_EFORKED and touch no socket; respub_conn_close then frees memory only and closes the
 * child's copy of the descriptor.
 *
 * Nothing in this layer prints, raises SIGPIPE or changes a signal's disposition. */
#ifndef RESPUB_NET_H
#define RESPUB_NET_H

#include "resp/resp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * Shared by all layers above resp */

/* What went wrong, in one sentence for a user: what was tried, on what, and why it failed. Never
 * holds a password. Filled on failure only; every function that takes one accepts NULL. */
typedef struct respub_error {
  respub_status status;
  char text[RESPUB_ERROR_BYTES];
} respub_error;

/* Where an object's memory comes from. resize(ctx, NULL, n) allocates, resize(ctx, p, n) changes
 * the size and may move, resize(ctx, p, 0) frees and returns NULL. Must be thread-safe where the
 * object is. (What a name's lookup holds is malloc's, because it may outlive the object.) */
typedef struct respub_allocator {
  void *ctx;
  void *(*resize)(void *ctx, void *ptr, size_t size);
} respub_allocator;

/* An allocator in size bytes at buffer, which is the caller's and must outlive whatever has memory
 * of it. First fit, neighbours that are free become one; up to two pointers and the alignment a
 * block. There is nothing to close. Any number of objects may share it, from any threads; after
 * fork a child gets nothing of it and its frees do nothing. Too small a buffer gives an allocator
 * that has no memory. */
respub_allocator respub_buffer_allocator(void *buffer, size_t size);

typedef enum respub_log_level {
  RESPUB_LOG_DEBUG,
  RESPUB_LOG_INFO,
  RESPUB_LOG_WARNING
} respub_log_level;

/* Called with one line, no newline, never a password; on the thread that does the work, no lock
 * held. It must not call the object that logs. */
typedef struct respub_log {
  void *ctx;
  void (*write)(void *ctx, respub_log_level level, const char *line);
} respub_log;

/* Milliseconds of a clock that never jumps; only differences mean something. */
int64_t respub_now_ms(void);

#define RESPUB_NEVER INT64_MAX /* a deadline that never comes */

/* ------------------------------------------------------------------------------------------------
 * Transport: where bytes come from and go to */

/* A stream of bytes; functions plus ctx. Sockets are one implementation; tests bring a simulated
 * network. No function may block, but read_wait. */
typedef struct respub_transport {
  void *ctx;
  /* Goes on with connecting. *deadline_ms tells when the caller will give up, so that the time can
   * be shared among several addresses. RESPUB_OK: connected. RESPUB_AGAIN: call again when the
   * descriptor is ready for the events now in *events, or at what is now *deadline_ms.
   * RESPUB_MORE: the same, while a name is being resolved; the caller's time begins behind that.
   * < 0: failed for good, error filled. */
  respub_status (*connect)(void *ctx, int64_t now_ms, short *events, int64_t *deadline_ms,
                           respub_error *error);
  /* > 0: so many bytes read (<= len). 0: none now, try again later. RESPUB_EEOF: the peer closed.
   * RESPUB_EIO: failed, errno says why. len >= 1. */
  ptrdiff_t (*read)(void *ctx, void *buf, size_t len);
  /* > 0: so many bytes of the n (>= 1) parts taken, in order, of which the first is not empty. 0:
   * none now, try again later. RESPUB_EIO: failed, errno says why. */
  ptrdiff_t (*write)(void *ctx, const respub_slice *parts, size_t n);
  /* Ends the stream and frees ctx. Called exactly once. */
  void (*close)(void *ctx);
  /* The descriptor to poll, -1 when there is none at the moment. It may change while connecting. */
  int (*fd)(void *ctx);
  /* As read, but waits up to timeout_ms (>= 1) for the first byte; 0 also when a signal came. NULL:
   * it cannot; whoever wants to wait polls fd. */
  ptrdiff_t (*read_wait)(void *ctx, void *buf, size_t len, int timeout_ms);
} respub_transport;

struct respub_options;

/* Makes a transport that is about to connect. *transport is all zero on entry. On failure it is
 * untouched, error filled. */
typedef respub_status respub_dial(void *ctx, const struct respub_options *options, int64_t now_ms,
                                  respub_transport *transport, respub_error *error);

/* ------------------------------------------------------------------------------------------------
 * Options */

#define RESPUB_DEFAULT_PORT 6379

/* Fills in user and password just before each handshake (token rotation). Called on the thread that
 * drives the connection; must not call it. The buffers hold the options' values at entry and must
 * end NUL-terminated. Any status but RESPUB_OK ends opening with it (with RESPUB_EAUTH for one that
 * is no failure). */
typedef respub_status respub_credentials(void *ctx, char *username, size_t username_capacity,
                                         char *password, size_t password_capacity);

/* A plain value: copy it freely, nothing to free. Pointers in it must outlive what is opened with
 * it. */
typedef struct respub_options {
  char host[RESPUB_HOST_BYTES]; /* name or address; default "localhost"; IPv6 without brackets */
  char unix_path[108];          /* not empty: a Unix socket instead of host and port */
  char username[RESPUB_USERNAME_BYTES]; /* empty: the default user */
  char password[RESPUB_PASSWORD_BYTES]; /* long enough for tokens; AUTH is sent unless both are
                                           empty */
  char client_name[RESPUB_CLIENT_NAME_BYTES]; /* CLIENT SETNAME unless empty; '!' to '~' only */
  uint16_t port;                              /* default 6379 */
  int32_t db;                                 /* SELECT unless 0; >= 0 */
  int protocol;                               /* 2 (default): no HELLO; 3: HELLO 3 */
  int connect_timeout_ms; /* all addresses and the handshake together, name resolution apart;
                             default 5000, >= 1 */
  int command_timeout_ms; /* default for calls given RESPUB_DEFAULT_TIMEOUT; default 5000, >= 1 */
  int keepalive_s;        /* TCP keepalive idle time; default 60; 0: off */
  int user_timeout_ms;    /* TCP_USER_TIMEOUT where it exists; default 30000; 0: the system's */
  size_t buffer_bytes;    /* first size of the read buffer; default RESPUB_BUFFER_BYTES, >= 64 */
  size_t output_bytes;    /* most bytes queued for sending; RESPUB_EFULL beyond; default
                             RESPUB_OUTPUT_BYTES */
  respub_limits limits;   /* of the replies; zeros: the decoder's defaults */
  respub_allocator allocator;      /* resize NULL (default): malloc, realloc, free */
  bool fixed_memory;               /* true: everything is taken at opening; default false, see
                                      below */
  respub_log log;                  /* write NULL (default): no log */
  respub_credentials *credentials; /* NULL (default): the fields above */
  void *credentials_ctx;
  respub_dial *dial; /* NULL (default): sockets */
  void *dial_ctx;
} respub_options;

#define RESPUB_DEFAULT_TIMEOUT (-1) /* the options' command_timeout_ms */

/* Sets every default. */
void respub_options_init(respub_options *options);

/* As respub_options_init, then what the URL says:
 *
 *   redis://[[username]:password@]host[:port][/db]     redis://user@host has a user and no password
 *   unix:///path/to/socket[?db=N]                      also unix://[[username]:password@]/path
 *
 * Percent-encoding is decoded in username, password, path and host; an IPv6 address stands in
 * brackets. A scheme compares without case. An empty host is "localhost". Refused with RESPUB_EURL
 * and a sentence that names the part at fault but never the password: other schemes (rediss:// says
 * that TLS is not built in), a port outside 1..65535, a db that is no number, an encoded NUL,
 * control characters or spaces, broken percent-encoding, a part that is too long, unknown query
 * parameters. On failure *options has the defaults. Source of the form:
 * https://www.iana.org/assignments/uri-schemes/prov/redis */
RESPUB_MUST_USE respub_status respub_options_from_url(respub_options *options, const char *url,
                                                      respub_error *error);

/* Where the options point to, for people: "redis://localhost:6379/0" or "unix:///path?db=0", IPv6
 * in brackets; without user and password. Returns the length, cuts at capacity (>= 1), always
 * NUL-terminated. */
size_t respub_options_address(const respub_options *options, char *out, size_t capacity);

/* -- Fixed memory --
 *
 * With fixed_memory an object takes one block from the allocator when it is opened, gives it back
 * when it is closed, and allocates nothing in between: not for messages, subscriptions or new
 * connections. What does not fit is refused with a status of its own, and all else goes on.
 *
 * - The read buffer has buffer_bytes, for one whole reply or message: a larger one is
 *   RESPUB_EBYTES, which ends the connection as every malformed reply does.
 * - A reply has at most 16 nodes, 128 with protocol 3, or limits.total and one more where that is
 *   set: beyond is RESPUB_ETOTAL.
 * - The write buffer has output_bytes, or what the handshake needs if that is more; RESPUB_EFULL.
 * - Of a host's addresses only the first four are tried.
 *
 * The system's own memory is not the object's: getaddrinfo, which is not asked for an address in
 * numbers or a Unix socket, the stacks of threads, sockets; nor is that of a foreign transport. */

/* The bytes that a buffer of respub_buffer_allocator needs, aligned as malloc's are, to hold one
 * connection with these options and fixed_memory: exactly, so that one less is RESPUB_ENOMEM when
 * it is opened. SIZE_MAX: more than there can be. */
size_t respub_conn_memory(const respub_options *options);

/* ------------------------------------------------------------------------------------------------
 * Connection */

typedef struct respub_conn respub_conn;

/* Connects and shakes hands, waiting for at most connect_timeout_ms (the time of the system's
 * resolver comes on top; addresses in numbers and Unix sockets need none). *conn is NULL on
 * failure.
 *
 * The handshake is one round trip: HELLO 3 [AUTH user password] (protocol 3) or AUTH; SELECT unless
 * db is 0; CLIENT SETNAME unless empty; CLIENT SETINFO lib-name and lib-ver, whose errors are
 * ignored because servers before 7.2 do not know it. When nothing of the first four is to be sent,
 * a PING goes first, of whose errors only -NOAUTH counts: old servers do not tell it to SETINFO.
 *
 * ERESOLVE, ECONNECT (the error text names the last address and reason), TIMEOUT (also a category
 * OK code: test for != RESPUB_OK), EAUTH (WRONGPASS, NOAUTH, NOPERM: will not heal by itself),
 * EREFUSED (any other error reply, its text in the error: -ERR max number of clients reached,
 * -LOADING, -DENIED ...), EPROTOCOL (a reply of another kind: not Redis), EEOF, EIO, ENOMEM,
 * EARGUMENT (an option out of its range), a decoder's code. */
RESPUB_MUST_USE respub_status respub_conn_open(respub_conn **conn, const respub_options *options,
                                               respub_error *error);

/* Closes and frees. Accepts NULL. */
void respub_conn_close(respub_conn *conn);

/* -- What every call below returns besides what it names --
 *
 * RESPUB_EFORKED in a forked child. RESPUB_ESTATE before the connection is ready, or when it never
 * became so. RESPUB_EARGUMENT, RESPUB_EFULL and RESPUB_ENOMEM leave the connection as it was. Every
 * other status < 0 is final: the connection is lost, each later call says so with the same status,
 * and respub_conn_error holds the sentence; close it. RESPUB_TIMEOUT is not final. A timeout_ms is
 * >= 0, or RESPUB_DEFAULT_TIMEOUT; with 0 a call does what it can without waiting. */

/* Sends one command and waits for its reply. *reply (NULL unless RESPUB_OK) may be an error reply:
 * that is the caller's to judge (respub_node_is_error). It is valid until the next call on this
 * connection. TIMEOUT: the reply is still due and respub_conn_reply will take it (after ENOMEM, if
 * respub_conn_due says so); until then another command returns RESPUB_ESTATE, so that no reply is
 * ever given to the wrong command. ESTATE also when replies of respub_conn_append are still due.
 * RESP3 pushes that come before the reply are passed over: a connection that awaits some is read
 * with respub_conn_reply or take. */
RESPUB_MUST_USE respub_status respub_conn_command(respub_conn *conn, const respub_slice *args,
                                                  size_t n, int timeout_ms,
                                                  const respub_node **reply, respub_error *error);

/* Queues one command of n (>= 1) arguments, which are copied; nothing is sent before flush, push or
 * reply. EFULL: output_bytes would be exceeded; nothing was queued. */
RESPUB_MUST_USE respub_status respub_conn_append(respub_conn *conn, const respub_slice *args,
                                                 size_t n);

/* Sends what is queued, waiting as long as the peer does not take it; replies that come meanwhile
 * are read, so that two full buffers cannot wait for each other. TIMEOUT: the rest stays queued.
 * Invalidates values taken before. */
RESPUB_MUST_USE respub_status respub_conn_flush(respub_conn *conn, int timeout_ms);

/* Flushes, then waits for the next reply, in the order of the commands. ESTATE when none is due.
 * RESP3 pushes are returned like replies but do not count as one. After the connection was lost the
 * replies that had come before are still given. *reply is NULL unless RESPUB_OK. */
RESPUB_MUST_USE respub_status respub_conn_reply(respub_conn *conn, int timeout_ms,
                                                const respub_node **reply);

/* Replies that are still due. */
size_t respub_conn_due(const respub_conn *conn);

/* -- The same connection without waiting -- */

/* Begins to connect. A name is resolved in a thread of the library's, because no resolver can be
 * called off: it may live on, with signals blocked, for a while after the connection was closed.
 * (Where there is no thread to be had, this call waits for the resolver.) Then call
 * respub_conn_step until it is not AGAIN. connect_timeout_ms begin with the first step or when the
 * name is resolved. ERESOLVE, ENOMEM, EARGUMENT; *conn is then NULL. */
RESPUB_MUST_USE respub_status respub_conn_start(respub_conn **conn, const respub_options *options,
                                                int64_t now_ms, respub_error *error);

/* Goes on with connect and handshake as far as is possible now. OK: ready for commands (and from
 * then on always). AGAIN: wait for respub_conn_events or respub_conn_deadline_ms. < 0 or TIMEOUT:
 * failed for good, as for respub_conn_open; respub_conn_error tells more. */
RESPUB_MUST_USE respub_status respub_conn_step(respub_conn *conn, int64_t now_ms);

/* The last failure of this connection. */
const respub_error *respub_conn_error(const respub_conn *conn);

/* For poll: the descriptor (-1: none at the moment; while connecting it may be another after each
 * step), the events wanted (POLLIN, POLLOUT), and when step must be called at the latest
 * (RESPUB_NEVER once it is ready). */
int respub_conn_fd(const respub_conn *conn);
short respub_conn_events(const respub_conn *conn);
int64_t respub_conn_deadline_ms(const respub_conn *conn);

/* Reads once what is there. OK: something came. AGAIN: nothing now. EFULL: more waits to be taken
 * than the limits allow for one value; take first. When writing has failed, what the peer said
 * before can still be read. Invalidates values taken before. */
RESPUB_MUST_USE respub_status respub_conn_fill(respub_conn *conn);

/* Decodes the next value in the buffer. OK: *value is its tape, its slices point into the read
 * buffer and are valid until the next fill, take, flush, reply or command. MORE: fill first; *value
 * is NULL. A decoder's code: malformed or beyond a limit; the error's text names the offset. Does
 * not read from the socket, so that a lost connection still gives what had come before. Counts down
 * respub_conn_due unless the value is a push. */
RESPUB_MUST_USE respub_status respub_conn_take(respub_conn *conn, const respub_node **value);

/* Queues the parts' bytes, which must be whole encoded commands that will get replies replies in
 * all. What the socket takes at once is written without a copy when nothing is queued and now is
 * true; the rest is copied. EFULL as for append. *written, unless NULL, tells how many bytes of
 * these parts the socket took: 0 together with a failure means that none of them can arrive. ENOMEM
 * is final when it is not 0. */
RESPUB_MUST_USE respub_status respub_conn_write(respub_conn *conn, const respub_slice *parts,
                                                size_t n, size_t replies, bool now,
                                                size_t *written);

/* Writes what is queued, as much as the socket takes now. OK: all. AGAIN: wait for POLLOUT. */
RESPUB_MUST_USE respub_status respub_conn_push(respub_conn *conn);

/* Bytes queued and not yet given to the socket. */
size_t respub_conn_unsent(const respub_conn *conn);

/* Bytes read from the socket and not yet taken. */
size_t respub_conn_untaken(const respub_conn *conn);

/* Bytes read from and written to the socket so far. */
uint64_t respub_conn_bytes_in(const respub_conn *conn);
uint64_t respub_conn_bytes_out(const respub_conn *conn);

#ifdef __cplusplus
}
#endif
#endif
