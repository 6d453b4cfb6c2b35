/* wanted.h - the channels and patterns that a command was asked for, and which of them are refused.
 */
#ifndef RESPUB_TOOLS_WANTED_H
#define RESPUB_TOOLS_WANTED_H

#include "pubsub/pubsub.h"

#include <stdbool.h>

typedef struct wanted_name {
  respub_slice name;
  respub_kind kind;
  bool refused;
} wanted_name;

typedef struct wanted {
  wanted_name *names;
  size_t count;
  size_t refused;
} wanted;

/* The channels and patterns, each once; the strings stay the caller's. False: no memory. */
bool wanted_open(wanted *w, const char *const *channels, size_t channel_count,
                 const char *const *patterns, size_t pattern_count);

/* Takes note of REFUSED and SUBSCRIBED events; other events change nothing. */
void wanted_note(wanted *w, const respub_event *e);

bool wanted_all_refused(const wanted *w);

void wanted_close(wanted *w);

#endif
