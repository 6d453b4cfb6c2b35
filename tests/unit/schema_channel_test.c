/* Names of channels. */
#include "schema/schema.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

typedef respub_status make_channel(char out[RESPUB_CHANNEL_MAX], const char *name,
                                   respub_error *error);

static void check_named(make_channel *make, const char *name, const char *wanted) {
  char out[RESPUB_CHANNEL_MAX];
  respub_error error = {.status = RESPUB_OK};
  memset(out, 'x', sizeof out);
  respub_status status = make(out, name, &error);
  RESPUB_CHECK(status == RESPUB_OK, "%s: %s", name, error.text);
  RESPUB_CHECK(memcmp(out, wanted, strlen(wanted) + 1) == 0, "%s: %.95s", name, out);
}

static void check_no_name(make_channel *make, const char *name, const char *wanted) {
  char out[RESPUB_CHANNEL_MAX] = "x";
  respub_error error = {.status = RESPUB_OK};
  const char *shown = name == NULL ? "NULL" : name;
  RESPUB_CHECK(make(out, name, &error) == RESPUB_ECHANNEL, "%s", shown);
  RESPUB_CHECK(error.status == RESPUB_ECHANNEL, "%s", shown);
  RESPUB_CHECK(strcmp(error.text, wanted) == 0, "%s: %s", shown, error.text);
  RESPUB_CHECK(out[0] == '\0', "%s: %s", shown, out);
  RESPUB_CHECK(make(out, name, NULL) == RESPUB_ECHANNEL, "%s", shown);
}

static void fixed_names_are_those_of_the_protocol(void) {
  CU_ASSERT_STRING_EQUAL(RESPUB_BROKER_REGISTRATION, "BROKER_REGISTRATION");
  CU_ASSERT_STRING_EQUAL(RESPUB_TICKER_UPDATES, "TICKER_UPDATES_");
  CU_ASSERT_STRING_EQUAL(RESPUB_ACCOUNT_UPDATES, "ACCOUNT_UPDATES_");
}

static void symbols_are_upper_cased(void) {
  check_named(respub_ticker_channel, "AAPL", "TICKER_UPDATES_AAPL");
  check_named(respub_ticker_channel, "aapl", "TICKER_UPDATES_AAPL");
  check_named(respub_ticker_channel, "brk.b", "TICKER_UPDATES_BRK.B");
  check_named(respub_ticker_channel, "a", "TICKER_UPDATES_A");
  check_named(respub_ticker_channel, "azAZ", "TICKER_UPDATES_AZAZ");
  check_named(respub_ticker_channel, "btc/usd-1", "TICKER_UPDATES_BTC/USD-1");
  check_named(respub_ticker_channel, "!@[`{~", "TICKER_UPDATES_!@[`{~");
}

static void accounts_keep_their_case(void) {
  check_named(respub_account_channel, "bot-1a", "ACCOUNT_UPDATES_bot-1a");
  check_named(respub_account_channel, "PA3X", "ACCOUNT_UPDATES_PA3X");
}

static void names_that_cannot_be_said_aloud_are_refused(void) {
  static const char unseen[] = " holds something that is no printable ASCII character";
  static const char *const names[] = {"A\n", "\t", "A\x7f", "\x01", "\xc3\xa9", "A\xff"};
  char wanted[128];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    (void)snprintf(wanted, sizeof wanted, "the symbol%s", unseen);
    check_no_name(respub_ticker_channel, names[i], wanted);
    (void)snprintf(wanted, sizeof wanted, "the account%s", unseen);
    check_no_name(respub_account_channel, names[i], wanted);
  }
  check_no_name(respub_ticker_channel, "", "the symbol is empty");
  check_no_name(respub_ticker_channel, NULL, "the symbol is empty");
  check_no_name(respub_account_channel, "", "the account is empty");
  check_no_name(respub_account_channel, NULL, "the account is empty");
  check_no_name(respub_ticker_channel, " ", "the symbol holds a blank");
  check_no_name(respub_ticker_channel, "A B", "the symbol holds a blank");
  check_no_name(respub_account_channel, "a ", "the account holds a blank");
}

static void every_byte_is_allowed_or_not_on_purpose(void) {
  for (int c = 1; c <= UCHAR_MAX; c++) {
    char name[] = {(char)c, '\0'};
    char out[RESPUB_CHANNEL_MAX];
    respub_status wanted = c > ' ' && c < 0x7f ? RESPUB_OK : RESPUB_ECHANNEL;
    RESPUB_CHECK(respub_ticker_channel(out, name, NULL) == wanted, "byte %d", c);
    RESPUB_CHECK(respub_account_channel(out, name, NULL) == wanted, "byte %d", c);
  }
}

static void names_of_64_bytes_fit_and_of_65_do_not(void) {
  char name[RESPUB_NAME_MAX + 2];
  char wanted[RESPUB_CHANNEL_MAX];
  memset(name, 'x', sizeof name);
  name[RESPUB_NAME_MAX] = '\0';
  (void)snprintf(wanted, sizeof wanted, "ACCOUNT_UPDATES_%s", name);
  check_named(respub_account_channel, name, wanted);
  name[RESPUB_NAME_MAX] = 'x';
  name[RESPUB_NAME_MAX + 1] = '\0';
  check_no_name(respub_account_channel, name, "the account is longer than 64 bytes");
  check_no_name(respub_ticker_channel, name, "the symbol is longer than 64 bytes");
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(fixed_names_are_those_of_the_protocol),
      RESPUB_TEST(symbols_are_upper_cased),
      RESPUB_TEST(accounts_keep_their_case),
      RESPUB_TEST(names_that_cannot_be_said_aloud_are_refused),
      RESPUB_TEST(every_byte_is_allowed_or_not_on_purpose),
      RESPUB_TEST(names_of_64_bytes_fit_and_of_65_do_not),
  };
  return respub_test_main("schema_channel", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
