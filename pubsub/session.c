#include "pubsub/session.h"

#include "net/memory.h"
#include "net/pool.h"
#include "net/text.h"
#include "pubsub/session_topics.h"

#include <string.h>

/* How much may be unanswered: enough to keep a connection busy, little enough to bound both rings.
 */
enum {
  FIRST_SENT = 16,
  FIRST_FLYING = 64,
  MOST_FLYING = 16384
};

void respub__session_init(respub__session *s, const respub_allocator *alloc, int64_t slow_retry_ms,
                          uint64_t seed) {
  *s = (respub__session){.slow_retry_ms = slow_retry_ms, .retry_at_ms = RESPUB_NEVER};
  respub__topics_init(&s->topics, alloc, seed);
}

/* One more than the user can have, for the name that the last event shows. */
void respub__session_fix(respub__session *s, uint32_t most, size_t name_bytes) {
  respub__topics_fix(&s->topics, most + 1, name_bytes);
}

void respub__session_plan(respub__plan *plan, uint32_t most, size_t name_bytes) {
  respub__plan_table(plan, sizeof(respub__sent), FIRST_SENT);
  respub__plan_table(plan, sizeof(respub__topic *), FIRST_FLYING);
  respub__topics_plan(plan, most + 1, name_bytes);
}

void respub__session_free(respub__session *s) {
  respub__session_reclaim(s);
  respub__free(&s->topics.alloc, s->sent);
  respub__free(&s->topics.alloc, s->flying);
  respub__topics_free(&s->topics);
}

/* Having both rings before anything is wanted means that sending never needs memory to make
 * progress. */
static bool has_rings(respub__session *s) {
  const respub_allocator *a = &s->topics.alloc;
  if (s->sent == NULL) {
    s->sent = respub__alloc_zero(a, FIRST_SENT * sizeof *s->sent);
    if (s->sent == NULL)
      return false;
    s->sent_capacity = FIRST_SENT;
  }
  if (s->flying == NULL) {
    s->flying = respub__alloc_zero(a, FIRST_FLYING * sizeof(respub__topic *));
    if (s->flying == NULL)
      return false;
    s->flying_capacity = FIRST_FLYING;
  }
  return true;
}

/* A flush waits for the epoch that was current when it began. The next epoch begins when the one
 * before is answered, so that two counts are enough, and what others ask meanwhile delays no flush
 * for ever. */
static void turn_epoch(respub__session *s) {
  if (s->barrier < s->epoch || s->unsettled[(s->epoch + 1) & 1] > 0)
    return;
  s->epoch++;
}

static void ask(respub__session *s, respub__topic *t, bool wanted) {
  respub__session_uncount(s, t);
  /* It would not let go of it before; better it is asked for twice than not held. */
  if (wanted && t->refused)
    t->wire = RESPUB__ABSENT;
  t->wanted = wanted;
  t->refused = false;
  t->told = false;
  t->epoch = s->epoch & 1;
  respub__session_recount(s, t);
  respub__session_list(s, t);
}

size_t respub__session_names(const respub__session *s) {
  const respub__topic *t = s->named;
  bool only_shown =
      t != NULL && !t->wanted && !t->listed && t->upkeep->holds == 1 && t->wire == RESPUB__ABSENT;
  return s->topics.count - only_shown;
}

respub__topic *respub__session_want(respub__session *s, respub_kind kind, respub_slice name) {
  if (!has_rings(s))
    return NULL;
  respub__topic *t = respub__topics_find(&s->topics, kind, name);
  if (t == NULL)
    t = respub__topics_add(&s->topics, kind, name);
  if (t != NULL && (!t->wanted || t->refused))
    ask(s, t, true);
  return t;
}

void respub__session_unwant(respub__session *s, respub__topic *t) {
  ask(s, t, false);
  respub__session_discard(s, t);
}

void respub__session_release(respub__session *s, respub__topic *t) {
  respub__session_discard(s, t);
}

uint64_t respub__session_barrier(respub__session *s) {
  s->barrier = s->epoch;
  uint64_t ticket = s->epoch;
  turn_epoch(s);
  return ticket;
}

bool respub__session_settled(const respub__session *s, uint64_t ticket) {
  if (!s->live && s->wanted[0] + s->wanted[1] > 0)
    return false;
  if (ticket > s->epoch)
    return false;
  if (ticket == s->epoch)
    return s->unsettled[0] + s->unsettled[1] == 0;
  return ticket + 1 < s->epoch || s->unsettled[ticket & 1] == 0;
}

void respub__session_connected(respub__session *s, int64_t now_ms) {
  /* Without them no PING can go out, the connection counts as dead in time, and the next one tries
   * again. */
  (void)has_rings(s);
  s->live = true;
  s->most_sent = s->most_flying = MOST_FLYING;
  s->generation++;
  respub__heartbeat_start(&s->heartbeat, now_ms);
  s->level_ms = now_ms;
  uint32_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(&s->topics, &at)) != NULL;)
    respub__session_list(s, t);
  s->restore_ticket = respub__session_barrier(s);
  s->eventful = true;
}

static void clear_wire(respub__session *s) {
  while (s->gone_at != s->gone_end)
    respub__session_flying(s, s->gone_at++)->upkeep->holds--;
  s->sent_head = s->sent_tail = 0;
  s->flying_head = s->flying_tail = 0;
  s->first_listed = s->last_listed = NULL;
  s->ping_due = false;
  s->watching = false;
  s->retry_at_ms = RESPUB_NEVER;
}

static void leave_topic(respub__session *s, respub__topic *t) {
  respub__session_uncount(s, t);
  t->wire = RESPUB__ABSENT;
  t->refused = false;
  t->listed = false;
  respub__session_recount(s, t);
}

void respub__session_lost(respub__session *s) {
  respub__session_reclaim(s);
  if (s->confirmed > 0) {
    int64_t sure_ms = respub__heartbeat_sure_ms(&s->heartbeat);
    if (!s->gap_open)
      s->gap_from_ms = sure_ms < s->level_ms ? sure_ms : s->level_ms;
    s->gap_open = true;
  }
  s->gap_told = false;
  s->restore_open = true;
  s->live = false;
  clear_wire(s);
  uint32_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(&s->topics, &at)) != NULL;) {
    leave_topic(s, t);
    respub__session_discard(s, t);
  }
}

void respub__session_heard(respub__session *s, int64_t now_ms) {
  respub__heartbeat_heard(&s->heartbeat, now_ms);
}

/* False: it is known already. */
static bool report_gone(respub__session *s, respub_event *event) {
  respub__topic *t = respub__session_flying(s, s->gone_at++);
  bool ended = t->wire == RESPUB__ABSENT;
  bool known = t->told && !ended;
  t->told = t->refused;
  respub__session_name(s, t);
  t->upkeep->holds--;
  respub__session_list(s, t);
  if (known)
    return false;
  *event = (respub_event){
      .type = ended ? RESPUB_EVENT_UNSUBSCRIBED : RESPUB_EVENT_REFUSED,
      .kind = (respub_kind)t->kind,
      .status = ended ? RESPUB_OK : RESPUB_EREFUSED,
      .generation = s->generation,
      .text = ended ? (respub_slice){NULL, 0} : respub_slice_of_string(s->text),
  };
  *(t->kind == RESPUB_CHANNEL ? &event->channel : &event->pattern) = respub__topic_slice(t);
  return true;
}

static void report_gap(respub__session *s, int64_t now_ms, respub_event *event) {
  s->gap_told = true;
  s->gap_open = s->refused > 0;
  *event = (respub_event){.type = RESPUB_EVENT_GAP,
                          .generation = s->generation,
                          .missed = RESPUB_MISSED_UNKNOWN,
                          .from_ms = s->gap_from_ms,
                          .to_ms = now_ms};
}

static bool find_event(respub__session *s, int64_t now_ms, respub_event *event) {
  respub__session_reclaim(s);
  turn_epoch(s);
  while (s->gone_at != s->gone_end)
    if (report_gone(s, event))
      return true;
  if (!s->live || !respub__session_settled(s, s->restore_ticket))
    return false;
  s->mismatches = s->mismatches == 1 ? 0 : s->mismatches;
  if (s->gap_open && (!s->gap_told || s->refused == 0))
    return report_gap(s, now_ms, event), true;
  if (!s->restore_open || s->refused > 0)
    return false;
  s->restore_open = false;
  *event = (respub_event){.type = RESPUB_EVENT_RESTORED, .generation = s->generation};
  return true;
}

bool respub__session_poll(respub__session *s, int64_t now_ms, respub_event *event) {
  if (s->eventful)
    s->eventful = find_event(s, now_ms, event);
  return s->eventful;
}

static void retry_refused(respub__session *s) {
  s->retry_at_ms = RESPUB_NEVER;
  uint32_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(&s->topics, &at)) != NULL;) {
    if (!t->refused)
      continue;
    respub__session_uncount(s, t);
    t->refused = false;
    t->epoch = s->epoch & 1;
    respub__session_recount(s, t);
    respub__session_list(s, t);
  }
  s->restore_ticket = respub__session_barrier(s);
}

/* The clock runs from here, not from when the socket takes the PING: a peer that reads nothing is
 * dead too. */
static void ping_now(respub__session *s, int64_t now_ms) {
  s->ping_due = true;
  respub__heartbeat_pinged(&s->heartbeat, now_ms);
}

static respub_status declare_dead(respub__session *s, const char *text) {
  respub__say(s->text, sizeof s->text, "%s", text);
  return RESPUB_ESILENT;
}

respub_status respub__session_tick(respub__session *s, int64_t now_ms) {
  if (!s->live)
    return RESPUB_OK;
  s->level_ms = now_ms;
  if (now_ms >= s->retry_at_ms)
    retry_refused(s);
  respub__session_watch(s, now_ms);
  switch (respub__heartbeat_check(&s->heartbeat, now_ms)) {
  case RESPUB__PULSE_FINE:
    break;
  case RESPUB__PULSE_PING:
    ping_now(s, now_ms);
    break;
  case RESPUB__PULSE_DEAD:
    return declare_dead(s, RESPUB_TEXTS ? respub_status_text(RESPUB_ESILENT) : "");
  case RESPUB__PULSE_STUCK:
    return declare_dead(s, "the peer goes on with a message that does not end");
  }
  return RESPUB_OK;
}

int64_t respub__session_deadline_ms(const respub__session *s) {
  if (!s->live)
    return RESPUB_NEVER;
  int64_t deadline_ms = respub__heartbeat_deadline_ms(&s->heartbeat);
  if (s->retry_at_ms < deadline_ms)
    deadline_ms = s->retry_at_ms;
  int64_t watch_ms = respub__session_watch_ms(s);
  return watch_ms < deadline_ms ? watch_ms : deadline_ms;
}
