/* hex.h - hexadecimal digits: in URLs, in typed commands, in JSON. */
#ifndef RESPUB_NET_HEX_H
#define RESPUB_NET_HEX_H

/* 0 to 15; -1: not a hexadecimal digit. */
static inline int respub__hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#endif
