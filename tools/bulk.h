/* bulk.h - publishing every line of an input through one pipeline. */
#ifndef RESPUB_TOOLS_BULK_H
#define RESPUB_TOOLS_BULK_H

#include "schema/schema.h"

typedef struct bulk_settings {
  respub_publisher *publisher; /* connected */
  const respub_registry *registry;
  respub_slice channel;
  const char *sender;
  int stall_ms; /* without any answer for so long, it gives up */
  bool raw;     /* lines are payloads, not data to be validated and wrapped */
} bulk_settings;

/* Publishes each line of the descriptor's input, prints the number of receivers of each that the
 * server took, and says which lines failed and why. Closes the publisher, so that each accepted
 * line has its result. Returns the exit code. */
int bulk_publish(const bulk_settings *settings, int fd);

#endif
