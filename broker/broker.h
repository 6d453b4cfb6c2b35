/* broker.h - a small in-process RESP2 Pub/Sub server for demos, tests and single boards.
 *
 * It answers as Redis 7.0 does (replies, errors, order, subscriber mode, glob rules): PING, ECHO,
 * HELLO 2, AUTH, SELECT, CLIENT SETNAME/GETNAME/SETINFO/ID, SUBSCRIBE, UNSUBSCRIBE, PSUBSCRIBE,
 * PUNSUBSCRIBE, PUBLISH, PUBSUB CHANNELS/NUMSUB/NUMPAT, INFO, RESET, QUIT, and inline commands. One
 * poll loop serves all clients; every buffer is bounded; a subscriber that does not read is
 * disconnected, never waited for, and one whose host is gone is found by the system's keepalive.
 * It listens on loopback unless told otherwise.
 *
 * Delivery is at most once: a message reaches the clients that are subscribed when PUBLISH is
 * executed, in the order of the PUBLISH commands. Nothing is stored. A client whose memory cannot
 * be had is disconnected rather than given a stream with a hole in it. So is one whose PUBLISH
 * finds no memory for the message: some of its receivers may have it then, and no number would be
 * true.
 *
 * Not bounded but by the allocator: how much clients subscribe to. A password is no protection of
 * what travels, and there is no TLS: beyond loopback, use it in networks that you trust. */
#ifndef RESPUB_BROKER_H
#define RESPUB_BROKER_H

#include "net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct respub_broker respub_broker;

/* A plain value; begin with respub_broker_options_init. Strings must outlive the broker. A size of
 * 0 means its default. */
typedef struct respub_broker_options {
  const char *host;      /* address to listen on; default "127.0.0.1"; NULL: no TCP */
  int port;              /* 0 (default): any free one; -1: no TCP */
  const char *unix_path; /* NULL (default): no Unix socket. A stale socket file is replaced, any
                            other file is refused; removed on close */
  const char *username;  /* NULL: "default". Means something with a password only */
  const char *password;  /* NULL (default): no AUTH needed */
  size_t max_clients;    /* default 1000; one more gets -ERR max number of clients reached */
  size_t client_output_bytes; /* a client whose unsent output exceeds this is disconnected; default
                                 32 MiB; below request_bytes it may cut off large messages */
  size_t request_bytes;       /* largest command as it is encoded; default 16 MiB; never more than
                                 RESPUB_MAX_ELEMENTS arguments; before AUTH 10 of 16 KiB each */
  respub_allocator allocator; /* resize NULL (default): malloc, realloc, free */
  respub_log log;             /* write NULL (default): no log; called on the thread that serves */
} respub_broker_options;

void respub_broker_options_init(respub_broker_options *options);

/* Listens. Nothing is served before start or run. EIO (address in use, no such address, path not
 * usable, no descriptors), ERESOLVE (host is a name without an address), EARGUMENT (nothing to
 * listen on, a port above 65535, an empty or too long path), ENOMEM. *broker is NULL on failure. A
 * host that is a name is resolved here, which may take the resolver's time; nothing else blocks. */
RESPUB_MUST_USE respub_status respub_broker_open(respub_broker **broker,
                                                 const respub_broker_options *options,
                                                 respub_error *error);

/* The TCP port in use, 0 when there is none. From any thread. */
int respub_broker_port(const respub_broker *broker);

/* "127.0.0.1:PORT", "[::1]:PORT" or, without TCP, the path of the Unix socket: where clients find
 * it. The string lives as long as the broker. From any thread. */
const char *respub_broker_address(const respub_broker *broker);

/* A URL that reaches it, for respub_options_from_url: "redis://127.0.0.1:PORT" or "unix:///path". A
 * broker that listens on every address is reached by loopback. Lives as long as the broker. Does
 * not hold the password. From any thread. */
const char *respub_broker_url(const respub_broker *broker);

/* Serves on a thread of its own, which blocks all signals, until respub_broker_stop or close.
 * ESTATE while it is being served and no stop was asked; after a stop it first waits for the old
 * thread's end. EIO when there is no thread to be had; EUNSUPPORTED without RESPUB_THREADS. */
RESPUB_MUST_USE respub_status respub_broker_start(respub_broker *broker);

/* Serves on the caller's thread until respub_broker_stop. OK when stopped, also by a stop that came
 * just before (a signal, for example); EIO when polling fails; ESTATE while start's thread serves.
 */
RESPUB_MUST_USE respub_status respub_broker_run(respub_broker *broker);

/* Ends start or run: from any thread, also from a signal handler. Does not wait; a later run or
 * start goes on with the clients that are still connected. */
void respub_broker_stop(respub_broker *broker);

/* Stops, joins the thread, disconnects everybody, removes the Unix socket, frees. Accepts NULL. Not
 * while another thread is in respub_broker_run, nor from the log hook. In a forked child it
 * closes the child's copies of the listening descriptors and leaves everything else to the child's
 * end; the parent goes on serving. No other call is for a forked child. */
void respub_broker_close(respub_broker *broker);

typedef struct respub_broker_stats {
  uint64_t clients;   /* connected now */
  uint64_t accepted;  /* ever */
  uint64_t refused;   /* over max_clients */
  uint64_t evicted;   /* disconnected because they did not read */
  uint64_t commands;  /* executed, those that were answered by an error included */
  uint64_t published; /* PUBLISH commands */
  uint64_t delivered; /* messages put into clients' output */
} respub_broker_stats;

/* From any thread. A command is counted before its reply is sent, unless more than
 * client_output_bytes were waiting for the same client. */
void respub_broker_get_stats(respub_broker *broker, respub_broker_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
