/* The text of an address is what inet_ntop writes. */
#include "net/socket.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void check_v4(const char *text) {
  respub__address a;
  char got[RESPUB__ADDRESS_TEXT];
  char want[RESPUB__ADDRESS_TEXT];
  memset(&a, 0, sizeof a);
  a.as.v4.sin_family = AF_INET;
  a.as.v4.sin_port = htons(6379);
  a.length = sizeof a.as.v4;
  CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET, text, &a.as.v4.sin_addr), 1);
  snprintf(want, sizeof want, "%s:6379", text);
  CU_ASSERT_STRING_EQUAL(respub__address_text(&a, got), want);
}

static void an_ipv4_address_has_four_numbers(void) {
  check_v4("0.0.0.0");
  check_v4("127.0.0.1");
  check_v4("192.168.10.9");
  check_v4("255.255.255.255");
}

static void check_v6(const struct in6_addr *address) {
  respub__address a;
  char got[RESPUB__ADDRESS_TEXT];
  char want[RESPUB__ADDRESS_TEXT];
  char numbers[INET6_ADDRSTRLEN];
  memset(&a, 0, sizeof a);
  a.as.v6.sin6_family = AF_INET6;
  a.as.v6.sin6_port = htons(1);
  a.as.v6.sin6_addr = *address;
  a.length = sizeof a.as.v6;
  CU_ASSERT_PTR_NOT_NULL_FATAL(inet_ntop(AF_INET6, address, numbers, sizeof numbers));
  snprintf(want, sizeof want, "[%s]:1", numbers);
  CU_ASSERT_PTR_EQUAL(respub__address_text(&a, got), got);
#ifdef __GLIBC__ /* musl takes another run of zeros in some cases */
  CU_ASSERT_STRING_EQUAL(got, want);
#endif
  struct in6_addr back = {0};
  CU_ASSERT_EQUAL(sscanf(got, "[%45[0-9a-f:.]]:1", numbers), 1);
  CU_ASSERT_EQUAL(inet_pton(AF_INET6, numbers, &back), 1);
  CU_ASSERT_EQUAL(memcmp(&back, address, sizeof back), 0);
}

static void an_ipv6_address_leaves_out_its_longest_run_of_zeros(void) {
  static const char *const texts[] = {
      "::",
      "::1",
      "1::",
      "fe80::1",
      "2001:db8::1:0:0:1",
      "1:0:0:2::3",
      "1:2:3:4:5:6:7:8",
      "0:1::",
      "::1:0:0:0:0",
      "ff02::1:ff00:42",
      "1:0:2:0:3:0:4:0",
      "::ffff:192.0.2.1",
      "abcd:ef01:2345:6789:abcd:ef01:2345:6789",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct in6_addr address;
    CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, texts[i], &address), 1);
    check_v6(&address);
  }
}

/* Each group zero, short or long, in every combination; but not what inet_ntop takes for an IPv4
 * address that is not mapped. */
static void every_pattern_of_zeros_is_written_as_inet_ntop_writes_it(void) {
  static const unsigned char groups[3][2] = {{0, 0}, {0, 0x0a}, {0xb0, 0x0c}};
  for (unsigned code = 0; code < 6561; code++) {
    struct in6_addr address = {0};
    unsigned rest = code;
    for (size_t i = 0; i < 8; i++, rest /= 3)
      memcpy(address.s6_addr + 2 * i, groups[rest % 3], 2);
    bool old_v4 = code % 729 == 0 && code / 729 % 3 != 0;
    if (!old_v4)
      check_v6(&address);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(an_ipv4_address_has_four_numbers),
      RESPUB_TEST(an_ipv6_address_leaves_out_its_longest_run_of_zeros),
      RESPUB_TEST(every_pattern_of_zeros_is_written_as_inet_ntop_writes_it),
  };
  return respub_test_main("net address", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
