/* reply.h - replies into a client's output.
 *
 * A client that has an end to its life gets nothing more. One for which there is no memory, or
 * whose output exceeds its limit, is lost: a stream with a hole would be worse. */
#ifndef RESPUB_BROKER_REPLY_H
#define RESPUB_BROKER_REPLY_H

#include "broker/client.h"
#include "net/format.h"

void respub__broker_reply_simple(respub__broker_client *client, respub_slice text);

/* The text begins with the error's code. CR and LF in it become spaces. */
void respub__broker_reply_error(respub__broker_client *client, respub_slice text);

/* Arguments for "%.*s": a slice up to its first NUL or to this many bytes, as Redis quotes. */
#define RESPUB__BROKER_QUOTED(slice, most)                                                         \
  (int)((slice).len < (most) ? (slice).len : (most)), ((slice).len > 0 ? (slice).ptr : "")

/* A text of at most 511 bytes; longer ones are cut. */
void respub__broker_reply_errorf(respub__broker_client *client, const char *format, ...)
    RESPUB__PRINTF(2, 3);

void respub__broker_reply_integer(respub__broker_client *client, int64_t value);
void respub__broker_reply_bulk(respub__broker_client *client, respub_slice bytes);
void respub__broker_reply_null(respub__broker_client *client);
void respub__broker_reply_array(respub__broker_client *client, size_t count);

/* The bytes of a block as they are. True when the client is going to get them. */
bool respub__broker_reply_block(respub__broker_client *client, respub__broker_block *block);

#endif
