/* resolve.h - host names to addresses; part of what a port supplies. */
#ifndef RESPUB_NET_RESOLVE_H
#define RESPUB_NET_RESOLVE_H

#include "net/pool.h"
#include "net/socket.h"

typedef struct respub__addresses {
  respub__address *list;
  size_t count;
} respub__addresses;

/* The TCP addresses of host in the system's order of preference, at least one on RESPUB_OK. A name
 * waits for getaddrinfo; an address in numbers never does; without RESPUB_RESOLVE there are no
 * names. ERESOLVE or ENOMEM, error filled; nothing to free then. See also lookup.h. */
RESPUB_MUST_USE respub_status respub__resolve(respub__addresses *addresses,
                                              const respub_allocator *allocator, const char *host,
                                              uint16_t port, respub_error *error);

/* The same for a host that is an address in numbers; AGAIN for one that is not, for which
 * respub__resolve would have to wait. */
RESPUB_MUST_USE respub_status respub__resolve_numbers(respub__addresses *addresses,
                                                      const respub_allocator *allocator,
                                                      const char *host, uint16_t port,
                                                      respub_error *error);

/* ENOMEM, error filled. */
RESPUB_MUST_USE respub_status respub__addresses_copy(respub__addresses *to,
                                                     const respub__addresses *from,
                                                     const respub_allocator *allocator,
                                                     respub_error *error);

/* The one address of a Unix socket. EARGUMENT or ENOMEM, error filled. */
RESPUB_MUST_USE respub_status respub__resolve_local(respub__addresses *addresses,
                                                    const respub_allocator *allocator,
                                                    const char *path, respub_error *error);

/* With fixed memory a list has room for so many, whatever a name has. */
#define RESPUB__FIXED_ADDRESSES ((size_t)(RESPUB_MAX_ADDRESSES < 4 ? RESPUB_MAX_ADDRESSES : 4))
void respub__addresses_plan(respub__plan *plan);

void respub__addresses_free(respub__addresses *addresses, const respub_allocator *allocator);

#endif
