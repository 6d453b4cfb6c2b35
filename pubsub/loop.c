/* A subscriber in somebody else's event loop. */
#include "net/clock.h"
#include "pubsub/subscriber.h"

#include <limits.h>

/* Lock held on entry. Whoever drives touches the link without the lock; a loop looks at it between
 * its own steps only. */
static bool is_between_steps_locked(const respub_subscriber *sub) {
  return !sub->entered && (sub->way == RESPUB__WAY_NONE || sub->way == RESPUB__WAY_LOOP);
}

size_t respub_subscriber_fds(respub_subscriber *sub, struct pollfd *fds) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return 0;
  size_t n = 0;
  respub__monitor_enter(&sub->monitor);
  if (RESPUB_THREADS)
    fds[n++] = (struct pollfd){.fd = sub->wake.read_fd, .events = POLLIN};
  int fd = is_between_steps_locked(sub) ? respub__link_fd(&sub->engine.link) : -1;
  if (fd >= 0)
    fds[n++] = (struct pollfd){.fd = fd, .events = respub__link_events(&sub->engine.link)};
  respub__monitor_leave(&sub->monitor);
  return n;
}

/* Lock held on entry. */
static int64_t deadline_locked(const respub_subscriber *sub) {
  const respub__engine *e = &sub->engine;
  bool work = sub->more || respub__has_kept(sub) || respub__engine_has_work(e) ||
              e->link.life.state == RESPUB__LIFE_IDLE;
  return work ? 0 : respub__engine_deadline_ms(e);
}

int respub_subscriber_timeout_ms(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return -1;
  respub__monitor_enter(&sub->monitor);
  int64_t deadline_ms = is_between_steps_locked(sub) ? deadline_locked(sub) : RESPUB_NEVER;
  respub__monitor_leave(&sub->monitor);
  if (deadline_ms == RESPUB_NEVER)
    return -1;
  int64_t left_ms = deadline_ms - respub__clock_ms();
  if (left_ms <= 0)
    return 0;
  return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

/* Lock held on entry. What a flush has kept comes first; without memory for it nothing does. */
static void step_locked(respub_subscriber *sub) {
  while (RESPUB_QUEUES && respub__dispatch_kept_locked(sub))
    continue;
  sub->more = respub__has_kept(sub);
  if (!sub->more)
    (void)respub__turn_locked(sub);
}

respub_status respub_subscriber_step(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  if (respub__subscriber_queues(sub))
    return RESPUB_ESTATE;
  respub__monitor_enter(&sub->monitor);
  /* Not even for the end of the thread that delivered before does this wait. */
  bool taken = respub__is_leaving(sub);
  respub_status status = taken ? RESPUB_ESTATE : respub__enter_locked(sub, RESPUB__WAY_LOOP);
  if (status != RESPUB_OK)
    return respub__depart_locked(sub, status);
  respub__drain_rings(sub);
  step_locked(sub);
  return respub__leave_locked(sub, RESPUB_OK);
}
