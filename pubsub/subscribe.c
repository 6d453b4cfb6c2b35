/* What the user asks of a subscriber: subscriptions. */
#include "pubsub/subscriber.h"

/* Lock held on entry. The bounds of the options. */
static bool is_full_locked(const respub_subscriber *sub, respub_kind kind, respub_slice name) {
  const respub_subscriber_options *o = &sub->options;
  const respub__session *session = &sub->engine.session;
  if (o->most_subscriptions > 0 && sub->handlers.count >= o->most_subscriptions)
    return true;
  if (o->most_names == 0 || respub__session_names(session) < o->most_names)
    return false;
  return respub__topics_find(&session->topics, kind, name) == NULL;
}

/* Lock held on entry. */
static respub_status add_locked(respub_subscriber *sub, respub_kind kind, respub_slice name,
                                respub_handler *handler, void *ctx,
                                respub_subscription *subscription) {
  if (sub->closing)
    return RESPUB_ECLOSED;
  if (is_full_locked(sub, kind, name))
    return RESPUB_EFULL;
  respub__session *session = &sub->engine.session;
  respub__topic *topic = respub__session_want(session, kind, name);
  if (topic == NULL)
    return RESPUB_ENOMEM;
  respub__subscription *s = respub__handlers_add(&sub->handlers, topic, handler, ctx);
  if (s == NULL) {
    if (topic->upkeep->handlers == NULL)
      respub__session_unwant(session, topic);
    return RESPUB_ENOMEM;
  }
  if (subscription != NULL)
    *subscription = s->receiver.id;
  respub__notify_locked(sub);
  return RESPUB_OK;
}

static respub_status subscribe(respub_subscriber *sub, respub_kind kind, respub_slice name,
                               respub_handler *handler, void *ctx,
                               respub_subscription *subscription) {
  if (subscription != NULL)
    *subscription = 0;
  if (name.len == 0 || name.len > RESPUB_MAX_NAME_BYTES)
    return RESPUB_EARGUMENT;
  if (name.len > sub->options.most_name_bytes)
    return RESPUB_EFULL;
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  respub_status status = add_locked(sub, kind, name, handler, ctx, subscription);
  respub__monitor_leave(&sub->monitor);
  return status;
}

respub_status respub_subscriber_subscribe(respub_subscriber *sub, respub_slice channel,
                                          respub_handler *handler, void *ctx,
                                          respub_subscription *subscription) {
  return subscribe(sub, RESPUB_CHANNEL, channel, handler, ctx, subscription);
}

respub_status respub_subscriber_psubscribe(respub_subscriber *sub, respub_slice pattern,
                                           respub_handler *handler, void *ctx,
                                           respub_subscription *subscription) {
  if (!RESPUB_PATTERNS)
    return RESPUB_EUNSUPPORTED;
  return subscribe(sub, RESPUB_PATTERN, pattern, handler, ctx, subscription);
}

respub_status respub_subscriber_on_release(respub_subscriber *sub, respub_subscription subscription,
                                           void (*released)(void *ctx)) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  respub__subscription *s = respub__handlers_find(&sub->handlers, subscription);
  if (s != NULL)
    s->released = released;
  respub__monitor_leave(&sub->monitor);
  return s != NULL ? RESPUB_OK : RESPUB_ENOTFOUND;
}

/* -- The end of subscriptions -- */

/* Lock held on entry. The topic may be gone afterwards. */
static void end_locked(respub_subscriber *sub, respub__subscription *s) {
  respub__topic *topic = s->topic;
  respub__handlers_end(&sub->handlers, s);
  if (topic->upkeep->handlers == NULL)
    respub__session_unwant(&sub->engine.session, topic);
}

/* Lock held on entry. */
static void end_topic_locked(respub_subscriber *sub, respub__topic *topic) {
  bool last = topic->upkeep->handlers == NULL;
  while (!last) {
    last = topic->upkeep->handlers->next == NULL;
    end_locked(sub, topic->upkeep->handlers);
  }
}

respub_status respub_subscriber_unsubscribe(respub_subscriber *sub,
                                            respub_subscription subscription) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  respub__subscription *s = respub__handlers_find(&sub->handlers, subscription);
  if (s != NULL) {
    end_locked(sub, s);
    respub__notify_locked(sub);
  }
  respub__monitor_leave(&sub->monitor);
  return s != NULL ? RESPUB_OK : RESPUB_ENOTFOUND;
}

static respub_status end_name(respub_subscriber *sub, respub_kind kind, respub_slice name) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  respub__topic *topic = respub__topics_find(&sub->engine.session.topics, kind, name);
  if (topic != NULL) {
    end_topic_locked(sub, topic);
    respub__notify_locked(sub);
  }
  respub__monitor_leave(&sub->monitor);
  return RESPUB_OK;
}

respub_status respub_subscriber_unsubscribe_channel(respub_subscriber *sub, respub_slice channel) {
  return end_name(sub, RESPUB_CHANNEL, channel);
}

respub_status respub_subscriber_punsubscribe_pattern(respub_subscriber *sub, respub_slice pattern) {
  return end_name(sub, RESPUB_PATTERN, pattern);
}

/* Lock held on entry. */
static void end_all_locked(respub_subscriber *sub) {
  for (uint32_t i = 0; i < sub->handlers.capacity; i++)
    if (sub->handlers.slots[i].subscription != NULL)
      end_locked(sub, sub->handlers.slots[i].subscription);
}

respub_status respub_subscriber_unsubscribe_all(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  respub__monitor_enter(&sub->monitor);
  end_all_locked(sub);
  respub__notify_locked(sub);
  respub__monitor_leave(&sub->monitor);
  return RESPUB_OK;
}
