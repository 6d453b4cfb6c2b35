/* heartbeat.h - is the peer still there? Pure. Any byte is a sign of life; what counts is that
 * something comes in, never that a PING could be written. */
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
} respub__heartbeat;

typedef enum respub__pulse {
  RESPUB__PULSE_FINE,
  RESPUB__PULSE_PING, /* silent for the interval: send a PING, then say so with
                         respub__heartbeat_pinged */
  RESPUB__PULSE_DEAD  /* silent for the timeout after the PING */
} respub__pulse;

/* A new connection has just answered. */
void respub__heartbeat_start(respub__heartbeat *h, int64_t now_ms);

void respub__heartbeat_heard(respub__heartbeat *h, int64_t now_ms);
void respub__heartbeat_pinged(respub__heartbeat *h, int64_t now_ms);
void respub__heartbeat_pause(respub__heartbeat *h);
void respub__heartbeat_resume(respub__heartbeat *h, int64_t now_ms);

/* To be asked only after a look at the socket that was made at now_ms or later and found nothing:
 * then a caller that was busy for long is never taken for a dead peer. */
respub__pulse respub__heartbeat_check(const respub__heartbeat *h, int64_t now_ms);

/* When check may say something else than now; INT64_MAX: never. */
int64_t respub__heartbeat_deadline_ms(const respub__heartbeat *h);

#endif
