/* The market-data service and the trading bot of examples/, as processes. */
#include "tests/support/place.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 20000
};

static respub_test_place place;

static void open_place(respub_test_kind kind) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
}

static bool told(respub_test_process *p, const char *text) {
  bool found = respub_test_process_error_with(p, text, DEADLINE_MS);
  if (!found)
    fprintf(stderr, "\"%s\" is not in:\n%s", text, respub_test_process_errors(p));
  return found;
}

/* The service with standard input as its feed. */
static respub_test_process *start_service(const char *option, const char *value) {
  respub_test_process *p = respub_test_example_start(
      &place, "market_data", RESPUB_TEST_WORDS("--feed", "-", "--linger", "20", option, value));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE_FATAL(told(p, "market_data: open"));
  return p;
}

static respub_test_process *start_command(const char *channel) {
  respub_test_process *p =
      respub_test_command_start(RESPUB_TEST_WORDS("sub", "-u", place.url, "-p", channel));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE_FATAL(told(p, "subscribed"));
  return p;
}

static respub_test_process *start_bot(const char *account, const char *tickers) {
  respub_test_process *p = respub_test_example_start(
      &place, "trading_bot",
      RESPUB_TEST_WORDS("--account", account, "--tickers", tickers, "--step", "5", "--lot", "10"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  return p;
}

static void feed(respub_test_process *service, const char *lines) {
  CU_ASSERT_TRUE(respub_test_process_write(service, lines, strlen(lines), DEADLINE_MS));
}

static void registers(const char *action, const char *ticker, const char *sender) {
  char data[128];
  snprintf(data, sizeof data, "{\"action\":\"%s\",\"ticker\":\"%s\"}", action, ticker);
  CU_ASSERT_TRUE(respub_test_command_does(
      RESPUB_TEST_WORDS("pub", "-u", place.url, "--sender", sender, "BROKER_REGISTRATION", data),
      NULL, 0, "1\n", ""));
}

static bool hears(respub_test_process *p, const char *text) {
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  bool found = line != NULL && strstr(line, text) != NULL;
  if (!found)
    fprintf(stderr, "\"%s\" is not in: %s\n", text, line == NULL ? "(nothing)" : line);
  return found;
}

/* The summary is the last line; it must have every one of the parts. */
static void sums_up(respub_test_process *p, const char *const parts[]) {
  const char *line = respub_test_process_line_with(p, "\"program\"", DEADLINE_MS);
  CU_ASSERT_PTR_NOT_NULL_FATAL(line);
  for (size_t i = 0; parts[i] != NULL; i++) {
    bool found = strstr(line, parts[i]) != NULL;
    if (!found)
      fprintf(stderr, "%s is not in %s\n", parts[i], line);
    CU_ASSERT_TRUE(found);
  }
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  respub_test_process_end(p);
}

static void ends(respub_test_process *p, int signal_number, const char *const parts[]) {
  CU_ASSERT_TRUE(respub_test_process_signal(p, signal_number));
  sums_up(p, parts);
}

static void ends_command(respub_test_process *p) {
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  respub_test_process_end(p);
}

/* ------------------------------------------------------------------------------------------------
 * The service alone */

static void prices_flow_while_somebody_is_registered(respub_test_kind kind) {
  open_place(kind);
  respub_test_process *service = start_service(NULL, NULL);
  respub_test_process *sub = start_command("TICKER_UPDATES_*");
  feed(service, "{\"symbol\":\"AAPL\",\"price\":1}\n");
  registers("subscribe", "aapl", "a");
  registers("subscribe", "AAPL", "a");
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 1 registered"));
  registers("subscribe", "AAPL", "b");
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 2 registered"));
  registers("subscribe", "MSFT", "b");
  CU_ASSERT_TRUE(told(service, "MSFT: subscribe, 1 registered"));
  feed(service, "{\"symbol\":\"AAPL\",\"price\":2,\"timestamp\":\"t2\"}\n");
  CU_ASSERT_TRUE(hears(sub, "\"price\":2"));
  registers("unsubscribe", "AAPL", "a");
  CU_ASSERT_TRUE(told(service, "AAPL: unsubscribe, 1 registered"));
  feed(service, "{\"symbol\":\"aapl\",\"price\":\"3.25\",\"volume\":null}\n");
  CU_ASSERT_TRUE(hears(sub, "\"price\":\"3.25\""));
  registers("unsubscribe", "AAPL", "b");
  CU_ASSERT_TRUE(told(service, "AAPL: unsubscribe, 0 registered"));
  feed(service, "{\"symbol\":\"AAPL\",\"price\":4}\n{\"symbol\":\"MSFT\",\"price\":5}\n");
  CU_ASSERT_TRUE(hears(sub, "\"price\":5"));
  ends(service, SIGTERM,
       RESPUB_TEST_WORDS("\"published\":3,", "\"not_registered\":2,", "\"refused\":0,",
                         "{\"ticker\":\"AAPL\",\"prices\":2,\"orders\":0,\"last\":\"4.00\"}"));
  ends_command(sub);
  respub_test_place_close(&place);
}

static void prices_flow_while_somebody_is_registered_at_redis(void) {
  prices_flow_while_somebody_is_registered(RESPUB_TEST_REDIS);
}

static void prices_flow_while_somebody_is_registered_at_the_broker(void) {
  prices_flow_while_somebody_is_registered(RESPUB_TEST_BROKER);
}

static void requests_without_a_sender_are_counted_one_by_one(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *service = start_service(NULL, NULL);
  registers("subscribe", "IBM", "unknown");
  registers("subscribe", "IBM", "unknown");
  CU_ASSERT_TRUE(told(service, "IBM: subscribe, 2 registered"));
  registers("unsubscribe", "IBM", "unknown");
  CU_ASSERT_TRUE(told(service, "IBM: unsubscribe, 1 registered"));
  ends(service, SIGINT, RESPUB_TEST_WORDS("\"registrations\":2,\"unregistrations\":1,"));
  respub_test_place_close(&place);
}

static void what_is_not_valid_is_refused_with_its_reason(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *service = start_service("--tickers", "AAPL,MSFT");
  CU_ASSERT_TRUE(respub_test_command_does(
      RESPUB_TEST_WORDS("pub", "-u", place.url, "--raw", "BROKER_REGISTRATION",
                        "{\"data\":{\"action\":\"buy\",\"ticker\":\"AAPL\"}}"),
      NULL, 0, "1\n", ""));
  CU_ASSERT_TRUE(told(service, "registration refused: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_process_errors(service), "action"));
  registers("subscribe", "A B", "a");
  CU_ASSERT_TRUE(told(service, "registration refused: "));
  registers("subscribe", "IBM", "a");
  CU_ASSERT_TRUE(told(service, "this ticker is not offered"));
  registers("subscribe", "MSFT", "a");
  CU_ASSERT_TRUE(told(service, "MSFT: subscribe, 1 registered"));
  feed(service, "nonsense\n{\"symbol\":\"MSFT\",\"price\":-1}\n"
                "{\"symbol\":\"MSFT\",\"price\":1,\"volume\":[]}\n{\"price\":1}\n"
                "{\"symbol\":\"MSFT\",\"price\":1} {}\n\n");
  CU_ASSERT_TRUE(told(service, "line 1: refused: not a JSON object"));
  CU_ASSERT_TRUE(told(service, "line 2: refused: price"));
  CU_ASSERT_TRUE(told(service, "volume"));
  CU_ASSERT_TRUE(told(service, "line 4: refused: symbol"));
  CU_ASSERT_TRUE(told(service, "line 5: refused: not a JSON object"));
  CU_ASSERT_TRUE(told(service, "line 6: refused: not a JSON object"));
  ends(service, SIGTERM,
       RESPUB_TEST_WORDS("\"published\":0,", "\"refused\":9,", "\"registrations\":1,"));
  respub_test_place_close(&place);
}

static void orders(const char *id, const char *fields) {
  char data[256];
  snprintf(data, sizeof data,
           "{\"type\":\"order\",\"timestamp\":\"t\",\"symbol\":\"AAPL\",\"order_data\":{\"id\":"
           "\"%s\",\"status\":\"new\",%s}}",
           id, fields);
  CU_ASSERT_TRUE(respub_test_place_publish(&place, "ACCOUNT_UPDATES_x", data, "2\n"));
}

/* The order itself comes by first. */
static bool is_answered(respub_test_process *sub, const char *text) {
  return hears(sub, "\"status\":\"new\"") && hears(sub, text);
}

static void orders_are_filled_at_the_last_price_once_or_rejected(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *service = start_service(NULL, NULL);
  respub_test_process *account = start_command("ACCOUNT_UPDATES_*");
  respub_test_process *ticker = start_command("TICKER_UPDATES_*");
  orders("1", "\"side\":\"buy\",\"quantity\":3");
  CU_ASSERT_TRUE(is_answered(account, "no price yet"));
  registers("subscribe", "AAPL", "a");
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 1 registered"));
  feed(service, "{\"symbol\":\"AAPL\",\"price\":10.5}\n");
  CU_ASSERT_TRUE(hears(ticker, "10.5"));
  orders("1", "\"side\":\"buy\",\"quantity\":3");
  CU_ASSERT_TRUE(is_answered(account, "\"status\":\"filled\""));
  CU_ASSERT_TRUE(hears(ticker, "\"status\":\"filled\""));
  orders("1", "\"side\":\"buy\",\"quantity\":3");
  CU_ASSERT_TRUE(is_answered(account, "\"status\":\"filled\""));
  orders("2", "\"side\":\"sell\",\"quantity\":4");
  CU_ASSERT_TRUE(is_answered(account, "holds less"));
  orders("3", "\"side\":\"sell\",\"quantity\":1");
  CU_ASSERT_TRUE(is_answered(account, "\"price\":10.5"));
  orders("4", "\"quantity\":1");
  CU_ASSERT_TRUE(is_answered(account, "buy or sell"));
  orders("5", "\"side\":\"buy\",\"quantity\":1.5");
  CU_ASSERT_TRUE(is_answered(account, "whole"));
  orders("6", "\"side\":\"buy\",\"quantity\":1e9");
  CU_ASSERT_TRUE(is_answered(account, "1000000"));
  ends(service, SIGTERM,
       RESPUB_TEST_WORDS("\"orders_received\":8,\"orders_filled\":2,\"orders_rejected\":5,"
                         "\"orders_repeated\":1,",
                         "{\"account\":\"x\",\"ticker\":\"AAPL\",\"position\":2}"));
  ends_command(account);
  ends_command(ticker);
  respub_test_place_close(&place);
}

static void a_file_is_replayed_in_order_of_time(void) {
  open_place(RESPUB_TEST_BROKER);
  respub_test_process *sub = start_command("TICKER_UPDATES_*");
  char path[RESPUB_TEST_TEMPORARY];
  int fd = mkstemp(respub_test_temporary(path, "feed"));
  static const char rows[] = "symbol,date,price\nA,Mar 1 2001,3\nA,Jan 1 2001,1\nB,Feb 31st,9\n"
                             "A,Jan 1 2001,1.5\nA,Feb 10 2001,2\nA,Feb 1 2001\n";
  CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, rows, sizeof rows - 1) == sizeof rows - 1);
  close(fd);
  respub_test_process *service = respub_test_example_start(
      &place, "market_data",
      RESPUB_TEST_WORDS("--feed", path, "--speed", "0", "--wait-for", "1", "--linger", "0"));
  CU_ASSERT_TRUE(told(service, ":4: refused: the date"));
  CU_ASSERT_TRUE(told(service, ":7: refused: three columns"));
  CU_ASSERT_TRUE(told(service, "market_data: open"));
  registers("subscribe", "A", "a");
  CU_ASSERT_TRUE(hears(sub, "2001-01-01T00:00:00.000Z\",\"symbol\":\"A\",\"price\":1,"));
  CU_ASSERT_TRUE(hears(sub, "2001-01-01T00:00:00.000Z\",\"symbol\":\"A\",\"price\":1.5,"));
  CU_ASSERT_TRUE(hears(sub, "2001-02-10T00:00:00.000Z\",\"symbol\":\"A\",\"price\":2,"));
  CU_ASSERT_TRUE(hears(sub, "2001-03-01T00:00:00.000Z\",\"symbol\":\"A\",\"price\":3,"));
  sums_up(service, RESPUB_TEST_WORDS("\"published\":4,", "\"refused\":2,"));
  ends_command(sub);
  unlink(path);
  respub_test_place_close(&place);
}

/* ------------------------------------------------------------------------------------------------
 * Service and bots */

/* Feeds one price and waits for what the bot does about it. */
static void price(respub_test_process *service, const char *amount, respub_test_process *account,
                  const char *order) {
  char line[128];
  snprintf(line, sizeof line, "{\"symbol\":\"AAPL\",\"price\":%s}\n", amount);
  feed(service, line);
  if (order == NULL)
    return;
  CU_ASSERT_TRUE(hears(account, order));
  CU_ASSERT_TRUE(hears(account, "\"status\":\"filled\""));
}

/* Falls of 5 buy 10, rises of 5 sell 10, from where the last trade was; 10 at 95 and 20 at 85 cost
 * 2650, a third of it rounded down is 883.3333. */
static void a_bot_follows_the_scale_rule(respub_test_kind kind) {
  open_place(kind);
  respub_test_process *account = start_command("ACCOUNT_UPDATES_*");
  respub_test_process *bot = start_bot("x", "AAPL");
  respub_test_process *service = start_service(NULL, NULL);
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 1 registered"));
  price(service, "100", account, NULL);
  price(service, "104.99", account, NULL);
  price(service, "95.01", account, NULL);
  price(service, "95", account, "\"side\":\"buy\",\"quantity\":10}");
  price(service, "85", account, "\"side\":\"buy\",\"quantity\":20}");
  price(service, "89.50", account, NULL);
  price(service, "84.40", account, NULL);
  price(service, "90", account, "\"side\":\"sell\",\"quantity\":10}");
  price(service, "120", account, "\"side\":\"sell\",\"quantity\":20}");
  price(service, "200", account, NULL);
  price(service, "195.0", account, "\"side\":\"buy\",\"quantity\":10}");
  price(service, "196.25", account, NULL);
  respub_test_process_close_input(service);
  sums_up(bot,
          RESPUB_TEST_WORDS("\"account\":\"x\",\"received\":12,\"refused\":0,\"orders_sent\":5,"
                            "\"orders_confirmed\":5,\"orders_rejected\":0,\"orders_open\":0,",
                            "\"latency_count\":12,",
                            "\"realised\":\"650.00\",\"unrealised\":\"12.50\","
                            "\"profit\":\"662.50\"",
                            "{\"ticker\":\"AAPL\",\"prices\":12,\"orders\":5,\"confirmed\":5,"
                            "\"position\":10,\"last\":\"196.25\""));
  sums_up(service, RESPUB_TEST_WORDS("\"published\":12,", "\"orders_filled\":5,",
                                     "{\"account\":\"x\",\"ticker\":\"AAPL\",\"position\":10}"));
  ends_command(account);
  respub_test_place_close(&place);
}

static void a_bot_follows_the_scale_rule_at_redis(void) {
  a_bot_follows_the_scale_rule(RESPUB_TEST_REDIS);
}

static void a_bot_follows_the_scale_rule_at_the_broker(void) {
  a_bot_follows_the_scale_rule(RESPUB_TEST_BROKER);
}

static void a_third_of_a_cost_is_not_lost(void) {
  open_place(RESPUB_TEST_BROKER);
  respub_test_process *account = start_command("ACCOUNT_UPDATES_*");
  respub_test_process *bot = start_bot("x", "AAPL");
  respub_test_process *service = start_service(NULL, NULL);
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 1 registered"));
  price(service, "100", account, NULL);
  price(service, "95", account, "\"quantity\":10}");
  price(service, "85", account, "\"quantity\":20}");
  price(service, "\"90.00\"", account, "\"side\":\"sell\",\"quantity\":10}");
  ends(bot, SIGTERM,
       RESPUB_TEST_WORDS(
           "\"realised\":\"16.6667\",\"unrealised\":\"33.3333\",\"profit\":\"50.00\""));
  CU_ASSERT_TRUE(told(service, "AAPL: unsubscribe, 0 registered"));
  ends(service, SIGTERM, RESPUB_TEST_WORDS("\"unregistrations\":1,"));
  ends_command(account);
  respub_test_place_close(&place);
}

static void a_restart_of_the_server_is_told_and_survived(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *bot = start_bot("x", "AAPL");
  respub_test_process *service = start_service(NULL, NULL);
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 1 registered"));
  respub_test_process *sub = start_command("*_UPDATES_*");
  price(service, "100", NULL, NULL);
  CU_ASSERT_TRUE(hears(sub, "\"price\":100"));
  CU_ASSERT_TRUE(respub_test_server_kill(place.server));
  CU_ASSERT_TRUE(told(service, "disconnected"));
  CU_ASSERT_TRUE(told(bot, "disconnected"));
  CU_ASSERT_TRUE(respub_test_server_restart(place.server));
  CU_ASSERT_TRUE(told(service, "restored"));
  CU_ASSERT_TRUE(told(bot, "restored"));
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_process_errors(bot), "trading_bot: gap: messages of"));
  CU_ASSERT_TRUE(told(sub, "restored"));
  price(service, "100.0", NULL, NULL); /* the first may have been lost on its way to the bot */
  CU_ASSERT_TRUE(hears(sub, "\"price\":100"));
  price(service, "90", NULL, NULL);
  CU_ASSERT_TRUE(hears(sub, "\"price\":90"));
  CU_ASSERT_TRUE(hears(sub, "\"side\":\"buy\",\"quantity\":20}"));
  CU_ASSERT_TRUE(hears(sub, "\"status\":\"filled\""));
  ends_command(sub);
  respub_test_process_close_input(service);
  sums_up(bot, RESPUB_TEST_WORDS("\"orders_confirmed\":1,", "\"gaps\":1,", "\"position\":20,"));
  sums_up(service, RESPUB_TEST_WORDS("\"orders_filled\":1,", "\"gaps\":1,", "\"position\":20}"));
  respub_test_place_close(&place);
}

static void a_new_service_hears_from_bots_that_are_there(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *first = start_service(NULL, NULL);
  respub_test_process *bot = respub_test_example_start(
      &place, "trading_bot", RESPUB_TEST_WORDS("--stay", "--account", "x", "--tickers", "AAPL"));
  CU_ASSERT_TRUE(told(first, "AAPL: subscribe, 1 registered"));
  CU_ASSERT_TRUE(respub_test_process_signal(first, SIGKILL));
  respub_test_process_end(first);
  respub_test_process *second = start_service(NULL, NULL);
  CU_ASSERT_TRUE(told(second, "AAPL: subscribe, 1 registered"));
  ends(bot, SIGINT, RESPUB_TEST_WORDS("\"gaps\":0,"));
  ends(second, SIGINT, RESPUB_TEST_WORDS("\"unregistrations\":1,"));
  respub_test_place_close(&place);
}

static void a_frozen_server_neither_holds_the_end_nor_hides_what_is_unknown(void) {
  open_place(RESPUB_TEST_REDIS);
  respub_test_process *sub = start_command("TICKER_UPDATES_*");
  respub_test_process *bot = start_bot("x", "AAPL");
  respub_test_process *service = start_service(NULL, NULL);
  CU_ASSERT_TRUE(told(service, "AAPL: subscribe, 1 registered"));
  price(service, "1", NULL, NULL);
  CU_ASSERT_TRUE(hears(sub, "\"price\":1"));
  CU_ASSERT_TRUE(respub_test_server_freeze(place.server));
  price(service, "2", NULL, NULL);
  price(service, "3", NULL, NULL);
  ends(service, SIGTERM, RESPUB_TEST_WORDS("\"unconfirmed\":3,"));
  ends(bot, SIGTERM, RESPUB_TEST_WORDS("\"orders_sent\":0,"));
  ends_command(sub);
  CU_ASSERT_TRUE(respub_test_server_thaw(place.server));
  respub_test_place_close(&place);
}

static void both_end_while_the_server_is_away(void) {
  place = (respub_test_place){.url = "redis://127.0.0.1:1"};
  respub_test_process *bot = start_bot("x", "AAPL");
  respub_test_process *service =
      respub_test_example_start(&place, "market_data", RESPUB_TEST_WORDS("--feed", "-"));
  CU_ASSERT_TRUE(told(bot, "connect_failed"));
  CU_ASSERT_TRUE(told(service, "connect_failed"));
  ends(bot, SIGTERM, RESPUB_TEST_WORDS("\"received\":0,"));
  ends(service, SIGTERM, RESPUB_TEST_WORDS("\"published\":0,"));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(prices_flow_while_somebody_is_registered_at_redis),
      RESPUB_TEST(prices_flow_while_somebody_is_registered_at_the_broker),
      RESPUB_TEST(requests_without_a_sender_are_counted_one_by_one),
      RESPUB_TEST(what_is_not_valid_is_refused_with_its_reason),
      RESPUB_TEST(orders_are_filled_at_the_last_price_once_or_rejected),
      RESPUB_TEST(a_file_is_replayed_in_order_of_time),
      RESPUB_TEST(a_bot_follows_the_scale_rule_at_redis),
      RESPUB_TEST(a_bot_follows_the_scale_rule_at_the_broker),
      RESPUB_TEST(a_third_of_a_cost_is_not_lost),
      RESPUB_TEST(a_restart_of_the_server_is_told_and_survived),
      RESPUB_TEST(a_new_service_hears_from_bots_that_are_there),
      RESPUB_TEST(a_frozen_server_neither_holds_the_end_nor_hides_what_is_unknown),
      RESPUB_TEST(both_end_while_the_server_is_away),
  };
  return respub_test_main("market", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
