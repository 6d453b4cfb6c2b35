/* Publishing and waiting for the answer. */
#include "pubsub/publisher.h"

#include "net/inline.h"
#include "net/text.h"

/* Lock held on entry. Lets the connection have a copy of the rest of a payload that has been sent
 * partly, because its owner leaves. A connection that has no room for it is given up: it could not
 * go on. */
static void rescue_rest_locked(respub_publisher *pub, const respub__call *call) {
  respub_slice parts[3];
  respub__publisher_calm_locked(pub);
  size_t n = respub__pipeline_rest(&pub->pipe, call, parts);
  if (n == 0)
    return;
  respub_status status = respub_conn_write(pub->link.conn, parts, n, 0, false, NULL);
  if (status != RESPUB_OK)
    respub__publisher_break_locked(pub, status, RESPUB_LIT("no room for the rest of a message"));
  if (pub->polling)
    respub__wake_ring(&pub->wake);
}

/* Lock held on entry. The call ends without all its results. */
static void leave_results_locked(respub_publisher *pub, respub__call *call, respub_status why) {
  char sentence[sizeof pub->last_error.text];
  respub_status late = why == RESPUB_TIMEOUT ? RESPUB_TIMEOUT : RESPUB_EUNANSWERED;
  if (why != RESPUB_TIMEOUT)
    respub__say(sentence, sizeof sentence, "the publisher was closed");
  else if (pub->live || pub->last_error.status == RESPUB_OK)
    respub__say(sentence, sizeof sentence, "no reply within %d ms", pub->options.timeout_ms);
  else
    respub__say(sentence, sizeof sentence, "no connection within %d ms: %.200s",
                pub->options.timeout_ms, pub->last_error.text);
  rescue_rest_locked(pub, call);
  respub__pipeline_leave(&pub->pipe, call, late, sentence);
}

/* Lock held on entry, and on return unless w has been released. Waits for what has been added for
 * w. */
static void finish_call_locked(respub_publisher *pub, respub__waiter *w, int64_t now_ms) {
  respub__waiter_turn(w, RESPUB__WAIT_FOR_RESULTS);
  if (w->call.left == 0)
    return;
  respub_status status = respub__publisher_wait_locked(pub, w, now_ms);
  if (status != RESPUB_OK)
    leave_results_locked(pub, &w->call, status);
}

/* ------------------------------------------------------------------------------------------------
 * Adding */

/* The messages that have not been sent never will be. */
static void fail_rest(respub_publisher *pub, respub__series *s, respub__call *call,
                      respub_status status, const char *text) {
  if (s->x.sent == s->n)
    return;
  if (status == RESPUB_EUNSENT)
    pub->pipe.unsent += s->n - s->x.sent;
  for (; s->x.sent < s->n; s->x.sent++)
    s->results[s->x.sent] = (respub_publish_result){status, 0};
  if (call->status == RESPUB_OK)
    call->status = respub__explain(call->error, status, respub_slice_of_string(text));
}

/* Lock held on entry. Adds messages while they fit into what may be in flight, and always one
 * unless memory is fixed. */
static respub_status add_some_locked(respub_publisher *pub, respub__series *s, respub__waiter *w,
                                     int64_t now_ms) {
  bool fixed = respub__has_fixed_memory(&pub->options.connection);
  for (; s->x.sent < s->n; s->x.sent++) {
    respub__request request = respub__series_request(s, s->x.sent, &w->call);
    size_t before = pub->pipe.bytes;
    w->number = respub__pipeline_size(request.channel, request.payload);
    if (fixed && w->number > pub->options.inflight_bytes) {
      if (!request.by_reference)
        return RESPUB_EFULL;
      w->number = pub->options.inflight_bytes; /* it goes alone, and is not copied */
    }
    if ((w->call.left > 0 || fixed) && before + w->number > pub->options.inflight_bytes)
      return RESPUB_OK;
    respub_status status = respub__pipeline_add(&pub->pipe, &request);
    if (status != RESPUB_OK)
      return status;
    s->gathered += pub->pipe.bytes - before;
    if (s->gathered >= RESPUB_SEND_BYTES && pub->live) {
      s->gathered = 0;
      respub__publisher_help_locked(pub, now_ms, false);
    }
  }
  return RESPUB_OK;
}

/* Lock held on entry, and on return unless w has been released. */
static void publish_series_locked(respub_publisher *pub, respub__series *s, respub__waiter *w,
                                  int64_t now_ms) {
  while (s->x.sent < s->n) {
    if (respub__publisher_gives_up_locked(pub, now_ms)) {
      fail_rest(pub, s, &w->call, RESPUB_EUNSENT, pub->last_error.text);
      break;
    }
    respub_status status = add_some_locked(pub, s, w, now_ms);
    if (status != RESPUB_OK)
      fail_rest(pub, s, &w->call, status,
                status == RESPUB_EFULL ? "the message does not fit into inflight_bytes" : "");
    if (s->x.sent == s->n)
      break;
    respub__waiter_turn(w, RESPUB__WAIT_FOR_ROOM);
    status = respub__publisher_wait_locked(pub, w, now_ms);
    now_ms = respub__publisher_now_ms(pub);
    if (status != RESPUB_OK)
      fail_rest(pub, s, &w->call, RESPUB_EUNSENT, "the time was over before it could be sent");
  }
  finish_call_locked(pub, w, now_ms);
}

/* ------------------------------------------------------------------------------------------------
 * Publishing */

static respub_status refuse_series(respub__series *s, respub_status status, const char *text) {
  for (size_t i = 0; i < s->n; i++)
    s->results[i] = (respub_publish_result){status, 0};
  return respub__explain(s->x.error, status, respub_slice_of_string(text));
}

/* Among other threads, or when something is not as usual. */
RESPUB__APART static respub_status publish_together(respub_publisher *pub, respub__series *s,
                                                    int64_t now_ms) {
  respub_status status = s->x.entered ? RESPUB_OK : respub__publisher_enter(pub);
  if (status != RESPUB_OK)
    return refuse_series(s, status, "");
  if (respub__publisher_in_callback_locked(pub)) {
    respub__publisher_leave_locked(pub);
    return refuse_series(s, RESPUB_ESTATE,
                         "a callback of a publisher cannot wait for that publisher");
  }
  respub__waiter w;
  respub__waiter_init(&w, RESPUB__WAIT_FOR_RESULTS, 0, now_ms + pub->options.timeout_ms);
  w.call.error = s->x.error;
  w.call.status = s->x.status;
  w.call.first = pub->pipe.tail;
  respub__publisher_resume_locked(pub, s, &w.call);
  publish_series_locked(pub, s, &w, now_ms);
  if (!w.released) {
    respub__publisher_deliver_locked(pub); /* of queued ones that failed with these */
    respub__publisher_leave_locked(pub);
  }
  respub__waiter_end(&w);
  return w.call.status;
}

respub_status respub_publisher_publish(respub_publisher *pub, respub_slice channel,
                                       respub_slice payload, int64_t *receivers,
                                       respub_error *error) {
  respub_publish_message message = {channel, payload};
  respub_publish_result result = {RESPUB_OK, 0};
  respub__exchange x = {.error = error};
  int64_t now_us = pub->clock_us();
  if (!respub__publisher_try_one_alone(pub, &message, &x, &result.receivers, now_us)) {
    respub__series s = {.x = x, .messages = &message, .results = &result, .n = 1};
    result.status = x.status;
    x.status = publish_together(pub, &s, now_us / 1000);
  }
  if (receivers != NULL)
    *receivers = result.receivers;
  return x.status;
}

respub_status respub_publisher_publish_many(respub_publisher *pub,
                                            const respub_publish_message *messages, size_t n,
                                            respub_publish_result *results, respub_error *error) {
  respub__series s = {.x = {.error = error}, .messages = messages, .results = results, .n = n};
  if (n == 0)
    return RESPUB_OK;
  int64_t now_us = pub->clock_us();
  if (respub__publisher_try_alone(pub, &s, now_us))
    return s.x.status;
  return publish_together(pub, &s, now_us / 1000);
}

/* ------------------------------------------------------------------------------------------------
 * Only connecting */

/* Lock held on entry. */
static respub_status connect_now_locked(respub_publisher *pub, respub_error *error) {
  if (respub__publisher_in_callback_locked(pub))
    return respub__fail(error, RESPUB_ESTATE,
                        "a callback of a publisher cannot wait for that publisher");
  respub__waiter w;
  int64_t now_ms = respub__publisher_now_ms(pub);
  respub__waiter_init(&w, RESPUB__WAIT_FOR_CONNECTION, pub->connect_failures,
                      now_ms + pub->options.timeout_ms);
  respub__publisher_help_locked(pub, now_ms, true); /* finds out whether a live one still lives */
  respub_status status = respub__publisher_wait_locked(pub, &w, now_ms);
  respub__waiter_end(&w);
  if (status == RESPUB_TIMEOUT)
    return respub__fail(error, status, "no connection within %d ms", pub->options.timeout_ms);
  if (status == RESPUB_ECLOSED)
    return respub__fail(error, status, "the publisher was closed");
  if (pub->live)
    return RESPUB_OK;
  if (error != NULL)
    *error = pub->last_error;
  return pub->last_error.status;
}

respub_status respub_publisher_connect(respub_publisher *pub, respub_error *error) {
  respub_status status = respub__publisher_enter(pub);
  if (status != RESPUB_OK)
    return respub__fail(error, status, "%s", respub_status_text(status));
  status = connect_now_locked(pub, error);
  respub__publisher_leave_locked(pub);
  return status;
}
