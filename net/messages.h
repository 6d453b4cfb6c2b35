/* messages.h - what a subscriber is sent nearly always, taken without a tape: messages of channels.
 */
#ifndef RESPUB_NET_MESSAGES_H
#define RESPUB_NET_MESSAGES_H

#include "net/net.h"

typedef struct respub__message {
  respub_slice channel, payload;
} respub__message;

/* Takes at most max values that come next, as respub_conn_take would, as long as each is an array
 * or push of the three strings "message", channel and payload, neither of the two empty, and whole
 * in the buffer. Returns how many; their slices are valid until the next fill, take, flush, reply
 * or command. For what stops it, ask respub_conn_take. */
size_t respub__conn_take_messages(respub_conn *conn, respub__message *messages, size_t max);

#endif
