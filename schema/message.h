/* message.h - the checks that publishing, receiving and formatting share. */
#ifndef RESPUB_SCHEMA_MESSAGE_H
#define RESPUB_SCHEMA_MESSAGE_H

#include "schema/envelope.h"
#include "schema/schema.h"

#define RESPUB__DATA_DEPTH                                                                         \
  (RESPUB_JSON_DEPTH - 1) /* of data, as the envelope is one level more                            \
                           */

/* Is data, which is known to be JSON, an object that the channel's schema accepts? EINVALID,
 * ENOMEM. */
RESPUB_MUST_USE respub_status respub__message_check(const respub_registry *registry,
                                                    respub_slice channel, const cJSON *data,
                                                    respub_validation_error *error);

/* The same for data of which nothing is known; *bytes is what it takes in print at most. */
RESPUB_MUST_USE respub_status respub__message_measure(const respub_registry *registry,
                                                      respub_slice channel, const cJSON *data,
                                                      size_t *bytes,
                                                      respub_validation_error *error);

/* Is this text of len bytes JSON that the channel's schema accepts? Then it is wrapped as it is.
 * EJSON, EINVALID, EARGUMENT (the sender is not UTF-8), ENOMEM; *error (unless NULL) has a
 * sentence. Free the envelope in each case. */
RESPUB_MUST_USE respub_status respub__message_wrap_text(respub__envelope *envelope,
                                                        const respub_registry *registry,
                                                        respub_slice channel, const char *data,
                                                        size_t len, const char *sender,
                                                        respub_validation_error *invalid,
                                                        respub_error *error);

/* Moves the text of an envelope out, to be given to respub_text_free. ENOMEM. */
RESPUB_MUST_USE respub_status respub__message_keep_text(respub__envelope *envelope, char **text,
                                                        size_t *len);

/* Fills error (unless NULL) with a sentence about a message that cannot be wrapped; returns status.
 */
respub_status respub__message_fail(respub_status status, const respub_validation_error *invalid,
                                   respub_error *error);

#endif
