/* message.h - the checks that publishing, receiving and formatting share. */
#ifndef RESPUB_SCHEMA_MESSAGE_H
#define RESPUB_SCHEMA_MESSAGE_H

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

#endif
