/* A subscriber in somebody else's event loop. */
#include "net/clock.h"
#include "pubsub/subscriber.h"

#include <limits.h>

size_t respub_subscriber_fds(respub_subscriber *sub, struct pollfd *fds) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return 0;
  size_t n = 0;
  respub__lock(sub);
  fds[n++] = (struct pollfd){.fd = sub->wake.read_fd, .events = POLLIN};
  int fd = respub__link_fd(&sub->engine.link);
  if (fd >= 0)
    fds[n++] = (struct pollfd){.fd = fd, .events = respub__link_events(&sub->engine.link)};
  pthread_mutex_unlock(&sub->lock);
  return n;
}

/* Lock held on entry. */
static int64_t deadline_locked(const respub_subscriber *sub) {
  const respub__engine *e = &sub->engine;
  bool work = sub->more || respub__engine_has_work(e) || e->link.life.state == RESPUB__LIFE_IDLE;
  return work ? 0 : respub__engine_deadline_ms(e);
}

int respub_subscriber_timeout_ms(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return -1;
  respub__lock(sub);
  int64_t deadline_ms = deadline_locked(sub);
  pthread_mutex_unlock(&sub->lock);
  if (deadline_ms == RESPUB_NEVER)
    return -1;
  int64_t left_ms = deadline_ms - respub__clock_ms();
  if (left_ms <= 0)
    return 0;
  return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

respub_status respub_subscriber_step(respub_subscriber *sub) {
  if (respub__check_fork(sub) != RESPUB_OK)
    return RESPUB_EFORKED;
  if (respub__subscriber_queues(sub))
    return RESPUB_ESTATE;
  respub__lock(sub);
  respub_status status = respub__enter_locked(sub, RESPUB__WAY_LOOP);
  if (status != RESPUB_OK) {
    pthread_mutex_unlock(&sub->lock);
    return status;
  }
  respub__wake_drain(&sub->wake);
  (void)respub__turn_locked(sub);
  return respub__leave_locked(sub, RESPUB_OK);
}
