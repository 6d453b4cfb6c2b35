/* The trading bot: registers for tickers with the market-data service, buys a lot for each fall of
 * a step, sells one for each rise, and reports what it holds and earned. common/market.h says who
 * says what on which channel. */
#include "bot.h"

#include "../common/options.h"
#include "../common/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static const char about[] =
    "usage: trading_bot [OPTION]...\n"
    "\n"
    "Buys one lot for each fall of a step and sells one for each rise, never below zero. Ends "
    "when\n"
    "the market closes, or with SIGINT or SIGTERM. Its last line is a summary in JSON.\n";

enum {
  URL,
  ACCOUNT,
  TICKERS,
  STEP,
  LOT,
  STAY,
  OPTIONS
};

static bool wait_for_work(const bot *b, int signals, bool *signalled) {
  struct pollfd fds[3] = {{.fd = b->hurries ? -1 : signals, .events = POLLIN}};
  size_t n = 1 + respub_subscriber_fds(b->subscriber, fds + 1);
  int timeout_ms = respub_subscriber_timeout_ms(b->subscriber);
  int work_ms = bot_timeout_ms(b);
  if (timeout_ms < 0 || (work_ms >= 0 && work_ms < timeout_ms))
    timeout_ms = work_ms;
  if (poll(fds, (nfds_t)n, timeout_ms) < 0 && errno != EINTR) {
    fprintf(stderr, "trading_bot: poll: %s\n", strerror(errno));
    return false;
  }
  *signalled = fds[0].revents != 0;
  return true;
}

static bool run(bot *b, int signals) {
  while (b->phase != BOT_ENDED) {
    bool signalled = false;
    respub_status status = respub_subscriber_step(b->subscriber);
    if (status != RESPUB_OK) {
      fprintf(stderr, "trading_bot: %s\n", respub_status_text(status));
      return false;
    }
    bot_work(b);
    if (!wait_for_work(b, signals, &signalled))
      return false;
    if (signalled)
      bot_hurry(b);
  }
  return true;
}

static bool read_options(bot *b, const option *options, respub_options *connection) {
  respub_error error = {RESPUB_OK, ""};
  b->account = options[ACCOUNT].value;
  b->stays = options[STAY].value != NULL;
  if (!money_read(options[STEP].value, &b->rule.step) || b->rule.step <= 0) {
    fprintf(stderr, "--step: an amount above zero is needed, not \"%s\"\n", options[STEP].value);
    return false;
  }
  if (!options_whole(&options[LOT], 1, ORDER_QUANTITY_MAX, &b->rule.lot))
    return false;
  if (respub_options_from_url(connection, options_url(&options[URL]), &error) == RESPUB_OK)
    return true;
  fprintf(stderr, "trading_bot: %s\n", error.text);
  return false;
}

int main(int argc, char **argv) {
  static bot b;
  respub_options connection;
  option options[OPTIONS] = {
      {"--url", "URL", OPTIONS_URL_HELP, NULL},
      {"--account", "NAME", "whose orders these are", "bot"},
      {"--tickers", "LIST", "what to trade", "AAPL,MSFT"},
      {"--step", "AMOUNT", "trade when the price has moved by this", "5"},
      {"--lot", "N", "pieces in a lot", "1"},
      {"--stay", NULL, "do not end when the market closes", NULL},
  };
  int code = options_read(about, options, OPTIONS, argc, argv);
  if (code != OPTIONS_GO_ON)
    return code;
  if (!read_options(&b, options, &connection))
    return 2;
  int signals = signals_open();
  bool ok = signals >= 0 && bot_open(&b, &connection, options[TICKERS].value) && run(&b, signals) &&
            bot_summary(&b);
  bot_close(&b);
  return ok ? 0 : 1;
}
