/* engine.h - the session on a link: one subscriber without threads, locks or clock. Everything that
 * drives a subscriber (thread, caller, event loop, simulation) does so through these calls. */
#ifndef RESPUB_PUBSUB_ENGINE_H
#define RESPUB_PUBSUB_ENGINE_H

#include "pubsub/ahead.h"
#include "pubsub/link.h"

typedef struct respub__engine {
  respub__link link;
  respub__session session;
#if RESPUB_FAST
  respub__ahead ahead;
#endif
  respub_event note; /* CONNECTED, CONNECT_FAILED or DISCONNECTED that is still to be told */
  bool noted;
  size_t most_unsent_bytes; /* with so many waiting for the socket no further command is made */
  uint64_t disconnects, connect_failures, pings;
} respub__engine;

void respub__engine_init(respub__engine *e, const respub_subscriber_options *options,
                         uint64_t seed);

/* The options of its connection: of which allocator is the same as the subscriber's. */
void respub__engine_connection(respub_options *connection,
                               const respub_subscriber_options *options);

void respub__engine_free(respub__engine *e);

/* A turn has two halves. The first may wait in a dial or for credentials of the program, and
 * touches the link only, so that no lock need be held; the second is quick. */
respub__link_result respub__engine_connect(respub__engine *e, int64_t now_ms);
void respub__engine_connected(respub__engine *e, int64_t now_ms, respub__link_result result);

/* The parts of respub__engine_next that few messages need. Takes the note that is there; reads on
 * after the connection gave no value, for the reason in status (false: nothing to be had now); ends
 * the connection (text NULL: the connection's own). */
void respub__engine_take_note(respub__engine *e, respub_event *event);
bool respub__engine_read_on(respub__engine *e, int64_t now_ms, respub_status status);
void respub__engine_lose(respub__engine *e, int64_t now_ms, respub_status status, const char *text);

/* The next event, over an *event that is blank or holds a MESSAGE of an earlier call. Sends what is
 * to be sent and reads what has come on the way. now_ms must not be later than the call. OK:
 * *event, and *topic for a MESSAGE; its slices live until the next call. AGAIN: nothing now; wait
 * for the link's descriptor or respub__engine_deadline_ms, or start a new turn. */
RESPUB_MUST_USE RESPUB__INLINE respub_status respub__engine_next(respub__engine *e, int64_t now_ms,
                                                                 respub_event *event,
                                                                 respub__topic **topic) {
  const respub_node *value;
  for (;;) {
    if (e->noted)
      return respub__engine_take_note(e, event), RESPUB_OK;
    if (e->session.eventful && respub__session_poll(&e->session, now_ms, event))
      return RESPUB_OK;
    if (!respub__link_is_live(&e->link))
      return RESPUB_AGAIN;
#if RESPUB_FAST
    if (!respub__ahead_is_empty(&e->ahead)) {
      if (respub__ahead_turn(&e->ahead, &e->session, event, topic))
        return RESPUB_OK;
      continue;
    }
    if (respub__ahead_look(&e->ahead, e->link.conn, &e->session.topics))
      continue;
#endif
    respub_status status = respub_conn_take(e->link.conn, &value);
    if (status != RESPUB_OK) {
      if (!respub__engine_read_on(e, now_ms, status))
        return RESPUB_AGAIN;
      continue;
    }
    status = respub__session_value(&e->session, now_ms, value, event, topic);
    if (status == RESPUB_OK)
      return RESPUB_OK;
    if (status < 0)
      respub__engine_lose(e, now_ms, status, e->session.text);
  }
}

/* Sends commands that the user's calls have made necessary, as far as the socket takes them. */
void respub__engine_send(respub__engine *e, int64_t now_ms);

/* True: a turn would do something at once. */
bool respub__engine_has_work(const respub__engine *e);

int64_t respub__engine_deadline_ms(const respub__engine *e);

/* Closes the connection; the session forgets it. */
void respub__engine_close(respub__engine *e);

#endif
