/* Publishing and waiting for the answer. */
#include "pubsub/publisher.h"

#include "net/clock.h"
#include "net/text.h"

#include <stdio.h>

/* Lock held on entry. A call that waits cannot be made from inside a callback, and need not be made
 * when it would fail at once. */
static respub_status may_publish_locked(respub_publisher *pub, size_t n, int64_t now_ms,
                                        respub_error *error) {
  if (respub__publisher_in_callback_locked(pub))
    return respub__fail(error, RESPUB_ESTATE,
                        "a callback of a publisher cannot wait for that publisher");
  if (!respub__publisher_gives_up_locked(pub, now_ms))
    return RESPUB_OK;
  pub->pipe.unsent += n;
  return respub__fail(error, RESPUB_EUNSENT, "%s", pub->last_error.text);
}

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
    (void)snprintf(sentence, sizeof sentence, "the publisher was closed");
  else if (pub->live || pub->last_error.status == RESPUB_OK)
    (void)snprintf(sentence, sizeof sentence, "no reply within %d ms", pub->options.timeout_ms);
  else
    (void)snprintf(sentence, sizeof sentence, "no connection within %d ms: %.200s",
                   pub->options.timeout_ms, pub->last_error.text);
  rescue_rest_locked(pub, call);
  respub__pipeline_leave(&pub->pipe, call, late, sentence);
}

/* Lock held on entry. Waits for what has been added for w. */
static void finish_call_locked(respub_publisher *pub, respub__waiter *w, int64_t now_ms) {
  if (w->call.left == 0)
    return;
  w->what = RESPUB__WAIT_FOR_RESULTS;
  respub_status status = respub__publisher_wait_locked(pub, w, now_ms);
  if (status != RESPUB_OK)
    leave_results_locked(pub, &w->call, status);
}

static respub__request request_of(respub__waiter *w, respub_slice channel, respub_slice payload,
                                  respub_publish_result *result) {
  return (respub__request){
      .channel = channel,
      .payload = payload,
      .by_reference = payload.len >= RESPUB__REFERENCE_BYTES,
      .call = &w->call,
      .result = result,
      .expires_at_ms = RESPUB_NEVER,
  };
}

/* ------------------------------------------------------------------------------------------------
 * One message */

/* Lock held on entry. */
static respub_status publish_locked(respub_publisher *pub, respub__waiter *w, int64_t now_ms,
                                    const respub__request *request, respub_error *error) {
  respub_status status = may_publish_locked(pub, 1, now_ms, error);
  if (status != RESPUB_OK)
    return status;
  w->call.error = error;
  w->call.first = pub->pipe.tail;
  status = respub__pipeline_add(&pub->pipe, request);
  if (status != RESPUB_OK)
    return respub__fail(error, status, "nothing was sent: %s", respub_status_text(status));
  finish_call_locked(pub, w, now_ms);
  return w->call.status;
}

respub_status respub_publisher_publish(respub_publisher *pub, respub_slice channel,
                                       respub_slice payload, int64_t *receivers,
                                       respub_error *error) {
  respub__waiter w;
  respub_publish_result result = {RESPUB_OK, 0};
  int64_t now_ms = respub__clock_ms();
  respub_status status = respub__publisher_enter(pub);
  if (status != RESPUB_OK)
    return respub__fail(error, status, "%s", respub_status_text(status));
  respub__waiter_init(&w, RESPUB__WAIT_FOR_RESULTS, 0, now_ms + pub->options.timeout_ms);
  respub__request request = request_of(&w, channel, payload, &result);
  status = publish_locked(pub, &w, now_ms, &request, error);
  respub__publisher_leave_locked(pub);
  respub__waiter_end(&w);
  if (receivers != NULL)
    *receivers = result.receivers;
  return status;
}

/* ------------------------------------------------------------------------------------------------
 * Many messages */

typedef struct series {
  const respub_publish_message *messages;
  respub_publish_result *results;
  size_t n;
  size_t next;     /* the first that has not been added */
  size_t gathered; /* bytes added since something was sent */
} series;

/* Lock held on entry. What has not been added is not sent either. */
static void fail_rest(respub_publisher *pub, series *s, respub__call *call, respub_status status,
                      respub_error *error, const char *text) {
  if (s->next == s->n)
    return;
  if (status == RESPUB_EUNSENT)
    pub->pipe.unsent += s->n - s->next;
  for (; s->next < s->n; s->next++)
    s->results[s->next] = (respub_publish_result){status, 0};
  if (call->status == RESPUB_OK)
    call->status = respub__fail(error, status, "%s", text);
}

/* Lock held on entry. Adds messages while they fit into what may be in flight, and always one. */
static respub_status add_some_locked(respub_publisher *pub, series *s, respub__waiter *w,
                                     int64_t now_ms) {
  while (s->next < s->n) {
    const respub_publish_message *m = &s->messages[s->next];
    w->number = respub__pipeline_size(m->channel, m->payload);
    if (w->call.left > 0 && pub->pipe.bytes + w->number > pub->options.inflight_bytes)
      return RESPUB_OK;
    respub__request request = request_of(w, m->channel, m->payload, &s->results[s->next]);
    respub_status status = respub__pipeline_add(&pub->pipe, &request);
    if (status != RESPUB_OK)
      return status;
    s->next++;
    s->gathered += w->number;
    if (s->gathered >= RESPUB__SEND_BYTES && pub->live) {
      s->gathered = 0;
      respub__publisher_help_locked(pub, now_ms, false);
    }
  }
  return RESPUB_OK;
}

/* Lock held on entry. */
static void publish_series_locked(respub_publisher *pub, series *s, respub__waiter *w,
                                  int64_t now_ms, respub_error *error) {
  w->call.error = error;
  w->call.first = pub->pipe.tail;
  while (s->next < s->n) {
    if (respub__publisher_gives_up_locked(pub, now_ms)) {
      fail_rest(pub, s, &w->call, RESPUB_EUNSENT, error, pub->last_error.text);
      break;
    }
    respub_status status = add_some_locked(pub, s, w, now_ms);
    if (status != RESPUB_OK)
      fail_rest(pub, s, &w->call, status, error, respub_status_text(status));
    if (s->next == s->n)
      break;
    w->what = RESPUB__WAIT_FOR_ROOM;
    status = respub__publisher_wait_locked(pub, w, now_ms);
    now_ms = respub__clock_ms();
    if (status != RESPUB_OK)
      fail_rest(pub, s, &w->call, RESPUB_EUNSENT, error, "the time was over before it was sent");
  }
  finish_call_locked(pub, w, now_ms);
}

static respub_status refuse_all(respub_publish_result *results, size_t n, respub_status status) {
  for (size_t i = 0; i < n; i++)
    results[i] = (respub_publish_result){status, 0};
  return status;
}

respub_status respub_publisher_publish_many(respub_publisher *pub,
                                            const respub_publish_message *messages, size_t n,
                                            respub_publish_result *results, respub_error *error) {
  respub__waiter w;
  series s = {messages, results, n, 0, 0};
  int64_t now_ms = respub__clock_ms();
  respub_status status = respub__publisher_enter(pub);
  if (status != RESPUB_OK)
    return refuse_all(results, n, respub__fail(error, status, "%s", respub_status_text(status)));
  respub__waiter_init(&w, RESPUB__WAIT_FOR_RESULTS, 0, now_ms + pub->options.timeout_ms);
  status = may_publish_locked(pub, n, now_ms, error);
  if (status == RESPUB_OK && n > 0) {
    publish_series_locked(pub, &s, &w, now_ms, error);
    status = w.call.status;
  } else {
    (void)refuse_all(results, n, status);
  }
  respub__publisher_leave_locked(pub);
  respub__waiter_end(&w);
  return status;
}

/* ------------------------------------------------------------------------------------------------
 * Only connecting */

/* Lock held on entry. */
static respub_status connect_locked(respub_publisher *pub, respub_error *error) {
  if (respub__publisher_in_callback_locked(pub))
    return respub__fail(error, RESPUB_ESTATE,
                        "a callback of a publisher cannot wait for that publisher");
  respub__waiter w;
  int64_t now_ms = respub__clock_ms();
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
  status = connect_locked(pub, error);
  respub__publisher_leave_locked(pub);
  return status;
}
