/* The connection of a publisher: made, given up, and in between kept in use. */
#include "pubsub/publisher.h"

#include "net/text.h"

/* Lock held on entry. Begins a use of the link that may take long: nobody can rely on the leader
 * for the time. */
static void begin_long_use_locked(respub_publisher *pub) {
  pub->busy = true;
  pub->keeps_time = false;
  respub__publisher_ring_all_locked(pub);
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
static void now_live_locked(respub_publisher *pub) {
  pub->live = true;
  pub->answered = false;
  pub->retry_at_ms = 0;
  pub->active_us = pub->clock_us();
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
static void connect_link_locked(respub_publisher *pub, int64_t now_ms) {
  begin_long_use_locked(pub);
  pub->link_started = true;
  respub__publisher_unlock(pub);
  respub__lifecycle_start(&pub->link.life);
  respub__link_result result = respub__link_step(&pub->link, now_ms);
  respub__publisher_lock(pub);
  switch (result) {
  case RESPUB__LINK_NOTHING:
    break;
  case RESPUB__LINK_LIVE:
    now_live_locked(pub);
    break;
  case RESPUB__LINK_FAILED:
    pub->connect_failures++;
    now_away_locked(pub, RESPUB_EVENT_CONNECT_FAILED);
    break;
  }
  pub->keeps_time = pub->live;
  respub__publisher_end_use_locked(pub);
  give_up_messages_locked(pub, now_ms);
}

/* Lock held on entry, link in use by the caller. When writing has failed, answers may still wait to
 * be read, and the server's reason among them. */
static void hear_last_words_locked(respub_publisher *pub) {
  respub_error reason = pub->broken;
  respub__batch b;
  if (respub_conn_error(pub->link.conn)->status == RESPUB_OK)
    return; /* given up for what it said: no word of it counts any more */
  pub->broken.status = RESPUB_OK;
  do {
    respub__publisher_unlock(pub);
    respub__publisher_read_batch(pub, &b, true);
    respub__publisher_lock(pub);
    respub__publisher_apply_locked(pub, &b);
  } while (pub->broken.status == RESPUB_OK && b.status >= 0);
  if (b.status < 0 || pub->broken.status == RESPUB_OK)
    pub->broken = reason;
}

/* Lock held on entry, by the leader. */
static void lose_locked(respub_publisher *pub, int64_t now_ms) {
  begin_long_use_locked(pub);
  pub->live = false;
  hear_last_words_locked(pub);
  uint64_t taken = respub_conn_bytes_out(pub->link.conn) - pub->base;
  pub->disconnects++;
  respub__publisher_unlock(pub);
  /* A connection that has answered was a good one: that it ended, idle perhaps, is no reason to
   * wait before the next. */
  if (pub->answered)
    respub__lifecycle_proven(&pub->link.life);
  const char *text = pub->broken.text[0] != '\0' ? pub->broken.text : NULL;
  respub__link_lost(&pub->link, now_ms, pub->broken.status, text);
  respub__publisher_lock(pub);
  respub__pipeline_lost(&pub->pipe, taken);
  pub->broken.status = RESPUB_OK;
  now_away_locked(pub, RESPUB_EVENT_DISCONNECTED);
  respub__publisher_end_use_locked(pub);
  give_up_messages_locked(pub, now_ms);
}

/* ------------------------------------------------------------------------------------------------
 * All of it */

/* Lock held on entry, by the leader of a live publisher. */
static void converse_locked(respub_publisher *pub, bool readable) {
  int64_t now_us = pub->clock_us();
  if (readable || respub__publisher_is_idle(pub, now_us))
    respub__publisher_read_locked(pub);
  pub->active_us = now_us;
  if (pub->broken.status != RESPUB_OK)
    return;
  if (respub__pipeline_waits(&pub->pipe) || respub_conn_unsent(pub->link.conn) > 0)
    respub__publisher_write_locked(pub);
}

void respub__publisher_work_locked(respub_publisher *pub, int64_t now_ms, bool readable) {
  respub__pipeline_expire(&pub->pipe, now_ms);
  if (!pub->live)
    connect_link_locked(pub, now_ms);
  if (pub->live && pub->broken.status == RESPUB_OK)
    converse_locked(pub, readable);
  if (pub->live && pub->broken.status != RESPUB_OK)
    lose_locked(pub, now_ms);
}
