#include "net/text.h"
#include "pubsub/session.h"
#include "pubsub/session_topics.h"

#include <string.h>

enum {
  QUICK_RETRY_MS = 1000,
  MOST_TEXT_BYTES = 150
};

static respub_status end_with(respub__session *s, respub_status status, respub_slice text) {
  size_t len = text.len < MOST_TEXT_BYTES ? text.len : MOST_TEXT_BYTES;
  memcpy(s->text, text.ptr, len);
  s->text[len] = '\0';
  return status;
}

static respub_slice *name_of(respub_event *event) {
  return event->kind == RESPUB_CHANNEL ? &event->channel : &event->pattern;
}

/* -- Confirmations -- */

typedef struct confirmation {
  const char *word;
  uint8_t len;
  uint8_t op;   /* a respub__op */
  uint8_t kind; /* a respub_kind */
} confirmation;

static const confirmation confirmations[] = {
    {"subscribe", 9, RESPUB__SUBSCRIBE, RESPUB_CHANNEL},
    {"psubscribe", 10, RESPUB__SUBSCRIBE, RESPUB_PATTERN},
    {"unsubscribe", 11, RESPUB__UNSUBSCRIBE, RESPUB_CHANNEL},
    {"punsubscribe", 12, RESPUB__UNSUBSCRIBE, RESPUB_PATTERN},
};

/* The server's number of channels and patterns must be ours: if not, one side has lost something,
 * and only a new connection makes them agree. A server that differs twice in a row counts in
 * another way. */
static respub_status check_count(respub__session *s, int64_t count) {
  if (s->mismatches >= 2 || count == (int64_t)s->confirmed)
    return RESPUB_OK;
  s->mismatches++;
  s->resyncs++;
  respub__say(s->text, sizeof s->text,
              "the server counts %lld subscriptions where %zu are confirmed; connecting anew",
              (long long)count, s->confirmed);
  return RESPUB_EPROTOCOL;
}

/* The server (or a proxy) ended a subscription that nobody asked to end. */
static void taken_away(respub__session *s) {
  if (!s->gap_open)
    s->gap_from_ms = s->level_ms;
  s->gap_open = true;
  s->gap_told = false;
  s->restore_open = true;
}

static bool is_due(const respub__topic *t, respub__op op) {
  return t->wire == (op == RESPUB__SUBSCRIBE ? RESPUB__ASKED : RESPUB__LEAVING);
}

static void confirm(respub__session *s, respub__topic *t, respub__op op) {
  bool due = is_due(t, op);
  if (due)
    respub__session_credit(s, t);
  else
    taken_away(s);
  respub__session_uncount(s, t);
  t->wire = op == RESPUB__SUBSCRIBE ? RESPUB__PRESENT : RESPUB__ABSENT;
  t->refused = false;
  t->told = false;
  if (op == RESPUB__SUBSCRIBE)
    t->batch = RESPUB__BATCH; /* small ones were for finding out which name is refused */
  if (!due)
    t->epoch = s->epoch & 1;
  respub__session_recount(s, t);
  if (!due)
    s->restore_ticket = respub__session_barrier(s);
}

static respub_status on_confirmation(respub__session *s, const confirmation *c,
                                     const respub_node *name, respub_event *event) {
  const respub_node *count = name + 1;
  if (count->type != RESPUB_INTEGER)
    return end_with(s, RESPUB_EPROTOCOL, RESPUB_LIT("a confirmation without a count"));
  respub__op op = (respub__op)c->op;
  respub_kind kind = (respub_kind)c->kind;
  respub__topic *t = respub__topics_find(&s->topics, kind, name->text);
  bool ended = t != NULL && op == RESPUB__UNSUBSCRIBE && t->wire == RESPUB__PRESENT;
  if (t == NULL || !(is_due(t, op) || ended)) {
    s->unexpected++;
    respub_status status = check_count(s, count->integer);
    return status == RESPUB_OK ? RESPUB_AGAIN : status;
  }
  confirm(s, t, op);
  respub_status status = check_count(s, count->integer);
  if (status != RESPUB_OK)
    return status;
  respub__session_list(s, t);
  respub__session_discard(s, t);
  *event = (respub_event){.type = op == RESPUB__SUBSCRIBE ? RESPUB_EVENT_SUBSCRIBED
                                                          : RESPUB_EVENT_UNSUBSCRIBED,
                          .kind = kind,
                          .generation = s->generation};
  *name_of(event) = name->text;
  return RESPUB_OK;
}

/* -- Errors -- */

static bool is_transient(respub_slice text) {
  static const char *const words[] = {"LOADING ", "BUSY ",        "MASTERDOWN ",
                                      "MISCONF ", "CLUSTERDOWN ", "TRYAGAIN "};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (respub_slice_starts_with(text, respub_slice_of_string(words[i])))
      return true;
  return false;
}

static void plan_retry(respub__session *s, int64_t now_ms, respub_slice text) {
  bool soon = is_transient(text) && s->slow_retry_ms > QUICK_RETRY_MS;
  int64_t retry_at_ms = now_ms + (soon ? QUICK_RETRY_MS : s->slow_retry_ms);
  if (retry_at_ms < s->retry_at_ms)
    s->retry_at_ms = retry_at_ms;
}

static respub_status refuse_one(respub__session *s, int64_t now_ms, respub__topic *t,
                                respub_slice text, respub_event *event) {
  respub__session_uncount(s, t);
  t->wire = RESPUB__ABSENT;
  t->refused = t->wanted;
  respub__session_recount(s, t);
  if (t->refused)
    plan_retry(s, now_ms, text);
  bool tell = t->refused && !t->told;
  t->told = t->refused;
  if (!tell) {
    respub__session_list(s, t);
    respub__session_discard(s, t);
    return RESPUB_AGAIN;
  }
  *event = (respub_event){.type = RESPUB_EVENT_REFUSED,
                          .kind = (respub_kind)t->kind,
                          .status = RESPUB_EREFUSED,
                          .text = text,
                          .generation = s->generation};
  *name_of(event) = respub__topic_slice(t);
  respub__session_name(s, t);
  return RESPUB_OK;
}

/* One refused name makes the server refuse the whole command, without saying which: ask in halves.
 */
static void split(respub__session *s, const respub__sent *sent) {
  uint8_t half = (uint8_t)((sent->count - sent->done + 1) / 2);
  for (uint32_t i = sent->done; i < sent->count; i++) {
    respub__topic *t = respub__session_flying(s, sent->first + i);
    respub__session_move(s, t, RESPUB__ABSENT);
    t->batch = half;
    respub__session_list(s, t);
    respub__session_discard(s, t);
  }
}

/* Valkey 8.0 answers -NOSUB to the UNSUBSCRIBE of what it does not hold: then it is gone. Whatever
 * else makes a server refuse to let go, the subscription stays on its side until that is asked for
 * again, and its messages are thrown away here. What is wanted again by now is asked for: to hold
 * it twice does no harm. */
static void refuse_leaving(respub__session *s, int64_t now_ms, const respub__sent *sent,
                           respub_slice text) {
  bool gone = respub_slice_starts_with(text, RESPUB_LIT("NOSUB"));
  for (uint32_t i = sent->done; i < sent->count; i++) {
    respub__topic *t = respub__session_flying(s, sent->first + i);
    t->upkeep->holds++;
    respub__session_uncount(s, t);
    t->wire = gone || t->wanted ? RESPUB__ABSENT : RESPUB__PRESENT;
    t->refused = !gone && !t->wanted;
    respub__session_recount(s, t);
  }
  if (!gone)
    plan_retry(s, now_ms, text);
  (void)end_with(s, RESPUB_EREFUSED, text);
  s->gone_at = sent->first + sent->done;
  s->gone_end = sent->first + sent->count;
}

static respub_status refuse_subscribe(respub__session *s, int64_t now_ms, respub_slice text,
                                      respub_event *event) {
  respub__sent sent = *respub__session_sent(s, s->sent_head);
  if (sent.count - sent.done > 1) {
    split(s, &sent);
    respub__session_drop_oldest(s);
    return RESPUB_AGAIN;
  }
  respub__topic *t = respub__session_flying(s, sent.first + sent.done);
  respub__session_drop_oldest(s);
  return refuse_one(s, now_ms, t, text, event);
}

static respub_status on_error(respub__session *s, int64_t now_ms, respub_slice text,
                              respub_event *event) {
  if (respub__session_is_idle(s))
    return end_with(s, RESPUB_EREFUSED, text);
  const respub__sent *sent = respub__session_sent(s, s->sent_head);
  if (sent->op == RESPUB__PING) {
    respub__session_drop_oldest(s);
    return RESPUB_AGAIN;
  }
  if (respub_slice_starts_with(text, RESPUB_LIT("NOAUTH")))
    return end_with(s, RESPUB_EAUTH, text);
  /* For an UNSUBSCRIBE that the server's own end of the subscription has answered already. */
  if (sent->op == RESPUB__SUBSCRIBE && respub_slice_starts_with(text, RESPUB_LIT("NOSUB")))
    return s->unexpected++, RESPUB_AGAIN;
  if (sent->op == RESPUB__SUBSCRIBE)
    return refuse_subscribe(s, now_ms, text, event);
  respub__sent copy = *sent;
  refuse_leaving(s, now_ms, &copy, text);
  respub__session_drop_oldest(s);
  return RESPUB_AGAIN;
}

/* -- */

/* A PONG has three shapes (pingCommand in server.c): which one depends on whether the server was in
 * subscriber mode when it ran the PING. */
static respub_status on_pong(respub__session *s, int64_t now_ms) {
  for (uint32_t i = s->sent_head; i != s->sent_tail; i++) {
    respub__sent *sent = respub__session_sent(s, i);
    if (sent->op != RESPUB__PING || sent->over)
      continue;
    sent->over = true;
    if (i == s->sent_head)
      return respub__session_drop_oldest(s), RESPUB_AGAIN;
    respub_status status = respub__session_passed_over(s, now_ms);
    return status == RESPUB_OK ? RESPUB_AGAIN : status;
  }
  s->unexpected++;
  return RESPUB_AGAIN;
}

static const confirmation *find_confirmation(respub_slice word) {
  for (size_t i = 0; i < sizeof confirmations / sizeof *confirmations; i++) {
    const confirmation *c = &confirmations[i];
    if (c->len == word.len && memcmp(c->word, word.ptr, word.len) == 0)
      return c;
  }
  return NULL;
}

/* Frames that are known to nobody (pushes of newer servers, cache invalidation) are ignored. */
static respub_status on_frame(respub__session *s, int64_t now_ms, const respub_node *frame,
                              respub_event *event) {
  const respub_node *word = frame + 1;
  bool flat = frame->span == (uint32_t)frame->integer + 1;
  const confirmation *c = flat && frame->integer == 3 ? find_confirmation(word->text) : NULL;
  if (c != NULL)
    return on_confirmation(s, c, word + 1, event);
  if (flat && frame->integer == 2 && respub_node_equals(word, RESPUB_LIT("pong")))
    return on_pong(s, now_ms);
  s->unexpected++;
  return RESPUB_AGAIN;
}

/* A flat frame of so many elements that begins with word. */
static bool is_frame(const respub_node *value, uint32_t count, respub_slice word) {
  return (value->type == RESPUB_ARRAY || value->type == RESPUB_PUSH) && value->span == count + 1 &&
         value->integer == count && respub_slice_equal(value[1].text, word);
}

static respub_status on_message(respub__session *s, respub_kind kind, const respub_node *value,
                                respub_event *event, respub__topic **topic) {
  const respub_node *name = value + 2;
  const respub_node *channel = kind == RESPUB_CHANNEL ? name : name + 1;
  const respub_node *payload = channel + 1;
  respub__topic *t = NULL;
  /* A payload that is no string is an invalidation of client-side caching (tracking.c), never a
   * published message. */
  if (payload->type == RESPUB_BULK && channel->type == RESPUB_BULK)
    t = respub__topics_find(&s->topics, kind, name->text);
  /* What is not wanted any more was on its way when UNSUBSCRIBE went out. */
  if (t == NULL || !t->wanted) {
    s->unexpected++;
    return RESPUB_AGAIN;
  }
  *event = (respub_event){.type = RESPUB_EVENT_MESSAGE,
                          .kind = kind,
                          .generation = s->generation,
                          .channel = channel->text,
                          .payload = payload->text};
  if (kind == RESPUB_PATTERN)
    event->pattern = name->text;
  *topic = t;
  return RESPUB_OK;
}

respub_status respub__session_value(respub__session *s, int64_t now_ms, const respub_node *value,
                                    respub_event *event, respub__topic **topic) {
  if (value->type == RESPUB_ATTRIBUTE)
    value = respub_node_value(value);
  if (is_frame(value, 3, RESPUB_LIT("message")))
    return on_message(s, RESPUB_CHANNEL, value, event, topic);
  if (RESPUB_PATTERNS && is_frame(value, 4, RESPUB_LIT("pmessage")))
    return on_message(s, RESPUB_PATTERN, value, event, topic);
  s->eventful = true;
  if (value->type == RESPUB_ARRAY || value->type == RESPUB_PUSH)
    return on_frame(s, now_ms, value, event);
  if (respub_node_is_error(value))
    return on_error(s, now_ms, value->text, event);
  if (respub_node_is_string(value))
    return on_pong(s, now_ms);
  s->unexpected++;
  return RESPUB_AGAIN;
}
