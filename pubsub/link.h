/* link.h - a connection that comes back: net's connection driven by the lifecycle. One
 * implementation for subscriber and publisher. Belongs to whoever drives it; not thread-safe. */
#ifndef RESPUB_PUBSUB_LINK_H
#define RESPUB_PUBSUB_LINK_H

#include "net/net.h"
#include "pubsub/lifecycle.h"

typedef struct respub__link {
  respub_options options;
  respub__lifecycle life;
  respub_conn *conn;            /* NULL unless CONNECTING or LIVE */
  int64_t delay_ms;             /* after FAILED or LOST: until the next attempt */
  respub_error error;           /* why the last attempt or connection ended */
  uint64_t bytes_in, bytes_out; /* of connections that are gone */
} respub__link;

typedef enum respub__link_result {
  RESPUB__LINK_NOTHING, /* wait for the descriptor or the deadline */
  RESPUB__LINK_LIVE,    /* connected and shaken hands: first step only after an attempt */
  RESPUB__LINK_FAILED   /* an attempt failed; error and delay_ms say more */
} respub__link_result;

void respub__link_init(respub__link *link, const respub_options *options, int64_t min_ms,
                       int64_t max_ms, int64_t slow_ms, uint64_t seed);

/* Does what the lifecycle wants now: begins an attempt that is due, goes on with one. Returns what
 * just became so; NOTHING also while it stays live. Never waits. */
respub__link_result respub__link_step(respub__link *link, int64_t now_ms);

/* The live connection failed with status (of fill, take, push or write, or ESILENT, EPROTOCOL of
 * the caller): closes it and plans the next attempt. text overrides the connection's own error text
 * unless NULL. */
void respub__link_lost(respub__link *link, int64_t now_ms, respub_status status, const char *text);

/* When step must be called at the latest; RESPUB_NEVER: only its descriptor matters. */
int64_t respub__link_deadline_ms(const respub__link *link);

/* For poll; -1 and 0 when there is nothing to poll. */
int respub__link_fd(const respub__link *link);
short respub__link_events(const respub__link *link);

static inline bool respub__link_is_live(const respub__link *link) {
  return link->life.state == RESPUB__LIFE_LIVE;
}

uint64_t respub__link_bytes_in(const respub__link *link);
uint64_t respub__link_bytes_out(const respub__link *link);

/* Closes the connection, if any, for good. */
void respub__link_close(respub__link *link);

#endif
