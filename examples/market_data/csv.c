#include "csv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char header[] = "symbol,date,price";

/* Digits from min to max; moves *text behind them. */
static bool read_whole(const char **text, unsigned long min, unsigned long max,
                       unsigned long *out) {
  char *end;
  if (!isdigit((unsigned char)**text))
    return false;
  *out = strtoul(*text, &end, 10);
  *text = end;
  return *out >= min && *out <= max;
}

/* "Jan 1 2000" to "2000-01-01T00:00:00.000Z". */
static bool read_date(const char *text, char out[CSV_TIMESTAMP]) {
  static const char *const months[] = {"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                                       "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
  unsigned long day, year;
  unsigned month = 0;
  while (month < 12 && strncmp(text, months[month], 4) != 0)
    month++;
  if (month == 12)
    return false;
  text += 4;
  if (!read_whole(&text, 1, 31, &day) || *text++ != ' ' || !read_whole(&text, 1, 9999, &year) ||
      *text != '\0')
    return false;
  snprintf(out, CSV_TIMESTAMP, "%04lu-%02u-%02luT00:00:00.000Z", year, month + 1, day);
  return true;
}

/* Cuts the line at its commas. NULL, or what is wrong with it. */
static const char *read_row(char *line, csv_row *row) {
  char *date = strchr(line, ',');
  char *price = date ? strchr(date + 1, ',') : NULL;
  if (!price || strchr(price + 1, ','))
    return "three columns are needed: symbol,date,price";
  *date++ = '\0';
  *price++ = '\0';
  if (*line == '\0' || strlen(line) > RESPUB_NAME_MAX)
    return "the symbol must have 1 to 64 characters";
  if (!read_date(date, row->timestamp))
    return "the date must look like Jan 1 2000";
  if (!money_read(price, &row->price) || row->price <= 0)
    return "the price must be a number above zero";
  memcpy(row->symbol, line, strlen(line) + 1);
  return NULL;
}

static bool add_row(csv *c, const csv_row *row) {
  if ((c->count & (c->count - 1)) == 0) { /* full at every power of two */
    csv_row *grown = realloc(c->rows, (c->count ? c->count * 2 : 1) * sizeof *grown);
    if (!grown)
      return false;
    c->rows = grown;
  }
  c->rows[c->count++] = *row;
  return true;
}

static bool read_lines(csv *c, FILE *file, const char *path) {
  char *line = NULL;
  size_t capacity = 0;
  bool ok = true;
  for (unsigned number = 1; ok && getline(&line, &capacity, file) >= 0; number++) {
    csv_row row = {.line = number};
    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '\0' || (number == 1 && strcmp(line, header) == 0))
      continue;
    const char *why = read_row(line, &row);
    if (why) {
      fprintf(stderr, "market_data: %s:%u: refused: %s\n", path, number, why);
      c->bad++;
    } else {
      ok = add_row(c, &row);
    }
  }
  free(line);
  return ok && !ferror(file);
}

static int by_time(const void *a, const void *b) {
  const csv_row *left = a, *right = b;
  int later = strcmp(left->timestamp, right->timestamp);
  return later ? later : (left->line > right->line) - (left->line < right->line);
}

bool csv_read(csv *c, const char *path) {
  FILE *file = fopen(path, "r");
  bool ok = file && read_lines(c, file, path);
  if (!ok)
    fprintf(stderr, "market_data: %s: %s\n", path, strerror(errno));
  if (file)
    fclose(file);
  if (ok && c->count > 0)
    qsort(c->rows, c->count, sizeof *c->rows, by_time);
  return ok;
}

void csv_free(csv *c) {
  free(c->rows);
  c->rows = NULL;
  c->count = 0;
}
