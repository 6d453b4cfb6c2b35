#include "pubsub/heartbeat.h"

void respub__heartbeat_start(respub__heartbeat *h, int64_t now_ms) {
  h->heard_ms = now_ms;
  h->waiting = false;
}

void respub__heartbeat_heard(respub__heartbeat *h, int64_t now_ms) {
  h->heard_ms = now_ms;
  h->waiting = false;
}

void respub__heartbeat_pinged(respub__heartbeat *h, int64_t now_ms) {
  h->pinged_ms = now_ms;
  h->waiting = true;
}

void respub__heartbeat_pause(respub__heartbeat *h) {
  h->paused = true;
}

void respub__heartbeat_resume(respub__heartbeat *h, int64_t now_ms) {
  if (!h->paused)
    return;
  h->paused = false;
  respub__heartbeat_heard(h, now_ms);
}

int64_t respub__heartbeat_deadline_ms(const respub__heartbeat *h) {
  if (h->interval_ms == 0 || h->paused)
    return INT64_MAX;
  return h->waiting ? h->pinged_ms + h->timeout_ms : h->heard_ms + h->interval_ms;
}

respub__pulse respub__heartbeat_check(const respub__heartbeat *h, int64_t now_ms) {
  if (now_ms < respub__heartbeat_deadline_ms(h))
    return RESPUB__PULSE_FINE;
  return h->waiting ? RESPUB__PULSE_DEAD : RESPUB__PULSE_PING;
}
