/* heartbeat.h - is the peer still there? Pure. Any byte is a sign of life; what counts is that
 * something comes in, never that a PING could be written. But a value that has begun must end: it
 * has the time of a silent peer, and more in proportion to what has come of it, so that a large one
 * on a slow link has its time and a peer that says one byte now and then has not. */
#ifndef RESPUB_PUBSUB_HEARTBEAT_H
#define RESPUB_PUBSUB_HEARTBEAT_H

#include "resp/resp.h"

typedef struct respub__heartbeat {
  int64_t interval_ms; /* 0: off */
  int64_t timeout_ms;
  int64_t heard_ms;  /* the last sign of life */
  int64_t pinged_ms; /* when a PING was sent that nothing has come after */
  bool waiting;      /* for a sign of life after pinged_ms */
  bool paused;       /* nothing is read on purpose: silence means nothing */

  uint64_t value;       /* that is coming in: where it begins in the stream */
  uint64_t value_bytes; /* so much of it has come; 0: there is none */
  int64_t value_ms;     /* for so long it has been seen to come */
  int64_t before_ms;    /* the last look before it began */
  int64_t looked_ms;    /* the last look */
} respub__heartbeat;

typedef enum respub__pulse {
  RESPUB__PULSE_FINE,
  RESPUB__PULSE_PING, /* silent for the interval: send a PING, then say so with
                         respub__heartbeat_pinged */
  RESPUB__PULSE_DEAD, /* silent for the timeout after the PING */
  RESPUB__PULSE_STUCK /* bytes come, but the value that they belong to does not end */
} respub__pulse;

/* A new connection has just answered. */
void respub__heartbeat_start(respub__heartbeat *h, int64_t now_ms);

void respub__heartbeat_heard(respub__heartbeat *h, int64_t now_ms);
void respub__heartbeat_pinged(respub__heartbeat *h, int64_t now_ms);
void respub__heartbeat_pause(respub__heartbeat *h);
void respub__heartbeat_resume(respub__heartbeat *h, int64_t now_ms);

/* What a look at the socket has left behind that was made at now_ms or later and found nothing
 * more: bytes of a value that begins at this place of the stream and has not ended (0: none). Only
 * the time between two looks counts, up to a second: who looks seldom blames nobody. */
void respub__heartbeat_look(respub__heartbeat *h, int64_t now_ms, uint64_t place, uint64_t bytes);

/* When everything that the peer had sent before was last known to be read in full. */
int64_t respub__heartbeat_sure_ms(const respub__heartbeat *h);

/* To be asked only after a look at the socket that was made at now_ms or later and found nothing:
 * then a caller that was busy for long is never taken for a dead peer. */
respub__pulse respub__heartbeat_check(const respub__heartbeat *h, int64_t now_ms);

/* When check may say something else than now; INT64_MAX: never. */
int64_t respub__heartbeat_deadline_ms(const respub__heartbeat *h);

#endif
