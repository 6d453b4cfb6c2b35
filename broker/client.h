/* client.h - one connection's side of the conversation. No socket is known here. */
#ifndef RESPUB_BROKER_CLIENT_H
#define RESPUB_BROKER_CLIENT_H

#include "broker/hub.h"
#include "broker/output.h"
#include "broker/request.h"

typedef enum respub__broker_client_state {
  RESPUB__BROKER_CLIENT_OPEN,
  RESPUB__BROKER_CLIENT_LEAVING, /* no more commands; closed as soon as its output is sent */
  RESPUB__BROKER_CLIENT_LOST     /* to be closed now */
} respub__broker_client_state;

typedef struct respub__broker_client {
  respub__broker_hub *hub;
  respub__broker_link of_hub;
  respub__broker_link of_touched;
  bool touched;
  respub__broker_client_state state;
  bool authenticated;
  uint64_t id;
  char *name; /* NULL: none */
  size_t name_len;
  respub__broker_subscriber subscriber;
  respub__broker_request request;
  respub__broker_output output;
} respub__broker_client;

/* Fills *client in and adds it to the hub. It must not move afterwards. */
void respub__broker_client_init(respub__broker_client *client, respub__broker_hub *hub);

/* Takes it out of the hub, subscriptions included, and frees what it holds. */
void respub__broker_client_free(respub__broker_client *client);

/* Executes what commands are whole, until the hub's work exceeds work_limit. True: there may be
 * more to execute without reading. */
bool respub__broker_client_execute(respub__broker_client *client, uint64_t work_limit);

/* Back to how it was after connecting, but for its id: what RESET does. */
void respub__broker_client_reset(respub__broker_client *client);

/* An empty name takes it away. ENOMEM. */
RESPUB_MUST_USE respub_status respub__broker_client_rename(respub__broker_client *client,
                                                           respub_slice name);

/* Ends it; the reason, with "client N" in front of it, goes to the log. A second end changes
 * nothing. */
void respub__broker_client_lose(respub__broker_client *client, const char *reason);

/* Ends it once its output is sent. */
void respub__broker_client_leave(respub__broker_client *client);

/* To be looked at at the end of the turn. */
void respub__broker_client_touch(respub__broker_client *client);

/* In Redis's subscriber mode? */
bool respub__broker_client_subscribed(const respub__broker_client *client);

#endif
