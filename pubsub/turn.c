/* Reading: turns of the engine, and the sleep between them. */
#include "net/clock.h"
#include "net/inline.h"
#include "pubsub/subscriber.h"

/* The clock is read anew after so many events; see heartbeat.h for why a late one does no harm. */
enum {
  EVENTS_A_CLOCK = 64,
  EVENTS_A_STEP = 64 * EVENTS_A_CLOCK
};

/* -- */

/* Lock held on entry. */
static inline void count_message_locked(respub_subscriber *sub, const respub_event *event) {
  sub->stats.messages++;
  sub->stats.payload_bytes += event->payload.len;
}

/* Lock held on entry. Notes what an event other than a message says, and puts it as the user is to
 * see it: people want the time of day, the session knows only the monotonic clock. */
static void finish_event_locked(respub_subscriber *sub, respub_event *event) {
  if (event->type == RESPUB_EVENT_DISCONNECTED || event->type == RESPUB_EVENT_CONNECT_FAILED)
    sub->stats.last_error = sub->engine.link.error;
  if (event->type != RESPUB_EVENT_GAP)
    return;
  int64_t offset_ms = respub__wall_ms() - respub__clock_ms();
  event->from_ms += offset_ms;
  event->to_ms += offset_ms;
}

/* Lock held on entry. Waits until the queue has room for what is held, which stays so at a stop.
 * Nothing is read meanwhile, so silence says nothing about the peer. */
static void place_held_locked(respub_subscriber *sub) {
  respub__heartbeat *heartbeat = &sub->engine.session.heartbeat;
  respub_status status = respub__keep_held_locked(sub);
  while (status != RESPUB_OK && !respub__subscriber_should_leave(sub)) {
    respub__heartbeat_pause(heartbeat);
    respub__monitor_notify(&sub->monitor);
    /* Nobody will say when there is memory. */
    (void)respub__monitor_wait(&sub->monitor, status == RESPUB_ENOMEM
                                                  ? respub__clock_ms() + RESPUB__NO_MEMORY_MS
                                                  : RESPUB_NEVER);
    status = respub__keep_held_locked(sub);
  }
  respub__heartbeat_resume(heartbeat, respub__clock_ms());
}

/* Lock held on entry. */
RESPUB__APART static void enqueue_locked(respub_subscriber *sub, const respub_event *event,
                                         respub__topic *topic) {
  if (respub__keep_locked(sub, event, topic) != RESPUB_OK)
    place_held_locked(sub);
  respub__monitor_notify(&sub->monitor);
}

/* Lock held on entry. */
static inline void hand_message_locked(respub_subscriber *sub, respub_event *event,
                                       respub__topic *topic) {
  count_message_locked(sub, event);
  if (respub__subscriber_queues(sub))
    enqueue_locked(sub, event, topic);
  else
    respub__dispatch_message_locked(sub, event, topic);
}

/* Lock held on entry. Leaves the event blank. */
RESPUB__APART static void hand_other_locked(respub_subscriber *sub, respub_event *event) {
  finish_event_locked(sub, event);
  if (respub__subscriber_queues(sub))
    enqueue_locked(sub, event, NULL);
  else
    respub__dispatch_other_locked(sub, event);
  *event = (respub_event){.type = RESPUB_EVENT_MESSAGE};
}

/* Lock held on entry. Connects and goes on with connecting, without the lock: the program may be
 * asked for credentials. */
static void connect_locked(respub_subscriber *sub) {
  respub__engine *e = &sub->engine;
  if (respub__link_is_live(&e->link))
    return;
  if (e->link.life.state == RESPUB__LIFE_IDLE)
    respub__lifecycle_start(&e->link.life);
  respub__monitor_leave(&sub->monitor);
  respub__link_result result = respub__engine_connect(e, respub__clock_ms());
  respub__monitor_enter(&sub->monitor);
  respub__engine_connected(e, respub__clock_ms(), result);
}

/* Lock held on entry. */
static void count_bytes_locked(respub_subscriber *sub) {
  sub->stats.bytes_in = respub__link_bytes_in(&sub->engine.link);
  sub->stats.bytes_out = respub__link_bytes_out(&sub->engine.link);
}

/* Lock held on entry. */
static void end_turn_locked(respub_subscriber *sub) {
  count_bytes_locked(sub);
  if (!respub__subscriber_queues(sub))
    respub__release_ended_locked(sub);
  if (sub->callers > 0)
    respub__monitor_notify(&sub->monitor);
}

/* Lock held on entry. For spin_us after an event who reads does not sleep: a message that comes
 * then costs no wake-up. */
static void stay_awake_locked(respub_subscriber *sub) {
  if (sub->options.spin_us > 0)
    sub->awake_until_us = respub__clock_us() + sub->options.spin_us;
}

bool respub__turn_locked(respub_subscriber *sub) {
  respub_event event = {.type = RESPUB_EVENT_MESSAGE};
  respub__topic *topic = NULL;
  connect_locked(sub);
  int64_t now_ms = respub__clock_ms();
  respub__engine_send(&sub->engine, now_ms);
  unsigned events = 0;
  while (!respub__subscriber_should_leave(sub)) {
    if (respub__engine_next(&sub->engine, now_ms, &event, &topic) != RESPUB_OK)
      break;
    if (event.type == RESPUB_EVENT_MESSAGE)
      hand_message_locked(sub, &event, topic);
    else
      hand_other_locked(sub, &event);
    respub__monitor_give_way(&sub->monitor);
    if (++events % EVENTS_A_CLOCK != 0)
      continue;
    if (events == EVENTS_A_STEP)
      break;
    now_ms = respub__clock_ms();
  }
  sub->more = events == EVENTS_A_STEP || respub__subscriber_should_leave(sub);
  if (events > 0)
    stay_awake_locked(sub);
  end_turn_locked(sub);
  return events == 0;
}

respub_status respub__pull_locked(respub_subscriber *sub, respub_event *event,
                                  respub__topic **topic) {
  *topic = NULL;
  int64_t now_ms = respub__clock_ms();
  *event = (respub_event){.type = RESPUB_EVENT_MESSAGE};
  if (respub__engine_next(&sub->engine, now_ms, event, topic) != RESPUB_OK) {
    connect_locked(sub);
    now_ms = respub__clock_ms();
    if (respub__engine_next(&sub->engine, now_ms, event, topic) != RESPUB_OK) {
      end_turn_locked(sub);
      return RESPUB_AGAIN;
    }
  }
  if (event->type == RESPUB_EVENT_MESSAGE)
    count_message_locked(sub, event);
  else
    finish_event_locked(sub, event);
  count_bytes_locked(sub);
  stay_awake_locked(sub);
  sub->more = true;
  return RESPUB_OK;
}

/* -- */

/* Lock held on entry. */
static bool is_awake_locked(const respub_subscriber *sub) {
  return sub->options.spin_us > 0 && respub__clock_us() < sub->awake_until_us;
}

void respub__sleep_locked(respub_subscriber *sub, int64_t deadline_ms) {
  if (respub__engine_has_work(&sub->engine))
    return;
  if (is_awake_locked(sub)) {
    respub__monitor_give_way(&sub->monitor);
    return;
  }
  int64_t engine_ms = respub__engine_deadline_ms(&sub->engine);
  if (engine_ms < deadline_ms)
    deadline_ms = engine_ms;
  struct pollfd fds[2] = {
      {.fd = sub->wake.read_fd, .events = POLLIN},
      {.fd = respub__link_fd(&sub->engine.link), .events = respub__link_events(&sub->engine.link)}};
  sub->sleeping = true;
  respub__monitor_leave(&sub->monitor);
  /* A failure of poll itself (no memory in the kernel) shows as readiness: the turn that follows
   * looks. */
  (void)!respub__wait(fds, 2, deadline_ms);
  if (fds[0].revents != 0)
    respub__drain_rings(sub);
  respub__monitor_enter(&sub->monitor);
  sub->sleeping = false;
}

void respub__notify_locked(respub_subscriber *sub) {
  if (sub->sleeping || sub->way == RESPUB__WAY_LOOP)
    respub__ring_reader(sub);
  sub->sleeping = false;
  respub__monitor_notify(&sub->monitor);
}

void respub__read_until_left_locked(respub_subscriber *sub) {
  if (respub__subscriber_queues(sub))
    place_held_locked(sub);
  else if (RESPUB_QUEUES)
    respub__dispatch_all_kept_locked(sub);
  while (!respub__subscriber_should_leave(sub)) {
    bool idle = respub__turn_locked(sub);
    if (idle && !respub__subscriber_should_leave(sub))
      respub__sleep_locked(sub, RESPUB_NEVER);
  }
}
