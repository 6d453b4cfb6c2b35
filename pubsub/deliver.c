/* Events on their way to the user's functions. */
#include "net/clock.h"
#include "net/text.h"
#include "pubsub/subscriber.h"

bool respub__in_handler_locked(const respub_subscriber *sub) {
  return sub->in_handler && respub__thread_equal(sub->deliverer, respub__thread_self());
}

/* Lock held on entry. Runs user code without it. */
static inline void call_locked(respub_subscriber *sub, respub_handler *handler, void *ctx,
                               const respub_event *event) {
  sub->in_handler = true;
  respub__monitor_leave_briefly(&sub->monitor);
  handler(event, ctx);
  respub__monitor_enter(&sub->monitor);
  sub->in_handler = false;
}

/* A handler may unsubscribe, subscribe and close; so the table is asked anew for each. */
void respub__dispatch_message_locked(respub_subscriber *sub, respub_event *event,
                                     const respub__topic *topic) {
  event->subscriber = sub;
  const respub__receiver *r = respub__handlers_begin(&sub->handlers, topic);
  for (; r != NULL; r = respub__handlers_next(&sub->handlers)) {
    if (r->handler == NULL)
      continue;
    event->subscription = r->id;
    sub->stats.delivered++;
    call_locked(sub, r->handler, r->ctx, event);
    if (sub->closing)
      break;
  }
}

static respub_log_level level_of(respub_event_type type) {
  switch (type) {
  case RESPUB_EVENT_MESSAGE:
  case RESPUB_EVENT_SUBSCRIBED:
  case RESPUB_EVENT_UNSUBSCRIBED:
  case RESPUB_EVENT_CLOSED:
    return RESPUB_LOG_DEBUG;
  case RESPUB_EVENT_CONNECTED:
  case RESPUB_EVENT_RESTORED:
    return RESPUB_LOG_INFO;
  case RESPUB_EVENT_CONNECT_FAILED:
  case RESPUB_EVENT_REFUSED:
  case RESPUB_EVENT_DISCONNECTED:
  case RESPUB_EVENT_GAP:
  case RESPUB_EVENT_SLOW_CONSUMER:
    break;
  }
  return RESPUB_LOG_WARNING;
}

static void log_event(const respub_event *event, void *ctx) {
  const respub_log *log = ctx;
  respub_slice name = event->kind == RESPUB_CHANNEL ? event->channel : event->pattern;
  respub__log(log, level_of(event->type), "subscriber: %s%s%.*s%s%.*s",
              respub_event_name(event->type), name.len > 0 ? " " : "", (int)name.len, name.ptr,
              event->text.len > 0 ? ": " : "", (int)event->text.len, event->text.ptr);
}

void respub__log_event_locked(respub_subscriber *sub, const respub_event *event) {
  respub_log *log = &sub->options.connection.log;
  if (RESPUB_TEXTS && log->write != NULL)
    call_locked(sub, log_event, log, event);
}

void respub__dispatch_other_locked(respub_subscriber *sub, respub_event *event) {
  event->subscriber = sub;
  respub__log_event_locked(sub, event);
  if (sub->options.on_event != NULL && (!sub->closing || event->type == RESPUB_EVENT_CLOSED))
    call_locked(sub, sub->options.on_event, sub->options.event_ctx, event);
}

void respub__release_ended_locked(respub_subscriber *sub) {
  respub__subscription *s;
  while ((s = respub__handlers_take_ended(&sub->handlers)) != NULL) {
    sub->in_handler = true;
    respub__monitor_leave(&sub->monitor);
    s->released(s->receiver.ctx);
    respub__monitor_enter(&sub->monitor);
    sub->in_handler = false;
    respub__handlers_forget(&sub->handlers, s);
  }
}
