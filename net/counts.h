/* counts.h - the answers that a server gives nearly always, taken without a tape: small numbers. */
#ifndef RESPUB_NET_COUNTS_H
#define RESPUB_NET_COUNTS_H

#include "net/net.h"

/* Takes at most max values that come next, as respub_conn_take would, as long as each is an integer
 * of one to nine digits and nothing else, and whole in the buffer. Returns how many; for what stops
 * it, ask respub_conn_take. */
size_t respub__conn_take_counts(respub_conn *conn, int64_t *counts, size_t max);

#endif
