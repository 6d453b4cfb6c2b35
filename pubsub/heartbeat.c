#include "pubsub/heartbeat.h"

/* The time between two looks counts up to MOST_BETWEEN_MS. A value may take a second for each
 * LEAST_RATE bytes of it that have come. */
enum {
  MOST_BETWEEN_MS = 1000,
  LEAST_RATE = 1024
};

void respub__heartbeat_start(respub__heartbeat *h, int64_t now_ms) {
  h->heard_ms = h->looked_ms = now_ms;
  h->waiting = false;
  h->value_bytes = 0;
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

void respub__heartbeat_look(respub__heartbeat *h, int64_t now_ms, uint64_t place, uint64_t bytes) {
  int64_t passed_ms = now_ms - h->looked_ms;
  if (h->value_bytes == 0 || h->value != place) {
    h->value = place;
    h->value_ms = 0;
    h->before_ms = h->looked_ms;
  } else {
    h->value_ms += passed_ms < MOST_BETWEEN_MS ? passed_ms : MOST_BETWEEN_MS;
  }
  h->value_bytes = bytes;
  h->looked_ms = now_ms;
}

int64_t respub__heartbeat_sure_ms(const respub__heartbeat *h) {
  return h->value_bytes > 0 && h->before_ms < h->heard_ms ? h->before_ms : h->heard_ms;
}

/* How much longer the value that is coming in may take. */
static int64_t value_left_ms(const respub__heartbeat *h) {
  int64_t allowed_ms =
      h->interval_ms + h->timeout_ms + (int64_t)(h->value_bytes * 1000 / LEAST_RATE);
  return allowed_ms - h->value_ms;
}

static int64_t value_deadline_ms(const respub__heartbeat *h) {
  if (h->value_bytes == 0)
    return INT64_MAX;
  int64_t left_ms = value_left_ms(h);
  return h->looked_ms + (left_ms < MOST_BETWEEN_MS ? left_ms : MOST_BETWEEN_MS);
}

static int64_t pulse_deadline_ms(const respub__heartbeat *h) {
  return h->waiting ? h->pinged_ms + h->timeout_ms : h->heard_ms + h->interval_ms;
}

int64_t respub__heartbeat_deadline_ms(const respub__heartbeat *h) {
  if (h->interval_ms == 0 || h->paused)
    return INT64_MAX;
  int64_t pulse_ms = pulse_deadline_ms(h);
  int64_t value_ms = value_deadline_ms(h);
  return pulse_ms < value_ms ? pulse_ms : value_ms;
}

respub__pulse respub__heartbeat_check(const respub__heartbeat *h, int64_t now_ms) {
  if (h->interval_ms == 0 || h->paused)
    return RESPUB__PULSE_FINE;
  if (h->value_bytes > 0 && value_left_ms(h) <= 0)
    return RESPUB__PULSE_STUCK;
  if (now_ms < pulse_deadline_ms(h))
    return RESPUB__PULSE_FINE;
  return h->waiting ? RESPUB__PULSE_DEAD : RESPUB__PULSE_PING;
}
