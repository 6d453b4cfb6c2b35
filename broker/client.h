/* client.h - one connection's side of the conversation. No socket is known here. */
#ifndef RESPUB_BROKER_CLIENT_H
#define RESPUB_BROKER_CLIENT_H

#include "broker/hub.h"
#include "broker/output.h"
#include "broker/request.h"

typedef enum respub__client_state {
  RESPUB__CLIENT_OPEN,
  RESPUB__CLIENT_LEAVING, /* no more commands; closed as soon as its output is sent */
  RESPUB__CLIENT_LOST     /* to be closed now */
} respub__client_state;

typedef struct respub__client {
  respub__hub *hub;
  respub__link of_hub;
  respub__link of_touched;
  bool touched;
  respub__client_state state;
  bool authenticated;
  uint64_t id;
  char *name; /* NULL: none */
  size_t name_len;
  respub__subscriber subscriber;
  respub__request request;
  respub__output output;
} respub__client;

/* Fills *client in and adds it to the hub. It must not move afterwards. */
void respub__client_init(respub__client *client, respub__hub *hub);

/* Takes it out of the hub, subscriptions included, and frees what it holds. */
void respub__client_free(respub__client *client);

/* Executes what commands are whole, until the hub's work exceeds work_limit. True: there may be
 * more to execute without reading. */
bool respub__client_execute(respub__client *client, uint64_t work_limit);

/* Back to how it was after connecting, but for its id: what RESET does. */
void respub__client_reset(respub__client *client);

/* An empty name takes it away. ENOMEM. */
RESPUB_MUST_USE respub_status respub__client_rename(respub__client *client, respub_slice name);

/* Ends it; the reason, with "client N" in front of it, goes to the log. A second end changes
 * nothing. */
void respub__client_lose(respub__client *client, const char *reason);

/* Ends it once its output is sent. */
void respub__client_leave(respub__client *client);

/* To be looked at at the end of the turn. */
void respub__client_touch(respub__client *client);

/* In Redis's subscriber mode? */
bool respub__client_subscribed(const respub__client *client);

#endif
