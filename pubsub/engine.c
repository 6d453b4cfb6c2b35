#include "pubsub/engine.h"

#include "net/memory.h"
#include "net/pool.h"

#include <string.h>

/* A command carries at most this many names; see also the batch of a topic. More than so many
 * unsent bytes wait for the socket before the next command is made, which always fits: a command
 * that is made and not sent would cost the connection, and the next one alike. */
enum {
  MOST_ARGS = 129,
  ARG_BYTES = 16,  /* "$65536", twice CR LF, and some */
  NAME_BYTES = 48, /* "*129", the name of the command, and some */
  MOST_UNSENT_BYTES = 65536,
  LEAST_OUTPUT_BYTES = 262144
};

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The largest command that the session makes of what fixed memory has room for. */
static size_t largest_command(const respub_subscriber_options *o) {
  size_t most_names = smaller(o->most_names, MOST_ARGS - 1);
  size_t bytes = most_names * o->most_name_bytes;
  size_t most_bytes = RESPUB__COMMAND_BYTES + o->most_name_bytes;
  return smaller(bytes, most_bytes) + most_names * ARG_BYTES + NAME_BYTES;
}

/* The log hook stays out: it must not run under a lock; the events say the same. */
void respub__engine_connection(respub_options *connection,
                               const respub_subscriber_options *options) {
  *connection = options->connection;
  connection->log = (respub_log){.write = NULL};
  if (respub__has_fixed_memory(connection))
    connection->output_bytes = largest_command(options);
  else if (connection->output_bytes < LEAST_OUTPUT_BYTES)
    connection->output_bytes = LEAST_OUTPUT_BYTES;
}

void respub__engine_init(respub__engine *e, const respub_subscriber_options *options,
                         uint64_t seed) {
  *e = (respub__engine){.noted = false};
  respub_allocator alloc = respub__allocator(&options->connection.allocator);
  respub__session_init(&e->session, &alloc, options->slow_retry_ms, seed);
  e->session.heartbeat.interval_ms = options->ping_interval_ms;
  e->session.heartbeat.timeout_ms = options->ping_timeout_ms;
  e->most_unsent_bytes = MOST_UNSENT_BYTES;
  if (respub__has_fixed_memory(&options->connection)) {
    respub__session_fix(&e->session, (uint32_t)options->most_names, options->most_name_bytes);
    e->most_unsent_bytes = 1;
  }
  respub_options connection;
  respub__engine_connection(&connection, options);
  respub__link_init(&e->link, &connection, options->backoff_min_ms, options->backoff_max_ms,
                    options->slow_retry_ms, seed);
}

void respub__engine_free(respub__engine *e) {
  respub__link_close(&e->link);
  respub__session_free(&e->session);
}

static void note(respub__engine *e, respub_event_type type) {
  const respub_error *error = &e->link.error;
  bool good = type == RESPUB_EVENT_CONNECTED;
  e->note = (respub_event){
      .type = type,
      .generation = e->session.generation,
      .status = good ? RESPUB_OK : error->status,
      .text = good ? (respub_slice){NULL, 0} : respub_slice_of_string(error->text),
      .delay_ms = good ? 0 : e->link.delay_ms,
  };
  e->noted = true;
}

respub__link_result respub__engine_connect(respub__engine *e, int64_t now_ms) {
  return e->noted ? RESPUB__LINK_NOTHING : respub__link_step(&e->link, now_ms);
}

void respub__engine_connected(respub__engine *e, int64_t now_ms, respub__link_result result) {
  switch (result) {
  case RESPUB__LINK_NOTHING:
    return;
  case RESPUB__LINK_LIVE:
    respub__session_connected(&e->session, now_ms);
    note(e, RESPUB_EVENT_CONNECTED);
    return;
  case RESPUB__LINK_FAILED:
    e->connect_failures++;
    note(e, RESPUB_EVENT_CONNECT_FAILED);
    return;
  }
}

/* What was decoded ahead goes with its connection. */
static void forget_ahead(respub__engine *e) {
#if RESPUB_FAST
  respub__ahead_forget(&e->ahead);
#else
  (void)e;
#endif
}

void respub__engine_lose(respub__engine *e, int64_t now_ms, respub_status status,
                         const char *text) {
  respub__link_lost(&e->link, now_ms, status, text);
  forget_ahead(e);
  respub__session_lost(&e->session);
  e->disconnects++;
  note(e, RESPUB_EVENT_DISCONNECTED);
}

static respub_status send_commands(respub__engine *e) {
  respub_slice args[MOST_ARGS];
  while (respub_conn_unsent(e->link.conn) < e->most_unsent_bytes) {
    size_t n = respub__session_command(&e->session, args, MOST_ARGS);
    if (n == 0)
      break;
    if (n == 1)
      e->pings++;
    respub_status status = respub_conn_append(e->link.conn, args, n);
    if (status != RESPUB_OK)
      return status;
  }
  return respub_conn_unsent(e->link.conn) > 0 ? respub_conn_push(e->link.conn) : RESPUB_OK;
}

void respub__engine_send(respub__engine *e, int64_t now_ms) {
  if (!respub__link_is_live(&e->link) || e->noted)
    return;
  respub_status status = send_commands(e);
  if (status < 0)
    respub__engine_lose(e, now_ms, status, NULL);
}

void respub__engine_take_note(respub__engine *e, respub_event *event) {
  e->noted = false;
  *event = e->note;
}

/* Reads once. OK: bytes came. AGAIN: none, and the peer is not overdue. Else the connection is
 * over. */
static respub_status fill(respub__engine *e, int64_t now_ms) {
  respub__engine_send(e, now_ms);
  if (e->noted)
    return RESPUB_OK;
  respub_status status = respub_conn_fill(e->link.conn);
  if (status == RESPUB_OK)
    respub__session_heard(&e->session, now_ms);
  if (status != RESPUB_AGAIN)
    return status;
  uint64_t untaken = respub_conn_untaken(e->link.conn);
  uint64_t place = respub_conn_bytes_in(e->link.conn) - untaken;
  respub__heartbeat_look(&e->session.heartbeat, now_ms, place, untaken);
  status = respub__session_tick(&e->session, now_ms);
  if (status == RESPUB_OK)
    respub__engine_send(e, now_ms);
  else
    respub__engine_lose(e, now_ms, status, e->session.text);
  return e->noted ? RESPUB_OK : RESPUB_AGAIN;
}

bool respub__engine_read_on(respub__engine *e, int64_t now_ms, respub_status status) {
  if (status == RESPUB_MORE)
    status = fill(e, now_ms);
  if (status < 0)
    respub__engine_lose(e, now_ms, status, NULL);
  return status != RESPUB_AGAIN;
}

bool respub__engine_has_work(const respub__engine *e) {
  if (e->noted || e->session.eventful)
    return true;
  return respub__link_is_live(&e->link) && respub__session_has_command(&e->session) &&
         respub_conn_unsent(e->link.conn) < e->most_unsent_bytes;
}

int64_t respub__engine_deadline_ms(const respub__engine *e) {
  int64_t link = respub__link_deadline_ms(&e->link);
  int64_t session = respub__session_deadline_ms(&e->session);
  return link < session ? link : session;
}

void respub__engine_close(respub__engine *e) {
  bool live = respub__link_is_live(&e->link);
  respub__link_close(&e->link);
  forget_ahead(e);
  if (live)
    respub__session_lost(&e->session);
}
