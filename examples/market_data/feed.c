#include "feed.h"

#include "../common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool feed_open(feed *f, const char *path) {
  f->is_stdin = strcmp(path, "-") == 0;
  return f->is_stdin || csv_read(&f->rows, path);
}

void feed_close(feed *f) {
  csv_free(&f->rows);
}

static feed_result out_of_memory(cJSON *data) {
  cJSON_Delete(data);
  fprintf(stderr, "market_data: out of memory\n");
  return FEED_FAILED;
}

static feed_result next_row(feed *f, cJSON **trade) {
  if (f->next_row == f->rows.count)
    return FEED_END;
  const csv_row *row = &f->rows.rows[f->next_row++];
  cJSON *data = cJSON_CreateObject();
  if (!cJSON_AddStringToObject(data, "type", "price") ||
      !cJSON_AddStringToObject(data, "timestamp", row->timestamp) ||
      !cJSON_AddStringToObject(data, "symbol", row->symbol) ||
      !cJSON_AddNumberToObject(data, "price", money_to_double(row->price)))
    return out_of_memory(data);
  *trade = data;
  return FEED_TRADE;
}

/* ------------------------------------------------------------------------------------------------
 * Standard input */

static feed_result refuse(const feed *f, const char *why) {
  fprintf(stderr, "market_data: line %u: refused: %s\n", f->line, why);
  return FEED_REFUSED;
}

/* Copies a member if there is one. False: out of memory. */
static bool copy_member(cJSON *to, const cJSON *from, const char *name) {
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(from, name);
  if (!member)
    return true;
  cJSON *copy = cJSON_Duplicate(member, true);
  if (copy && cJSON_AddItemToObject(to, name, copy))
    return true;
  cJSON_Delete(copy);
  return false;
}

/* A new object with the known members only: duplicates and surprises of the input end here. What
 * their values may be, the schema decides when the message is published. */
static feed_result make_trade(const cJSON *input, cJSON **trade) {
  char now[CLOCK_TEXT];
  cJSON *data = cJSON_CreateObject();
  bool is_timed = cJSON_GetObjectItemCaseSensitive(input, "timestamp") != NULL;
  if (!cJSON_AddStringToObject(data, "type", "price") || !copy_member(data, input, "timestamp") ||
      (!is_timed && !cJSON_AddStringToObject(data, "timestamp", clock_text(now))) ||
      !copy_member(data, input, "symbol") || !copy_member(data, input, "price") ||
      !copy_member(data, input, "volume"))
    return out_of_memory(data);
  *trade = data;
  return FEED_TRADE;
}

/* cJSON leaves what follows a value to its caller: only blanks may. */
static cJSON *parse_whole(const char *line, size_t len) {
  const char *end = line;
  cJSON *input = cJSON_ParseWithLengthOpts(line, len, &end, false);
  for (; input && end < line + len; end++)
    if (!strchr(" \t\r", *end))
      break;
  if (end == line + len)
    return input;
  cJSON_Delete(input);
  return NULL;
}

static feed_result parse_line(feed *f, const char *line, size_t len, cJSON **trade) {
  money price;
  cJSON *input = parse_whole(line, len);
  feed_result result;
  if (!cJSON_IsObject(input))
    result = refuse(f, "not a JSON object");
  else if (*market_member(input, "symbol") == '\0')
    result = refuse(f, "symbol is missing or not a string");
  else if (!money_from_json(cJSON_GetObjectItemCaseSensitive(input, "price"), &price) || price <= 0)
    result = refuse(f, "price must be a number above zero");
  else
    result = make_trade(input, trade);
  cJSON_Delete(input);
  return result;
}

static feed_result next_line(feed *f, cJSON **trade) {
  char *line = f->buffer + f->start;
  size_t held = f->end - f->start;
  char *newline = memchr(line, '\n', held);
  if (!newline && !f->at_end)
    return FEED_WAIT;
  if (!newline && held == 0 && !f->skips)
    return FEED_END;
  size_t len = newline ? (size_t)(newline - line) : held;
  f->start += len + (newline != NULL);
  f->line++;
  if (f->skips) {
    f->skips = false;
    return refuse(f, "longer than 65536 bytes");
  }
  return parse_line(f, line, len, trade);
}

feed_result feed_next(feed *f, cJSON **trade) {
  return f->is_stdin ? next_line(f, trade) : next_row(f, trade);
}

bool feed_read(feed *f) {
  memmove(f->buffer, f->buffer + f->start, f->end - f->start);
  f->end -= f->start;
  f->start = 0;
  if (f->end == sizeof f->buffer) { /* full without a newline */
    f->skips = true;
    f->end = 0;
  }
  ssize_t n = read(STDIN_FILENO, f->buffer + f->end, sizeof f->buffer - f->end);
  if (n < 0 && errno != EINTR && errno != EAGAIN) {
    fprintf(stderr, "market_data: standard input: %s\n", strerror(errno));
    return false;
  }
  f->at_end = n == 0;
  if (n > 0)
    f->end += (size_t)n;
  return true;
}
