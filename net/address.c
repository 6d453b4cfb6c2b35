/* inet_ntop is left out, because it may bring a printf along; see format.h. */
#include "net/format.h"
#include "net/net.h"
#include "net/socket.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

enum {
  GROUPS = 8,       /* of 16 bits, in an IPv6 address */
  GROUP_TEXT = 6,   /* "ffff:" and its end */
  MAPPED_GROUPS = 6 /* in front of the IPv4 address of a mapped one */
};

/* ------------------------------------------------------------------------------------------------
 * IPv6 as RFC 5952 wants it */

static unsigned group_at(const unsigned char *bytes, size_t i) {
  return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* The longest run of two zeros or more, the first of equals; *len 0: there is none. */
static size_t find_zeros(const unsigned char *bytes, size_t *len) {
  size_t from = 0;
  *len = 0;
  for (size_t i = 0; i < GROUPS; i++) {
    size_t end = i;
    while (end < GROUPS && group_at(bytes, end) == 0)
      end++;
    if (end - i >= 2 && end - i > *len) {
      from = i;
      *len = end - i;
    }
  }
  return from;
}

static char *put_group(char *out, unsigned group) {
  bool begun = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    unsigned digit = group >> shift & 15;
    begun = begun || digit != 0 || shift == 0;
    if (begun)
      *out++ = "0123456789abcdef"[digit];
  }
  return out;
}

static void write_v6(const unsigned char *bytes, char out[GROUPS * GROUP_TEXT]) {
  size_t zeros;
  size_t from = find_zeros(bytes, &zeros);
  if (from == 0 && zeros == MAPPED_GROUPS - 1 && group_at(bytes, zeros) == 0xffff) {
    const unsigned char *v4 = bytes + 12;
    (void)respub__format(out, GROUPS * GROUP_TEXT, "::ffff:%u.%u.%u.%u", v4[0], v4[1], v4[2],
                         v4[3]);
    return;
  }
  for (size_t i = 0; i < GROUPS; i++) {
    bool inside = i >= from && i < from + zeros;
    if (i == from || !inside)
      if (i > 0 || inside)
        *out++ = ':';
    if (!inside)
      out = put_group(out, group_at(bytes, i));
  }
  if (zeros > 0 && from + zeros == GROUPS)
    *out++ = ':';
  *out = '\0';
}

/* ------------------------------------------------------------------------------------------------
 * Any address */

static void write_local(const respub__address *address, char out[RESPUB__ADDRESS_TEXT]) {
#if RESPUB_UNIX
  /* A peer without a name has a length that ends before the path. */
  (void)respub__format(out, RESPUB__ADDRESS_TEXT, "%s",
                       address->length > offsetof(struct sockaddr_un, sun_path)
                           ? address->as.local.sun_path
                           : "a Unix socket");
#else
  (void)address;
  (void)respub__format(out, RESPUB__ADDRESS_TEXT, "a Unix socket");
#endif
}

const char *respub__address_text(const respub__address *address, char out[RESPUB__ADDRESS_TEXT]) {
  char numbers[GROUPS * GROUP_TEXT];
  unsigned char bytes[16];
  unsigned port = respub__address_port(address);
  switch (address->as.any.sa_family) {
  case AF_INET:
    memcpy(bytes, &address->as.v4.sin_addr, 4);
    (void)respub__format(out, RESPUB__ADDRESS_TEXT, "%u.%u.%u.%u:%u", bytes[0], bytes[1], bytes[2],
                         bytes[3], port);
    break;
  case AF_INET6:
    memcpy(bytes, &address->as.v6.sin6_addr, sizeof bytes);
    write_v6(bytes, numbers);
    (void)respub__format(out, RESPUB__ADDRESS_TEXT, "[%s]:%u", numbers, port);
    break;
  case AF_UNIX:
    write_local(address, out);
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

#if RESPUB_UNIX
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
#else
respub_status respub__address_local(respub__address *address, const char *path) {
  (void)path;
  memset(address, 0, sizeof *address);
  return RESPUB_EUNSUPPORTED;
}
#endif

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

respub_status respub__address_numeric(respub__address *address, const char *host, uint16_t port) {
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, host, &address->as.v4.sin_addr) == 1) {
    address->as.v4.sin_family = AF_INET;
    address->as.v4.sin_port = htons(port);
    address->length = sizeof address->as.v4;
    return RESPUB_OK;
  }
  if (inet_pton(AF_INET6, host, &address->as.v6.sin6_addr) == 1) {
    address->as.v6.sin6_family = AF_INET6;
    address->as.v6.sin6_port = htons(port);
    address->length = sizeof address->as.v6;
    return RESPUB_OK;
  }
  return RESPUB_EARGUMENT;
}
