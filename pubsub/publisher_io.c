/* What goes over the connection of a publisher: commands out, answers in. */
#include "pubsub/publisher.h"

#include "net/replies.h"

enum {
  MOST_PARTS = 64
};

void respub__publisher_count_bytes_locked(respub_publisher *pub) {
  pub->bytes_in = respub__link_bytes_in(&pub->link);
  pub->bytes_out = respub__link_bytes_out(&pub->link);
}

void respub__publisher_end_use_locked(respub_publisher *pub) {
  respub__publisher_count_bytes_locked(pub);
  pub->busy = false;
  respub__cond_broadcast(&pub->calm);
}

/* ------------------------------------------------------------------------------------------------
 * Reading */

/* Adds what a value means that is no small number; EPROTOCOL: no value of a server that was asked
 * to publish. */
static respub_status note_other(respub__batch *b, const respub_node *value) {
  value = respub_node_value(value);
  if (value->type == RESPUB_INTEGER)
    b->counts[b->n++] = value->integer;
  else if (respub_node_is_error(value))
    b->refused = true;
  else if (value->type != RESPUB_PUSH)
    return RESPUB_EPROTOCOL;
  b->text = value->text;
  return RESPUB_OK;
}

/* Takes answers until the batch is full, or to the first refusal, because its text is gone with the
 * next value. */
static void take_answers(respub_conn *conn, respub__batch *b) {
  const respub_node *value;
  while (b->status == RESPUB_OK && !b->refused) {
    b->n += respub__conn_take_counts(conn, b->counts + b->n, RESPUB__MOST_COUNTS - b->n);
    if (b->n == RESPUB__MOST_COUNTS)
      return;
    b->status = respub_conn_take(conn, &value);
    if (b->status == RESPUB_OK)
      b->status = note_other(b, value);
  }
}

void respub__publisher_read_batch(respub_publisher *pub, respub__batch *b, bool fill) {
  b->n = 0;
  b->refused = false;
  b->status = fill ? respub_conn_fill(pub->link.conn) : RESPUB_OK;
  if (b->status >= 0) {
    b->status = RESPUB_OK;
    take_answers(pub->link.conn, b);
  }
}

void respub__publisher_apply_locked(respub_publisher *pub, const respub__batch *b) {
  size_t taken = respub__pipeline_counts(&pub->pipe, b->counts, b->n);
  bool all = taken == b->n;
  bool refusal_taken =
      all && b->refused && respub__pipeline_refusal(&pub->pipe, b->text) == RESPUB_OK;
  if (taken > 0 || refusal_taken)
    pub->answered = true;
  if (!all)
    respub__publisher_break_locked(pub, RESPUB_EPROTOCOL,
                                   RESPUB_LIT("a number that nobody asked for"));
  else if (b->refused && !refusal_taken)
    respub__publisher_break_locked(pub, RESPUB_EREFUSED, b->text);
  else if (b->status < 0)
    respub__publisher_break_locked(pub, b->status, respub_slice_of(NULL, 0));
}

void respub__publisher_read_locked(respub_publisher *pub) {
  respub__batch b;
  bool first = true;
  pub->busy = true;
  do {
    respub__publisher_unlock(pub);
    respub__publisher_read_batch(pub, &b, first);
    respub__publisher_lock(pub);
    respub__publisher_apply_locked(pub, &b);
    first = false;
  } while (b.status == RESPUB_OK && pub->broken.status == RESPUB_OK);
  pub->crowd = pub->users;
  respub__publisher_end_use_locked(pub);
}

/* ------------------------------------------------------------------------------------------------
 * Writing */

/* Lock held on entry, link in use by the caller. When the last replies found more threads in calls
 * than there are now, the others are about to come back: one turn of the scheduler lets their
 * commands leave in the same write. */
static void await_crowd_locked(respub_publisher *pub) {
  if (pub->users >= pub->crowd || !respub__publisher_turns_pay())
    return;
  respub__publisher_unlock(pub);
  respub__thread_yield();
  respub__publisher_lock(pub);
  pub->crowd = pub->users;
}

/* Lock held on entry, link in use by the caller. OK: written, or nothing waits. */
static respub_status write_once_locked(respub_publisher *pub) {
  respub_slice parts[MOST_PARTS];
  size_t replies;
  size_t budget = pub->options.connection.output_bytes < RESPUB_SEND_BYTES
                      ? pub->options.connection.output_bytes
                      : RESPUB_SEND_BYTES;
  size_t n = respub__pipeline_gather(&pub->pipe, parts, MOST_PARTS, budget, &replies);
  if (n == 0)
    return RESPUB_OK;
  respub__publisher_unlock(pub);
  respub_status status = respub_conn_write(pub->link.conn, parts, n, replies, true, NULL);
  respub__publisher_lock(pub);
  return status;
}

/* Lock held on entry, link in use by the caller. AGAIN: the socket takes no more now. */
static respub_status write_all_locked(respub_publisher *pub) {
  respub_status status = RESPUB_OK;
  if (respub_conn_unsent(pub->link.conn) > 0) {
    respub__publisher_unlock(pub);
    status = respub_conn_push(pub->link.conn);
    respub__publisher_lock(pub);
  }
  while (status == RESPUB_OK && !pub->closing && respub__pipeline_waits(&pub->pipe)) {
    status = write_once_locked(pub);
    if (status == RESPUB_OK && respub_conn_unsent(pub->link.conn) > 0)
      status = RESPUB_AGAIN;
  }
  return status;
}

void respub__publisher_write_locked(respub_publisher *pub) {
  pub->busy = true;
  await_crowd_locked(pub);
  respub_status status = write_all_locked(pub);
  if (status < 0)
    respub__publisher_break_locked(pub, status, respub_slice_of(NULL, 0));
  respub__publisher_end_use_locked(pub);
}
