/* dial.h - the transport of sockets: tries one address after the other until one is connected. */
#ifndef RESPUB_NET_DIAL_H
#define RESPUB_NET_DIAL_H

#include "net/pool.h"
#include "net/resolve.h"

/* A respub_dial: looks up what the options name while it connects, then as respub__dial_addresses.
 * ctx is ignored. */
RESPUB_MUST_USE respub_status respub__dial(void *ctx, const respub_options *options, int64_t now_ms,
                                           respub_transport *transport, respub_error *error);

/* A transport that walks these addresses (copied). Each gets an equal share of the time that is
 * left, so that one that never answers leaves time for the others. ENOMEM. */
RESPUB_MUST_USE respub_status respub__dial_addresses(const respub__addresses *addresses,
                                                     const respub_options *options,
                                                     respub_transport *transport,
                                                     respub_error *error);

/* What respub__dial allocates with fixed memory. */
void respub__dial_plan(respub__plan *plan);

#endif
