/* server.h - the poll loop: sockets on one side, the clients of a hub on the other. */
#ifndef RESPUB_BROKER_SERVER_H
#define RESPUB_BROKER_SERVER_H

#include "broker/client.h"
#include "broker/listeners.h"
#include "net/wait.h"

typedef struct respub__broker_connection {
  respub__broker_client client;
  int fd;
  size_t slot;
  bool busy; /* its turn ended before its commands did */
} respub__broker_connection;

typedef struct respub__broker_server {
  respub__broker_hub hub;
  respub__broker_listeners listeners;
  respub__wake wake;
  size_t max_clients;
  int64_t accept_again_ms;  /* RESPUB_NEVER: the listeners are being polled */
  unsigned accept_failures; /* since a connection was last accepted */
  bool busy;                /* some connection is */
  struct pollfd *fds;       /* wake, listeners, then one for each connection, in order */
  respub__broker_connection **connections;
  size_t count;
  size_t capacity; /* of connections */
} respub__broker_server;

/* Errors as of respub_broker_open. *server must not move afterwards. */
RESPUB_MUST_USE respub_status respub__broker_server_open(respub__broker_server *server,
                                                         const respub_broker_options *options,
                                                         respub_error *error);

void respub__broker_server_close(respub__broker_server *server);

/* In a forked child: closes the descriptors that never change and leaves all else, because the
 * thread that served may have been in the middle of a change when the process was copied. */
void respub__broker_server_abandon(respub__broker_server *server);

/* One turn of the loop is these three in order: wait until there is something to do (or the wake
 * has been rung), do it, send what came out of it. RESPUB_EIO: polling failed. */
RESPUB_MUST_USE respub_status respub__broker_server_wait(respub__broker_server *server);
void respub__broker_server_serve(respub__broker_server *server);
void respub__broker_server_settle(respub__broker_server *server);

#endif
