/* checked.h - messages given as JSON text: are they valid, and what do they look like on the wire?
 */
#ifndef RESPUB_TOOLS_CHECKED_H
#define RESPUB_TOOLS_CHECKED_H

#include "schema/schema.h"

enum {
  CHECKED_REASON_BYTES = 512
};

/* OK, or EJSON, EINVALID, ENOMEM and a sentence in reason. data is one message without its
 * envelope. */
RESPUB_MUST_USE respub_status checked_data(const respub_registry *registry, respub_slice channel,
                                           respub_slice data, char reason[CHECKED_REASON_BYTES]);

/* As above, and then *text is data in its envelope, *len bytes, every digit of it as it was, to be
 * given to respub_text_free. EARGUMENT: sender, which may be NULL, is not UTF-8. *text is NULL on
 * failure. */
RESPUB_MUST_USE respub_status checked_envelope(const respub_registry *registry,
                                               respub_slice channel, respub_slice data,
                                               const char *sender, char **text, size_t *len,
                                               char reason[CHECKED_REASON_BYTES]);

#endif
