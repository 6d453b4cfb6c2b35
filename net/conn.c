/* The life of a connection: made, opened step by step, closed. */
#include "net/conn.h"

#include "net/dial.h"
#include "net/memory.h"
#include "net/options.h"
#include "net/pool.h"
#include "net/text.h"
#include "net/wait.h"

#include <errno.h>
#include <string.h>

#define OUTPUT_FIRST_BYTES 1024
#define ADDRESS_BYTES 300
/* A peer that never stops talking must not keep a step from looking at the clock. */
#define READS_A_STEP 16

/* ------------------------------------------------------------------------------------------------
 * Start and close */

static size_t input_limit(const respub_options *options) {
  size_t value = options->limits.bytes != 0 ? options->limits.bytes
                                            : (size_t)RESPUB_MAX_BULK_BYTES + 64 * 1024;
  size_t extra = options->buffer_bytes;
  return value > SIZE_MAX - extra ? SIZE_MAX : value + extra;
}

/* Sizes that never change, because there is no memory for others. */
static respub_status fix_sizes(respub_conn *conn, const respub_options *options) {
  size_t most = options->buffer_bytes;
  conn->node_capacity = respub__conn_fixed_nodes(options);
  if (conn->node_capacity > RESPUB_FIRST_NODES)
    conn->nodes = respub__alloc(&conn->allocator, conn->node_capacity * sizeof *conn->nodes);
  if (conn->nodes == NULL)
    return RESPUB_ENOMEM;
  conn->limits.total = conn->node_capacity - 1;
  if (conn->limits.bytes == 0 || conn->limits.bytes > most)
    conn->limits.bytes = most;
  conn->input_limit = most;
  conn->output.first = conn->output_limit = respub__conn_fixed_output(options);
  respub_decoder_init(&conn->decoder, &conn->limits, conn->nodes, conn->node_capacity);
  return RESPUB_OK;
}

static void set_up_conn(respub_conn *conn, const respub_options *options) {
  conn->generation = respub__fork_generation();
  conn->state = RESPUB__CONN_DIALING;
  conn->nodes = conn->embedded;
  conn->node_capacity = RESPUB_FIRST_NODES;
  conn->limits = options->limits;
  respub_decoder_init(&conn->decoder, &conn->limits, conn->nodes, conn->node_capacity);
  conn->input.first = options->buffer_bytes;
  conn->output.first = OUTPUT_FIRST_BYTES;
  conn->input_limit = input_limit(options);
  conn->output_limit = options->output_bytes;
  conn->log = options->log;
  conn->connect_timeout_ms = options->connect_timeout_ms;
  conn->command_timeout_ms = options->command_timeout_ms;
}

/* A foreign transport has memory of its own. */
static respub_status dial(respub_conn *conn, const respub_options *options, int64_t now_ms,
                          respub_error *error) {
  if (options->dial != NULL)
    return options->dial(options->dial_ctx, options, now_ms, &conn->transport, error);
  respub_options *own = &conn->opening->options;
  own->allocator = conn->allocator;
  return respub__dial(NULL, own, now_ms, &conn->transport, error);
}

/* All zero but for its allocator. */
static respub_status allocate_conn(respub_conn **conn, const respub_options *options,
                                   respub_error *error) {
  respub_allocator allocator = respub__allocator(&options->allocator);
  if (respub__has_fixed_memory(options)) {
    respub_status status =
        respub__pool_open(&allocator, respub__conn_plan, options, "a connection", error);
    if (status != RESPUB_OK)
      return status;
  }
  *conn = respub__alloc_zero(&allocator, sizeof **conn);
  if (*conn == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for a connection");
  (*conn)->allocator = allocator;
  (*conn)->fixed = respub__has_fixed_memory(options);
  return RESPUB_OK;
}

static respub_status begin_opening(respub_conn *conn, const respub_options *options,
                                   respub_error *error) {
  set_up_conn(conn, options);
  respub_status status = RESPUB_FIXED_MEMORY && conn->fixed ? fix_sizes(conn, options) : RESPUB_OK;
  if (status == RESPUB_OK)
    conn->opening = respub__alloc_zero(&conn->allocator, sizeof *conn->opening);
  if (conn->opening == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for a connection");
  conn->opening->options = *options;
  return RESPUB_OK;
}

respub_status respub_conn_start(respub_conn **conn, const respub_options *options, int64_t now_ms,
                                respub_error *error) {
  *conn = NULL;
  respub_status status = respub__options_check(options, error);
  if (status != RESPUB_OK)
    return status;
  respub_conn *made;
  status = allocate_conn(&made, options, error);
  if (status != RESPUB_OK)
    return status;
  made->wake_ms = now_ms;
  status = begin_opening(made, options, error);
  if (status == RESPUB_OK)
    status = dial(made, options, now_ms, error);
  if (status != RESPUB_OK) {
    respub_conn_close(made);
    return status;
  }
  *conn = made;
  return RESPUB_OK;
}

static void end_opening(respub_conn *conn) {
  if (conn->opening == NULL)
    return;
  respub__wipe(conn->opening, sizeof *conn->opening);
  respub__free(&conn->allocator, conn->opening);
  conn->opening = NULL;
  if (conn->output.data != NULL)
    respub__wipe(conn->output.data, conn->output.capacity);
}

void respub_conn_close(respub_conn *conn) {
  if (conn == NULL)
    return;
  respub_allocator allocator = conn->allocator;
  if (conn->transport.close != NULL)
    conn->transport.close(conn->transport.ctx);
  end_opening(conn);
  respub__buffer_free(&conn->input, &allocator);
  respub__buffer_free(&conn->output, &allocator);
  if (conn->nodes != conn->embedded)
    respub__free(&allocator, conn->nodes);
  bool fixed = RESPUB_FIXED_MEMORY && conn->fixed;
  respub__free(&allocator, conn);
  if (fixed)
    respub__pool_close(&allocator);
}

/* ------------------------------------------------------------------------------------------------
 * Step */

/* Ends opening with the error that the connection holds. */
static respub_status refuse(respub_conn *conn, respub_status status) {
  conn->state = RESPUB__CONN_REFUSED;
  conn->status = status;
  conn->error.status = status;
  conn->wake_ms = RESPUB_NEVER;
  end_opening(conn);
  respub__log(&conn->log, RESPUB_LOG_DEBUG, "%s", conn->error.text);
  return status;
}

static respub_status refuse_starved(respub_conn *conn) {
  (void)respub__fail(&conn->error, RESPUB_ENOMEM, "out of memory for the handshake");
  return refuse(conn, RESPUB_ENOMEM);
}

static respub_status refuse_late(respub_conn *conn, const char *what) {
  char where[ADDRESS_BYTES];
  (void)respub__fail(&conn->error, RESPUB_TIMEOUT, "%s: no %s within %d ms",
                     respub__options_where(&conn->opening->options, where, sizeof where), what,
                     conn->connect_timeout_ms);
  return refuse(conn, RESPUB_TIMEOUT);
}

static respub_status refuse_lost(respub_conn *conn, respub_status status, int reason) {
  char where[ADDRESS_BYTES];
  char why[RESPUB__ERRNO_TEXT];
  (void)respub__fail(&conn->error, status, "%s: connection lost during the handshake: %s",
                     respub__options_where(&conn->opening->options, where, sizeof where),
                     status == RESPUB_EIO ? respub__errno_text(reason, why, sizeof why)
                                          : respub_status_text(status));
  return refuse(conn, respub__handshake_lost(&conn->opening->handshake, status, &conn->error));
}

static respub_status ask_credentials(respub_conn *conn) {
  respub_options *o = &conn->opening->options;
  if (o->credentials == NULL)
    return RESPUB_OK;
  respub_status status = o->credentials(o->credentials_ctx, o->username, sizeof o->username,
                                        o->password, sizeof o->password);
  o->username[sizeof o->username - 1] = '\0';
  o->password[sizeof o->password - 1] = '\0';
  if (status == RESPUB_OK)
    return RESPUB_OK;
  if (status > 0)
    status = RESPUB_EAUTH;
  (void)respub__fail(&conn->error, status, "no credentials: %s", respub_status_text(status));
  return refuse(conn, status);
}

static respub_status begin_handshake(respub_conn *conn) {
  respub_status status = ask_credentials(conn);
  if (status != RESPUB_OK)
    return status;
  respub__opening *o = conn->opening;
  respub__buffer *out = &conn->output;
  size_t size = respub__handshake_begin(&o->handshake, &o->options, NULL, 0);
  status = respub__buffer_reserve(out, &conn->allocator, size, SIZE_MAX / 2);
  if (status != RESPUB_OK)
    return refuse_starved(conn);
  respub__buffer_commit(
      out, respub__handshake_begin(&o->handshake, &o->options, out->data + out->end, size));
  conn->state = RESPUB__CONN_SHAKING;
  return RESPUB_OK;
}

static respub_status become_ready(respub_conn *conn) {
  char where[ADDRESS_BYTES];
  respub__log(&conn->log, RESPUB_LOG_DEBUG, "connected to %s",
              respub__options_where(&conn->opening->options, where, sizeof where));
  end_opening(conn);
  conn->state = RESPUB__CONN_READY;
  conn->wake_ms = RESPUB_NEVER;
  return RESPUB_OK;
}

/* Takes the replies that are in the buffer. OK: the last one. MORE: others are due. */
static respub_status take_replies(respub_conn *conn) {
  respub__opening *o = conn->opening;
  while (o->handshake.answered < o->handshake.count) {
    const respub_node *reply;
    respub_status status = respub__conn_decode(conn, &reply);
    if (status == RESPUB_OK)
      status = respub__handshake_reply(&o->handshake, &o->options, reply, &conn->error);
    if (status == RESPUB_ENOMEM)
      return refuse_starved(conn);
    if (status < 0)
      return refuse(conn, status);
    if (status == RESPUB_MORE)
      return status;
  }
  return RESPUB_OK;
}

/* Reads and takes replies. OK: the last one. AGAIN: others are due; the buffer holds none. */
static respub_status read_replies(respub_conn *conn) {
  for (int reads = 0;; reads++) {
    respub_status status = take_replies(conn);
    if (status != RESPUB_MORE)
      return status;
    if (reads == READS_A_STEP)
      return RESPUB_AGAIN;
    status = respub__conn_read(conn);
    if (status == RESPUB_ENOMEM)
      return refuse_starved(conn);
    if (status < 0)
      return refuse_lost(conn, status, errno);
    if (status == RESPUB_AGAIN)
      return status;
  }
}

static respub_status shake(respub_conn *conn, int64_t now_ms) {
  /* A server that refuses says why and closes before it has read anything, so that writing may fail
   * while its reason waits to be read. */
  respub_status sent = respub__conn_drain(conn);
  int reason = errno;
  respub_status status = read_replies(conn);
  if (status < 0)
    return status;
  if (sent < 0)
    return refuse_lost(conn, sent, reason);
  /* Replies may come before all is sent, from a server that does not read. */
  if (status == RESPUB_OK && sent == RESPUB_OK)
    return become_ready(conn);
  return now_ms < conn->deadline_ms ? RESPUB_AGAIN : refuse_late(conn, "reply");
}

static respub_status go_on_dialing(respub_conn *conn, int64_t now_ms) {
  if (conn->resolving)
    conn->deadline_ms = now_ms + conn->connect_timeout_ms;
  int64_t wake_ms = conn->deadline_ms;
  respub_status status = conn->transport.connect(conn->transport.ctx, now_ms, &conn->dial_events,
                                                 &wake_ms, &conn->error);
  bool late = now_ms >= conn->deadline_ms;
  if (status == RESPUB_OK) {
    conn->wake_ms = conn->deadline_ms;
    return begin_handshake(conn);
  }
  conn->resolving = status == RESPUB_MORE;
  if (conn->resolving) {
    conn->wake_ms = wake_ms;
    return RESPUB_AGAIN;
  }
  if (status == RESPUB_AGAIN) {
    conn->wake_ms = wake_ms < conn->deadline_ms ? wake_ms : conn->deadline_ms;
    return late ? refuse_late(conn, "connection") : RESPUB_AGAIN;
  }
  return refuse(conn, late && status == RESPUB_ECONNECT ? RESPUB_TIMEOUT : status);
}

respub_status respub_conn_step(respub_conn *conn, int64_t now_ms) {
  if (conn->generation != respub__fork_generation())
    return RESPUB_EFORKED;
  if (!conn->stepped) {
    conn->stepped = true;
    conn->deadline_ms = now_ms + conn->connect_timeout_ms;
  }
  if (conn->state == RESPUB__CONN_DIALING) {
    respub_status status = go_on_dialing(conn, now_ms);
    if (status != RESPUB_OK)
      return status;
  }
  if (conn->state == RESPUB__CONN_SHAKING)
    return shake(conn, now_ms);
  return conn->status;
}

/* ------------------------------------------------------------------------------------------------
 * What an event loop asks */

int respub_conn_fd(const respub_conn *conn) {
  return conn->transport.fd(conn->transport.ctx);
}

short respub_conn_events(const respub_conn *conn) {
  if (conn->state == RESPUB__CONN_DIALING)
    return conn->dial_events;
  return respub_conn_unsent(conn) > 0 ? POLLIN | POLLOUT : POLLIN;
}

int64_t respub_conn_deadline_ms(const respub_conn *conn) {
  return conn->wake_ms;
}

const respub_error *respub_conn_error(const respub_conn *conn) {
  return &conn->error;
}

size_t respub_conn_due(const respub_conn *conn) {
  return conn->due;
}

size_t respub_conn_unsent(const respub_conn *conn) {
  return respub__buffer_used(&conn->output);
}

size_t respub_conn_untaken(const respub_conn *conn) {
  return respub__buffer_used(&conn->input) - conn->taken;
}

uint64_t respub_conn_bytes_in(const respub_conn *conn) {
  return conn->bytes_in;
}

uint64_t respub_conn_bytes_out(const respub_conn *conn) {
  return conn->bytes_out;
}
