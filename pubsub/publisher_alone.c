/* The short way of messages whose caller finds nobody else in the publisher: written and answered
 * without lock and pipeline. The gate keeps others out; when one rings, or anything unusual
 * happens, what is under way gets its place in the pipeline and goes on the general way. */
#include "pubsub/publisher.h"

#include "net/fork.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * The gate */

static bool enter_alone(respub_publisher *pub) {
  unsigned nobody = 0;
  return pub->fork_generation == respub__fork_generation() &&
         atomic_compare_exchange_strong_explicit(&pub->gate, &nobody, RESPUB__GATE_ALONE,
                                                 memory_order_acquire, memory_order_relaxed);
}

static void leave_alone(respub_publisher *pub) {
  unsigned alone = RESPUB__GATE_ALONE;
  if (atomic_compare_exchange_strong_explicit(&pub->gate, &alone, 0, memory_order_release,
                                              memory_order_relaxed))
    return;
  (void)pthread_mutex_lock(&pub->lock);
  atomic_store_explicit(&pub->gate, RESPUB__GATE_OTHERS, memory_order_release);
  (void)pthread_cond_broadcast(&pub->calm);
  (void)pthread_mutex_unlock(&pub->lock);
}

/* From behind the gate to one among others. The lock is held on return. */
static void join_others(respub_publisher *pub) {
  (void)pthread_mutex_lock(&pub->lock);
  pub->users++;
  atomic_store_explicit(&pub->gate, RESPUB__GATE_OTHERS, memory_order_release);
  (void)pthread_cond_broadcast(&pub->calm);
}

/* Behind the gate. Everything is as it nearly always is: connected, and nothing under way. */
static bool is_usual(const respub_publisher *pub) {
  return pub->live && pub->broken.status == RESPUB_OK && pub->pipe.head == pub->pipe.tail &&
         respub_conn_unsent(pub->link.conn) == 0;
}

/* Behind the gate. False: the connection was closed while it was idle, or something came that
 * nobody asked for. The general way will find out what. */
static bool is_quiet(respub_publisher *pub, int64_t now_ms) {
  if (!respub__publisher_is_idle(pub, now_ms))
    return true;
  if (respub_conn_fill(pub->link.conn) != RESPUB_AGAIN)
    return false;
  pub->active_ms = now_ms;
  return true;
}

/* ------------------------------------------------------------------------------------------------
 * The conversation, behind the gate */

/* Puts messages together while they fit; returns the bytes. */
static size_t encode_some(respub__series *s, char *out, size_t room) {
  char *end = out;
  for (; s->sent < s->n; s->sent++) {
    const respub_publish_message *m = &s->messages[s->sent];
    if (respub__publish_bound(m->channel.len, m->payload.len) > room - (size_t)(end - out))
      break;
    end = respub__publish_encode(end, m->channel, m->payload.len);
    if (m->payload.len > 0)
      memcpy(end, m->payload.ptr, m->payload.len);
    end += m->payload.len;
    end[0] = '\r';
    end[1] = '\n';
    end += 2;
  }
  return (size_t)(end - out);
}

/* Writes all messages. False: one is large, or the socket did not take everything at once. */
static bool write_all(respub_publisher *pub, respub__series *s) {
  while (s->sent < s->n) {
    size_t before = s->sent;
    respub_slice part = {.ptr = NULL};
    char *out = respub__outbox_scratch(&pub->pipe.outbox, s->n > 1, &part.len);
    part.ptr = out;
    if (part.len > pub->options.connection.output_bytes)
      part.len = pub->options.connection.output_bytes;
    part.len = encode_some(s, out, part.len);
    if (part.len == 0)
      return false;
    s->written = respub_conn_write(pub->link.conn, &part, 1, s->sent - before, true, NULL);
    s->bytes += part.len;
    if (s->written != RESPUB_OK || respub_conn_unsent(pub->link.conn) > 0)
      return false;
  }
  return true;
}

/* Not a plain number: a refusal, a RESP3 push that nobody wants, or no answer to a PUBLISH. */
static respub_status take_other(respub__series *s, const respub_node *value) {
  value = respub_node_value(value);
  if (value->type == RESPUB_PUSH)
    return RESPUB_OK;
  if (!respub_node_is_error(value) || s->answered == s->sent)
    return RESPUB_EPROTOCOL;
  s->results[s->answered++] = (respub_publish_result){RESPUB_EREFUSED, 0};
  s->refused++;
  if (s->status == RESPUB_OK)
    s->status = respub__explain(s->error, RESPUB_EREFUSED, value->text);
  return RESPUB_OK;
}

/* Takes what has come. False: not everything is answered, or something is behind the last answer.
 */
static bool take_all(respub_publisher *pub, respub__series *s) {
  const respub_node *value;
  s->taken = respub_conn_fill(pub->link.conn);
  while (s->taken == RESPUB_OK) {
    s->taken = respub_conn_take(pub->link.conn, &value);
    if (s->taken != RESPUB_OK)
      break;
    if (value->type == RESPUB_INTEGER && s->answered < s->sent)
      s->results[s->answered++] = (respub_publish_result){RESPUB_OK, value->integer};
    else
      s->taken = take_other(s, value);
  }
  return s->answered == s->n && s->taken == RESPUB_MORE;
}

/* Waits for answers, a ring or the deadline. False: the general way has to go on. */
static bool read_all(respub_publisher *pub, respub__series *s, int64_t deadline_ms) {
  struct pollfd fds[] = {{respub_conn_fd(pub->link.conn), POLLIN, 0},
                         {pub->wake.read_fd, POLLIN, 0}};
  while (respub__wait(fds, 2, deadline_ms) == RESPUB_OK) {
    if (fds[1].revents != 0)
      respub__wake_drain(&pub->wake);
    if (fds[0].revents != 0 && take_all(pub, s))
      return true;
    /* A peer that trickles must not hold the caller. */
    if (fds[1].revents != 0 || s->taken < 0 || pub->clock_ms() >= deadline_ms)
      return false;
  }
  return false;
}

/* ------------------------------------------------------------------------------------------------
 * All of it */

/* Behind the gate. Counts the answers taken here. */
static void count_answers(respub_publisher *pub, const respub__series *s) {
  respub__pipeline *p = &pub->pipe;
  p->refused += s->refused;
  p->published += s->answered - s->refused;
  for (size_t i = 0; i < s->answered; i++)
    p->receivers += (uint64_t)s->results[i].receivers;
  pub->answered = pub->answered || s->answered > 0;
}

bool respub__publisher_try_alone(respub_publisher *pub, respub__series *s, int64_t now_ms) {
  if (!enter_alone(pub))
    return false;
  if (!is_usual(pub) || !is_quiet(pub, now_ms)) {
    join_others(pub);
    s->entered = true;
    return false;
  }
  bool done = write_all(pub, s) && read_all(pub, s, now_ms + pub->options.timeout_ms);
  count_answers(pub, s);
  if (!done) {
    join_others(pub);
    s->entered = true;
    return false;
  }
  pub->pipe.stream += s->bytes;
  leave_alone(pub);
  return true;
}

/* Lock held on entry. What was sent but finds no place in the pipeline cannot be waited for. */
static void forsake_locked(respub_publisher *pub, respub__series *s, size_t first,
                           respub__call *call) {
  for (size_t i = first; i < s->sent; i++)
    s->results[i] = (respub_publish_result){RESPUB_EUNANSWERED, 0};
  pub->pipe.unanswered += s->sent - first;
  respub_slice why = RESPUB_LIT("no memory left to wait for the reply");
  respub__publisher_break_locked(pub, RESPUB_ENOMEM, why);
  if (call->status == RESPUB_OK)
    call->status = respub__explain(call->error, RESPUB_EUNANSWERED, why);
}

void respub__publisher_resume_locked(respub_publisher *pub, respub__series *s, respub__call *call) {
  respub__pipeline *p = &pub->pipe;
  respub_slice parts[3];
  size_t next = s->answered, replies;
  if (s->sent == 0)
    return;
  for (size_t i = 0; i < s->answered; i++)
    p->stream += respub__publish_length(s->messages[i].channel.len, s->messages[i].payload.len);
  for (; next < s->sent; next++) {
    respub__request request = respub__series_request(s, next, call);
    if (respub__pipeline_add(p, &request) != RESPUB_OK)
      break;
  }
  while (respub__pipeline_waits(p))
    (void)respub__pipeline_gather(p, parts, 3, SIZE_MAX, &replies);
  if (next < s->sent)
    forsake_locked(pub, s, next, call);
  if (s->written != RESPUB_OK)
    respub__publisher_break_locked(pub, s->written, respub_slice_of(NULL, 0));
  if (s->taken < 0)
    respub__publisher_break_locked(pub, s->taken, respub_slice_of(NULL, 0));
}
