/* replies.h - the way of nearly all replies, for those who take them one after the other: read
 * without a poll in front, small numbers without a tape. */
#ifndef RESPUB_NET_REPLIES_H
#define RESPUB_NET_REPLIES_H

#include "net/net.h"

/* As respub_conn_fill, but waits up to timeout_ms (>= 1) for the first byte. AGAIN: none came, or
 * it cannot wait, or a signal came; poll then. Nothing else can wake who waits here. */
RESPUB_MUST_USE respub_status respub__conn_fill_wait(respub_conn *conn, int timeout_ms);

/* Takes at most max values that come next, as respub_conn_take would, as long as each is an integer
 * of one to nine digits and nothing else, and whole in the buffer. Returns how many; for what stops
 * it, ask respub_conn_take. */
size_t respub__conn_take_counts(respub_conn *conn, int64_t *counts, size_t max);

#endif
