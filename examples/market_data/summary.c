#include "service.h"

#include <stdio.h>

static bool add_count(cJSON *object, const char *name, uint64_t count) {
  return cJSON_AddNumberToObject(object, name, (double)count) != NULL;
}

static bool add_ticker(cJSON *list, const ticker *t) {
  char last[MONEY_TEXT];
  cJSON *row = cJSON_CreateObject();
  if (cJSON_AddStringToObject(row, "ticker", t->symbol) &&
      add_count(row, "prices", t->prices.published) &&
      add_count(row, "orders", t->orders.published) &&
      cJSON_AddStringToObject(row, "last", money_text(t->last, last)) &&
      cJSON_AddItemToArray(list, row))
    return true;
  cJSON_Delete(row);
  return false;
}

static bool add_position(cJSON *list, const position *p) {
  cJSON *row = cJSON_CreateObject();
  if (cJSON_AddStringToObject(row, "account", p->account) &&
      cJSON_AddStringToObject(row, "ticker", p->ticker->symbol) &&
      cJSON_AddNumberToObject(row, "position", (double)p->quantity) &&
      cJSON_AddItemToArray(list, row))
    return true;
  cJSON_Delete(row);
  return false;
}

static bool add_lists(cJSON *root, const service *s) {
  cJSON *tickers = cJSON_AddArrayToObject(root, "tickers");
  cJSON *positions = cJSON_AddArrayToObject(root, "positions");
  for (const ticker *t = s->book.tickers; t; t = t->next)
    if (!add_ticker(tickers, t))
      return false;
  for (const position *p = s->book.positions; p; p = p->next)
    if (!add_position(positions, p))
      return false;
  return positions != NULL;
}

static bool add_counts(cJSON *root, const service *s) {
  uint64_t prices = 0, failed = s->answers.failed + s->states.failed;
  for (const ticker *t = s->book.tickers; t; t = t->next) {
    prices += t->prices.published;
    failed += t->prices.failed + t->orders.failed;
  }
  return add_count(root, "published", prices) && add_count(root, "unconfirmed", failed) &&
         add_count(root, "not_registered", s->skipped) && add_count(root, "refused", s->refused) &&
         add_count(root, "registrations", s->registrations) &&
         add_count(root, "unregistrations", s->unregistrations) &&
         add_count(root, "orders_received", s->orders) &&
         add_count(root, "orders_filled", s->filled) &&
         add_count(root, "orders_rejected", s->rejected) &&
         add_count(root, "orders_repeated", s->repeated) && add_count(root, "gaps", s->gaps);
}

bool service_summary(const service *s) {
  cJSON *root = cJSON_CreateObject();
  char *text = NULL;
  if (cJSON_AddStringToObject(root, "program", "market_data") && add_counts(root, s) &&
      add_lists(root, s))
    text = cJSON_PrintUnformatted(root);
  bool ok = text && printf("%s\n", text) > 0 && fflush(stdout) == 0;
  if (!ok)
    fprintf(stderr, "market_data: the summary cannot be written\n");
  cJSON_free(text);
  cJSON_Delete(root);
  return ok;
}
