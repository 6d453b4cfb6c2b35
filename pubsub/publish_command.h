/* publish_command.h - the bytes of PUBLISH. By hand and inline, because every message passes here:
 * a third of what the general encoder takes. */
#ifndef RESPUB_PUBSUB_PUBLISH_COMMAND_H
#define RESPUB_PUBSUB_PUBLISH_COMMAND_H

#include "net/inline.h"
#include "resp/resp.h"

#include <string.h>

#define RESPUB__PUBLISH_START "*3\r\n$7\r\nPUBLISH\r\n$"
#define RESPUB__PUBLISH_START_BYTES (sizeof RESPUB__PUBLISH_START - 1)

/* What the command takes beside channel and payload: its start, two lengths of at most 20 digits,
 * and the ends of lines and strings. */
#define RESPUB__PUBLISH_FIXED 80

/* An upper bound of the size; SIZE_MAX when there is none. */
static inline size_t respub__publish_bound(size_t channel_len, size_t payload_len) {
  size_t most = SIZE_MAX - RESPUB__PUBLISH_FIXED;
  if (channel_len > most || payload_len > most - channel_len)
    return SIZE_MAX;
  return RESPUB__PUBLISH_FIXED + channel_len + payload_len;
}

/* The exact size. */
size_t respub__publish_length(size_t channel_len, size_t payload_len);

/* The digits of n, of which there are not more than 20; returns the byte behind. For put_length
 * only. */
char *respub__put_digits(char *out, size_t n);

/* "00" to "99". */
extern const char respub__digit_pairs[200];

RESPUB__INLINE char *respub__put_pair(char *out, unsigned n) {
  memcpy(out, &respub__digit_pairs[(size_t)n * 2], 2);
  return out + 2;
}

/* The digits of n, of which most lengths have two or three, and CR LF. */
RESPUB__INLINE char *respub__put_length(char *out, size_t n) {
  unsigned few = (unsigned)n;
  if (n >= 1000) {
    out = respub__put_digits(out, n);
  } else if (n >= 100) {
    *out = (char)('0' + few / 100);
    out = respub__put_pair(out + 1, few % 100);
  } else if (n >= 10) {
    out = respub__put_pair(out, few);
  } else {
    *out++ = (char)('0' + few);
  }
  memcpy(out, "\r\n", 2);
  return out + 2;
}

/* The command up to and with the header of a payload of payload_len bytes; returns the byte behind.
 * The payload and a CR LF follow. */
RESPUB__INLINE char *respub__publish_encode(char *out, respub_slice channel, size_t payload_len) {
  memcpy(out, RESPUB__PUBLISH_START, RESPUB__PUBLISH_START_BYTES);
  out = respub__put_length(out + RESPUB__PUBLISH_START_BYTES, channel.len);
  if (channel.len > 0)
    memcpy(out, channel.ptr, channel.len);
  out += channel.len;
  memcpy(out, "\r\n$", 3);
  return respub__put_length(out + 3, payload_len);
}

/* The whole command. */
RESPUB__INLINE char *respub__publish_encode_whole(char *out, respub_slice channel,
                                                  respub_slice payload) {
  out = respub__publish_encode(out, channel, payload.len);
  if (payload.len > 0)
    memcpy(out, payload.ptr, payload.len);
  out += payload.len;
  memcpy(out, "\r\n", 2);
  return out + 2;
}

#endif
