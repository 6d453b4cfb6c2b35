/* The short way of messages whose caller finds nobody else in the publisher: written and answered
 * without lock and pipeline. The gate keeps others out; when one rings, or anything unusual
 * happens, what is under way gets its place in the pipeline and goes on the general way. */
#include "net/replies.h"
#include "pubsub/publish_command.h"
#include "pubsub/publisher_gate.h"

enum {
  DEAF_MS = 10 /* so long others may have to wait at the gate when they come for the first time */
};

/* ------------------------------------------------------------------------------------------------
 * Begin and end */

/* Behind the gate. Everything is as it nearly always is: connected, and nothing under way. */
static bool is_usual(const respub_publisher *pub) {
  return pub->live && pub->broken.status == RESPUB_OK && pub->pipe.head == pub->pipe.tail &&
         respub_conn_unsent(pub->link.conn) == 0;
}

/* Behind the gate. False: the connection was closed while it was idle, or something came that
 * nobody asked for. The general way will find out what. */
static bool is_quiet(respub_publisher *pub, int64_t now_us) {
  if (respub__publisher_is_idle(pub, now_us) && respub_conn_fill(pub->link.conn) != RESPUB_AGAIN)
    return false;
  pub->active_us = now_us;
  return true;
}

/* Behind the gate. */
RESPUB__INLINE bool begin_alone(respub_publisher *pub, respub__exchange *x, int64_t now_us) {
  if (!respub__gate_enter_alone(pub))
    return false;
  if (is_usual(pub) && is_quiet(pub, now_us))
    return true;
  respub__gate_join_others(pub);
  x->entered = true;
  return false;
}

RESPUB__INLINE void end_alone(respub_publisher *pub, const respub__exchange *x) {
  pub->pipe.stream += x->bytes;
  pub->answered = true;
  pub->active_us = pub->clock_us();
  respub__gate_leave_alone(pub);
}

/* What is under way goes the general way. */
RESPUB__APART static bool give_up_alone(respub_publisher *pub, respub__exchange *x) {
  respub__gate_join_others(pub);
  x->entered = true;
  return false;
}

/* ------------------------------------------------------------------------------------------------
 * Writing, behind the gate */

static bool fits(const respub_publish_message *m, size_t room) {
  return respub__publish_bound(m->channel.len, m->payload.len) <= room;
}

/* Puts messages together while they fit; returns the bytes. */
static size_t encode_some(respub__series *s, char *out, size_t room) {
  char *end = out;
  const respub_publish_message *m = &s->messages[s->x.sent];
  for (; s->x.sent < s->n && fits(m, room - (size_t)(end - out)); s->x.sent++, m++)
    end = respub__publish_encode_whole(end, m->channel, m->payload);
  return (size_t)(end - out);
}

static size_t room_of(const respub_publisher *pub, size_t scratch) {
  size_t most = pub->options.connection.output_bytes;
  return scratch < most ? scratch : most;
}

/* Gives the connection n commands. False: the socket did not take everything at once. */
static bool write_bytes(respub_publisher *pub, respub__exchange *x, const char *bytes, size_t size,
                        size_t n) {
  respub_slice part = respub_slice_of(bytes, size);
  x->bytes += size;
  x->written = respub_conn_write(pub->link.conn, &part, 1, n, true, NULL);
  return x->written == RESPUB_OK && respub_conn_unsent(pub->link.conn) == 0;
}

/* Writes all messages. False: one is large, or the socket did not take everything at once. */
static bool write_all(respub_publisher *pub, respub__series *s) {
  while (s->x.sent < s->n) {
    size_t before = s->x.sent, room;
    char *out = respub__outbox_scratch(&pub->pipe.outbox, true, &room);
    size_t size = encode_some(s, out, room_of(pub, room));
    if (size == 0 || !write_bytes(pub, &s->x, out, size, s->x.sent - before))
      return false;
  }
  return true;
}

/* ------------------------------------------------------------------------------------------------
 * Reading, behind the gate */

/* Not a plain number: a refusal, a RESP3 push that nobody wants, or no answer to a PUBLISH. */
static respub_status take_other(respub__series *s, const respub_node *value) {
  value = respub_node_value(value);
  if (value->type == RESPUB_PUSH)
    return RESPUB_OK;
  if (!respub_node_is_error(value) || s->x.answered == s->x.sent)
    return RESPUB_EPROTOCOL;
  s->results[s->x.answered++] = (respub_publish_result){RESPUB_EREFUSED, 0};
  s->refused++;
  if (s->x.status == RESPUB_OK)
    s->x.status = respub__explain(s->x.error, RESPUB_EREFUSED, value->text);
  return RESPUB_OK;
}

/* Takes the numbers that come next, but none that nobody asked for. */
static void take_counts(respub_publisher *pub, respub__series *s) {
  int64_t counts[RESPUB__MOST_COUNTS];
  size_t n;
  do {
    size_t most = s->x.sent - s->x.answered;
    most = most < RESPUB__MOST_COUNTS ? most : RESPUB__MOST_COUNTS;
    n = respub__conn_take_counts(pub->link.conn, counts, most);
    for (size_t i = 0; i < n; i++)
      s->results[s->x.answered++] = (respub_publish_result){RESPUB_OK, counts[i]};
  } while (n == RESPUB__MOST_COUNTS);
}

/* Takes what was read. False: not everything is answered, or something is behind the last answer.
 */
static bool take_all(respub_publisher *pub, respub__series *s) {
  const respub_node *value;
  respub__exchange *x = &s->x;
  while (x->taken == RESPUB_OK) {
    take_counts(pub, s);
    x->taken = respub_conn_take(pub->link.conn, &value);
    if (x->taken != RESPUB_OK)
      break;
    if (value->type == RESPUB_INTEGER && x->answered < x->sent)
      s->results[x->answered++] =
          (respub_publish_result){RESPUB_OK, respub__receivers(value->integer)};
    else
      x->taken = take_other(s, value);
  }
  return x->answered == s->n && x->taken == RESPUB_MORE;
}

/* Waits until there is something to read. False: the time is over, or somebody rang. */
static bool poll_answer(respub_publisher *pub, int64_t now_ms, int64_t deadline_ms) {
  struct pollfd fds[] = {{respub_conn_fd(pub->link.conn), POLLIN, 0},
                         {pub->wake.read_fd, POLLIN, 0}};
  if (respub__wait_from(fds, 2, now_ms, deadline_ms) != RESPUB_OK)
    return false;
  if (fds[1].revents == 0)
    return true;
  respub__wake_drain(&pub->wake);
  return false;
}

/* Who waits in reading spares the poll, but hears nobody ring. So that is for who has met nobody
 * lately, beside no event loop, and with time to lose: a system's timer may be late by as much
 * again. */
static inline bool may_be_deaf(respub_publisher *pub, int64_t left_ms) {
  if (pub->company > 0) {
    pub->company--;
    return false;
  }
  return !pub->looped && left_ms >= 2 * DEAF_MS;
}

/* Waits for an answer and reads it; x->taken says how that went. False: the time is over, or
 * somebody rang. */
RESPUB__INLINE bool await_answer(respub_publisher *pub, respub__exchange *x, int64_t now_ms,
                                 int64_t deadline_ms) {
  if (may_be_deaf(pub, deadline_ms - now_ms)) {
    x->taken = respub__conn_fill_wait(pub->link.conn, DEAF_MS);
    if (x->taken != RESPUB_AGAIN)
      return true;
    now_ms = respub__publisher_now_ms(pub);
  }
  if (!poll_answer(pub, now_ms, deadline_ms))
    return false;
  x->taken = respub_conn_fill(pub->link.conn);
  return true;
}

/* Takes answers. False: the general way has to go on. */
static bool read_all(respub_publisher *pub, respub__series *s, int64_t now_ms,
                     int64_t deadline_ms) {
  for (; now_ms < deadline_ms; now_ms = respub__publisher_now_ms(pub)) {
    if (!await_answer(pub, &s->x, now_ms, deadline_ms))
      return false;
    if (take_all(pub, s))
      return true;
    if (s->x.taken < 0)
      return false;
  }
  return false; /* a peer that trickles must not hold the caller */
}

/* ------------------------------------------------------------------------------------------------
 * A series */

/* Behind the gate. Counts the answers taken here. */
static void count_answers(respub_publisher *pub, const respub__series *s) {
  respub__pipeline *p = &pub->pipe;
  p->refused += s->refused;
  p->published += s->x.answered - s->refused;
  for (size_t i = 0; i < s->x.answered; i++)
    p->receivers += (uint64_t)s->results[i].receivers;
}

bool respub__publisher_try_alone(respub_publisher *pub, respub__series *s, int64_t now_us) {
  /* What was sent alone would have to find a place in the pipeline afterwards. */
  if (respub__has_fixed_memory(&pub->options.connection) || !begin_alone(pub, &s->x, now_us))
    return false;
  int64_t now_ms = now_us / 1000;
  bool done = write_all(pub, s) && read_all(pub, s, now_ms, now_ms + pub->options.timeout_ms);
  count_answers(pub, s);
  if (!done)
    return give_up_alone(pub, &s->x);
  end_alone(pub, &s->x);
  return true;
}

/* ------------------------------------------------------------------------------------------------
 * One message */

/* Takes an answer that is no small number. */
RESPUB__APART static respub_status take_one_other(respub_publisher *pub, respub__exchange *x,
                                                  int64_t *receivers) {
  const respub_node *value;
  respub_status status = respub_conn_take(pub->link.conn, &value);
  if (status != RESPUB_OK)
    return status;
  if (value->type == RESPUB_INTEGER) {
    *receivers = respub__receivers(value->integer);
    pub->pipe.published++;
  } else if (respub_node_is_error(value)) {
    x->status = respub__explain(x->error, RESPUB_EREFUSED, value->text);
    pub->pipe.refused++;
  } else {
    return respub_node_value(value)->type == RESPUB_PUSH ? RESPUB_MORE : RESPUB_EPROTOCOL;
  }
  x->answered = 1;
  return RESPUB_OK;
}

/* Takes its answer, and makes sure that nothing is behind it. False: there is none yet, or more. */
static bool take_one(respub_publisher *pub, respub__exchange *x, int64_t *receivers) {
  if (x->taken != RESPUB_OK)
    return false;
  if (respub__conn_take_counts(pub->link.conn, receivers, 1) == 1) {
    pub->pipe.published++;
    x->answered = 1;
  } else {
    x->taken = take_one_other(pub, x, receivers);
    if (x->taken != RESPUB_OK)
      return false;
  }
  pub->pipe.receivers += (uint64_t)*receivers;
  if (respub_conn_untaken(pub->link.conn) > 0)
    x->taken = RESPUB_EPROTOCOL;
  return x->taken == RESPUB_OK;
}

bool respub__publisher_try_one_alone(respub_publisher *pub, const respub_publish_message *m,
                                     respub__exchange *x, int64_t *receivers, int64_t now_us) {
  if (!begin_alone(pub, x, now_us))
    return false;
  size_t room;
  char *out = respub__outbox_scratch(&pub->pipe.outbox, false, &room);
  if (!fits(m, room_of(pub, room)))
    return give_up_alone(pub, x);
  size_t size = (size_t)(respub__publish_encode_whole(out, m->channel, m->payload) - out);
  int64_t now_ms = now_us / 1000;
  x->sent = 1;
  if (!write_bytes(pub, x, out, size, 1) ||
      !await_answer(pub, x, now_ms, now_ms + pub->options.timeout_ms) ||
      !take_one(pub, x, receivers))
    return give_up_alone(pub, x);
  end_alone(pub, x);
  return true;
}

/* ------------------------------------------------------------------------------------------------
 * Back among others */

/* Lock held on entry. What was sent but finds no place in the pipeline cannot be waited for. */
static void forsake_locked(respub_publisher *pub, respub__series *s, size_t first,
                           respub__call *call) {
  for (size_t i = first; i < s->x.sent; i++)
    s->results[i] = (respub_publish_result){RESPUB_EUNANSWERED, 0};
  pub->pipe.unanswered += s->x.sent - first;
  respub_slice why = RESPUB_LIT("no memory left to wait for the reply");
  respub__publisher_break_locked(pub, RESPUB_ENOMEM, why);
  if (call->status == RESPUB_OK)
    call->status = respub__explain(call->error, RESPUB_EUNANSWERED, why);
}

void respub__publisher_resume_locked(respub_publisher *pub, respub__series *s, respub__call *call) {
  respub__pipeline *p = &pub->pipe;
  respub_slice parts[3];
  size_t next = s->x.answered, replies;
  if (s->x.sent == 0)
    return;
  for (size_t i = 0; i < s->x.answered; i++)
    p->stream += respub__publish_length(s->messages[i].channel.len, s->messages[i].payload.len);
  for (; next < s->x.sent; next++) {
    respub__request request = respub__series_request(s, next, call);
    if (respub__pipeline_add(p, &request) != RESPUB_OK)
      break;
  }
  while (respub__pipeline_waits(p))
    (void)respub__pipeline_gather(p, parts, 3, SIZE_MAX, &replies);
  if (next < s->x.sent)
    forsake_locked(pub, s, next, call);
  if (s->x.written != RESPUB_OK)
    respub__publisher_break_locked(pub, s->x.written, respub_slice_of(NULL, 0));
  if (s->x.taken < 0)
    respub__publisher_break_locked(pub, s->x.taken, respub_slice_of(NULL, 0));
}
