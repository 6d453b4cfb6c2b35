#include "broker/server.h"

#include "net/clock.h"
#include "net/text.h"

/* Places in fds. */
enum {
  WAKE,
  TCP,
  LOCAL,
  CONNECTIONS
};

#define DEFAULT_MAX_CLIENTS 1000u
#define SERVER_FIRST_CAPACITY 16u

/* What one turn does for one of many at most, so that none waits long for the others. */
#define ACCEPTS_A_TURN 64
#define WORK_A_TURN 50000u
#define BYTES_A_TURN (1024u * 1024)
#define PARTS_A_WRITE 16

/* How long new connections wait when there is no descriptor for them. */
#define ACCEPT_PAUSE_MS 100

/* ------------------------------------------------------------------------------------------------
 * Connections */

static respub_status grow_server(respub__broker_server *server, size_t capacity) {
  const respub_allocator *a = &server->hub.allocator;
  if (capacity > SIZE_MAX / sizeof(struct pollfd) - CONNECTIONS)
    return RESPUB_ENOMEM;
  struct pollfd *fds =
      respub__resize(a, server->fds, (CONNECTIONS + capacity) * sizeof(struct pollfd));
  if (fds == NULL)
    return RESPUB_ENOMEM;
  server->fds = fds;
  respub__broker_connection **connections =
      respub__resize(a, server->connections, capacity * sizeof(respub__broker_connection *));
  if (connections == NULL)
    return RESPUB_ENOMEM;
  server->connections = connections;
  server->capacity = capacity;
  return RESPUB_OK;
}

/* Takes over fd when it succeeds. */
static respub_status connection_open(respub__broker_server *server, int fd) {
  if (server->count == server->capacity && grow_server(server, server->capacity * 2) != RESPUB_OK)
    return RESPUB_ENOMEM;
  respub__broker_connection *c = respub__alloc(&server->hub.allocator, sizeof *c);
  if (c == NULL)
    return RESPUB_ENOMEM;
  respub__broker_client_init(&c->client, &server->hub);
  c->fd = fd;
  c->busy = false;
  c->slot = server->count++;
  server->connections[c->slot] = c;
  server->fds[CONNECTIONS + c->slot] = (struct pollfd){.fd = fd, .events = POLLIN};
  return RESPUB_OK;
}

/* The last connection takes its place. */
static void connection_close(respub__broker_server *server, respub__broker_connection *c) {
  size_t last = --server->count;
  server->connections[c->slot] = server->connections[last];
  server->connections[c->slot]->slot = c->slot;
  server->fds[CONNECTIONS + c->slot] = server->fds[CONNECTIONS + last];
  respub__broker_client_free(&c->client);
  respub__socket_close(c->fd);
  respub__free(&server->hub.allocator, c);
}

/* ------------------------------------------------------------------------------------------------
 * Accepting */

static void poll_listeners(respub__broker_server *server, bool on) {
  server->fds[TCP].fd = on ? server->listeners.tcp : -1;
  server->fds[LOCAL].fd = on ? server->listeners.local : -1;
  server->accept_again_ms = on ? RESPUB_NEVER : respub__clock_ms() + ACCEPT_PAUSE_MS;
}

/* Nobody waits for this to arrive: an empty socket buffer takes so few bytes at once or never. */
static void turn_away(respub__broker_server *server, int fd) {
  respub_slice text = RESPUB_LIT("-ERR max number of clients reached\r\n");
  (void)respub__socket_write(fd, &text, 1);
  server->hub.stats.refused++;
  respub__log(&server->hub.log, RESPUB_LOG_WARNING, "refused a client: there are %zu already",
              server->count);
}

static void welcome(respub__broker_server *server, int fd) {
  if (server->count >= server->max_clients) {
    turn_away(server, fd);
    respub__socket_close(fd);
  } else if (connection_open(server, fd) == RESPUB_OK) {
    server->hub.stats.accepted++;
  } else {
    respub__log(&server->hub.log, RESPUB_LOG_WARNING, "refused a client: %s",
                respub_status_text(RESPUB_ENOMEM));
    respub__socket_close(fd);
  }
}

/* A listener that cannot accept stays readable: polled on, it would keep the loop spinning. One
 * warning an episode. */
static void pause_listeners(respub__broker_server *server, respub_status why) {
  respub_log_level level = server->accept_failures++ == 0 ? RESPUB_LOG_WARNING : RESPUB_LOG_DEBUG;
  respub__log(&server->hub.log, level, "cannot accept clients for %d ms: %s", ACCEPT_PAUSE_MS,
              respub_status_text(why));
  poll_listeners(server, false);
}

/* Redis too finds clients that are gone without a word after 300 s (redis.conf, tcp-keepalive):
 * subscribers may be silent for ever, so nothing else would. */
static void accept_from(respub__broker_server *server, int listener) {
  static const respub__socket_tuning tuning = {.keepalive_s = 300};
  for (int i = 0; i < ACCEPTS_A_TURN; i++) {
    int fd;
    respub_status status = respub__socket_accept(&fd, listener, NULL, &tuning);
    if (status == RESPUB_AGAIN)
      return;
    if (status != RESPUB_OK) {
      pause_listeners(server, status);
      return;
    }
    server->accept_failures = 0;
    welcome(server, fd);
  }
}

static void accept_new(respub__broker_server *server) {
  if (server->accept_again_ms <= respub__clock_ms()) {
    poll_listeners(server, true);
    return;
  }
  if (server->fds[TCP].fd >= 0 && server->fds[TCP].revents != 0)
    accept_from(server, server->listeners.tcp);
  if (server->fds[LOCAL].fd >= 0 && server->fds[LOCAL].revents != 0)
    accept_from(server, server->listeners.local);
}

/* ------------------------------------------------------------------------------------------------
 * Serving */

/* Reads once. What a client has sent before it closed its side is answered as far as it listens. */
static void read_from(respub__broker_connection *c) {
  char *place;
  size_t len;
  respub_status status = respub__broker_request_room(&c->client.request, &place, &len);
  if (status != RESPUB_OK) {
    respub__broker_client_lose(&c->client, respub_status_text(status));
    return;
  }
  ptrdiff_t n = respub__socket_read(c->fd, place, len);
  if (n > 0)
    respub__broker_request_filled(&c->client.request, (size_t)n);
  else if (n == RESPUB_EEOF)
    respub__broker_client_leave(&c->client);
  else if (n < 0)
    respub__broker_client_lose(&c->client, respub_status_text((respub_status)n));
}

static void serve_connection(respub__broker_server *server, respub__broker_connection *c,
                             short events) {
  if (c->client.state == RESPUB__BROKER_CLIENT_OPEN && (c->busy || (events & ~POLLOUT) != 0)) {
    if (!c->busy)
      read_from(c);
    c->busy = respub__broker_client_execute(&c->client, server->hub.work + WORK_A_TURN);
    server->busy |= c->busy;
  }
  if (c->client.state != RESPUB__BROKER_CLIENT_OPEN || (events & POLLOUT) != 0)
    respub__broker_client_touch(&c->client);
}

respub_status respub__broker_server_wait(respub__broker_server *server) {
  int64_t deadline_ms = server->busy ? 0 : server->accept_again_ms;
  respub_status status = respub__wait(server->fds, CONNECTIONS + server->count, deadline_ms);
  if (status == RESPUB_OK && server->fds[WAKE].revents != 0)
    respub__wake_drain(&server->wake);
  return status == RESPUB_TIMEOUT ? RESPUB_OK : status;
}

void respub__broker_server_serve(respub__broker_server *server) {
  size_t count = server->count;
  server->busy = false;
  for (size_t i = 0; i < count; i++) {
    respub__broker_connection *c = server->connections[i];
    short events = server->fds[CONNECTIONS + i].revents;
    if (c->busy || events != 0)
      serve_connection(server, c, events);
  }
  accept_new(server);
}

/* ------------------------------------------------------------------------------------------------
 * Sending */

/* As much as the socket takes; no more once it is max_bytes. */
static void send_to(respub__broker_connection *c, size_t max_bytes) {
  respub__broker_output *output = &c->client.output;
  size_t sent = 0;
  while (output->bytes > 0 && sent < max_bytes) {
    respub_slice parts[PARTS_A_WRITE];
    size_t n = respub__broker_output_parts(output, parts, PARTS_A_WRITE);
    ptrdiff_t written = respub__socket_write(c->fd, parts, n);
    if (written < 0)
      respub__broker_client_lose(&c->client, respub_status_text((respub_status)written));
    if (written <= 0)
      return;
    respub__broker_output_sent(output, (size_t)written);
    sent += (size_t)written;
  }
}

static void send_now(respub__broker_client *client) {
  send_to(RESPUB__BROKER_OF(client, respub__broker_connection, client), SIZE_MAX);
}

static short events_wanted(const respub__broker_client *client) {
  int reading = client->state == RESPUB__BROKER_CLIENT_OPEN ? POLLIN : 0;
  int writing = client->output.bytes > 0 ? POLLOUT : 0;
  return (short)(reading | writing);
}

void respub__broker_server_settle(respub__broker_server *server) {
  respub__broker_list *touched = &server->hub.touched;
  while (touched->count > 0) {
    respub__broker_client *client =
        RESPUB__BROKER_OF(touched->first, respub__broker_client, of_touched);
    respub__broker_connection *c = RESPUB__BROKER_OF(client, respub__broker_connection, client);
    if (client->state != RESPUB__BROKER_CLIENT_LOST)
      send_to(c, BYTES_A_TURN);
    bool done = client->state == RESPUB__BROKER_CLIENT_LEAVING && client->output.bytes == 0;
    if (done || client->state == RESPUB__BROKER_CLIENT_LOST) {
      connection_close(server, c);
      continue;
    }
    respub__broker_list_remove(touched, &client->of_touched);
    client->touched = false;
    server->fds[CONNECTIONS + c->slot].events = events_wanted(client);
  }
}

/* ------------------------------------------------------------------------------------------------
 * Opening and closing */

respub_status respub__broker_server_open(respub__broker_server *server,
                                         const respub_broker_options *options,
                                         respub_error *error) {
  *server = (respub__broker_server){.wake = {-1, -1}, .accept_again_ms = RESPUB_NEVER};
  respub__broker_hub_init(&server->hub, options);
  server->max_clients = options->max_clients == 0 ? DEFAULT_MAX_CLIENTS : options->max_clients;
  respub_status status = respub__broker_listeners_open(&server->listeners, options, error);
  if (status != RESPUB_OK)
    return status;
  server->hub.port = server->listeners.port;
  server->hub.send_now = send_now;
  status = grow_server(server, SERVER_FIRST_CAPACITY);
  if (status == RESPUB_OK)
    status = respub__wake_open(&server->wake);
  if (status != RESPUB_OK) {
    respub__broker_server_close(server);
    return respub__fail(error, status, "cannot open a broker: %s", respub_status_text(status));
  }
  server->fds[WAKE] = (struct pollfd){.fd = server->wake.read_fd, .events = POLLIN};
  server->fds[TCP] = (struct pollfd){.fd = server->listeners.tcp, .events = POLLIN};
  server->fds[LOCAL] = (struct pollfd){.fd = server->listeners.local, .events = POLLIN};
  return RESPUB_OK;
}

void respub__broker_server_close(respub__broker_server *server) {
  while (server->count > 0)
    connection_close(server, server->connections[server->count - 1]);
  respub__broker_listeners_close(&server->listeners, false);
  if (server->wake.read_fd >= 0)
    respub__wake_close(&server->wake);
  respub__free(&server->hub.allocator, server->connections);
  respub__free(&server->hub.allocator, server->fds);
  respub__broker_hub_free(&server->hub);
}

void respub__broker_server_abandon(respub__broker_server *server) {
  respub__broker_listeners_close(&server->listeners, true);
  respub__wake_close(&server->wake);
}
