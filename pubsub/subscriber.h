/* subscriber.h - the inside of a subscriber, shared by the files that make it up.
 *
 * Two roles. Who reads (turns the engine) alone touches the link. Who delivers alone runs handlers,
 * or takes events with next. Without a queue both are one: the thread of start, or the caller of
 * run, next, flush or step. With a queue a reading thread of the library's fills it, and the
 * deliverer is a second thread of start or a caller.
 *
 * The lock guards everything below but the link. It is never held while a handler or released
 * function runs, while credentials are asked for, or while anybody waits. */
#ifndef RESPUB_PUBSUB_SUBSCRIBER_H
#define RESPUB_PUBSUB_SUBSCRIBER_H

#include "net/fork.h"
#include "net/pool.h"
#include "net/wait.h"
#include "pubsub/engine.h"
#include "pubsub/handlers.h"
#include "pubsub/monitor.h"
#include "pubsub/pubsub.h"
#include "pubsub/queue.h"

/* Who delivers. */
typedef enum respub__way {
  RESPUB__WAY_NONE,
  RESPUB__WAY_THREAD, /* start */
  RESPUB__WAY_CALLER, /* run, next, flush: as long as they take */
  RESPUB__WAY_LOOP    /* step: for good */
} respub__way;

struct respub_subscriber {
  respub_subscriber_options options;
  respub_allocator alloc;
  unsigned fork_generation;
  respub__monitor monitor; /* the lock, and any change that somebody waits for */
  respub__wake wake;       /* for who reads */
  bool sleeping;           /* who reads waits for descriptors: ring to be heard */
  int64_t awake_until_us;  /* who reads does not sleep before; see spin_us */

  respub__engine engine;
  respub__handlers handlers;
  respub__queue queue; /* with DIRECT, of what a flush has read */
  respub_event held;   /* was read and found no room there; its bytes are where they were read, */
  respub__topic *held_topic; /* because nobody reads before it has gone in */
  bool holds;

  respub__way way;
  respub__thread deliverer; /* with way: which thread */
  bool in_handler;          /* the deliverer runs user code */
  respub__thread reader, dispatcher;
  bool has_reader, has_dispatcher; /* threads that somebody has to join */
  bool joining;                    /* somebody does */
  unsigned joins;                  /* how often somebody has */
  bool delivered_last;             /* the thread that delivers is out of its last handler */
  unsigned callers;                /* threads inside run, next, flush, step, stop */
  bool entered;                    /* one of them delivers */
  bool flushing;                   /* that one is a flush, which only reads */
  unsigned takers;                 /* threads that wait to deliver in its place */
  unsigned entries;                /* how often one came to deliver */
  bool stopping;                   /* who drives is to leave */
  bool stop_pending;               /* a stop that met nobody: for the next run or next */
  bool closing;
  bool close_deferred; /* by a handler: the last one who leaves ends the subscriber */
  bool more;           /* who read last may have left work behind, which no descriptor tells */

  respub_subscriber_stats stats;
};

static inline bool respub__subscriber_queues(const respub_subscriber *sub) {
  return RESPUB_QUEUES && sub->options.delivery != RESPUB_DELIVER_DIRECT;
}

/* Who reads may be asleep. Without threads it is the one who would ring. */
static inline void respub__ring_reader(const respub_subscriber *sub) {
  if (RESPUB_THREADS)
    respub__wake_ring(&sub->wake);
}

static inline void respub__drain_rings(const respub_subscriber *sub) {
  if (RESPUB_THREADS)
    respub__wake_drain(&sub->wake);
}

static inline bool respub__subscriber_should_leave(const respub_subscriber *sub) {
  return sub->stopping || sub->closing;
}

/* The thread that delivers has been told to stop and may still run its last handler. */
static inline bool respub__is_leaving(const respub_subscriber *sub) {
  return sub->way == RESPUB__WAY_THREAD && sub->stopping && !sub->delivered_last && !sub->closing;
}

/* -- delivery (deliver.c) -- */

/* Lock held on entry. True when the calling thread is inside a handler of this subscriber. */
bool respub__in_handler_locked(const respub_subscriber *sub);

/* Lock held on entry. Runs the handlers of a message without the lock. */
void respub__dispatch_message_locked(respub_subscriber *sub, respub_event *event,
                                     const respub__topic *topic);

/* Lock held on entry. Runs what hears of events other than messages, without the lock. */
void respub__dispatch_other_locked(respub_subscriber *sub, respub_event *event);

/* Lock held on entry. Tells the log hook, without the lock, of an event that is about to be
 * delivered. */
void respub__log_event_locked(respub_subscriber *sub, const respub_event *event);

/* Lock held on entry. Calls the released functions that are due, without the lock. */
void respub__release_ended_locked(respub_subscriber *sub);

/* Lock held on entry. Counts an event that was given to the user. */
static inline void respub__count_delivered_locked(respub_subscriber *sub,
                                                  const respub_event *event) {
  if (event->type == RESPUB_EVENT_MESSAGE)
    sub->stats.delivered++;
}

/* -- what is kept (kept.c) -- */

/* Lock held on entry. Puts an event into the queue; when that is EFULL or ENOMEM, holds it. */
RESPUB_MUST_USE respub_status respub__keep_locked(respub_subscriber *sub, const respub_event *event,
                                                  respub__topic *topic);

/* Lock held on entry. Tries again with the event that is held, if any. */
RESPUB_MUST_USE respub_status respub__keep_held_locked(respub_subscriber *sub);

/* Something is kept, or may be. */
static inline bool respub__has_kept(const respub_subscriber *sub) {
  return RESPUB_QUEUES && (sub->holds || sub->queue.ring != NULL);
}

/* Lock held on entry. As respub__queue_take, for all that is kept. */
bool respub__take_kept_locked(respub_subscriber *sub, respub_event *event, respub__topic **topic);

/* Lock held on entry. Hands one event to the handlers. False: there is none, or it is time to
 * leave, or there is no memory; the lock was not released since that was looked at. */
bool respub__dispatch_kept_locked(respub_subscriber *sub);

/* Lock held on entry. With DIRECT: hands what a flush has kept to the handlers, before anything new
 * is read. */
void respub__dispatch_all_kept_locked(respub_subscriber *sub);

/* -- reading (turn.c) -- */

/* Lock held on entry. One turn of the engine: each event goes to the handlers, or into the queue.
 * True when there is nothing more to do now. */
bool respub__turn_locked(respub_subscriber *sub);

/* Lock held on entry. The next event itself instead, for next and flush; its slices live until the
 * engine's next call. AGAIN: none now. */
RESPUB_MUST_USE respub_status respub__pull_locked(respub_subscriber *sub, respub_event *event,
                                                  respub__topic **topic);

/* Lock held on entry. Waits, without the lock, for descriptors, a ring or the deadline; or not at
 * all (spin_us): look again. */
void respub__sleep_locked(respub_subscriber *sub, int64_t deadline_ms);

/* Lock held on entry. Makes who reads look again, and those who wait for a change. */
void respub__notify_locked(respub_subscriber *sub);

/* Lock held on entry. respub__monitor_wait for who waits for the queue to fill. If it is not empty,
 * taking failed for want of memory, and this waits for a moment only. */
bool respub__wait_queue_locked(respub_subscriber *sub, int64_t deadline_ms);
#define RESPUB__NO_MEMORY_MS 10

/* Lock held on entry. Turns until stop or close. */
void respub__read_until_left_locked(respub_subscriber *sub);

/* -- threads and the end (drive.c, close.c) -- */

/* RESPUB_NEVER for a negative timeout. */
int64_t respub__deadline_after(int timeout_ms);

/* Lock held on entry. Starts the reading thread of a queue unless it runs. EIO. */
RESPUB_MUST_USE respub_status respub__start_reader_locked(respub_subscriber *sub);

/* Lock held on entry. Ends both threads, waiting for them; not from one of them. */
void respub__join_threads_locked(respub_subscriber *sub);

/* Lock held on entry. Threads that left because a handler said stop are still to be joined. */
void respub__join_stopped_locked(respub_subscriber *sub);

/* Lock held on entry. To be called before a call enters that may wait: a flush that drives gives
 * its place to it, and a handler that has said stop may take its time to return, which need not be
 * the caller's. OK, TIMEOUT. */
RESPUB_MUST_USE respub_status respub__await_place_locked(respub_subscriber *sub,
                                                         int64_t deadline_ms);

/* Lock held on entry. Enters a call that delivers. ESTATE, ECLOSED; then too it ends with depart.
 */
RESPUB_MUST_USE respub_status respub__enter_locked(respub_subscriber *sub, respub__way way);

/* Lock held on entry, released on return. Leaves it again, as depart. */
respub_status respub__leave_locked(respub_subscriber *sub, respub_status status);

/* Lock held on entry, released on return. Ends the subscriber if a handler has closed it and nobody
 * else is inside any more. Returns status, or RESPUB_ECLOSED. */
respub_status respub__depart_locked(respub_subscriber *sub, respub_status status);

/* A respub__planner of fixed memory; options are a respub_subscriber_options without a wrong bound.
 */
void respub__subscriber_plan(respub__plan *plan, const void *options);

/* Gives the tables of a new subscriber their final sizes. */
void respub__subscriber_fix(respub_subscriber *sub);

/* What is wrong with the bounds of names and subscriptions, or NULL. */
const char *respub__subscriber_wrong_bound(const respub_subscriber_options *options);

/* The end of a subscriber that nobody else uses any more: CLOSED, released functions, memory. */
void respub__subscriber_finish(respub_subscriber *sub);

/* OK, or EFORKED in a child of the process that opened it. */
static inline respub_status respub__check_fork(const respub_subscriber *sub) {
  return sub->fork_generation == respub__fork_generation() ? RESPUB_OK : RESPUB_EFORKED;
}

#endif
