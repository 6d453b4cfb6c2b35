#include "pubsub/publish_command.h"

char *respub__put_digits(char *out, size_t n) {
  char digits[20];
  size_t first = sizeof digits;
  for (; n > 0; n /= 10)
    digits[--first] = (char)('0' + n % 10);
  memcpy(out, digits + first, sizeof digits - first);
  return out + (sizeof digits - first);
}

static size_t digits_of(size_t n) {
  size_t digits = 1;
  for (; n >= 10; n /= 10)
    digits++;
  return digits;
}

size_t respub__publish_length(size_t channel_len, size_t payload_len) {
  return RESPUB__PUBLISH_START_BYTES + digits_of(channel_len) + channel_len +
         digits_of(payload_len) + payload_len +
         sizeof "\r\n"
                "\r\n$"
                "\r\n"
                "\r\n" -
         1;
}
