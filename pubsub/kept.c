/* What has been read and is not delivered yet: the queue, and one event that found no room in it.
 */
#include "net/clock.h"
#include "pubsub/subscriber.h"

/* Lock held on entry. */
static void hold_locked(respub_subscriber *sub, const respub_event *event, respub__topic *topic) {
  sub->held = *event;
  sub->held_topic = topic;
  sub->holds = true;
  if (topic != NULL)
    topic->upkeep->holds++;
}

respub_status respub__keep_locked(respub_subscriber *sub, const respub_event *event,
                                  respub__topic *topic) {
  respub_status status = respub__queue_put(&sub->queue, event, topic, respub__wall_ms());
  if (status != RESPUB_OK)
    hold_locked(sub, event, topic);
  return status;
}

respub_status respub__keep_held_locked(respub_subscriber *sub) {
  if (!sub->holds)
    return RESPUB_OK;
  respub_status status =
      respub__queue_put(&sub->queue, &sub->held, sub->held_topic, respub__wall_ms());
  if (status != RESPUB_OK)
    return status;
  sub->holds = false;
  respub__queue_let_go(&sub->queue, sub->held_topic);
  return RESPUB_OK;
}

/* Lock held on entry. With a queue of its own, who reads puts what is held there. */
static bool take_held_locked(respub_subscriber *sub, respub_event *event, respub__topic **topic) {
  if (respub__subscriber_queues(sub) || !sub->holds || !respub__queue_is_empty(&sub->queue))
    return false;
  *event = sub->held;
  *topic = sub->held_topic;
  sub->holds = false;
  return true;
}

bool respub__take_kept_locked(respub_subscriber *sub, respub_event *event, respub__topic **topic) {
  return respub__queue_take(&sub->queue, event, topic) || take_held_locked(sub, event, topic);
}

bool respub__dispatch_kept_locked(respub_subscriber *sub) {
  respub_event event;
  respub__topic *topic;
  /* Before the look at the queue: whoever waits after that look must not have let go of the lock
   * since. */
  respub__release_ended_locked(sub);
  if (respub__subscriber_should_leave(sub) || !respub__take_kept_locked(sub, &event, &topic))
    return false;
  respub__monitor_notify(&sub->monitor);
  if (topic != NULL)
    respub__dispatch_message_locked(sub, &event, topic);
  else
    respub__dispatch_other_locked(sub, &event);
  respub__queue_let_go(&sub->queue, topic);
  return true;
}

void respub__dispatch_all_kept_locked(respub_subscriber *sub) {
  while (respub__has_kept(sub) && !respub__subscriber_should_leave(sub)) {
    if (!respub__dispatch_kept_locked(sub) && respub__has_kept(sub))
      (void)respub__monitor_wait(&sub->monitor, respub__clock_ms() + RESPUB__NO_MEMORY_MS);
  }
}
