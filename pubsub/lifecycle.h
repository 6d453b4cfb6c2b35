/* lifecycle.h - when to connect: the states of a connection that comes back by itself. Pure: no
 * clock, no socket; time and randomness come in as arguments. Shared by subscriber and publisher.
 */
#ifndef RESPUB_PUBSUB_LIFECYCLE_H
#define RESPUB_PUBSUB_LIFECYCLE_H

#include "resp/resp.h"

typedef enum respub__life {
  RESPUB__LIFE_IDLE,       /* not asked to connect, or stopped */
  RESPUB__LIFE_CONNECTING, /* address walk and handshake */
  RESPUB__LIFE_LIVE,       /* handshake done */
  RESPUB__LIFE_BACKOFF,    /* waiting for the next attempt */
  RESPUB__LIFE_CLOSED      /* for good */
} respub__life;

typedef enum respub__life_event {
  RESPUB__LIFE_START,  /* the user wants a connection */
  RESPUB__LIFE_READY,  /* the handshake is done */
  RESPUB__LIFE_FAILED, /* an attempt failed */
  RESPUB__LIFE_LOST,   /* a live connection ended */
  RESPUB__LIFE_DUE,    /* the delay is over */
  RESPUB__LIFE_CLOSE   /* the user closes */
} respub__life_event;

/* The whole state machine: the state after event; the same state when the event does not concern
 * it. */
respub__life respub__life_next(respub__life state, respub__life_event event);

const char *respub__life_name(respub__life state);

typedef struct respub__backoff {
  int64_t min_ms, max_ms, slow_ms;
  uint64_t random; /* state of the generator, never 0 */
  unsigned tries;  /* failed since the last connection that lasted */
} respub__backoff;

/* 1 <= min_ms <= max_ms, slow_ms >= 1. Any seed will do. */
void respub__backoff_init(respub__backoff *b, int64_t min_ms, int64_t max_ms, int64_t slow_ms,
                          uint64_t seed);

/* The delay before the next attempt after one that failed. Full jitter: a random time between
 * min_ms and min(max_ms, min_ms * 2^tries), this try counted. What will not heal by itself (slow)
 * waits between slow_ms / 2 and slow_ms. */
int64_t respub__backoff_failed(respub__backoff *b, bool slow);

/* The delay after a live connection that lasted lived_ms was lost: 0 when it lasted longer than
 * max_ms (and the tries count anew) or was the first to fail; otherwise as after a failed attempt,
 * so that a server that accepts and hangs up is not hammered. */
int64_t respub__backoff_lost(respub__backoff *b, int64_t lived_ms, bool slow);

typedef struct respub__lifecycle {
  respub__life state;
  respub__backoff backoff;
  int64_t retry_at_ms;   /* BACKOFF: when the next attempt is due */
  int64_t live_since_ms; /* LIVE */
  uint64_t generation;   /* connections made so far */
} respub__lifecycle;

void respub__lifecycle_init(respub__lifecycle *l, int64_t min_ms, int64_t max_ms, int64_t slow_ms,
                            uint64_t seed);

/* Each applies one event, and does nothing in a state that the event does not concern; failed and
 * lost return the delay in ms until the next attempt. */
void respub__lifecycle_start(respub__lifecycle *l);
void respub__lifecycle_ready(respub__lifecycle *l, int64_t now_ms);
int64_t respub__lifecycle_failed(respub__lifecycle *l, int64_t now_ms, bool slow);
int64_t respub__lifecycle_lost(respub__lifecycle *l, int64_t now_ms, bool slow);
void respub__lifecycle_close(respub__lifecycle *l);

/* The live connection did what it is for: when it ends, however soon, the tries count anew. */
void respub__lifecycle_proven(respub__lifecycle *l);

/* BACKOFF whose delay is over becomes CONNECTING. */
void respub__lifecycle_tick(respub__lifecycle *l, int64_t now_ms);

/* Will a failure with this status and server text (may be empty) not heal by itself? Credentials,
 * permissions, max clients. */
bool respub__is_slow(respub_status status, respub_slice text);

#endif
