/* Answers that do not come. A server answers commands in order, so the answer of a PING proves that
 * those before it have had theirs: one that has not was lost, by a proxy perhaps, and its topic
 * would wait for ever. While messages come, nothing else proves it: an answer may be late because
 * much is under way in front of it. */
#include "net/text.h"
#include "pubsub/session_topics.h"

/* The oldest unanswered command is one that a PING can pass. */
static bool is_awaited(const respub__session *s) {
  return !respub__session_is_idle(s) &&
         s->sent[s->sent_head & (s->sent_capacity - 1)].op != RESPUB__PING;
}

static void watch_oldest(respub__session *s, int64_t ask_ms) {
  s->watching = true;
  s->watched = s->sent_head;
  s->passed_over = false;
  s->ask_ms = ask_ms;
}

static bool is_watched(const respub__session *s) {
  return s->watching && s->watched == s->sent_head && is_awaited(s);
}

/* A busy connection has no silence that would bring a PING by itself. */
void respub__session_watch(respub__session *s, int64_t now_ms) {
  int64_t interval_ms = s->heartbeat.interval_ms;
  if (interval_ms == 0 || !is_awaited(s)) {
    s->watching = false;
    return;
  }
  if (!is_watched(s))
    watch_oldest(s, now_ms + interval_ms);
  if (now_ms < s->ask_ms)
    return;
  s->ping_due = true;
  s->ask_ms = now_ms + interval_ms;
}

int64_t respub__session_watch_ms(const respub__session *s) {
  return is_watched(s) && !s->heartbeat.paused ? s->ask_ms : RESPUB_NEVER;
}

/* A second PING is asked before anything is concluded: servers that are compatible only have been
 * seen to mix up the order of what they answer in one go. */
respub_status respub__session_passed_over(respub__session *s, int64_t now_ms) {
  if (!is_awaited(s))
    return RESPUB_OK;
  if (!is_watched(s))
    watch_oldest(s, RESPUB_NEVER);
  if (!s->passed_over) {
    s->passed_over = true;
    s->passed_ms = now_ms;
    s->ask_ms = now_ms + s->heartbeat.timeout_ms;
    return RESPUB_OK;
  }
  if (now_ms - s->passed_ms < s->heartbeat.timeout_ms)
    return RESPUB_OK;
  s->resyncs++;
  respub__say(s->text, sizeof s->text,
              "the server answers PING but not what was asked before it; connecting anew");
  return RESPUB_EPROTOCOL;
}
