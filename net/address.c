#include "net/format.h"
#include "net/net.h"
#include "net/socket.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

const char *respub__address_text(const respub__address *address, char out[RESPUB__ADDRESS_TEXT]) {
  char numbers[INET6_ADDRSTRLEN] = "?";
  switch (address->as.any.sa_family) {
  case AF_INET:
    (void)inet_ntop(AF_INET, &address->as.v4.sin_addr, numbers, sizeof numbers);
    (void)respub__format(out, RESPUB__ADDRESS_TEXT, "%s:%u", numbers,
                         respub__address_port(address));
    break;
  case AF_INET6:
    (void)inet_ntop(AF_INET6, &address->as.v6.sin6_addr, numbers, sizeof numbers);
    (void)respub__format(out, RESPUB__ADDRESS_TEXT, "[%s]:%u", numbers,
                         respub__address_port(address));
    break;
  case AF_UNIX:
    /* A peer without a name has a length that ends before the path. */
    (void)respub__format(out, RESPUB__ADDRESS_TEXT, "%s",
                         address->length > offsetof(struct sockaddr_un, sun_path)
                             ? address->as.local.sun_path
                             : "a Unix socket");
    break;
  default:
    (void)respub__format(out, RESPUB__ADDRESS_TEXT, "nowhere");
    break;
  }
  return out;
}

uint16_t respub__address_port(const respub__address *address) {
  if (address->as.any.sa_family == AF_INET)
    return ntohs(address->as.v4.sin_port);
  return address->as.any.sa_family == AF_INET6 ? ntohs(address->as.v6.sin6_port) : 0;
}

respub_status respub__address_local(respub__address *address, const char *path) {
  memset(address, 0, sizeof *address);
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address->as.local.sun_path)
    return RESPUB_EARGUMENT;
  address->as.local.sun_family = AF_UNIX;
  memcpy(address->as.local.sun_path, path, length + 1);
  address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
  return RESPUB_OK;
}

size_t respub_options_address(const respub_options *options, char *out, size_t capacity) {
  size_t length;
  if (options->unix_path[0] != '\0') {
    length =
        respub__format(out, capacity, "unix://%s?db=%ld", options->unix_path, (long)options->db);
  } else {
    bool brackets = strchr(options->host, ':') != NULL;
    length = respub__format(out, capacity, "redis://%s%s%s:%u/%ld", brackets ? "[" : "",
                            options->host, brackets ? "]" : "", options->port, (long)options->db);
  }
  if (length < capacity)
    return length;
  return capacity > 0 ? capacity - 1 : 0;
}
