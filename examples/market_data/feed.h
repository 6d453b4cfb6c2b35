/* feed.h - where prices come from: a CSV file that is replayed, or trades on standard input.
 *
 * A trade is one line of JSON: {"symbol": "AAPL", "price": 150.25}, with "volume" and "timestamp"
 * if there are such; anything else in it is left out. */
#ifndef EXAMPLES_MARKET_DATA_FEED_H
#define EXAMPLES_MARKET_DATA_FEED_H

#include "csv.h"

#define FEED_LINE_MAX 65536

typedef struct feed {
  csv rows;
  size_t next_row;
  bool is_stdin;
  bool at_end; /* of standard input */
  bool skips;  /* the rest of a line that is too long */
  unsigned line;
  size_t start, end; /* of what lies unread in buffer */
  char buffer[FEED_LINE_MAX];
} feed;

typedef enum feed_result {
  FEED_TRADE,   /* the data of a price message, the caller's to delete */
  FEED_REFUSED, /* one line was no trade; told on standard error */
  FEED_WAIT,    /* call feed_read when standard input is readable */
  FEED_END,
  FEED_FAILED /* out of memory; told on standard error */
} feed_result;

/* path "-": standard input. False, after a sentence on standard error. */
bool feed_open(feed *f, const char *path);

feed_result feed_next(feed *f, cJSON **trade);

/* Reads once from standard input. False, after a sentence on standard error. */
bool feed_read(feed *f);

void feed_close(feed *f);

#endif
