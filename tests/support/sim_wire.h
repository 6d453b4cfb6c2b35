/* sim_wire.h - a simulated connection in virtual time: two streams of bytes with latency, and the
 * ways in which a network fails. Everything follows from a seed. */
#ifndef RESPUB_TESTS_SUPPORT_SIM_WIRE_H
#define RESPUB_TESTS_SUPPORT_SIM_WIRE_H

#include "net/net.h"

/* xorshift64*: small, and the same everywhere. */
typedef struct respub_sim_random {
  uint64_t state;
} respub_sim_random;

uint64_t respub_sim_next(respub_sim_random *r);
/* 0 to n - 1. */
uint32_t respub_sim_below(respub_sim_random *r, uint32_t n);
/* True in percent cases of a hundred. */
bool respub_sim_chance(respub_sim_random *r, uint32_t percent);

/* Bytes under way: each piece arrives at its own time, in order. */
typedef struct respub_sim_piece {
  size_t end; /* offset behind its last byte */
  int64_t at_ms;
} respub_sim_piece;

typedef struct respub_sim_stream {
  char *bytes;
  size_t begin, end, capacity;
  respub_sim_piece *pieces;
  size_t first_piece, piece_count, piece_capacity;
  size_t carried; /* bytes that have arrived, ever */
  size_t cut_at;  /* the connection ends when so many have arrived; SIZE_MAX: never */
} respub_sim_stream;

typedef struct respub_sim_wire {
  respub_sim_stream down, up; /* to the client, to the server */
  respub_sim_random *random;
  const int64_t *now_ms;
  int64_t ready_ms;  /* when connect succeeds or is refused; INT64_MAX: never */
  int64_t silent_ms; /* from then on nothing arrives any more, either way */
  int64_t latency_ms;
  bool refused;
  bool broken;  /* ends with an error instead of an end of stream */
  bool ended;   /* cut, or closed by the server: what has arrived can still be read */
  bool closed;  /* by the client */
  bool is_open; /* dialled, and not yet seen closed by the server */
} respub_sim_wire;

/* How bad the network is. */
typedef struct respub_sim_faults {
  uint32_t refuse, never, cut, silence; /* percent of connections */
  uint32_t latency_ms;                  /* most */
} respub_sim_faults;

void respub_sim_wire_open(respub_sim_wire *w, respub_sim_random *random, const int64_t *now_ms,
                          const respub_sim_faults *faults);
void respub_sim_wire_free(respub_sim_wire *w);

/* The client's end. */
respub_transport respub_sim_wire_transport(respub_sim_wire *w);

/* The server's end: what has arrived, to be consumed; what is sent arrives after the latency.
 * Returns when. */
respub_slice respub_sim_wire_arrived(respub_sim_wire *w);
void respub_sim_wire_consume(respub_sim_wire *w, size_t n);
/* Ends the connection if what has arrived, consumed or not, reaches the place where it is to be
 * cut. */
void respub_sim_wire_check_cut(respub_sim_wire *w);
int64_t respub_sim_wire_send(respub_sim_wire *w, respub_slice bytes);
void respub_sim_wire_end(respub_sim_wire *w);

/* When something happens next on this wire; INT64_MAX: nothing. */
int64_t respub_sim_wire_next_ms(const respub_sim_wire *w);

#endif
