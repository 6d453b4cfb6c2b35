#include "bot.h"

#include "../common/clock.h"
#include "../common/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_US                                                                                  \
  1000000                 /* unanswered orders and unheard registrations are repeated after this   \
                           */
#define SETTLE_US 2000000 /* longest wait for the answers that are due */
#define LEAVE_US 10000000 /* longest wait for the market to be closed */

/* ------------------------------------------------------------------------------------------------
 * Out */

/* Publishes data (NULL: there was no memory for it), deletes it, and says how many received it. */
static int64_t publish(bot *b, const char *channel, cJSON *data) {
  respub_error error = {RESPUB_ENOMEM, "out of memory"};
  respub_status status = RESPUB_ENOMEM;
  int64_t receivers = 0;
  if (data)
    status = respub_message_publish(b->publisher, b->registry, respub_slice_of_string(channel),
                                    data, b->account, &receivers, NULL, &error);
  cJSON_Delete(data);
  if (status == RESPUB_OK)
    return receivers;
  fprintf(stderr, "trading_bot: %s: %s\n", channel, error.text);
  return 0;
}

static bool send_registration(bot *b, const char *action, const char *symbol) {
  cJSON *data = cJSON_CreateObject();
  if (!cJSON_AddStringToObject(data, "action", action) ||
      !cJSON_AddStringToObject(data, "ticker", symbol)) {
    cJSON_Delete(data);
    data = NULL;
  }
  return publish(b, RESPUB_BROKER_REGISTRATION, data) > 0;
}

static void register_tickers(bot *b) {
  b->registered = true;
  b->registered_us = clock_us();
  for (size_t i = 0; i < b->count && b->registered; i++)
    b->registered = send_registration(b, "subscribe", b->holdings[i].symbol);
}

static void unregister_tickers(bot *b) {
  for (size_t i = 0; i < b->count; i++)
    if (!send_registration(b, "unsubscribe", b->holdings[i].symbol))
      return; /* nobody listens: there is nothing to leave */
}

static void send_order(bot *b, holding *h) {
  order_update update = {.status = "new"};
  h->sent_us = clock_us();
  publish(b, b->channel, order_message(&h->order, &update));
}

static void trade(bot *b, holding *h, long quantity) {
  order *o = &h->order;
  snprintf(o->id, sizeof o->id, "%s-%" PRIu64, b->run, ++b->sent);
  snprintf(o->symbol, sizeof o->symbol, "%s", h->symbol);
  o->buy = quantity > 0;
  o->quantity = quantity > 0 ? quantity : -quantity;
  send_order(b, h);
}

/* ------------------------------------------------------------------------------------------------
 * In */

static void refuse(bot *b, const char *why) {
  b->refused++;
  fprintf(stderr, "trading_bot: refused: %s\n", why);
}

static holding *find(bot *b, const char *symbol) {
  for (size_t i = 0; i < b->count; i++)
    if (strcmp(b->holdings[i].symbol, symbol) == 0)
      return &b->holdings[i];
  return NULL;
}

static void take_price(bot *b, holding *h, const cJSON *data) {
  money price;
  const cJSON *sent_us = cJSON_GetObjectItemCaseSensitive(data, MARKET_SENT_US);
  if (!money_from_json(cJSON_GetObjectItemCaseSensitive(data, "price"), &price) || price <= 0) {
    refuse(b, "a price must be above zero");
    return;
  }
  h->prices++;
  if (cJSON_IsNumber(sent_us))
    latency_add(&b->latency, clock_us() - (int64_t)sent_us->valuedouble);
  if (h->order.quantity > 0 || b->phase != BOT_TRADES) {
    h->position.last = price; /* one order at a time; the next price decides about all that moved */
    return;
  }
  long quantity = position_decide(&h->position, &b->rule, price);
  if (quantity != 0)
    trade(b, h, quantity);
}

/* Runs for each message on a ticker's channel. */
static void on_ticker(const respub_message_event *event, void *ctx) {
  bot *b = ctx;
  if (event->status != RESPUB_OK) {
    refuse(b, event->error->text);
    return;
  }
  const cJSON *data = event->message->data;
  size_t prefix = strlen(RESPUB_TICKER_UPDATES);
  char symbol[RESPUB_NAME_MAX + 1];
  snprintf(symbol, sizeof symbol, "%.*s", (int)(event->event->channel.len - prefix),
           event->event->channel.ptr + prefix);
  holding *h = find(b, symbol);
  if (h && strcmp(market_member(data, "type"), "price") == 0)
    take_price(b, h, data);
  else if (h)
    h->updates++;
}

/* Runs for each message on the account's channel: this bot's own orders come back, and answers. */
static void on_account(const respub_message_event *event, void *ctx) {
  bot *b = ctx;
  order answer;
  money price;
  if (event->status != RESPUB_OK) {
    refuse(b, event->error->text);
    return;
  }
  const cJSON *data = event->message->data;
  const cJSON *fields = cJSON_GetObjectItemCaseSensitive(data, "order_data");
  const char *status = market_member(fields, "status");
  const char *why = order_read(data, &answer);
  holding *h = why ? NULL : find(b, answer.symbol);
  if (!h || h->order.quantity == 0 || strcmp(answer.id, h->order.id) != 0)
    return;
  if (strcmp(status, "rejected") == 0) {
    b->rejected++;
    h->order.quantity = 0;
    fprintf(stderr, "trading_bot: order rejected: %s\n", market_member(fields, "reason"));
  } else if (strcmp(status, "filled") == 0 &&
             money_from_json(cJSON_GetObjectItemCaseSensitive(data, "price"), &price)) {
    position_fill(&h->position, answer.buy, answer.quantity, price);
    h->confirmed++;
    h->order.quantity = 0;
  }
}

static void register_soon(bot *b) {
  b->registered = false;
  b->registered_us = clock_us() - REPEAT_US;
}

static void settle(bot *b) {
  b->phase = BOT_SETTLES;
  b->until_us = clock_us() + SETTLE_US;
}

/* Runs for each message on MARKET_STATUS. */
static void on_status(const respub_message_event *event, void *ctx) {
  bot *b = ctx;
  if (event->status != RESPUB_OK) {
    refuse(b, event->error->text);
    return;
  }
  const char *state = market_member(event->message->data, "state");
  if (strcmp(state, "open") == 0)
    register_soon(b); /* a service that has just come up knows nobody */
  else if (strcmp(state, "closing") == 0 && !b->stays && b->phase == BOT_TRADES)
    settle(b);
  else if (strcmp(state, "closed") == 0 && !b->stays)
    b->phase = BOT_ENDED;
}

static void on_event(const respub_event *event, void *ctx) {
  bot *b = ctx;
  market_tell("trading_bot", event);
  if (event->type == RESPUB_EVENT_GAP)
    b->gaps++;
  if (event->type == RESPUB_EVENT_DISCONNECTED)
    register_soon(b); /* the service may have come up anew in the meantime */
}

/* ------------------------------------------------------------------------------------------------
 * Work */

static bool is_subscribed(bot *b) {
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(b->subscriber, &stats);
  return stats.confirmed == stats.channels;
}

static size_t open_orders(const bot *b) {
  size_t n = 0;
  for (size_t i = 0; i < b->count; i++)
    n += b->holdings[i].order.quantity > 0;
  return n;
}

/* An order or its answer may have been lost: the same order is sent again. The service fills it
 * once. */
static void repeat_orders(bot *b, int64_t now_us) {
  for (size_t i = 0; i < b->count; i++) {
    holding *h = &b->holdings[i];
    if (h->order.quantity > 0 && now_us - h->sent_us >= REPEAT_US) {
      b->repeated++;
      send_order(b, h);
    }
  }
}

void bot_work(bot *b) {
  int64_t now_us = clock_us();
  if (b->phase == BOT_TRADES && !b->registered && now_us - b->registered_us >= REPEAT_US &&
      is_subscribed(b))
    register_tickers(b);
  if (b->phase == BOT_TRADES || b->phase == BOT_SETTLES)
    repeat_orders(b, now_us);
  if (b->phase == BOT_SETTLES && (open_orders(b) == 0 || now_us >= b->until_us)) {
    unregister_tickers(b);
    b->phase = BOT_LEAVES;
    b->until_us = now_us + LEAVE_US;
  }
  if (b->phase == BOT_LEAVES && (b->hurries || now_us >= b->until_us))
    b->phase = BOT_ENDED;
}

int bot_timeout_ms(const bot *b) {
  if (b->phase == BOT_TRADES && b->registered && open_orders(b) == 0)
    return -1;
  return b->phase == BOT_ENDED ? 0 : 100;
}

void bot_hurry(bot *b) {
  b->hurries = true;
  if (b->phase == BOT_TRADES)
    settle(b);
}

/* ------------------------------------------------------------------------------------------------
 * Life */

static respub_status add_holding(bot *b, const char *symbol, respub_error *error) {
  char channel[RESPUB_CHANNEL_MAX];
  respub_status status = respub_ticker_channel(channel, symbol, error);
  if (status != RESPUB_OK || find(b, channel + strlen(RESPUB_TICKER_UPDATES)))
    return status;
  holding *grown = realloc(b->holdings, (b->count + 1) * sizeof *grown);
  if (!grown) {
    snprintf(error->text, sizeof error->text, "out of memory");
    return RESPUB_ENOMEM;
  }
  b->holdings = grown;
  holding *h = &b->holdings[b->count++];
  memset(h, 0, sizeof *h);
  snprintf(h->channel, sizeof h->channel, "%s", channel);
  snprintf(h->symbol, sizeof h->symbol, "%.*s", RESPUB_NAME_MAX,
           channel + strlen(RESPUB_TICKER_UPDATES));
  return RESPUB_OK;
}

static respub_status add_holdings(bot *b, const char *tickers, respub_error *error) {
  char symbol[RESPUB_NAME_MAX + 1];
  respub_status status = RESPUB_OK;
  while (status == RESPUB_OK && options_next_item(&tickers, symbol, sizeof symbol))
    status = add_holding(b, symbol, error);
  if (status == RESPUB_OK && b->count == 0) {
    snprintf(error->text, sizeof error->text, "no tickers to trade");
    return RESPUB_EARGUMENT;
  }
  return status;
}

static respub_status subscribe(bot *b, respub_error *error) {
  respub_slice own = respub_slice_of_string(b->channel);
  respub_status status =
      respub_message_subscribe(b->subscriber, b->registry, own, on_account, b, NULL);
  if (status == RESPUB_OK)
    status = respub_message_subscribe(b->subscriber, b->registry, RESPUB_LIT(MARKET_STATUS),
                                      on_status, b, NULL);
  for (size_t i = 0; i < b->count && status == RESPUB_OK; i++)
    status = respub_message_subscribe(b->subscriber, b->registry,
                                      respub_slice_of_string(b->holdings[i].channel), on_ticker, b,
                                      NULL);
  if (status != RESPUB_OK)
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
  return status;
}

static respub_status open_all(bot *b, const respub_options *connection, respub_error *error) {
  respub_subscriber_options in;
  respub_publisher_options out;
  respub_subscriber_options_init(&in);
  respub_publisher_options_init(&out);
  in.connection = out.connection = *connection;
  in.on_event = on_event;
  in.event_ctx = b;
  out.timeout_ms = 1000;
  respub_status status = market_registry_open(&b->registry, error);
  if (status == RESPUB_OK)
    status = respub_subscriber_open(&b->subscriber, &in, error);
  if (status == RESPUB_OK)
    status = respub_publisher_open(&b->publisher, &out, error);
  return status == RESPUB_OK ? subscribe(b, error) : status;
}

bool bot_open(bot *b, const respub_options *connection, const char *tickers) {
  respub_error error = {RESPUB_OK, ""};
  char now[CLOCK_TEXT];
  snprintf(b->run, sizeof b->run, "%.23s", clock_text(now));
  register_soon(b);
  respub_status status = respub_account_channel(b->channel, b->account, &error);
  if (status == RESPUB_OK)
    status = add_holdings(b, tickers, &error);
  if (status == RESPUB_OK)
    status = open_all(b, connection, &error);
  if (status != RESPUB_OK)
    fprintf(stderr, "trading_bot: %s\n", error.text);
  return status == RESPUB_OK;
}

void bot_close(bot *b) {
  respub_subscriber_close(b->subscriber);
  respub_publisher_close(b->publisher);
  respub_registry_close(b->registry);
  free(b->holdings);
}
