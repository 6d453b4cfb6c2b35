/* Calls that wait: who leads, who parks, who is rung.
 *
 * While the connection is up, those who park sleep without a deadline of their own, which is
 * cheaper: the leader rings those whose time is over. While it is away, where a leader may be kept
 * by name resolution or by a handler of events, each looks at the clock itself, and `calm` wakes
 * all. */
#include "net/fork.h"
#include "pubsub/publisher_gate.h"

enum {
  TURNS_BEFORE_SLEEP = 10,
  TURNS_UNTIMED = 2,   /* by then many are rung, and spare the clock */
  TIMED_ONE_IN = 4,    /* but some waits look at it from the first turn on */
  LONG_TURNS_US = 500, /* a few tens are usual */
  WAITS_WITHOUT_TURNS = 2000
};

static int64_t earliest(int64_t a, int64_t b) {
  return a < b ? a : b;
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
static void list_locked(respub_publisher *pub, respub__waiter *w) {
  w->previous = pub->last_parked;
  w->next = NULL;
  if (pub->last_parked != NULL)
    pub->last_parked->next = w;
  else
    pub->first_parked = w;
  pub->last_parked = w;
  pub->watchers += w->what != RESPUB__WAIT_FOR_RESULTS;
  w->call.told = true;
}

/* Lock held on entry. Takes a parked one off the list; the next unlock wakes it. */
static void ring_locked(respub_publisher *pub, respub__waiter *w) {
  if (w->previous != NULL)
    w->previous->next = w->next;
  else
    pub->first_parked = w->next;
  if (w->next != NULL)
    w->next->previous = w->previous;
  else
    pub->last_parked = w->previous;
  pub->watchers -= w->what != RESPUB__WAIT_FOR_RESULTS;
  w->call.told = false;
  w->next = pub->to_ring;
  pub->to_ring = w;
}

/* Lock held on entry. A parked call has all its results: it ends here, so that its thread need not
 * take the lock to leave. */
static void release_finished_locked(respub_publisher *pub) {
  while (pub->pipe.finished != NULL) {
    respub__call *call = pub->pipe.finished;
    pub->pipe.finished = call->next_finished;
    respub__waiter *w = (respub__waiter *)call;
    w->released = w->what == RESPUB__WAIT_FOR_RESULTS;
    pub->users -= w->released;
    ring_locked(pub, w);
  }
}

void respub__publisher_watch_locked(respub_publisher *pub) {
  respub__waiter *next;
  release_finished_locked(pub);
  if (pub->polling && pub->leader != NULL && is_ready(pub, pub->leader))
    respub__wake_ring(&pub->wake);
  for (respub__waiter *w = pub->watchers > 0 ? pub->first_parked : NULL; w != NULL; w = next) {
    next = w->next;
    if (w->what == RESPUB__WAIT_FOR_RESULTS || !is_ready(pub, w))
      continue;
    w->ready = true;
    ring_locked(pub, w);
  }
}

void respub__publisher_ring_all_locked(respub_publisher *pub) {
  release_finished_locked(pub);
  while (pub->first_parked != NULL)
    ring_locked(pub, pub->first_parked);
}

/* Lock held on entry. */
static void ring_late_locked(respub_publisher *pub, int64_t now_ms) {
  if (now_ms < pub->parked_until_ms)
    return;
  release_finished_locked(pub);
  pub->parked_until_ms = RESPUB_NEVER;
  respub__waiter *next;
  for (respub__waiter *w = pub->first_parked; w != NULL; w = next) {
    next = w->next;
    if (w->deadline_ms <= now_ms)
      ring_locked(pub, w);
    else
      pub->parked_until_ms = earliest(pub->parked_until_ms, w->deadline_ms);
  }
}

void respub__publisher_unlock(respub_publisher *pub) {
  respub__publisher_watch_locked(pub);
  if (pub->clock_watchers > 0)
    respub__cond_broadcast(&pub->calm);
  respub__waiter *w = pub->to_ring;
  pub->to_ring = NULL;
  respub__mutex_unlock(&pub->lock);
  while (w != NULL) {
    respub__waiter *next = w->next; /* a rung waiter may be gone at once */
    respub__parker_ring(&w->parker);
    w = next;
  }
}

/* Lock held on entry. Somebody who sleeps is to lead, because nobody does: the one who came last,
 * who is likely to be the last to go, so that leadership changes hands rarely. */
static void hand_on_locked(respub_publisher *pub) {
  if (pub->leading || pub->nominated)
    return;
  release_finished_locked(pub);
  if (pub->last_parked == NULL)
    return;
  pub->nominated = true;
  pub->last_parked->nominated = true;
  ring_locked(pub, pub->last_parked);
}

/* Lock held on entry. An event loop may have to poll for something else now, and the leader may
 * have heard rings that were meant for it. */
static void stop_leading_locked(respub_publisher *pub) {
  pub->leading = false;
  pub->leader = NULL;
  if (pub->looped)
    respub__wake_ring(&pub->wake);
  hand_on_locked(pub);
}

/* ------------------------------------------------------------------------------------------------
 * Calls */

respub_status respub__publisher_begin(respub_publisher *pub) {
  if (pub->fork_generation != respub__fork_generation())
    return RESPUB_EFORKED;
  respub__publisher_lock(pub);
  pub->users++;
  respub__gate_shut_locked(pub);
  return RESPUB_OK;
}

respub_status respub__publisher_enter(respub_publisher *pub) {
  respub_status status = respub__publisher_begin(pub);
  if (status != RESPUB_OK || !pub->closing)
    return status;
  respub__publisher_leave_locked(pub);
  return RESPUB_ECLOSED;
}

void respub__publisher_leave_locked(respub_publisher *pub) {
  hand_on_locked(pub);
  pub->users--;
  respub__gate_open_locked(pub);
  bool finish = pub->close_deferred && pub->users == 0 && !pub->ending;
  if (pub->closing)
    respub__cond_broadcast(&pub->calm);
  respub__publisher_unlock(pub);
  if (finish)
    respub__publisher_finish(pub);
}

void respub__publisher_calm_locked(respub_publisher *pub) {
  while (pub->busy)
    (void)respub__cond_wait(&pub->calm, &pub->lock, RESPUB_NEVER);
}

/* ------------------------------------------------------------------------------------------------
 * Parking */

/* So many waits are still to go without turns. How busy the cores are is the same for all
 * publishers, and who has been rung may not touch its own any more. */
static atomic_uint without_turns;

bool respub__publisher_turns_pay(void) {
  return atomic_load_explicit(&without_turns, memory_order_relaxed) == 0;
}

/* To fall asleep and to be woken, on another core perhaps, costs more than to let other threads run
 * a few times, in which the replies of a server nearby come; a ring that finds nobody asleep needs
 * no system call. But where others compute a turn takes milliseconds, and who sleeps comes back
 * sooner: one such turn, and all sleep for a while. */
static void take_turns(respub__waiter *w, int64_t (*clock_us)(void), bool timed) {
  int64_t until_us = timed ? clock_us() + LONG_TURNS_US : 0;
  bool rung = respub__parker_try(&w->parker), late = false;
  for (int turn = 0; !rung && !late && turn < TURNS_BEFORE_SLEEP; turn++) {
    if (turn == TURNS_UNTIMED && until_us == 0)
      until_us = clock_us() + LONG_TURNS_US;
    respub__thread_yield();
    rung = respub__parker_try(&w->parker);
    late = until_us > 0 && clock_us() >= until_us;
  }
  if (late)
    atomic_store_explicit(&without_turns, WAITS_WITHOUT_TURNS, memory_order_relaxed);
  if (!rung)
    respub__parker_wait(&w->parker);
}

/* The publisher may be gone on return when w has been released. */
static void await_ring(respub__waiter *w, int64_t (*clock_us)(void), bool timed) {
  unsigned without = atomic_load_explicit(&without_turns, memory_order_relaxed);
  if (without == 0) {
    take_turns(w, clock_us, timed);
    return;
  }
  atomic_store_explicit(&without_turns, without - 1, memory_order_relaxed);
  respub__parker_wait(&w->parker);
}

/* Lock held on entry, and on return unless w has been released. Sleeps until rung. */
static void park_locked(respub_publisher *pub, respub__waiter *w) {
  if (!w->has_parker && respub__parker_init(&w->parker) != RESPUB_OK) {
    respub__publisher_unlock(pub);
    respub__thread_yield(); /* slow, but no call fails for want of a place to sleep */
    respub__publisher_lock(pub);
    return;
  }
  w->has_parker = true;
  list_locked(pub, w);
  pub->parked_until_ms = earliest(pub->parked_until_ms, w->deadline_ms);
  if (pub->polling && w->deadline_ms < pub->polling_until_ms)
    respub__wake_ring(&pub->wake);
  bool timed = pub->parks++ % TIMED_ONE_IN == 0;
  int64_t (*clock_us)(void) = pub->clock_us;
  respub__publisher_unlock(pub);
  await_ring(w, clock_us, timed);
  if (w->released)
    return;
  respub__publisher_lock(pub);
  if (w->nominated)
    w->nominated = pub->nominated = false;
}

/* Lock held on entry. Sleeps until something has changed or the deadline. */
static void watch_clock_locked(respub_publisher *pub, const respub__waiter *w) {
  respub__publisher_unlock(pub);
  respub__publisher_lock(pub);
  if (pub->keeps_time || !pub->leading || pub->closing || is_ready(pub, w))
    return;
  pub->clock_watchers++;
  (void)respub__cond_wait(&pub->calm, &pub->lock, w->deadline_ms);
  pub->clock_watchers--;
}

/* ------------------------------------------------------------------------------------------------
 * Leading */

/* Lock held on entry. The leader waits for the socket, a ring, or a deadline. True: the socket may
 * be readable. */
static bool poll_locked(respub_publisher *pub, int64_t deadline_ms) {
  struct pollfd fds[] = {{respub__link_fd(&pub->link), respub__link_events(&pub->link), 0},
                         {pub->wake.read_fd, POLLIN, 0}};
  deadline_ms = earliest(deadline_ms, pub->parked_until_ms);
  deadline_ms = earliest(deadline_ms, respub__link_deadline_ms(&pub->link));
  deadline_ms = earliest(deadline_ms, respub__pipeline_expiry_ms(&pub->pipe));
  pub->polling = true;
  pub->polling_until_ms = deadline_ms;
  respub__publisher_unlock(pub);
  respub_status status = respub__wait(fds, 2, deadline_ms);
  if (fds[1].revents != 0)
    respub__wake_drain(&pub->wake);
  respub__publisher_lock(pub);
  pub->polling = false;
  respub__publisher_calm_locked(pub);
  return status == RESPUB_EIO || (fds[0].revents & ~POLLOUT) != 0;
}

/* Lock held on entry. Leads until w is ready or gives up, or a callback is to be run: a leader must
 * not be kept from leading by user code. Returns the time. */
static int64_t lead_locked(respub_publisher *pub, const respub__waiter *w, int64_t now_ms) {
  pub->leading = true;
  pub->leader = w;
  bool readable = false;
  for (;;) {
    respub__publisher_work_locked(pub, now_ms, readable);
    ring_late_locked(pub, now_ms);
    if (is_ready(pub, w) || pub->closing || respub__publisher_deliverable_locked(pub) ||
        now_ms >= w->deadline_ms)
      break;
    readable = poll_locked(pub, w->deadline_ms);
    now_ms = respub__publisher_now_ms(pub);
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

/* Lock held on entry, and on return unless w has been released. Another thread leads. */
static void follow_locked(respub_publisher *pub, respub__waiter *w) {
  write_beside_leader_locked(pub);
  if (!pub->leading || is_ready(pub, w) || pub->closing)
    return;
  if (pub->keeps_time)
    park_locked(pub, w);
  else
    watch_clock_locked(pub, w);
}

respub_status respub__publisher_wait_locked(respub_publisher *pub, respub__waiter *w,
                                            int64_t now_ms) {
  for (;;) {
    if (!pub->leading) {
      now_ms = lead_locked(pub, w, now_ms);
    } else {
      follow_locked(pub, w);
      if (w->released)
        return RESPUB_OK;
      now_ms = respub__publisher_now_ms(pub);
    }
    respub__publisher_deliver_locked(pub);
    if (is_ready(pub, w))
      return RESPUB_OK;
    if (pub->closing)
      return RESPUB_ECLOSED;
    if (now_ms >= w->deadline_ms)
      return RESPUB_TIMEOUT;
  }
}

void respub__waiter_init(respub__waiter *w, respub__wait_for what, uint64_t number,
                         int64_t deadline_ms) {
  w->call = (respub__call){.status = RESPUB_OK};
  w->what = what;
  w->number = number;
  w->deadline_ms = deadline_ms;
  w->ready = w->nominated = w->released = w->has_parker = false;
}

void respub__waiter_end(respub__waiter *w) {
  if (w->has_parker)
    respub__parker_destroy(&w->parker);
}
