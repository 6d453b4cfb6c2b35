#include "bot.h"

#include <stdio.h>

static bool add_count(cJSON *object, const char *name, uint64_t count) {
  return cJSON_AddNumberToObject(object, name, (double)count) != NULL;
}

static bool add_money(cJSON *object, const char *name, money amount) {
  char text[MONEY_TEXT];
  return cJSON_AddStringToObject(object, name, money_text(amount, text)) != NULL;
}

static bool add_holding(cJSON *list, const holding *h) {
  const position *p = &h->position;
  cJSON *row = cJSON_CreateObject();
  if (cJSON_AddStringToObject(row, "ticker", h->symbol) && add_count(row, "prices", h->prices) &&
      add_count(row, "orders", h->updates) && add_count(row, "confirmed", h->confirmed) &&
      cJSON_AddNumberToObject(row, "position", (double)p->quantity) &&
      add_money(row, "last", p->last) && add_money(row, "realised", p->realised) &&
      add_money(row, "unrealised", position_unrealised(p)) && cJSON_AddItemToArray(list, row))
    return true;
  cJSON_Delete(row);
  return false;
}

static bool add_totals(cJSON *root, const bot *b) {
  uint64_t prices = 0, confirmed = 0, open = 0;
  money realised = 0, unrealised = 0;
  for (const holding *h = b->holdings; h < b->holdings + b->count; h++) {
    prices += h->prices;
    confirmed += h->confirmed;
    open += h->order.quantity > 0;
    realised += h->position.realised;
    unrealised += position_unrealised(&h->position);
  }
  return add_count(root, "received", prices) && add_count(root, "refused", b->refused) &&
         add_count(root, "orders_sent", b->sent) &&
         add_count(root, "orders_confirmed", confirmed) &&
         add_count(root, "orders_rejected", b->rejected) && add_count(root, "orders_open", open) &&
         add_count(root, "orders_repeated", b->repeated) && add_count(root, "gaps", b->gaps) &&
         add_count(root, "latency_count", b->latency.count) &&
         add_count(root, "p50_us", (uint64_t)latency_percentile(&b->latency, 50)) &&
         add_count(root, "p99_us", (uint64_t)latency_percentile(&b->latency, 99)) &&
         add_money(root, "realised", realised) && add_money(root, "unrealised", unrealised) &&
         add_money(root, "profit", realised + unrealised);
}

bool bot_summary(const bot *b) {
  cJSON *root = cJSON_CreateObject();
  char *text = NULL;
  bool ok = cJSON_AddStringToObject(root, "program", "trading_bot") &&
            cJSON_AddStringToObject(root, "account", b->account) && add_totals(root, b);
  cJSON *list = ok ? cJSON_AddArrayToObject(root, "tickers") : NULL;
  ok = list != NULL;
  for (size_t i = 0; ok && i < b->count; i++)
    ok = add_holding(list, &b->holdings[i]);
  if (ok)
    text = cJSON_PrintUnformatted(root);
  ok = text && printf("%s\n", text) > 0 && fflush(stdout) == 0;
  if (!ok)
    fprintf(stderr, "trading_bot: the summary cannot be written\n");
  cJSON_free(text);
  cJSON_Delete(root);
  return ok;
}
