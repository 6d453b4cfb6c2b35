/* The market-data service: bots register for tickers, the service publishes the prices of a feed
 * and fills the bots' orders at the last price. common/market.h says who says what on which
 * channel. */
#include "feed.h"
#include "service.h"

#include "../common/clock.h"
#include "../common/options.h"
#include "../common/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char about[] =
    "usage: market_data [OPTION]...\n"
    "\n"
    "Publishes prices to the channels of the tickers that bots have registered for, and fills the\n"
    "orders that they send. Ends when the feed has ended and all bots have unregistered, or with\n"
    "SIGINT or SIGTERM. Its last line is a summary in JSON.\n";

enum {
  URL,
  FEED,
  TICKERS,
  SPEED,
  WAIT_FOR,
  LINGER,
  OPTIONS
};

typedef struct program {
  service service;
  feed feed;
  long rows_per_s; /* 0: no limit */
  size_t wait_for; /* registrations before the feed starts */
  int64_t linger_us;
  bool started;
  bool feed_waits; /* for standard input */
  int64_t due_us;  /* of the next row; once the feed has ended, of the end */
  bool signalled;
  bool failed;
} program;

/* More unanswered messages than this, and the feed waits for the server. */
#define OUTSTANDING_MAX 1000

static bool is_over(const program *p) {
  return strcmp(p->service.state, "open") != 0;
}

static void end_of_feed(program *p) {
  service_announce(&p->service, "closing");
  p->due_us = clock_us() + p->linger_us;
}

static void take_row(program *p) {
  cJSON *trade = NULL;
  switch (feed_next(&p->feed, &trade)) {
  case FEED_TRADE:
    service_trade(&p->service, trade);
    break;
  case FEED_REFUSED:
    p->service.refused++;
    break;
  case FEED_WAIT:
    p->feed_waits = true;
    return;
  case FEED_END:
    end_of_feed(p);
    return;
  case FEED_FAILED:
    p->failed = true;
    return;
  }
  if (p->rows_per_s > 0)
    p->due_us += 1000000 / p->rows_per_s;
}

static bool can_take_row(program *p) {
  if (!p->started && p->service.book.registered >= p->wait_for && p->service.states.published) {
    p->started = true;
    p->due_us = clock_us();
  }
  return p->started && !is_over(p) && !p->feed_waits &&
         respub_publisher_outstanding(p->service.publisher) < OUTSTANDING_MAX;
}

/* Milliseconds until the feed, or its end, has something to do; -1: nothing. */
static int feed_timeout_ms(program *p) {
  if (!is_over(p) && !can_take_row(p))
    return -1;
  int64_t left_us = p->due_us - clock_us();
  return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

static int sooner(int a, int b) {
  return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* Waits until there is something to do. False: poll failed. */
static bool wait_for_work(program *p, int signals) {
  struct pollfd fds[6] = {{.fd = signals, .events = POLLIN},
                          {.fd = p->feed_waits ? STDIN_FILENO : -1, .events = POLLIN}};
  size_t n = 2;
  n += respub_subscriber_fds(p->service.subscriber, fds + n);
  n += respub_publisher_fds(p->service.publisher, fds + n);
  int timeout_ms = sooner(respub_subscriber_timeout_ms(p->service.subscriber),
                          respub_publisher_timeout_ms(p->service.publisher));
  if (poll(fds, (nfds_t)n, sooner(timeout_ms, feed_timeout_ms(p))) < 0 && errno != EINTR) {
    fprintf(stderr, "market_data: poll: %s\n", strerror(errno));
    return false;
  }
  p->signalled = fds[0].revents != 0;
  if (fds[1].revents != 0) {
    p->feed_waits = false;
    return feed_read(&p->feed);
  }
  return true;
}

static bool step(respub_status status) {
  if (status != RESPUB_OK)
    fprintf(stderr, "market_data: %s\n", respub_status_text(status));
  return status == RESPUB_OK;
}

static bool is_done(const program *p) {
  return p->signalled || p->failed ||
         (is_over(p) && (p->service.book.registered == 0 || clock_us() >= p->due_us));
}

/* What is there, without waiting; a burst of rows at a time, so that orders are taken in between.
 */
static bool work(program *p) {
  if (!step(respub_subscriber_step(p->service.subscriber)))
    return false;
  for (int i = 0; i < 100 && can_take_row(p) && p->due_us <= clock_us(); i++)
    take_row(p);
  return step(respub_publisher_step(p->service.publisher));
}

static bool run(program *p, int signals) {
  while (work(p) && !is_done(p))
    if (!wait_for_work(p, signals))
      return false;
  if (!is_done(p))
    return false;
  service_announce(&p->service, "closed");
  if (respub_publisher_flush(p->service.publisher, 1000) != RESPUB_OK)
    fprintf(stderr, "market_data: the last messages were not answered\n");
  return !p->failed;
}

static bool read_options(program *p, const option *options, respub_options *connection) {
  long wait_for, linger_s;
  respub_error error = {RESPUB_OK, ""};
  bool is_stdin = strcmp(options[FEED].value, "-") == 0;
  p->rows_per_s = is_stdin ? 0 : 100;
  if (options[SPEED].value && !options_whole(&options[SPEED], 0, 1000000, &p->rows_per_s))
    return false;
  if (!options_whole(&options[WAIT_FOR], 0, BOOK_REGISTRATIONS_MAX, &wait_for) ||
      !options_whole(&options[LINGER], 0, 1000000, &linger_s))
    return false;
  p->wait_for = (size_t)wait_for;
  p->linger_us = (int64_t)linger_s * 1000000;
  if (respub_options_from_url(connection, options_url(&options[URL]), &error) == RESPUB_OK)
    return true;
  fprintf(stderr, "market_data: %s\n", error.text);
  return false;
}

int main(int argc, char **argv) {
  static program p;
  respub_options connection;
  option options[OPTIONS] = {
      {"--url", "URL", OPTIONS_URL_HELP, NULL},
      {"--feed", "FILE", "CSV to replay; -: a JSON trade a line on standard input",
       "examples/data/stocks.csv"},
      {"--tickers", "LIST", "offer only these tickers, such as AAPL,MSFT", ""},
      {"--speed", "ROWS", "rows a second; 0: as fast as possible. Without it 100, with - 0", NULL},
      {"--wait-for", "N", "start the feed after N registrations", "0"},
      {"--linger", "S", "after the feed, seconds to wait for bots to unregister", "5"},
  };
  int code = options_read(about, options, OPTIONS, argc, argv);
  if (code != OPTIONS_GO_ON)
    return code;
  if (!read_options(&p, options, &connection))
    return 2;
  int signals = signals_open();
  bool ok = signals >= 0 && feed_open(&p.feed, options[FEED].value) &&
            service_open(&p.service, &connection, options[TICKERS].value) && run(&p, signals);
  service_disconnect(&p.service);
  p.service.refused += p.feed.rows.bad;
  if (ok)
    ok = service_summary(&p.service);
  service_close(&p.service);
  feed_close(&p.feed);
  return ok ? 0 : 1;
}
