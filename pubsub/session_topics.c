#include "pubsub/session_topics.h"

static bool is_unsettled(const respub__topic *t) {
  if (t->refused)
    return false;
  return t->wanted ? t->wire != RESPUB__PRESENT : t->wire != RESPUB__ABSENT;
}

static void tally(respub__session *s, const respub__topic *t, size_t one) {
  if (t->wanted)
    s->wanted[t->kind] += one;
  if (t->wanted && t->refused)
    s->refused += one;
  if (t->wire == RESPUB__PRESENT || t->wire == RESPUB__LEAVING)
    s->confirmed += one;
  if (is_unsettled(t))
    s->unsettled[t->epoch] += one;
}

void respub__session_uncount(respub__session *s, const respub__topic *t) {
  tally(s, t, (size_t)-1);
}

void respub__session_recount(respub__session *s, const respub__topic *t) {
  s->eventful = true;
  tally(s, t, 1);
}

void respub__session_move(respub__session *s, respub__topic *t, respub__wire wire) {
  respub__session_uncount(s, t);
  t->wire = (uint8_t)wire;
  respub__session_recount(s, t);
}

bool respub__topic_need(const respub__topic *t, respub__op *op) {
  if (t->refused)
    return false;
  if (t->wanted && t->wire == RESPUB__ABSENT)
    return *op = RESPUB__SUBSCRIBE, true;
  if (!t->wanted && t->wire == RESPUB__PRESENT)
    return *op = RESPUB__UNSUBSCRIBE, true;
  return false;
}

void respub__session_list(respub__session *s, respub__topic *t) {
  respub__op op;
  if (!s->live || t->listed || !respub__topic_need(t, &op))
    return;
  t->listed = true;
  t->upkeep->next = NULL;
  if (s->last_listed != NULL)
    s->last_listed->upkeep->next = t;
  else
    s->first_listed = t;
  s->last_listed = t;
}

void respub__session_discard(respub__session *s, respub__topic *t) {
  if (t->wanted || t->listed || t->upkeep->holds > 0 || t->wire != RESPUB__ABSENT)
    return;
  respub__session_uncount(s, t);
  respub__topics_remove(&s->topics, t);
}

void respub__session_name(respub__session *s, respub__topic *t) {
  t->upkeep->holds++;
  respub__session_reclaim(s);
  s->named = t;
}

void respub__session_reclaim(respub__session *s) {
  respub__topic *t = s->named;
  if (t == NULL)
    return;
  s->named = NULL;
  t->upkeep->holds--;
  respub__session_discard(s, t);
}

static void forget_answered(respub__session *s) {
  while (!respub__session_is_idle(s) && respub__session_sent(s, s->sent_head)->over) {
    s->flying_head += respub__session_sent(s, s->sent_head)->count;
    s->sent_head++;
  }
}

/* The answered topics of a command gather at the front of its part of the ring, so that what is
 * behind them is what an error would concern. In the order of the command, as Redis answers, no
 * search is needed. */
static void settle_place(respub__session *s, const respub__sent *sent, const respub__topic *t) {
  uint32_t mask = s->flying_capacity - 1;
  uint32_t to = (sent->first + sent->done) & mask;
  uint32_t from = sent->first + sent->done;
  while (s->flying[from & mask] != t)
    from++;
  s->flying[from & mask] = s->flying[to];
  s->flying[to] = NULL;
}

void respub__session_credit(respub__session *s, const respub__topic *t) {
  respub__sent *sent = respub__session_sent(s, t->upkeep->command);
  settle_place(s, sent, t);
  sent->done++;
  sent->over = sent->done == sent->count;
  forget_answered(s);
}

void respub__session_drop_oldest(respub__session *s) {
  respub__session_sent(s, s->sent_head)->over = true;
  forget_answered(s);
}
