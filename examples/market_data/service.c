#include "service.h"

#include "../common/clock.h"
#include "../common/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Out */

/* Travels with a queued message until its result is known. */
typedef struct sent {
  service *service;
  tally *tally;
} sent;

/* A failure is told once, not once a message, until something succeeds again. */
static void note_result(service *s, respub_status status, const char *text, size_t len) {
  if (status != RESPUB_OK && status != s->last_failure)
    fprintf(stderr, "market_data: not confirmed: %.*s\n", (int)len, text);
  s->last_failure = status;
}

static void published(const respub_publish_result *result, respub_slice text, void *ctx) {
  sent *message = ctx;
  if (result->status == RESPUB_OK)
    message->tally->published++;
  else
    message->tally->failed++;
  note_result(message->service, result->status, text.len ? text.ptr : "", text.len);
  free(message);
}

static respub_status queue(service *s, const char *channel, const char *text, size_t len,
                           tally *t) {
  sent *message = malloc(sizeof *message);
  if (!message)
    return RESPUB_ENOMEM;
  *message = (sent){s, t};
  respub_status status = respub_publisher_queue(s->publisher, respub_slice_of_string(channel),
                                                respub_slice_of(text, len), published, message);
  if (status != RESPUB_OK)
    free(message);
  return status;
}

/* Validates, wraps and queues data (NULL: there was no memory for it), and deletes it. */
static void publish(service *s, const char *channel, cJSON *data, tally *t) {
  respub_validation_error invalid;
  char *text = NULL;
  size_t len = 0;
  respub_status status = RESPUB_ENOMEM;
  if (data)
    status = respub_message_format(s->registry, respub_slice_of_string(channel), data,
                                   "market_data", &text, &len, &invalid);
  if (status == RESPUB_OK)
    status = queue(s, channel, text, len, t);
  respub_text_free(text);
  cJSON_Delete(data);
  if (status == RESPUB_EINVALID) {
    s->refused++;
    fprintf(stderr, "market_data: refused: %s\n", invalid.text);
  } else if (status != RESPUB_OK) {
    const char *why = respub_status_text(status);
    t->failed++;
    note_result(s, status, why, strlen(why));
  }
}

void service_announce(service *s, const char *state) {
  cJSON *data = cJSON_CreateObject();
  s->state = state;
  if (!cJSON_AddStringToObject(data, "state", state)) {
    cJSON_Delete(data);
    data = NULL;
  }
  publish(s, MARKET_STATUS, data, &s->states);
}

static void refuse(service *s, const char *what, const char *why) {
  s->refused++;
  fprintf(stderr, "market_data: %s refused: %s\n", what, why);
}

void service_trade(service *s, cJSON *trade) {
  respub_error why = {RESPUB_OK, ""};
  money price;
  ticker *t = book_ticker(&s->book, market_member(trade, "symbol"), &why);
  if (!t || !money_from_json(cJSON_GetObjectItemCaseSensitive(trade, "price"), &price)) {
    refuse(s, "trade", why.text);
    cJSON_Delete(trade);
    return;
  }
  t->last = price;
  if (t->registered == 0) {
    s->skipped++;
    cJSON_Delete(trade);
    return;
  }
  if (!cJSON_AddNumberToObject(trade, MARKET_SENT_US, (double)clock_us())) {
    cJSON_Delete(trade);
    trade = NULL;
  }
  publish(s, t->channel, trade, &t->prices);
}

/* ------------------------------------------------------------------------------------------------
 * Registrations in */

static bool is_offered(const service *s, const char *symbol) {
  const char *list = s->offered;
  char item[RESPUB_NAME_MAX + 1];
  if (*list == '\0')
    return true;
  while (options_next_item(&list, item, sizeof item))
    if (strcmp(item, symbol) == 0)
      return true;
  return false;
}

static void take_registration(service *s, const cJSON *data, const char *sender) {
  respub_error why = {RESPUB_OK, ""};
  const char *action = market_member(data, "action");
  bool subscribes = strcmp(action, "subscribe") == 0;
  ticker *t = book_ticker(&s->book, market_member(data, "ticker"), &why);
  if (!t) {
    refuse(s, "registration", why.text);
    return;
  }
  if (!subscribes) {
    book_unregister(&s->book, t, sender);
    s->unregistrations++;
  } else if (!is_offered(s, t->symbol)) {
    refuse(s, "registration", "this ticker is not offered");
  } else if (!book_register(&s->book, t, sender)) {
    refuse(s, "registration", "no room for another sender, or its name is too long");
  } else {
    s->registrations++;
  }
  fprintf(stderr, "market_data: %s: %s, %zu registered\n", t->symbol, action, t->registered);
}

static void on_registration(const respub_message_event *event, void *ctx) {
  service *s = ctx;
  if (event->status != RESPUB_OK)
    refuse(s, "registration", event->error->text);
  else
    take_registration(s, event->message->data, event->message->sender);
}

/* ------------------------------------------------------------------------------------------------
 * Orders in */

/* Fills the order at the last price. NULL, or why not. */
static const char *fill(service *s, const order *o, position *p) {
  if (strcmp(p->last_id, o->id) == 0) {
    s->repeated++;
    return NULL;
  }
  if (p->ticker->last == 0)
    return "this ticker has no price yet";
  if (!o->buy && o->quantity > p->quantity)
    return "the account holds less than it sells";
  if (o->buy && o->quantity > ORDER_QUANTITY_MAX - p->quantity)
    return "the position would be too large";
  p->quantity += o->buy ? o->quantity : -o->quantity;
  p->last_price = p->ticker->last;
  snprintf(p->last_id, sizeof p->last_id, "%s", o->id);
  s->filled++;
  return NULL;
}

/* The update goes to the account, and that of a filled order to the ticker's channel as well. */
static void take_order(service *s, const char *channel, const char *account, const cJSON *data) {
  order o;
  respub_error error = {RESPUB_OK, ""};
  uint64_t filled = s->filled;
  const char *why = order_read(data, &o);
  ticker *t = why ? NULL : book_ticker(&s->book, o.symbol, &error);
  position *p = t ? book_position(&s->book, account, t) : NULL;
  if (!why)
    why = !t ? error.text : !p ? "no room for another position" : fill(s, &o, p);
  order_update update = {why ? "rejected" : "filled", why ? 0 : p->last_price, why};
  s->orders++;
  s->rejected += why != NULL;
  publish(s, channel, order_message(&o, &update), &s->answers);
  if (t && s->filled > filled)
    publish(s, t->channel, order_message(&o, &update), &t->orders);
}

static bool is_new_order(const cJSON *data) {
  const cJSON *fields = cJSON_GetObjectItemCaseSensitive(data, "order_data");
  return strcmp(market_member(data, "type"), "order") == 0 &&
         strcmp(market_member(fields, "status"), "new") == 0;
}

/* The channel carries both directions: what is not a new order is an answer of ours. */
static void on_account(const respub_message_event *event, void *ctx) {
  service *s = ctx;
  char account[RESPUB_NAME_MAX + 1];
  char channel[RESPUB_CHANNEL_MAX];
  respub_error error = {RESPUB_OK, ""};
  size_t prefix = strlen(RESPUB_ACCOUNT_UPDATES);
  size_t len = event->event->channel.len - prefix;
  if (event->status != RESPUB_OK) {
    refuse(s, "order", event->error->text);
    return;
  }
  if (!is_new_order(event->message->data))
    return;
  snprintf(account, sizeof account, "%.*s", (int)len, event->event->channel.ptr + prefix);
  if (len > RESPUB_NAME_MAX || respub_account_channel(channel, account, &error) != RESPUB_OK)
    refuse(s, "order", "the channel does not name a usable account");
  else
    take_order(s, channel, account, event->message->data);
}

/* ------------------------------------------------------------------------------------------------
 * Life */

/* Registrations may have been lost with a connection: whenever all of this service's subscriptions
 * are confirmed, it says its state, and bots that hear "open" register again. */
static void on_event(const respub_event *event, void *ctx) {
  service *s = ctx;
  market_tell("market_data", event);
  s->gaps += event->type == RESPUB_EVENT_GAP;
  if (event->type != RESPUB_EVENT_SUBSCRIBED)
    return;
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(s->subscriber, &stats);
  if (stats.confirmed == stats.channels + stats.patterns) {
    fprintf(stderr, "market_data: %s\n", s->state);
    service_announce(s, s->state);
  }
}

static respub_status subscribe(service *s) {
  respub_status status = respub_message_subscribe(
      s->subscriber, s->registry, RESPUB_LIT(RESPUB_BROKER_REGISTRATION), on_registration, s, NULL);
  if (status == RESPUB_OK)
    status = respub_message_psubscribe(s->subscriber, s->registry,
                                       RESPUB_LIT(RESPUB_ACCOUNT_UPDATES "*"), on_account, s, NULL);
  return status;
}

static respub_status open_all(service *s, const respub_options *connection, respub_error *error) {
  respub_subscriber_options in;
  respub_publisher_options out;
  respub_subscriber_options_init(&in);
  respub_publisher_options_init(&out);
  in.connection = out.connection = *connection;
  in.on_event = on_event;
  in.event_ctx = s;
  out.queue_blocks = false;
  out.away = RESPUB_AWAY_BUFFER; /* a short absence costs nothing; an old price is worth nothing */
  out.away_expiry_ms = 5000;
  out.backoff_max_ms = 1000;
  respub_status status = market_registry_open(&s->registry, error);
  if (status == RESPUB_OK)
    status = respub_subscriber_open(&s->subscriber, &in, error);
  if (status == RESPUB_OK)
    status = respub_publisher_open(&s->publisher, &out, error);
  if (status != RESPUB_OK)
    return status;
  status = subscribe(s);
  if (status != RESPUB_OK)
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
  return status;
}

bool service_open(service *s, const respub_options *connection, const char *offered) {
  respub_error error = {RESPUB_OK, ""};
  s->offered = offered;
  s->state = "open";
  if (open_all(s, connection, &error) == RESPUB_OK)
    return true;
  fprintf(stderr, "market_data: %s\n", error.text);
  return false;
}

void service_disconnect(service *s) {
  respub_subscriber_close(s->subscriber);
  respub_publisher_close(s->publisher);
  s->subscriber = NULL;
  s->publisher = NULL;
}

void service_close(service *s) {
  service_disconnect(s);
  respub_registry_close(s->registry);
  book_free(&s->book);
}
