/* A publisher in the application's event loop. */
#include "pubsub/publisher.h"

#include <limits.h>

/* Lock held on entry. True when step has something to do whatever the descriptors say. */
static bool is_due_locked(const respub_publisher *pub) {
  if (respub__publisher_deliverable_locked(pub) || pub->broken.status != RESPUB_OK)
    return true;
  return pub->live && !pub->busy && respub__pipeline_waits(&pub->pipe) &&
         respub_conn_unsent(pub->link.conn) == 0;
}

size_t respub_publisher_fds(respub_publisher *pub, struct pollfd *fds) {
  if (respub__publisher_enter(pub) != RESPUB_OK)
    return 0;
  size_t n = 0;
  fds[n++] = (struct pollfd){pub->wake.read_fd, POLLIN, 0};
  respub__publisher_calm_locked(pub);
  if (respub__link_fd(&pub->link) >= 0)
    fds[n++] = (struct pollfd){respub__link_fd(&pub->link), respub__link_events(&pub->link), 0};
  pub->armed = pub->looped = true;
  respub__publisher_leave_locked(pub);
  return n;
}

static int left_ms(int64_t deadline_ms, int64_t now_ms) {
  if (deadline_ms == RESPUB_NEVER)
    return -1;
  if (deadline_ms <= now_ms)
    return 0;
  int64_t left = deadline_ms - now_ms;
  return left > INT_MAX ? INT_MAX : (int)left;
}

int respub_publisher_timeout_ms(respub_publisher *pub) {
  if (respub__publisher_enter(pub) != RESPUB_OK)
    return -1;
  respub__publisher_calm_locked(pub);
  int64_t deadline_ms = respub__link_deadline_ms(&pub->link);
  int64_t expiry_ms = respub__pipeline_expiry_ms(&pub->pipe);
  if (expiry_ms < deadline_ms)
    deadline_ms = expiry_ms;
  if (is_due_locked(pub) || !pub->link_started)
    deadline_ms = 0;
  int left = left_ms(deadline_ms, respub__publisher_now_ms(pub));
  respub__publisher_leave_locked(pub);
  return left;
}

respub_status respub_publisher_step(respub_publisher *pub) {
  respub_status status = respub__publisher_enter(pub);
  if (status != RESPUB_OK)
    return status;
  if (pub->leading || respub__publisher_in_callback_locked(pub)) {
    respub__publisher_leave_locked(pub);
    return RESPUB_ESTATE;
  }
  pub->armed = pub->looped = false;
  respub__wake_drain(&pub->wake);
  respub__publisher_help_locked(pub, respub__publisher_now_ms(pub), true);
  respub__publisher_deliver_locked(pub);
  respub__publisher_leave_locked(pub);
  return RESPUB_OK;
}
