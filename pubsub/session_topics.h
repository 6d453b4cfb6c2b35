/* session_topics.h - what the parts of the session share: changing a topic so that the counts stay
 * true. */
#ifndef RESPUB_PUBSUB_SESSION_TOPICS_H
#define RESPUB_PUBSUB_SESSION_TOPICS_H

#include "pubsub/session.h"

/* Every change of wanted, wire, refused or epoch stands between these two. */
void respub__session_uncount(respub__session *s, const respub__topic *t);
void respub__session_recount(respub__session *s, const respub__topic *t);

/* Changes where t stands on the wire. */
void respub__session_move(respub__session *s, respub__topic *t, respub__wire wire);

/* The command that would bring the wire nearer to what is wanted; false: none now. */
bool respub__topic_need(const respub__topic *t, respub__op *op);

/* Puts t in the list of those that need a command, if it does and a connection is up. */
void respub__session_list(respub__session *s, respub__topic *t);

/* Forgets t when nobody needs it any more. */
void respub__session_discard(respub__session *s, respub__topic *t);

/* Holds t, whose name the event shows that is about to be told: whoever gets it may end t at once,
 * and go on reading. Until the next name, or reclaim. */
void respub__session_name(respub__session *s, respub__topic *t);
void respub__session_reclaim(respub__session *s);

/* Marks t, which one confirmation has answered, in its command; forgets commands that are answered
 * in full. */
void respub__session_credit(respub__session *s, const respub__topic *t);

/* Forgets the oldest command, whatever it still expects. */
void respub__session_drop_oldest(respub__session *s);

/* Answers that do not come (session_answers.c). watch is called by each tick, watch_ms says when it
 * has something to do, and passed_over is called when a PING has been answered. EPROTOCOL: a
 * command was passed over, the connection cannot go on. */
void respub__session_watch(respub__session *s, int64_t now_ms);
int64_t respub__session_watch_ms(const respub__session *s);
RESPUB_MUST_USE respub_status respub__session_passed_over(respub__session *s, int64_t now_ms);

static inline bool respub__session_is_idle(const respub__session *s) {
  return s->sent_head == s->sent_tail;
}

static inline respub__sent *respub__session_sent(respub__session *s, uint32_t number) {
  return &s->sent[number & (s->sent_capacity - 1)];
}

static inline respub__topic *respub__session_flying(const respub__session *s, uint32_t place) {
  return s->flying[place & (s->flying_capacity - 1)];
}

#endif
