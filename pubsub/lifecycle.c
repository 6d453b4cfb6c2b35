#include "pubsub/lifecycle.h"

static respub__life next_of_idle(respub__life_event event) {
  switch (event) {
  case RESPUB__LIFE_START:
    return RESPUB__LIFE_CONNECTING; /* the first attempt waits for nothing */
  case RESPUB__LIFE_CLOSE:
    return RESPUB__LIFE_CLOSED;
  case RESPUB__LIFE_READY: /* no attempt is under way that could end, */
  case RESPUB__LIFE_FAILED:
  case RESPUB__LIFE_LOST:
  case RESPUB__LIFE_DUE: /* and none was planned */
    break;
  }
  return RESPUB__LIFE_IDLE;
}

static respub__life next_of_connecting(respub__life_event event) {
  switch (event) {
  case RESPUB__LIFE_READY:
    return RESPUB__LIFE_LIVE;
  case RESPUB__LIFE_FAILED:
    return RESPUB__LIFE_BACKOFF; /* never straight into another attempt: a server that is away
                                    answers "refused" faster than anybody should ask */
  case RESPUB__LIFE_CLOSE:
    return RESPUB__LIFE_CLOSED;
  case RESPUB__LIFE_START: /* an attempt is under way already */
  case RESPUB__LIFE_LOST:  /* nothing to lose before the handshake is done: that is FAILED */
  case RESPUB__LIFE_DUE:   /* a late timer of the delay that led here */
    break;
  }
  return RESPUB__LIFE_CONNECTING;
}

static respub__life next_of_live(respub__life_event event) {
  switch (event) {
  case RESPUB__LIFE_LOST:
    return RESPUB__LIFE_BACKOFF; /* also when the delay is 0, so that there is one way back */
  case RESPUB__LIFE_CLOSE:
    return RESPUB__LIFE_CLOSED;
  case RESPUB__LIFE_START: /* wanted and there */
  case RESPUB__LIFE_READY:
  case RESPUB__LIFE_FAILED: /* the attempt is over; what ends now is a connection: LOST */
  case RESPUB__LIFE_DUE:
    break;
  }
  return RESPUB__LIFE_LIVE;
}

static respub__life next_of_backoff(respub__life_event event) {
  switch (event) {
  case RESPUB__LIFE_DUE:
    return RESPUB__LIFE_CONNECTING;
  case RESPUB__LIFE_CLOSE:
    return RESPUB__LIFE_CLOSED;
  case RESPUB__LIFE_START: /* an impatient user must not shorten the delay that spares the server */
  case RESPUB__LIFE_READY:
  case RESPUB__LIFE_FAILED:
  case RESPUB__LIFE_LOST:
    break;
  }
  return RESPUB__LIFE_BACKOFF;
}

respub__life respub__life_next(respub__life state, respub__life_event event) {
  switch (state) {
  case RESPUB__LIFE_IDLE:
    return next_of_idle(event);
  case RESPUB__LIFE_CONNECTING:
    return next_of_connecting(event);
  case RESPUB__LIFE_LIVE:
    return next_of_live(event);
  case RESPUB__LIFE_BACKOFF:
    return next_of_backoff(event);
  case RESPUB__LIFE_CLOSED:
    break; /* no way back: whoever closed has freed what a connection would need */
  }
  return RESPUB__LIFE_CLOSED;
}

const char *respub__life_name(respub__life state) {
  switch (state) {
  case RESPUB__LIFE_IDLE:
    return "idle";
  case RESPUB__LIFE_CONNECTING:
    return "connecting";
  case RESPUB__LIFE_LIVE:
    return "live";
  case RESPUB__LIFE_BACKOFF:
    return "backoff";
  case RESPUB__LIFE_CLOSED:
    return "closed";
  }
  return "unknown";
}

void respub__lifecycle_init(respub__lifecycle *l, int64_t min_ms, int64_t max_ms, int64_t slow_ms,
                            uint64_t seed) {
  l->state = RESPUB__LIFE_IDLE;
  respub__backoff_init(&l->backoff, min_ms, max_ms, slow_ms, seed);
  l->retry_at_ms = 0;
  l->live_since_ms = 0;
  l->generation = 0;
}

void respub__lifecycle_start(respub__lifecycle *l) {
  l->state = respub__life_next(l->state, RESPUB__LIFE_START);
}

void respub__lifecycle_ready(respub__lifecycle *l, int64_t now_ms) {
  if (l->state != RESPUB__LIFE_CONNECTING) {
    return;
  }
  l->state = respub__life_next(l->state, RESPUB__LIFE_READY);
  l->live_since_ms = now_ms;
  l->generation++;
}

static int64_t wait_until(respub__lifecycle *l, respub__life_event event, int64_t now_ms,
                          int64_t delay_ms) {
  l->state = respub__life_next(l->state, event);
  l->retry_at_ms = delay_ms > INT64_MAX - now_ms ? INT64_MAX : now_ms + delay_ms;
  return delay_ms;
}

int64_t respub__lifecycle_failed(respub__lifecycle *l, int64_t now_ms, bool slow) {
  if (l->state != RESPUB__LIFE_CONNECTING) {
    return 0;
  }
  return wait_until(l, RESPUB__LIFE_FAILED, now_ms, respub__backoff_failed(&l->backoff, slow));
}

int64_t respub__lifecycle_lost(respub__lifecycle *l, int64_t now_ms, bool slow) {
  if (l->state != RESPUB__LIFE_LIVE) {
    return 0;
  }
  int64_t lived_ms = now_ms - l->live_since_ms;
  return wait_until(l, RESPUB__LIFE_LOST, now_ms,
                    respub__backoff_lost(&l->backoff, lived_ms, slow));
}

void respub__lifecycle_close(respub__lifecycle *l) {
  l->state = respub__life_next(l->state, RESPUB__LIFE_CLOSE);
}

void respub__lifecycle_proven(respub__lifecycle *l) {
  if (l->state == RESPUB__LIFE_LIVE)
    l->backoff.tries = 0;
}

void respub__lifecycle_tick(respub__lifecycle *l, int64_t now_ms) {
  if (l->state == RESPUB__LIFE_BACKOFF && now_ms >= l->retry_at_ms) {
    l->state = respub__life_next(l->state, RESPUB__LIFE_DUE);
  }
}
