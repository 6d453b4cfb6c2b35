/* The quick starts and the event loops of examples/, as processes. */
#include "tests/support/place.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 10000
};

static respub_test_place place;

static void open_place(respub_test_kind kind) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
}

static respub_test_process *started(const char *name, const char *const words[],
                                    const char *when_ready) {
  respub_test_process *p = respub_test_example_start(&place, name, words);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE(respub_test_process_error_with(p, when_ready, DEADLINE_MS));
  return p;
}

static void says(respub_test_process *p, const char *wanted) {
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  CU_ASSERT_PTR_NOT_NULL(line);
  if (line != NULL)
    CU_ASSERT_STRING_EQUAL(line, wanted);
}

static void ends_with_0(respub_test_process *p, int signal_number) {
  CU_ASSERT_TRUE(respub_test_process_signal(p, signal_number));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  respub_test_process_end(p);
}

/* publish_price with the place's URL; true when it prints out and ends with 0. */
static bool publishes(const char *symbol, const char *price, const char *out) {
  respub_test_output r;
  respub_test_example("publish_price", RESPUB_TEST_WORDS("--url", place.url, symbol, price), NULL,
                      &r);
  bool right = r.ended == 0 && strcmp(r.out, out) == 0;
  if (!right)
    fprintf(stderr, "publish_price: %d\n%s%s", r.ended, r.out, r.err);
  respub_test_output_free(&r);
  return right;
}

static void prices_arrive(respub_test_kind kind) {
  open_place(kind);
  CU_ASSERT_TRUE(publishes("AAPL", "150.00", "0\n"));
  respub_test_process *p =
      started("print_prices", RESPUB_TEST_WORDS("aapl", "MSFT"), "subscribed TICKER_UPDATES_MSFT");
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "subscribed TICKER_UPDATES_AAPL", DEADLINE_MS));
  CU_ASSERT_TRUE(publishes("AAPL", "150.00", "1\n"));
  says(p, "AAPL 150.00");
  CU_ASSERT_TRUE(publishes("msft", "27.5", "1\n"));
  says(p, "msft 27.50");
  ends_with_0(p, SIGTERM);
  respub_test_place_close(&place);
}

static void prices_arrive_through_redis(void) {
  prices_arrive(RESPUB_TEST_REDIS);
}

static void prices_arrive_through_the_broker(void) {
  prices_arrive(RESPUB_TEST_BROKER);
}

static void an_invalid_message_is_told_and_the_next_one_printed(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *p = started("print_prices", RESPUB_TEST_WORDS("AAPL"), "subscribed");
  CU_ASSERT_TRUE(respub_test_command_does(
      RESPUB_TEST_WORDS("pub", "-u", place.url, "--raw", "TICKER_UPDATES_AAPL", "{\"data\":{}}"),
      NULL, 0, "1\n", ""));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "refused", DEADLINE_MS));
  CU_ASSERT_TRUE(publishes("AAPL", "1", "1\n"));
  says(p, "AAPL 1.00");
  ends_with_0(p, SIGINT);
  respub_test_place_close(&place);
}

/* What a program says for these words, without a server. */
typedef struct saying {
  const char *name;
  const char *words[6];
  int code;
  const char *out; /* a part of it; "" for nothing at all */
  const char *err;
} saying;

static const saying sayings[] = {
    {"publish_price", {"--help"}, 0, "usage: publish_price", ""},
    {"publish_price", {"--nonsense"}, 2, "", "usage: publish_price"},
    {"publish_price", {"--url"}, 2, "", "usage: publish_price"},
    {"publish_price", {"AAPL"}, 2, "", "usage: publish_price"},
    {"publish_price", {"AAPL", "1x"}, 2, "", "usage: publish_price"},
    {"publish_price", {"--url", "http://x"}, 1, "", "publish_price: "},
    {"publish_price", {"--url", "redis://127.0.0.1:1"}, 1, "", "publish_price: "},
    {"publish_price", {"--url", "redis://127.0.0.1:1", "A B", "1"}, 1, "", "publish_price: "},
    {"print_prices", {"--help"}, 0, "usage: print_prices", ""},
    {"print_prices", {"--nonsense"}, 2, "", "usage: print_prices"},
    {"print_prices", {"--url", "redis://127.0.0.1:1", "A B"}, 1, "", "print_prices: "},
    {"poll_loop", {"--help"}, 0, "usage: poll_loop", ""},
    {"poll_loop", {NULL}, 2, "", "usage: poll_loop"},
    {"poll_loop", {"--url", "nonsense", "x"}, 1, "", "poll_loop: "},
    {"libevent_loop", {"--help"}, 0, "usage: libevent_loop", ""},
    {"libevent_loop", {NULL}, 2, "", "usage: libevent_loop"},
    {"market_data", {"--help"}, 0, "usage: market_data", ""},
    {"market_data", {"--nonsense"}, 2, "", "unknown option --nonsense"},
    {"market_data", {"--speed"}, 2, "", "--speed needs a value"},
    {"market_data", {"--speed", "fast"}, 2, "", "--speed: a whole number"},
    {"market_data", {"--wait-for", "-1"}, 2, "", "--wait-for: a whole number"},
    {"market_data", {"--url", "nonsense"}, 2, "", "market_data: "},
    {"market_data", {"--feed", "/nowhere/at/all"}, 1, "", "/nowhere/at/all"},
    {"trading_bot", {"--help"}, 0, "usage: trading_bot", ""},
    {"trading_bot", {"--step", "0"}, 2, "", "--step: an amount above zero"},
    {"trading_bot", {"--step", "1e3"}, 2, "", "--step: an amount above zero"},
    {"trading_bot", {"--lot", "1.5"}, 2, "", "--lot: a whole number"},
    {"trading_bot", {"--account", "a b"}, 1, "", "trading_bot: "},
    {"trading_bot", {"--tickers", ""}, 1, "", "no tickers"},
    {"trading_bot", {"--tickers", "AAPL,,MSFT"}, 1, "", "trading_bot: "},
};

static bool matches(const char *text, const char *part) {
  return *part == '\0' ? *text == '\0' : strstr(text, part) != NULL;
}

static void help_and_wrong_usage_are_answered_without_a_server(void) {
  for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
    const saying *s = &sayings[i];
    respub_test_output r;
    respub_test_example(s->name, s->words, NULL, &r);
    bool right = r.ended == s->code && matches(r.out, s->out) && matches(r.err, s->err);
    if (!right)
      fprintf(stderr, "%s, row %zu: ended with %d\n%s%s", s->name, i, r.ended, r.out, r.err);
    CU_ASSERT_TRUE(right);
    respub_test_output_free(&r);
  }
}

/* Runs an example of this name and these words with a full disk for its output. */
static void tells_of_a_full_disk(const char *name, const char *words, const char *sentence) {
  char path[1024], script[256];
  respub_test_output r;
  snprintf(script, sizeof script, "exec \"$0\" --url \"$1\" %s >/dev/full", words);
  const char *argv[] = {"sh",      "-c", script, respub_test_built(name, path, sizeof path),
                        place.url, NULL};
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, DEADLINE_MS, &r), 1);
  bool told = strstr(r.err, sentence) != NULL;
  if (!told)
    fprintf(stderr, "wanted: %s\n   got: %s\n", sentence, r.err);
  CU_ASSERT_TRUE(told);
  respub_test_output_free(&r);
}

static void what_cannot_be_printed_is_told(void) {
  open_place(RESPUB_TEST_BROKER);
  tells_of_a_full_disk("examples/publish_price", "AAPL 1", "published, but standard output ");
  tells_of_a_full_disk("examples/market_data", "--feed /dev/null --linger 0",
                       "market_data: the summary cannot be written\n");
  respub_test_place_close(&place);
}

static void a_password_in_the_environment_is_not_in_the_help(void) {
  char path[1024];
  respub_test_output r;
  const char *argv[] = {"env", "REDIS_URL=redis://u:hidden@h", NULL, "--help", NULL};
  argv[2] = respub_test_built("examples/market_data", path, sizeof path);
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, DEADLINE_MS, &r), 0);
  CU_ASSERT_PTR_NULL(strstr(r.out, "hidden"));
  respub_test_output_free(&r);
}

static void print_prices_ends_while_the_server_is_away(void) {
  place = (respub_test_place){.url = "redis://127.0.0.1:1"};
  respub_test_process *p = started("print_prices", RESPUB_TEST_WORDS("AAPL"), "connect_failed");
  ends_with_0(p, SIGTERM);
}

/* Publishes a message until somebody receives it. */
static bool published_at_last(void *ctx) {
  respub_test_output r;
  respub_test_command(RESPUB_TEST_WORDS("pub", "-u", place.url, "--raw", "news", ctx), NULL, 0, &r);
  bool received = r.ended == 0 && strcmp(r.out, "1\n") == 0;
  respub_test_output_free(&r);
  return received;
}

static void goes_on_after_a_restart(respub_test_process *p) {
  char first[] = "first", second[] = "second";
  CU_ASSERT_TRUE(respub_test_wait(published_at_last, first, DEADLINE_MS));
  says(p, "first");
  CU_ASSERT_TRUE(respub_test_server_kill(place.server));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "disconnected", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_restart(place.server));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "restored", 3 * DEADLINE_MS));
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_process_errors(p), "gap"));
  CU_ASSERT_TRUE(respub_test_wait(published_at_last, second, DEADLINE_MS));
  says(p, "second");
}

static void a_poll_loop_survives_its_server_and_ends_with_its_input(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *p = started("poll_loop", RESPUB_TEST_WORDS("news"), "subscribed");
  goes_on_after_a_restart(p);
  respub_test_process_close_input(p);
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  respub_test_process_end(p);
  respub_test_place_close(&place);
}

static void a_libevent_loop_survives_its_server_and_ends_with_a_signal(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *p = started("libevent_loop", RESPUB_TEST_WORDS("news"), "subscribed");
  goes_on_after_a_restart(p);
  ends_with_0(p, SIGTERM);
  respub_test_place_close(&place);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(prices_arrive_through_redis),
      RESPUB_TEST(prices_arrive_through_the_broker),
      RESPUB_TEST(an_invalid_message_is_told_and_the_next_one_printed),
      RESPUB_TEST(help_and_wrong_usage_are_answered_without_a_server),
      RESPUB_TEST(what_cannot_be_printed_is_told),
      RESPUB_TEST(a_password_in_the_environment_is_not_in_the_help),
      RESPUB_TEST(print_prices_ends_while_the_server_is_away),
      RESPUB_TEST(a_poll_loop_survives_its_server_and_ends_with_its_input),
      RESPUB_TEST(a_libevent_loop_survives_its_server_and_ends_with_a_signal),
  };
  return respub_test_main("quick starts", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
