/* csv.h - a file of prices, "symbol,date,price" with dates such as "Jan 1 2000", in order of time.
 */
#ifndef EXAMPLES_MARKET_DATA_CSV_H
#define EXAMPLES_MARKET_DATA_CSV_H

#include "../common/market.h"

#define CSV_TIMESTAMP 32

typedef struct csv_row {
  char symbol[RESPUB_NAME_MAX + 1];
  char timestamp[CSV_TIMESTAMP]; /* "2000-01-01T00:00:00.000Z" */
  money price;
  unsigned line;
} csv_row;

typedef struct csv {
  csv_row *rows;
  size_t count;
  unsigned bad; /* lines that are not rows; each was told on standard error */
} csv;

/* Reads the whole file and sorts it by time; rows of one time keep their order. False, and a
 * sentence on standard error: not readable, out of memory. */
bool csv_read(csv *c, const char *path);

void csv_free(csv *c);

#endif
