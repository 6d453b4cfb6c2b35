/* market.h - what the market-data service and the trading bots say to each other.
 *
 * On BROKER_REGISTRATION a bot asks: {"action": "subscribe" or "unsubscribe", "ticker": "AAPL"}. A
 * sender counts once a ticker however often it asks, so a bot may repeat itself; requests without a
 * sender are counted one by one.
 *
 * On TICKER_UPDATES_<SYMBOL> the service publishes prices, while somebody is registered, and each
 * order that it has filled. Prices carry "sent_us", the service's clock_us, from which a bot on the
 * same machine learns the delay.
 *
 * On ACCOUNT_UPDATES_<ACCOUNT> a bot sends {"type": "order", "timestamp", "symbol", "order_data":
 * {"id", "status": "new", "side": "buy" or "sell", "quantity": a whole number}}. The service
 * answers there with the same order, "filled" at a "price" or "rejected" with a "reason" in
 * order_data. An order may be repeated: its id is filled once.
 *
 * On MARKET_STATUS the service says its {"state"}: "open", ready for registrations; "closing", no
 * more prices, so bots settle and unregister; "closed", no more messages. */
#ifndef EXAMPLES_COMMON_MARKET_H
#define EXAMPLES_COMMON_MARKET_H

#include "money.h"

#include <respub/schema.h>

#define MARKET_STATUS "MARKET_STATUS"
#define MARKET_SENT_US "sent_us"

/* The built-in schemas and that of MARKET_STATUS. */
RESPUB_MUST_USE respub_status market_registry_open(respub_registry **registry, respub_error *error);

/* The string member of this name, "" when there is none. */
const char *market_member(const cJSON *object, const char *name);

/* {"type", "timestamp": now, "symbol"}. NULL: out of memory. */
cJSON *market_update(const char *type, const char *symbol);

/* ------------------------------------------------------------------------------------------------
 * Orders */

#define ORDER_QUANTITY_MAX 1000000

typedef struct order {
  char id[48];
  char symbol[RESPUB_NAME_MAX + 1];
  bool buy;
  long quantity; /* 1 to ORDER_QUANTITY_MAX */
} order;

/* What an order message says: the status, and with "filled" a price, with "rejected" a reason. */
typedef struct order_update {
  const char *status;
  money price;
  const char *reason;
} order_update;

/* Reads the order in a message's data. NULL, or what is wrong with it. */
const char *order_read(const cJSON *data, order *o);

/* The data of an order message. NULL: out of memory. */
cJSON *order_message(const order *o, const order_update *update);

/* -- */

/* Tells one event that is not a message on standard error, as a line that starts with the program's
 * name. (Un)subscribed and closed are routine and left out. */
void market_tell(const char *program, const respub_event *event);

#endif
