/* checked.h - messages given as JSON text: are they valid, and what do they look like on the wire?
 */
#ifndef RESPUB_TOOLS_CHECKED_H
#define RESPUB_TOOLS_CHECKED_H

#include "schema/envelope.h"
#include "schema/schema.h"

enum {
  CHECKED_REASON_BYTES = 512
};

/* OK, or EJSON, EINVALID, ENOMEM and a sentence in reason. data is one message without its
 * envelope. */
RESPUB_MUST_USE respub_status checked_data(const respub_registry *registry, respub_slice channel,
                                           respub_slice data, char reason[CHECKED_REASON_BYTES]);

/* As above, and then envelope holds data between what goes around it, every digit of it as it was.
 * EARGUMENT: sender, which may be NULL, is not UTF-8. Ends with respub__envelope_free unless it
 * failed. */
RESPUB_MUST_USE respub_status checked_envelope(const respub_registry *registry,
                                               respub_slice channel, respub_slice data,
                                               const char *sender, respub__envelope *envelope,
                                               char reason[CHECKED_REASON_BYTES]);

#endif
