/* lookup.h - a host name that is resolved in a thread of its own, because getaddrinfo takes as long
 * as it takes and cannot be called off. Who does not want to wait for it any more leaves it behind;
 * the thread then frees what is left when it is done. */
#ifndef RESPUB_NET_LOOKUP_H
#define RESPUB_NET_LOOKUP_H

#include "net/resolve.h"

typedef struct respub__lookup respub__lookup;

/* Begins. Its memory is malloc's, because it may outlive the caller's allocator. EIO, ENOMEM: no
 * thread, descriptor or memory to be had; the caller can only wait in respub__resolve itself. */
RESPUB_MUST_USE respub_status respub__lookup_start(respub__lookup **lookup, const char *host,
                                                   uint16_t port);

/* Readable once it is done. */
int respub__lookup_fd(const respub__lookup *lookup);

/* AGAIN: not done. Else as respub__resolve. */
RESPUB_MUST_USE respub_status respub__lookup_take(respub__lookup *lookup,
                                                  respub__addresses *addresses,
                                                  const respub_allocator *allocator,
                                                  respub_error *error);

/* Done or not. Accepts NULL. In a forked child, whose thread is not there, it frees what it safely
 * can. */
void respub__lookup_end(respub__lookup *lookup);

#endif
