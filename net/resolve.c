#include "net/resolve.h"

#include "net/memory.h"
#include "net/pool.h"
#include "net/text.h"

#include <string.h>

#if RESPUB_RESOLVE
#include <errno.h>
#include <netdb.h>
#endif

static respub_status reserve_list(respub__addresses *addresses, const respub_allocator *allocator,
                                  size_t count, respub_error *error) {
  bool fixed = RESPUB_FIXED_MEMORY && respub__is_pool(allocator);
  size_t room = fixed ? RESPUB__FIXED_ADDRESSES : count;
  addresses->list = respub__alloc_zero(allocator, room * sizeof *addresses->list);
  if (addresses->list == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for addresses");
  addresses->count = count < room ? count : room;
  return RESPUB_OK;
}

void respub__addresses_plan(respub__plan *plan) {
  respub__plan_table(plan, sizeof(respub__address), RESPUB__FIXED_ADDRESSES);
}

static respub_status keep_one(respub__addresses *addresses, const respub_allocator *allocator,
                              const respub__address *address, respub_error *error) {
  respub_status status = reserve_list(addresses, allocator, 1, error);
  if (status == RESPUB_OK)
    addresses->list[0] = *address;
  return status;
}

#if RESPUB_RESOLVE

static bool is_usable(const struct addrinfo *info) {
  return (info->ai_family == AF_INET || info->ai_family == AF_INET6) &&
         info->ai_addrlen <= sizeof((respub__address *)NULL)->as;
}

static size_t count_usable(const struct addrinfo *info) {
  size_t count = 0;
  for (; info != NULL && count < RESPUB_MAX_ADDRESSES; info = info->ai_next)
    count += is_usable(info);
  return count;
}

static void set_port(respub__address *address, uint16_t port) {
  if (address->as.any.sa_family == AF_INET)
    address->as.v4.sin_port = htons(port);
  else
    address->as.v6.sin6_port = htons(port);
}

static void copy_usable(respub__addresses *addresses, const struct addrinfo *info, uint16_t port) {
  for (size_t i = 0; i < addresses->count; info = info->ai_next) {
    if (!is_usable(info))
      continue;
    respub__address *address = &addresses->list[i++];
    memcpy(&address->as, info->ai_addr, info->ai_addrlen);
    address->length = info->ai_addrlen;
    set_port(address, port);
  }
}

static int look_up(const char *host, int flags, struct addrinfo **found) {
  struct addrinfo hints;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  return getaddrinfo(host, NULL, &hints, found);
}

static respub_status fail_to_resolve(respub_error *error, const char *host, int code, int reason) {
  char text[RESPUB__ERRNO_TEXT];
  if (code == EAI_MEMORY)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for addresses");
  return respub__fail(error, RESPUB_ERESOLVE, "cannot resolve %s: %s", host,
                      code == EAI_SYSTEM ? respub__errno_text(reason, text, sizeof text)
                                         : gai_strerror(code));
}

/* code is getaddrinfo's. */
static respub_status take_found(respub__addresses *addresses, const respub_allocator *allocator,
                                const char *host, uint16_t port, int code, struct addrinfo *found,
                                respub_error *error) {
  if (code != 0)
    return fail_to_resolve(error, host, code, errno);
  size_t count = count_usable(found);
  respub_status status = count == 0 ? respub__fail(error, RESPUB_ERESOLVE,
                                                   "cannot resolve %s: no usable address", host)
                                    : reserve_list(addresses, allocator, count, error);
  if (status == RESPUB_OK)
    copy_usable(addresses, found, port);
  freeaddrinfo(found);
  return status;
}

respub_status respub__resolve(respub__addresses *addresses, const respub_allocator *allocator,
                              const char *host, uint16_t port, respub_error *error) {
  struct addrinfo *found = NULL;
  int code = look_up(host, 0, &found);
  return take_found(addresses, allocator, host, port, code, found, error);
}

respub_status respub__resolve_numbers(respub__addresses *addresses,
                                      const respub_allocator *allocator, const char *host,
                                      uint16_t port, respub_error *error) {
  struct addrinfo *found = NULL;
  respub__address numeric;
  /* Before getaddrinfo, which allocates, whatever it is asked. */
  if (respub__address_numeric(&numeric, host, port) == RESPUB_OK)
    return keep_one(addresses, allocator, &numeric, error);
  int code = look_up(host, AI_NUMERICHOST, &found);
  if (code == EAI_NONAME)
    return RESPUB_AGAIN;
  return take_found(addresses, allocator, host, port, code, found, error);
}

#else

respub_status respub__resolve(respub__addresses *addresses, const respub_allocator *allocator,
                              const char *host, uint16_t port, respub_error *error) {
  respub__address address;
  const char *numbers = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
  if (respub__address_numeric(&address, numbers, port) != RESPUB_OK)
    return respub__fail(error, RESPUB_ERESOLVE, "cannot resolve %s: host names are not built in",
                        host);
  return keep_one(addresses, allocator, &address, error);
}

respub_status respub__resolve_numbers(respub__addresses *addresses,
                                      const respub_allocator *allocator, const char *host,
                                      uint16_t port, respub_error *error) {
  return respub__resolve(addresses, allocator, host, port, error);
}

#endif

respub_status respub__resolve_local(respub__addresses *addresses, const respub_allocator *allocator,
                                    const char *path, respub_error *error) {
  respub__address address;
  respub_status status = respub__address_local(&address, path);
  if (status != RESPUB_OK)
    return respub__fail(error, status, "not usable as the path of a socket: %s", path);
  return keep_one(addresses, allocator, &address, error);
}

respub_status respub__addresses_copy(respub__addresses *to, const respub__addresses *from,
                                     const respub_allocator *allocator, respub_error *error) {
  respub_status status = reserve_list(to, allocator, from->count, error);
  if (status == RESPUB_OK)
    memcpy(to->list, from->list, to->count * sizeof *to->list);
  return status;
}

void respub__addresses_free(respub__addresses *addresses, const respub_allocator *allocator) {
  respub__free(allocator, addresses->list);
  addresses->list = NULL;
  addresses->count = 0;
}
