/* book.h - what the service remembers: tickers, who registered for them, what accounts hold. */
#ifndef EXAMPLES_MARKET_DATA_BOOK_H
#define EXAMPLES_MARKET_DATA_BOOK_H

#include "../common/market.h"

/* What became of the messages to one channel. */
typedef struct tally {
  uint64_t published;
  uint64_t failed;
} tally;

typedef struct registration {
  struct registration *next;
  unsigned count;
  char sender[RESPUB_NAME_MAX + 1];
} registration;

typedef struct ticker {
  struct ticker *next;
  registration *registrations;
  size_t registered; /* senders; anonymous ones counted one by one */
  tally prices;
  tally orders;
  money last; /* 0: none yet */
  char symbol[RESPUB_NAME_MAX + 1];
  char channel[RESPUB_CHANNEL_MAX];
} ticker;

/* What one account holds of one ticker, and its last order there that was filled: a repetition of
 * that one gets the same answer and changes nothing. */
typedef struct position {
  struct position *next;
  ticker *ticker;
  long quantity;
  money last_price;
  char last_id[sizeof((order *)0)->id];
  char account[RESPUB_NAME_MAX + 1];
} position;

/* Peers can make it grow: each list has a bound. */
#define BOOK_TICKERS_MAX 10000
#define BOOK_REGISTRATIONS_MAX 100000
#define BOOK_POSITIONS_MAX 100000

typedef struct book {
  ticker *tickers;
  position *positions;
  size_t ticker_count;
  size_t registered; /* for any ticker */
  size_t position_count;
} book;

/* The ticker of this symbol in any case, made when it is new. NULL, and *why: no symbol, too many
 * tickers, out of memory. */
ticker *book_ticker(book *b, const char *symbol, respub_error *why);

/* Adds one request to, or takes one from, a ticker's count. False: too many, or out of memory. */
bool book_register(book *b, ticker *t, const char *sender);
void book_unregister(book *b, ticker *t, const char *sender);

/* The account's position in a ticker, made when it is new. NULL: too many, or out of memory. */
position *book_position(book *b, const char *account, ticker *t);

void book_free(book *b);

#endif
