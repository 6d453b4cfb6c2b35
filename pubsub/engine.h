/* engine.h - the session on a link: one subscriber without threads, locks or clock. Everything that
 * drives a subscriber (thread, caller, event loop, simulation) does so through these calls. */
#ifndef RESPUB_PUBSUB_ENGINE_H
#define RESPUB_PUBSUB_ENGINE_H

#include "pubsub/link.h"
#include "pubsub/session.h"

typedef struct respub__engine {
  respub__link link;
  respub__session session;
  respub_event note; /* CONNECTED, CONNECT_FAILED or DISCONNECTED that is still to be told */
  bool noted;
  uint64_t disconnects, connect_failures, pings;
} respub__engine;

void respub__engine_init(respub__engine *e, const respub_subscriber_options *options,
                         uint64_t seed);
void respub__engine_free(respub__engine *e);

/* A turn has two halves. The first may wait in name resolution and touches the link only, so that
 * no lock need be held; the second is quick. */
respub__link_result respub__engine_connect(respub__engine *e, int64_t now_ms);
void respub__engine_connected(respub__engine *e, int64_t now_ms, respub__link_result result);

/* The next event, over an *event that is blank or was filled by the call before. Sends what is to
 * be sent and reads what has come on the way. now_ms must not be later than the call. OK: *event,
 * and *topic for a MESSAGE; its slices live until the next call. AGAIN: nothing now; wait for the
 * link's descriptor or respub__engine_deadline_ms, or start a new turn. */
RESPUB_MUST_USE respub_status respub__engine_next(respub__engine *e, int64_t now_ms,
                                                  respub_event *event, respub__topic **topic);

/* Sends commands that the user's calls have made necessary, as far as the socket takes them. */
void respub__engine_send(respub__engine *e, int64_t now_ms);

/* True: a turn would do something at once. */
bool respub__engine_has_work(const respub__engine *e);

int64_t respub__engine_deadline_ms(const respub__engine *e);

/* Closes the connection; the session forgets it. */
void respub__engine_close(respub__engine *e);

#endif
