#include "pubsub/publish_command.h"

#define PAIRS(tens)                                                                                \
  tens, '0', tens, '1', tens, '2', tens, '3', tens, '4', tens, '5', tens, '6', tens, '7', tens,    \
      '8', tens, '9'

const char respub__digit_pairs[200] = {PAIRS('0'), PAIRS('1'), PAIRS('2'), PAIRS('3'), PAIRS('4'),
                                       PAIRS('5'), PAIRS('6'), PAIRS('7'), PAIRS('8'), PAIRS('9')};

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
