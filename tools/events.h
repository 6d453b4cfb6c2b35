/* events.h - what happens to a subscriber, as JSON lines or as sentences. */
#ifndef RESPUB_TOOLS_EVENTS_H
#define RESPUB_TOOLS_EVENTS_H

#include "pubsub/pubsub.h"

/* One line on standard output for an event that is no message. */
void event_print(const respub_event *e);

/* Remembers what was said last, so that a server that stays away is not told about at every
 * attempt. */
typedef struct event_teller {
  char server[512];       /* where the subscriber connects to */
  char last_failure[256]; /* "" after a success */
} event_teller;

/* One sentence on standard error for an event that is no message; of failed attempts to connect
 * only the first, and each whose reason is a new one. */
void event_tell(event_teller *t, const respub_event *e);

/* Why it happened: the event's text or, without one, that of its status. Never empty. */
respub_slice event_reason(const respub_event *e);

#endif
