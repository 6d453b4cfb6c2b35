/* Calls that wait: who leads, who parks, who is rung. */
#include "pubsub/publisher.h"

#include "net/clock.h"
#include "net/fork.h"

#include <sched.h>

static void lock(respub_publisher *pub) {
  (void)pthread_mutex_lock(&pub->lock);
}

/* ------------------------------------------------------------------------------------------------
 * Ringing */

static bool is_ready(const respub_publisher *pub, const respub__waiter *w) {
  if (w->ready)
    return true;
  switch (w->what) {
  case RESPUB__WAIT_FOR_RESULTS:
    return w->call.left == 0;
  case RESPUB__WAIT_FOR_FLUSH:
    return pub->pipe.head >= w->number && !pub->telling;
  case RESPUB__WAIT_FOR_ROOM:
    return pub->pipe.bytes + w->number <= pub->options.inflight_bytes;
  case RESPUB__WAIT_FOR_CONNECTION:
    return pub->live || pub->connect_failures > w->number;
  }
  return true;
}

/* Lock held on entry. */
static void ring_locked(respub_publisher *pub, respub__waiter *w) {
  if (!w->parked || w->ringing)
    return;
  w->ringing = true;
  w->next_ring = pub->to_ring;
  pub->to_ring = w;
}

void respub__publisher_watch_locked(respub_publisher *pub) {
  if (pub->watchers == 0)
    return;
  for (respub__waiter *w = pub->first_parked; w != NULL; w = w->next) {
    if (w->what != RESPUB__WAIT_FOR_RESULTS && is_ready(pub, w)) {
      w->ready = true;
      ring_locked(pub, w);
    }
  }
}

void respub__publisher_unlock(respub_publisher *pub) {
  for (; pub->pipe.finished != NULL; pub->pipe.finished = pub->pipe.finished->next_finished)
    ring_locked(pub, (respub__waiter *)pub->pipe.finished);
  respub__publisher_watch_locked(pub);
  respub__waiter *w = pub->to_ring;
  pub->to_ring = NULL;
  (void)pthread_mutex_unlock(&pub->lock);
  while (w != NULL) {
    respub__waiter *next = w->next_ring; /* a rung waiter may be gone at once */
    respub__parker_ring(&w->parker);
    w = next;
  }
}

/* Lock held on entry. Somebody who sleeps is to lead, because nobody does: the one who came last,
 * who is likely to be the last to go, so that leadership changes hands rarely. */
static void hand_on_locked(respub_publisher *pub) {
  if (pub->leading || pub->nominated != NULL)
    return;
  respub__waiter *w = pub->last_parked;
  while (w != NULL && w->ringing)
    w = w->previous;
  if (w == NULL)
    return;
  pub->nominated = w;
  ring_locked(pub, w);
}

/* Lock held on entry. */
static void stop_leading_locked(respub_publisher *pub) {
  pub->leading = false;
  hand_on_locked(pub);
}

/* ------------------------------------------------------------------------------------------------
 * Calls */

respub_status respub__publisher_enter(respub_publisher *pub) {
  if (pub->fork_generation != respub__fork_generation())
    return RESPUB_EFORKED;
  lock(pub);
  if (!pub->closing) {
    pub->users++;
    return RESPUB_OK;
  }
  respub__publisher_unlock(pub);
  return RESPUB_ECLOSED;
}

void respub__publisher_leave_locked(respub_publisher *pub) {
  hand_on_locked(pub);
  pub->users--;
  bool last = pub->closing && pub->users == 0;
  bool finish = last && pub->close_deferred;
  if (last)
    (void)pthread_cond_broadcast(&pub->calm);
  respub__publisher_unlock(pub);
  if (finish)
    respub__publisher_finish(pub);
}

void respub__publisher_calm_locked(respub_publisher *pub) {
  while (pub->busy)
    (void)pthread_cond_wait(&pub->calm, &pub->lock);
}

void respub__publisher_ring_all_locked(respub_publisher *pub) {
  respub__wake_ring(&pub->wake);
  for (respub__waiter *w = pub->first_parked; w != NULL; w = w->next)
    ring_locked(pub, w);
}

/* ------------------------------------------------------------------------------------------------
 * Parking */

/* Lock held on entry. */
static void list_locked(respub_publisher *pub, respub__waiter *w) {
  w->previous = pub->last_parked;
  w->next = NULL;
  if (pub->last_parked != NULL)
    pub->last_parked->next = w;
  else
    pub->first_parked = w;
  pub->last_parked = w;
  pub->watchers += w->what != RESPUB__WAIT_FOR_RESULTS;
  w->parked = true;
  w->call.told = true;
}

/* Lock held on entry. */
static void unlist_locked(respub_publisher *pub, respub__waiter *w) {
  if (w->previous != NULL)
    w->previous->next = w->next;
  else
    pub->first_parked = w->next;
  if (w->next != NULL)
    w->next->previous = w->previous;
  else
    pub->last_parked = w->previous;
  pub->watchers -= w->what != RESPUB__WAIT_FOR_RESULTS;
  if (pub->nominated == w)
    pub->nominated = NULL;
  w->parked = w->ringing = false;
  w->call.told = false;
}

/* Lock held on entry. Sleeps until rung or until the deadline. */
static void park_locked(respub_publisher *pub, respub__waiter *w) {
  if (!w->has_parker && respub__parker_init(&w->parker) != RESPUB_OK) {
    respub__publisher_unlock(pub);
    (void)sched_yield(); /* slow, but no call fails for want of a place to sleep */
    lock(pub);
    return;
  }
  w->has_parker = true;
  list_locked(pub, w);
  respub__publisher_unlock(pub);
  bool rung = respub__parker_wait(&w->parker, w->deadline_ms);
  lock(pub);
  if (!rung && w->ringing) {
    /* Who rings needs no lock any more, but must not find the parker gone. */
    (void)pthread_mutex_unlock(&pub->lock);
    (void)respub__parker_wait(&w->parker, RESPUB_NEVER);
    lock(pub);
  }
  unlist_locked(pub, w);
}

/* ------------------------------------------------------------------------------------------------
 * Leading */

static int64_t earliest(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* Lock held on entry. The leader waits for the socket, a ring, or the deadline. True: the socket
 * may be readable. */
static bool poll_locked(respub_publisher *pub, int64_t deadline_ms) {
  struct pollfd fds[] = {{respub__link_fd(&pub->link), respub__link_events(&pub->link), 0},
                         {pub->wake.read_fd, POLLIN, 0}};
  deadline_ms = earliest(deadline_ms, respub__link_deadline_ms(&pub->link));
  deadline_ms = earliest(deadline_ms, respub__pipeline_expiry_ms(&pub->pipe));
  pub->polling = true;
  respub__publisher_unlock(pub);
  respub_status status = respub__wait(fds, 2, deadline_ms);
  if (fds[1].revents != 0)
    respub__wake_drain(&pub->wake);
  lock(pub);
  pub->polling = false;
  respub__publisher_calm_locked(pub);
  return status == RESPUB_EIO || (fds[0].revents & ~POLLOUT) != 0;
}

/* Lock held on entry. Leads until w is ready or gives up, or a callback is to be run: a leader must
 * not be kept from leading by user code. Returns the time. */
static int64_t lead_locked(respub_publisher *pub, respub__waiter *w, int64_t now_ms) {
  pub->leading = true;
  bool readable = false;
  for (;;) {
    respub__publisher_work_locked(pub, now_ms, readable);
    if (is_ready(pub, w) || pub->closing || respub__publisher_deliverable_locked(pub) ||
        now_ms >= w->deadline_ms)
      break;
    readable = poll_locked(pub, w->deadline_ms);
    now_ms = respub__clock_ms();
  }
  stop_leading_locked(pub);
  return now_ms;
}

/* Lock held on entry. Another thread leads: what has gathered is written without waiting for it. */
static void write_beside_leader_locked(respub_publisher *pub) {
  if (!pub->polling || pub->busy || !pub->live || pub->broken.status != RESPUB_OK ||
      !respub__pipeline_waits(&pub->pipe) || respub_conn_unsent(pub->link.conn) > 0)
    return;
  respub__publisher_write_locked(pub);
  if (pub->broken.status != RESPUB_OK || respub_conn_unsent(pub->link.conn) > 0)
    respub__wake_ring(&pub->wake);
}

void respub__publisher_help_locked(respub_publisher *pub, int64_t now_ms, bool readable) {
  if (pub->leading) {
    write_beside_leader_locked(pub);
    return;
  }
  pub->leading = true;
  respub__publisher_work_locked(pub, now_ms, readable);
  stop_leading_locked(pub);
}

respub_status respub__publisher_wait_locked(respub_publisher *pub, respub__waiter *w,
                                            int64_t now_ms) {
  respub_status status = RESPUB_AGAIN;
  while (status == RESPUB_AGAIN) {
    if (!pub->leading) {
      now_ms = lead_locked(pub, w, now_ms);
    } else {
      write_beside_leader_locked(pub);
      if (!is_ready(pub, w) && !pub->closing)
        park_locked(pub, w);
      now_ms = respub__clock_ms();
    }
    respub__publisher_deliver_locked(pub);
    if (is_ready(pub, w))
      status = RESPUB_OK;
    else if (pub->closing)
      status = RESPUB_ECLOSED;
    else if (now_ms >= w->deadline_ms)
      status = RESPUB_TIMEOUT;
  }
  return status;
}

void respub__waiter_init(respub__waiter *w, respub__wait_for what, uint64_t number,
                         int64_t deadline_ms) {
  w->call = (respub__call){.status = RESPUB_OK};
  w->what = what;
  w->number = number;
  w->deadline_ms = deadline_ms;
  w->parked = w->ringing = w->ready = w->has_parker = false;
}

void respub__waiter_end(respub__waiter *w) {
  if (w->has_parker)
    respub__parker_destroy(&w->parker);
}
