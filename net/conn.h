/* conn.h - the inside of a connection, shared by the files conn*.c only. */
#ifndef RESPUB_NET_CONN_H
#define RESPUB_NET_CONN_H

#include "net/buffer.h"
#include "net/fork.h"
#include "net/handshake.h"
#include "net/net.h"

/* In this order: from READY on values can be taken. */
typedef enum respub__conn_state {
  RESPUB__CONN_DIALING, /* the transport is connecting */
  RESPUB__CONN_SHAKING, /* the handshake's replies are due */
  RESPUB__CONN_REFUSED, /* never became ready */
  RESPUB__CONN_READY,
  RESPUB__CONN_LOST /* was ready; what had been read can still be taken */
} respub__conn_state;

/* What only opening needs; freed when the connection is ready, so that no password stays. */
typedef struct respub__opening {
  respub_options options;
  respub__handshake handshake;
} respub__opening;

struct respub_conn {
  /* What take touches comes first. */
  respub__buffer input;
  size_t taken; /* bytes of the value that was taken last; they leave with the next call */
  size_t due;
  respub__conn_state state;
  unsigned generation;
  respub_decoder decoder;
  respub_node embedded[RESPUB_FIRST_NODES];
  respub_node *nodes; /* embedded, or allocated */
  size_t node_capacity;

  respub__buffer output;
  size_t input_limit;
  size_t output_limit;
  respub_limits limits;
  respub_transport transport;
  respub_allocator allocator;
  respub_log log;
  uint64_t bytes_in;
  uint64_t bytes_out;

  int64_t deadline_ms; /* of opening as a whole; set by the first step */
  int64_t wake_ms;     /* when step must be called at the latest */
  int connect_timeout_ms;
  int command_timeout_ms;
  short dial_events;
  bool stepped;
  bool resolving;           /* the time to connect has not begun */
  bool fixed;               /* allocator is a pool of its own */
  bool half_lost;           /* lost in writing: what the peer said before can still be read */
  respub__opening *opening; /* NULL when ready */
  respub_status status;     /* why it is lost or refused */
  respub_error error;
};

/* The usual case of respub__conn_usable. */
static inline bool respub__conn_is_ready(const respub_conn *conn) {
  return conn->state == RESPUB__CONN_READY && conn->generation == respub__fork_generation();
}

/* RESPUB_OK when the socket may be used, else the status to return: EFORKED, ESTATE, or why it was
 * lost. */
RESPUB_MUST_USE respub_status respub__conn_usable(const respub_conn *conn);

/* Reads once, whatever the state. OK, AGAIN, EFULL, ENOMEM, or an end that the caller records. */
RESPUB_MUST_USE respub_status respub__conn_read(respub_conn *conn);

/* Writes what is queued. OK: all. AGAIN, or an ending that the caller records. */
RESPUB_MUST_USE respub_status respub__conn_drain(respub_conn *conn);

/* Decodes the next value, whatever the state. OK, MORE, ENOMEM, or a decoder's code with the
 * connection's error filled. */
RESPUB_MUST_USE respub_status respub__conn_decode(respub_conn *conn, const respub_node **value);

/* Records the end of a ready connection; returns status. */
respub_status respub__conn_lose(respub_conn *conn, respub_status status, const char *doing);

/* The same for an end that writing has met. */
respub_status respub__conn_lose_writing(respub_conn *conn, respub_status status);

/* -- fixed_memory: what it takes, and the sizes that depend on options -- */
size_t respub__conn_fixed_nodes(const respub_options *options);
size_t respub__conn_fixed_output(const respub_options *options);

#endif
