/* publisher.h - the inside of a publisher, shared by the files publisher*.c only.
 *
 * One lock guards everything but the link. Callers put their publish into the pipeline and then
 * help: whoever finds no leader becomes it, connects, writes what has gathered from all callers in
 * one go, waits for the socket and takes the replies; the others park until their call has its
 * results, or until they are asked to lead. While the leader waits for the socket, a newcomer
 * writes its command itself, so that nobody waits for another's round trip.
 *
 * That is the general way. A thread that finds nobody inside goes without lock and pipeline, behind
 * the gate (publisher_gate.h), as long as everything is as usual. It may be deaf for some
 * milliseconds while it waits for its answer; once somebody had to wait for that, it takes care to
 * hear the next for a while.
 *
 * The link is used by one thread at a time: with the lock held while `busy` is false, or without
 * the lock by who has set `busy`. Only the leader, and never while it is polling, connects or gives
 * up a connection, so that no descriptor is closed that somebody polls. */
#ifndef RESPUB_PUBSUB_PUBLISHER_H
#define RESPUB_PUBSUB_PUBLISHER_H

#include "net/pool.h"
#include "net/thread.h"
#include "net/wait.h"
#include "pubsub/link.h"
#include "pubsub/pipeline.h"
#include "pubsub/pubsub.h"

#include <stdatomic.h>

/* Payloads from this size on are not copied when their caller waits. */
#define RESPUB__REFERENCE_BYTES ((size_t)4096)

/* Numbers that are taken without the lock before they are applied with it. */
#define RESPUB__MOST_COUNTS 128

typedef enum respub__wait_for {
  RESPUB__WAIT_FOR_RESULTS,   /* of call */
  RESPUB__WAIT_FOR_FLUSH,     /* the publishes before number have told their results */
  RESPUB__WAIT_FOR_ROOM,      /* for number bytes in flight */
  RESPUB__WAIT_FOR_CONNECTION /* or for a failed attempt more than number */
} respub__wait_for;

/* How far the messages of one call came, which may have been sent alone. */
typedef struct respub__exchange {
  respub_error *error;
  respub_status status;         /* of the first that failed, which error is about */
  respub_status written, taken; /* how writing and reading ended alone */
  bool entered;                 /* the publisher was entered then: lock held */
  size_t answered;              /* so many have their result, */
  size_t sent;  /* so many were sent, or are in the pipeline by now; the others wait for room */
  size_t bytes; /* sent alone */
} respub__exchange;

/* Messages of one call. */
typedef struct respub__series {
  respub__exchange x;
  const respub_publish_message *messages;
  respub_publish_result *results;
  size_t n;
  size_t refused;  /* alone */
  size_t gathered; /* bytes added to the pipeline since something was written */
} respub__series;

/* The request of one of them. Payloads that are large are not copied, because the caller waits. */
static inline respub__request respub__series_request(const respub__series *s, size_t i,
                                                     respub__call *call) {
  return (respub__request){
      .channel = s->messages[i].channel,
      .payload = s->messages[i].payload,
      .by_reference = s->messages[i].payload.len >= RESPUB__REFERENCE_BYTES,
      .call = call,
      .result = &s->results[i],
  };
}

/* A call that waits, on its caller's stack. */
typedef struct respub__waiter {
  respub__call call; /* first, because a finished call leads back to its waiter */
  respub__wait_for what;
  uint64_t number;
  int64_t deadline_ms;
  bool ready;      /* what it waits for has happened, whatever comes later */
  bool nominated;  /* was rung to become the leader */
  bool released;   /* its call was ended for it: it must not touch the publisher any more */
  bool has_parker; /* parker is initialised */
  struct respub__waiter *previous, *next; /* of those who are parked, or who are to be rung */
  respub__parker parker;
} respub__waiter;

struct respub_publisher {
  respub_publisher_options options;
  respub_allocator alloc;
  unsigned fork_generation;
  int64_t (*clock_us)(void); /* respub__clock_us; tests bring a time of their own */
  atomic_uint gate;          /* see publisher_gate.h; 0: nobody is inside */
  respub__mutex lock;
  respub__cond calm; /* busy or users have changed; while !keeps_time, anything has */
  respub__wake wake; /* for the leader that polls, or for an event loop */
  respub__link link;
  respub__pipeline pipe;

  unsigned users;               /* threads inside a call */
  unsigned crowd;               /* how many there were when replies came last, or met at the gate */
  unsigned parks;               /* counts those who wait beside a leader */
  unsigned company;             /* so often who is alone waits so that a ring is heard */
  bool leading, polling;        /* there is a leader; it waits for descriptors */
  const respub__waiter *leader; /* what the leader waits for; NULL: for nothing */
  bool busy;                    /* the link is used without the lock */
  bool live;                    /* the link is, as far as is known outside of a use of it */
  bool link_started;            /* somebody wanted a connection */
  bool answered;                /* this connection has answered a publish */
  bool armed;                   /* an event loop polls: ring when there is something to do */
  bool looped;                  /* it polls what there was to poll then, until it steps */
  int64_t retry_at_ms;          /* BACKOFF: not before; else 0 */
  int64_t active_us;            /* when the connection was used or looked at last */
  uint64_t base;                /* bytes_out of the connection before the first publish */
  respub_error broken;          /* status not OK: the connection is to be given up, and why */

  respub__waiter *first_parked, *last_parked; /* in the order they parked */
  bool nominated;                             /* one that was rung is about to become the leader */
  respub__waiter *to_ring;                    /* by the next unlock */
  unsigned watchers; /* parked ones that wait for something other than results */
  bool keeps_time;   /* who waits parks; else it waits for calm and looks at the clock itself */
  unsigned clock_watchers;  /* those who do */
  int64_t parked_until_ms;  /* nobody who is parked has an earlier deadline */
  int64_t polling_until_ms; /* with polling */

  bool delivering; /* results are told to callbacks, by deliverer */
  bool telling;    /* callbacks run right now */
  respub__thread deliverer;
  atomic_size_t
      untold;    /* results that have left the pipeline for callbacks which have not run yet */
  bool in_event; /* on_event runs on event_thread */
  respub__thread event_thread;
  bool closing;
  bool ending;         /* the last results and CLOSED are being told */
  bool close_deferred; /* closed from a callback: the last one who leaves ends the publisher */

  uint64_t bytes_in, bytes_out, connects, disconnects, connect_failures;
  respub_error last_error;
};

/* -- calls and their waiting (publisher_wait.c) -- */

/* Begins a call: EFORKED, ECLOSED, or OK with the lock held. begin does so also while the publisher
 * is being closed. */
RESPUB_MUST_USE respub_status respub__publisher_begin(respub_publisher *pub);
RESPUB_MUST_USE respub_status respub__publisher_enter(respub_publisher *pub);

/* Lock held on entry, released on return. Ends a call. */
void respub__publisher_leave_locked(respub_publisher *pub);

static inline void respub__publisher_lock(respub_publisher *pub) {
  respub__mutex_lock(&pub->lock);
}

/* Lock held on entry, released on return. Rings those who have been made ready. */
void respub__publisher_unlock(respub_publisher *pub);

/* Lock held on entry. Drives the publisher, or lets others, until what w waits for has happened
 * (OK), its deadline has passed (TIMEOUT) or the publisher is being closed (ECLOSED). Callbacks run
 * on the way. */
RESPUB_MUST_USE respub_status respub__publisher_wait_locked(respub_publisher *pub,
                                                            respub__waiter *w, int64_t now_ms);

void respub__waiter_init(respub__waiter *w, respub__wait_for what, uint64_t number,
                         int64_t deadline_ms);
void respub__waiter_end(respub__waiter *w);

/* The same waiter waits anew: what it was told before, such as room that others may have taken
 * since, does not count any more. */
static inline void respub__waiter_turn(respub__waiter *w, respub__wait_for what) {
  w->what = what;
  w->ready = false;
}

/* Lock held on entry. Does what can be done at once, unless somebody else does it. readable: look
 * for replies, else only when that was long ago. */
void respub__publisher_help_locked(respub_publisher *pub, int64_t now_ms, bool readable);

/* False: other work keeps the cores busy, and to yield costs more than to sleep. */
bool respub__publisher_turns_pay(void);

/* Lock held on entry. Waits until nobody uses the link without the lock. */
void respub__publisher_calm_locked(respub_publisher *pub);

/* Lock held on entry. Rings those who wait for something other than results and have it: the leader
 * at once, the others with the next unlock. */
void respub__publisher_watch_locked(respub_publisher *pub);

/* Lock held on entry. Makes everybody who waits look again. */
void respub__publisher_ring_all_locked(respub_publisher *pub);

/* -- the connection (publisher_link.c) -- */

/* Lock held on entry, by the leader. Connects, reads if readable or long not looked at, writes.
 * Never waits. */
void respub__publisher_work_locked(respub_publisher *pub, int64_t now_ms, bool readable);

/* Lock held on entry. The connection is to be given up by the next leader. The first reason counts;
 * no text: the connection's own. */
void respub__publisher_break_locked(respub_publisher *pub, respub_status status, respub_slice text);

/* Lock held on entry. True between two attempts of a publisher that does not wait for the next. */
static inline bool respub__publisher_gives_up_locked(const respub_publisher *pub, int64_t now_ms) {
  return pub->options.away == RESPUB_AWAY_FAIL && now_ms < pub->retry_at_ms;
}

/* -- what goes over it (publisher_io.c) -- */

/* Answers that came in one go: n numbers, and perhaps a refusal behind them, whose text is valid
 * until the next value is taken. */
typedef struct respub__batch {
  int64_t counts[RESPUB__MOST_COUNTS];
  size_t n;
  bool refused;
  respub_slice text;
  respub_status status; /* why it ends: OK (there may be more), MORE, or a failure */
} respub__batch;

/* Without the lock, by who has set busy. Takes what has come, after a look at the socket if fill.
 */
void respub__publisher_read_batch(respub_publisher *pub, respub__batch *b, bool fill);

/* Lock held on entry, link in use by the caller. */
void respub__publisher_apply_locked(respub_publisher *pub, const respub__batch *b);

/* Lock held on entry, by the leader. Looks at the socket once, and takes all that came. */
void respub__publisher_read_locked(respub_publisher *pub);

/* Lock held on entry, link not busy, live and not broken. Writes what has gathered. */
void respub__publisher_write_locked(respub_publisher *pub);

/* Lock held on entry. The end of a use of the link, which began with busy = true. */
void respub__publisher_end_use_locked(respub_publisher *pub);

/* Lock held on entry, link not in use by others. Brings bytes_in and bytes_out up to date. */
void respub__publisher_count_bytes_locked(respub_publisher *pub);

/* A connection that has not been used for so long is looked at before anything is written to it:
 * the server may have closed it (its `timeout`). Long enough that a thread which publishes all the
 * time does not look each time; short enough that nothing which a program waits for, and then
 * publishes, can have happened in between unseen. */
#define RESPUB__IDLE_US 10

static inline bool respub__publisher_is_idle(const respub_publisher *pub, int64_t now_us) {
  return now_us - pub->active_us >= RESPUB__IDLE_US;
}

static inline int64_t respub__publisher_now_ms(const respub_publisher *pub) {
  return pub->clock_us() / 1000;
}

/* -- nobody else here (publisher_alone.c) -- */

/* Publishes all messages at once, if nobody else is in the publisher. False: see s for what was
 * done; with s->x.entered, the call is entered: lock held. */
bool respub__publisher_try_alone(respub_publisher *pub, respub__series *s, int64_t now_us);

/* The same for one message, with less work. True: *receivers is the answer, unless x->status tells
 * of a refusal. */
bool respub__publisher_try_one_alone(respub_publisher *pub, const respub_publish_message *m,
                                     respub__exchange *x, int64_t *receivers, int64_t now_us);

/* Lock held on entry. What was sent alone, if anything, and has no answer yet gets its place in the
 * pipeline, for call. */
void respub__publisher_resume_locked(respub_publisher *pub, respub__series *s, respub__call *call);

/* -- user code (publisher_deliver.c) -- */

/* Lock held on entry. Runs the callbacks whose results have come, without the lock. */
void respub__publisher_deliver_locked(respub_publisher *pub);

/* Lock held on entry. True when a callback is waiting for deliver and nobody is at it. */
bool respub__publisher_deliverable_locked(const respub_publisher *pub);

/* Lock held on entry. Runs on_event, without the lock. */
void respub__publisher_tell_locked(respub_publisher *pub, const respub_event *event);

/* Lock held on entry. True when the calling thread is inside a callback of this publisher. */
bool respub__publisher_in_callback_locked(const respub_publisher *pub);

/* -- memory (publisher_memory.c) -- */

/* All zero; *alloc is what its memory comes from. ENOMEM, EIO, error filled. */
RESPUB_MUST_USE respub_status respub__publisher_allocate(respub_publisher **pub,
                                                         respub_allocator *alloc,
                                                         const respub_publisher_options *options,
                                                         respub_error *error);

/* Fixed memory: gives what grows its final size. */
void respub__publisher_fix(respub_publisher *pub);

/* What is wrong with the options for fixed memory, or NULL. */
const char *respub__publisher_wrong_bound(const respub_publisher_options *options);

/* -- the end (publisher.c) -- */

/* The end of a publisher that nobody else uses any more: results, CLOSED, memory. */
void respub__publisher_finish(respub_publisher *pub);

#endif
