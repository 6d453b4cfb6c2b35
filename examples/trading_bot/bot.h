/* bot.h - one trading bot: registers for tickers, follows their prices, keeps a position in each.
 *
 * Everything happens on one thread, in the handlers that respub_subscriber_step runs and in
 * bot_work: no lock is needed. */
#ifndef EXAMPLES_TRADING_BOT_BOT_H
#define EXAMPLES_TRADING_BOT_BOT_H

#include "position.h"

#include "../common/latency.h"

typedef struct holding {
  char channel[RESPUB_CHANNEL_MAX];
  char symbol[RESPUB_NAME_MAX + 1];
  position position;
  order order;        /* the one that waits for its answer; quantity 0: none */
  int64_t sent_us;    /* when it was sent last */
  uint64_t prices;    /* received */
  uint64_t updates;   /* orders of anybody, told on the ticker's channel */
  uint64_t confirmed; /* own orders that were filled */
} holding;

typedef enum bot_phase {
  BOT_TRADES,
  BOT_SETTLES, /* no new orders; waits for the answers that are due */
  BOT_LEAVES,  /* has unregistered; waits for the market to be closed */
  BOT_ENDED
} bot_phase;

typedef struct bot {
  const char *account;
  char channel[RESPUB_CHANNEL_MAX];
  scale rule;
  bool stays; /* when the market closes */
  holding *holdings;
  size_t count;
  respub_registry *registry;
  respub_subscriber *subscriber;
  respub_publisher *publisher;
  bot_phase phase;
  bool hurries;     /* a signal came: does not wait for the market to be closed */
  int64_t until_us; /* the end of the phase at the latest */
  bool registered;  /* somebody has received every registration */
  int64_t registered_us;
  char run[24]; /* makes order ids differ from those of earlier runs */
  uint64_t sent, rejected, repeated;
  uint64_t refused; /* messages that were not valid */
  uint64_t gaps;
  latency latency; /* of prices, from publish to handler */
} bot;

/* Reads the list of tickers and subscribes; connects with the first step. False after a sentence on
 * standard error. bot_close frees, in both cases. */
bool bot_open(bot *b, const respub_options *connection, const char *tickers);

/* Does what is due: registers, repeats what was not answered, goes from phase to phase. */
void bot_work(bot *b);

/* Milliseconds until bot_work has something to do; -1: nothing. */
int bot_timeout_ms(const bot *b);

/* Begins to end because of a signal; bot_work then gets to BOT_ENDED within about two seconds. */
void bot_hurry(bot *b);

/* The summary as one line of JSON on standard output. False after a sentence on standard error. */
bool bot_summary(const bot *b);

void bot_close(bot *b);

#endif
