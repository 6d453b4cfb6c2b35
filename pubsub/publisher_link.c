/* The connection of a publisher: made, written to, read from, given up. */
#include "pubsub/publisher.h"

#include "net/text.h"

#include <sched.h>

enum {
  MOST_PARTS = 64,
  MOST_ANSWERS = 64
};

/* A use of the link goes begin, (unlocked ... lock), end; the lock is held at begin and at end. */
static void begin_use_locked(respub_publisher *pub) {
  pub->busy = true;
}

static void end_use_locked(respub_publisher *pub) {
  pub->bytes_in = respub__link_bytes_in(&pub->link);
  pub->bytes_out = respub__link_bytes_out(&pub->link);
  pub->busy = false;
  (void)pthread_cond_broadcast(&pub->calm);
}

static void lock(respub_publisher *pub) {
  (void)pthread_mutex_lock(&pub->lock);
}

void respub__publisher_break_locked(respub_publisher *pub, respub_status status,
                                    respub_slice text) {
  if (pub->broken.status != RESPUB_OK)
    return;
  int len = text.len < sizeof pub->broken.text ? (int)text.len : (int)sizeof pub->broken.text;
  (void)respub__fail(&pub->broken, status, "%.*s", len, len > 0 ? text.ptr : "");
}

/* ------------------------------------------------------------------------------------------------
 * Connecting, and the end of a connection */

static respub_event event_of(const respub_publisher *pub, respub_event_type type) {
  const respub_error *error = &pub->link.error;
  bool good = type == RESPUB_EVENT_CONNECTED;
  return (respub_event){
      .type = type,
      .status = good ? RESPUB_OK : error->status,
      .text = good ? respub_slice_of(NULL, 0) : respub_slice_of_string(error->text),
      .generation = pub->link.life.generation,
      .delay_ms = good ? 0 : pub->link.delay_ms,
  };
}

/* Lock held on entry, link in use by the caller. */
static void now_live_locked(respub_publisher *pub, int64_t now_ms) {
  pub->live = true;
  pub->answered = false;
  pub->retry_at_ms = 0;
  pub->active_ms = now_ms;
  pub->base = respub_conn_bytes_out(pub->link.conn);
  pub->broken.status = RESPUB_OK;
  pub->connects++;
  respub_event event = event_of(pub, RESPUB_EVENT_CONNECTED);
  respub__publisher_tell_locked(pub, &event);
}

/* Lock held on entry, link in use by the caller. */
static void now_away_locked(respub_publisher *pub, respub_event_type type) {
  pub->last_error = pub->link.error;
  pub->retry_at_ms = pub->link.delay_ms > 0 ? pub->link.life.retry_at_ms : 0;
  respub_event event = event_of(pub, type);
  respub__publisher_tell_locked(pub, &event);
}

/* Lock held on entry. Who does not wait for a connection has its answer now. */
static void give_up_messages_locked(respub_publisher *pub, int64_t now_ms) {
  if (respub__publisher_gives_up_locked(pub, now_ms))
    respub__pipeline_give_up(&pub->pipe, pub->last_error.text);
}

/* Lock held on entry, by the leader. */
static void connect_locked(respub_publisher *pub, int64_t now_ms) {
  begin_use_locked(pub);
  pub->link_started = true;
  respub__publisher_unlock(pub);
  respub__lifecycle_start(&pub->link.life);
  respub__link_result result = respub__link_step(&pub->link, now_ms);
  lock(pub);
  switch (result) {
  case RESPUB__LINK_NOTHING:
    break;
  case RESPUB__LINK_LIVE:
    now_live_locked(pub, now_ms);
    break;
  case RESPUB__LINK_FAILED:
    pub->connect_failures++;
    now_away_locked(pub, RESPUB_EVENT_CONNECT_FAILED);
    break;
  }
  end_use_locked(pub);
  give_up_messages_locked(pub, now_ms);
}

/* Lock held on entry, by the leader. */
static void lose_locked(respub_publisher *pub, int64_t now_ms) {
  begin_use_locked(pub);
  uint64_t taken = respub_conn_bytes_out(pub->link.conn) - pub->base;
  pub->live = false;
  pub->disconnects++;
  respub__publisher_unlock(pub);
  /* A connection that has answered was a good one: that it ended, idle perhaps, is no reason to
   * wait before the next. */
  if (pub->answered)
    respub__lifecycle_proven(&pub->link.life);
  const char *text = pub->broken.text[0] != '\0' ? pub->broken.text : NULL;
  respub__link_lost(&pub->link, now_ms, pub->broken.status, text);
  lock(pub);
  respub__pipeline_lost(&pub->pipe, taken);
  pub->broken.status = RESPUB_OK;
  now_away_locked(pub, RESPUB_EVENT_DISCONNECTED);
  end_use_locked(pub);
  give_up_messages_locked(pub, now_ms);
}

/* ------------------------------------------------------------------------------------------------
 * Reading */

typedef struct batch {
  respub__answer answers[MOST_ANSWERS];
  size_t n;
  respub_status status; /* why it ends: OK (there may be more), MORE, or a failure */
} batch;

/* Adds what a value means. False: no value of a server that was asked to publish. */
static bool note_value(batch *b, const respub_node *value) {
  value = respub_node_value(value);
  if (value->type == RESPUB_PUSH)
    return true;
  bool refused = respub_node_is_error(value);
  if (value->type != RESPUB_INTEGER && !refused)
    return false;
  b->answers[b->n++] = (respub__answer){refused, value->integer, value->text};
  return true;
}

/* Decodes what has been read. A refusal ends the batch, because its text is gone with the next
 * value. */
static void take_answers(respub_conn *conn, batch *b) {
  b->n = 0;
  b->status = RESPUB_OK;
  while (b->n < MOST_ANSWERS && (b->n == 0 || !b->answers[b->n - 1].refused)) {
    const respub_node *value;
    b->status = respub_conn_take(conn, &value);
    if (b->status == RESPUB_OK && !note_value(b, value))
      b->status = RESPUB_EPROTOCOL;
    if (b->status != RESPUB_OK)
      return;
  }
}

/* Lock held on entry. */
static void apply_locked(respub_publisher *pub, const batch *b) {
  for (size_t i = 0; i < b->n; i++) {
    const respub__answer *answer = &b->answers[i];
    if (respub__pipeline_answer(&pub->pipe, answer) == RESPUB_OK) {
      pub->answered = true;
      continue;
    }
    respub__publisher_break_locked(pub, answer->refused ? RESPUB_EREFUSED : RESPUB_EPROTOCOL,
                                   answer->text);
    return;
  }
  if (b->status < 0)
    respub__publisher_break_locked(pub, b->status, respub_slice_of(NULL, 0));
}

/* Lock held on entry, by the leader. Reads once, and takes all that came. */
static void read_locked(respub_publisher *pub) {
  batch b;
  begin_use_locked(pub);
  respub__publisher_unlock(pub);
  respub_status status = respub_conn_fill(pub->link.conn);
  do {
    b.n = 0;
    b.status = status;
    if (status == RESPUB_OK)
      take_answers(pub->link.conn, &b);
    lock(pub);
    apply_locked(pub, &b);
    if (b.status != RESPUB_OK || pub->broken.status != RESPUB_OK)
      break;
    respub__publisher_unlock(pub);
  } while (true);
  pub->crowd = pub->users;
  end_use_locked(pub);
}

/* ------------------------------------------------------------------------------------------------
 * Writing */

/* Lock held on entry, link in use by the caller. When the last replies found more threads in calls
 * than there are now, the others are about to come back: one turn of the scheduler lets their
 * commands leave in the same write. */
static void await_crowd_locked(respub_publisher *pub) {
  if (pub->users >= pub->crowd)
    return;
  respub__publisher_unlock(pub);
  (void)sched_yield();
  lock(pub);
  pub->crowd = pub->users;
}

/* Lock held on entry, link in use by the caller. OK: written, or nothing waits. */
static respub_status write_once_locked(respub_publisher *pub) {
  respub_slice parts[MOST_PARTS];
  size_t replies;
  size_t budget = pub->options.connection.output_bytes < RESPUB__SEND_BYTES
                      ? pub->options.connection.output_bytes
                      : RESPUB__SEND_BYTES;
  size_t n = respub__pipeline_gather(&pub->pipe, parts, MOST_PARTS, budget, &replies);
  if (n == 0)
    return RESPUB_OK;
  respub__publisher_unlock(pub);
  respub_status status = respub_conn_write(pub->link.conn, parts, n, replies, true, NULL);
  lock(pub);
  return status;
}

/* Lock held on entry, link in use by the caller. AGAIN: the socket takes no more now. */
static respub_status write_all_locked(respub_publisher *pub) {
  respub_status status = RESPUB_OK;
  if (respub_conn_unsent(pub->link.conn) > 0) {
    respub__publisher_unlock(pub);
    status = respub_conn_push(pub->link.conn);
    lock(pub);
  }
  while (status == RESPUB_OK && !pub->closing && respub__pipeline_waits(&pub->pipe)) {
    status = write_once_locked(pub);
    if (status == RESPUB_OK && respub_conn_unsent(pub->link.conn) > 0)
      status = RESPUB_AGAIN;
  }
  return status;
}

void respub__publisher_write_locked(respub_publisher *pub) {
  begin_use_locked(pub);
  await_crowd_locked(pub);
  respub_status status = write_all_locked(pub);
  if (status < 0)
    respub__publisher_break_locked(pub, status, respub_slice_of(NULL, 0));
  end_use_locked(pub);
}

/* ------------------------------------------------------------------------------------------------
 * All of it */

/* Lock held on entry, by the leader of a live publisher. */
static void converse_locked(respub_publisher *pub, int64_t now_ms, bool readable) {
  if (readable || now_ms != pub->active_ms)
    read_locked(pub);
  pub->active_ms = now_ms;
  if (pub->broken.status != RESPUB_OK)
    return;
  if (respub__pipeline_waits(&pub->pipe) || respub_conn_unsent(pub->link.conn) > 0)
    respub__publisher_write_locked(pub);
}

void respub__publisher_work_locked(respub_publisher *pub, int64_t now_ms, bool readable) {
  respub__pipeline_expire(&pub->pipe, now_ms);
  if (!pub->live)
    connect_locked(pub, now_ms);
  if (pub->live && pub->broken.status == RESPUB_OK)
    converse_locked(pub, now_ms, readable);
  if (pub->live && pub->broken.status != RESPUB_OK)
    lose_locked(pub, now_ms);
}
