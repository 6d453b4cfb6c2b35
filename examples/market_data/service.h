/* service.h - the market-data service: registrations and orders in, prices and order updates out.
 *
 * Everything happens on one thread, in the handlers that respub_subscriber_step runs and in the
 * functions below: no lock is needed. Nothing waits for the server: messages are queued, their
 * results come back through respub_publisher_step. */
#ifndef EXAMPLES_MARKET_DATA_SERVICE_H
#define EXAMPLES_MARKET_DATA_SERVICE_H

#include "book.h"

typedef struct service {
  respub_registry *registry;
  respub_subscriber *subscriber;
  respub_publisher *publisher;
  const char *offered; /* list of tickers; "" offers all */
  const char *state;   /* "open", "closing" or "closed" */
  book book;
  respub_status last_failure; /* of publishing; RESPUB_OK after a success */
  tally answers;              /* to account channels */
  tally states;
  uint64_t registrations, unregistrations; /* requests taken */
  uint64_t refused;                        /* messages and trades that were not valid */
  uint64_t skipped;                        /* prices that nobody had registered for */
  uint64_t orders, filled, rejected, repeated;
  uint64_t gaps;
} service;

/* Subscribes; connects with the first step. False after a sentence on standard error. */
bool service_open(service *s, const respub_options *connection, const char *offered);

/* Publishes the price in a trade when somebody has registered for its ticker. Deletes the trade. */
void service_trade(service *s, cJSON *trade);

/* Tells the bots "closing" or "closed". */
void service_announce(service *s, const char *state);

/* Ends the conversation: every message has its result now. */
void service_disconnect(service *s);

/* The summary as one line of JSON on standard output. False after a sentence on standard error. */
bool service_summary(const service *s);

/* Disconnects and frees. */
void service_close(service *s);

#endif
