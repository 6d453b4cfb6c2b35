/* session_message.h - what the server sends, by kind: messages, which are the only values whose
 * cost matters and so are seen to inline, and all others, which wait behind a call so that no
 * message pays for what they need. */
#ifndef RESPUB_PUBSUB_SESSION_MESSAGE_H
#define RESPUB_PUBSUB_SESSION_MESSAGE_H

#include "net/inline.h"
#include "pubsub/session.h"

#include <string.h>

/* respub__session_value for all but messages. */
RESPUB_MUST_USE respub_status respub__session_other(respub__session *s, int64_t now_ms,
                                                    const respub_node *value, respub_event *event,
                                                    respub__topic **topic);

/* A flat frame of so many elements that begins with word. */
static inline bool respub__is_frame(const respub_node *value, uint32_t count, const char *word,
                                    size_t len) {
  return (value->type == RESPUB_ARRAY || value->type == RESPUB_PUSH) && value->span == count + 1 &&
         value->integer == count && value[1].text.len == len &&
         memcmp(value[1].text.ptr, word, len) == 0;
}

/* A whole value came. *event is blank (all zero) or holds an earlier MESSAGE. OK: *event is filled
 * (slices point into the value or a topic) and, for a MESSAGE, *topic is set; see
 * respub__session_poll for more events. AGAIN: nothing to tell; *event is as good as before. < 0:
 * the connection cannot go on and s->text says why (EPROTOCOL, EAUTH, EREFUSED). */
RESPUB_MUST_USE RESPUB__INLINE respub_status respub__session_value(respub__session *s,
                                                                   int64_t now_ms,
                                                                   const respub_node *value,
                                                                   respub_event *event,
                                                                   respub__topic **topic) {
  respub_kind kind = RESPUB_CHANNEL;
  if (!respub__is_frame(value, 3, "message", 7)) {
    kind = RESPUB_PATTERN;
    if (!RESPUB_PATTERNS || !respub__is_frame(value, 4, "pmessage", 8))
      return respub__session_other(s, now_ms, value, event, topic);
  }
  const respub_node *name = value + 2;
  const respub_node *channel = kind == RESPUB_CHANNEL ? name : name + 1;
  const respub_node *payload = channel + 1;
  respub__topic *t = NULL;
  /* Before it is known to be one, so that less has to be kept while the topic is looked for. */
  event->kind = kind;
  event->channel = channel->text;
  event->pattern = kind == RESPUB_PATTERN ? name->text : respub_slice_of(NULL, 0);
  event->payload = payload->text;
  event->generation = s->generation;
  /* A payload that is no string is an invalidation of client-side caching (tracking.c), never a
   * published message. */
  if (payload->type == RESPUB_BULK && channel->type == RESPUB_BULK)
    t = respub__topics_find(&s->topics, kind, name->text);
  /* What is not wanted any more was on its way when UNSUBSCRIBE went out. */
  if (t == NULL || !t->wanted) {
    s->unexpected++;
    return RESPUB_AGAIN;
  }
  *topic = t;
  return RESPUB_OK;
}

#endif
