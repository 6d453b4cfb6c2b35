/* The life of a subscriber: options, open, close, statistics. */
#include "pubsub/subscriber.h"

#include "net/clock.h"
#include "net/memory.h"
#include "net/pool.h"
#include "net/random.h"
#include "net/text.h"

#include <string.h>

void respub_subscriber_options_init(respub_subscriber_options *options) {
  *options = (respub_subscriber_options){
      .ping_interval_ms = 15000,
      .ping_timeout_ms = 5000,
      .backoff_min_ms = 100,
      .backoff_max_ms = 10000,
      .slow_retry_ms = 30000,
      .delivery = RESPUB_DELIVER_DIRECT,
      .queue_messages = 65536,
      .queue_bytes = (size_t)64 * 1024 * 1024,
      .most_name_bytes = RESPUB_MAX_NAME_BYTES,
  };
  respub_options_init(&options->connection);
}

/* The name of the option that is out of its range, or NULL. */
static const char *wrong_option(const respub_subscriber_options *o) {
  if (o->ping_interval_ms < 0)
    return "ping_interval_ms is negative";
  if (o->ping_timeout_ms < 1)
    return "ping_timeout_ms is less than 1";
  if (o->backoff_min_ms < 1)
    return "backoff_min_ms is less than 1";
  if (o->backoff_max_ms < o->backoff_min_ms)
    return "backoff_max_ms is less than backoff_min_ms";
  if (o->slow_retry_ms < 1)
    return "slow_retry_ms is less than 1";
  if ((unsigned)o->delivery > RESPUB_DELIVER_LATEST)
    return "delivery is no respub_delivery";
  if (o->queue_messages < 1)
    return "queue_messages is 0";
  if (o->queue_bytes < 1024)
    return "queue_bytes is less than 1024";
  if (o->spin_us < 0)
    return "spin_us is negative";
  return respub__subscriber_wrong_bound(o);
}

static respub_status init(respub_subscriber *sub, const respub_allocator *alloc,
                          const respub_subscriber_options *options) {
  sub->options = *options;
  sub->options.connection.allocator = *alloc;
  sub->alloc = *alloc;
  sub->fork_generation = respub__fork_generation();
  respub_status status = respub__monitor_open(&sub->monitor);
  if (status != RESPUB_OK)
    return status;
  sub->wake = (respub__wake){-1, -1};
  if (RESPUB_THREADS)
    status = respub__wake_open(&sub->wake);
  if (status != RESPUB_OK) {
    respub__monitor_close(&sub->monitor);
    return status;
  }
  respub__engine_init(&sub->engine, &sub->options, respub__random_seed() | 1);
  respub__handlers_init(&sub->handlers, alloc);
  if (respub__has_fixed_memory(&options->connection))
    respub__subscriber_fix(sub);
  if (RESPUB_QUEUES)
    respub__queue_init(&sub->queue, alloc, &sub->engine.session, options);
  return RESPUB_OK;
}

static void free_memory(respub_subscriber *sub, const respub_allocator *alloc) {
  bool fixed = respub__has_fixed_memory(&sub->options.connection);
  respub__free(alloc, sub);
  if (fixed)
    respub__pool_close(alloc);
}

static respub_status allocate_subscriber(respub_subscriber **sub, respub_allocator *alloc,
                                         const respub_subscriber_options *options,
                                         respub_error *error) {
  *alloc = respub__allocator(&options->connection.allocator);
  if (respub__has_fixed_memory(&options->connection)) {
    respub_status status =
        respub__pool_open(alloc, respub__subscriber_plan, options, "a subscriber", error);
    if (status != RESPUB_OK)
      return status;
  }
  *sub = respub__alloc_zero(alloc, sizeof **sub);
  if (*sub == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "cannot open a subscriber: out of memory");
  return RESPUB_OK;
}

respub_status respub_subscriber_open(respub_subscriber **sub,
                                     const respub_subscriber_options *options,
                                     respub_error *error) {
  *sub = NULL;
  if (!RESPUB_QUEUES && options->delivery != RESPUB_DELIVER_DIRECT)
    return respub__fail(error, RESPUB_EUNSUPPORTED, "delivery queues are not built in");
  const char *wrong = wrong_option(options);
  if (wrong != NULL)
    return respub__fail(error, RESPUB_EARGUMENT, "cannot open a subscriber: %s", wrong);
  respub_allocator alloc;
  respub_subscriber *fresh;
  respub_status status = allocate_subscriber(&fresh, &alloc, options, error);
  if (status != RESPUB_OK)
    return status;
  status = init(fresh, &alloc, options);
  if (status != RESPUB_OK) {
    free_memory(fresh, &alloc);
    return respub__fail(error, status, "cannot open a subscriber: no descriptor or lock to be had");
  }
  *sub = fresh;
  return RESPUB_OK;
}

/* -- The end -- */

/* Lock held on entry. Ends every subscription, whatever the wire says: the connection goes with
 * them. */
static void end_subscriptions_locked(respub_subscriber *sub) {
  uint32_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(&sub->engine.session.topics, &at)) != NULL;)
    while (t->upkeep->handlers != NULL)
      respub__handlers_end(&sub->handlers, t->upkeep->handlers);
}

static void free_subscriber(respub_subscriber *sub) {
  if (RESPUB_QUEUES)
    respub__queue_free(&sub->queue);
  respub__engine_free(&sub->engine);
  respub__handlers_free(&sub->handlers);
  if (RESPUB_THREADS)
    respub__wake_close(&sub->wake);
  respub_allocator alloc = sub->alloc;
  free_memory(sub, &alloc);
}

void respub__subscriber_finish(respub_subscriber *sub) {
  respub_event closed = {.type = RESPUB_EVENT_CLOSED};
  respub__monitor_enter(&sub->monitor);
  sub->closing = true;
  sub->close_deferred = false;
  sub->deliverer = respub__thread_self();
  respub__engine_close(&sub->engine);
  end_subscriptions_locked(sub);
  respub__release_ended_locked(sub);
  respub__dispatch_other_locked(sub, &closed);
  respub__monitor_leave(&sub->monitor);
  respub__monitor_close(&sub->monitor);
  free_subscriber(sub);
}

/* A child of the process that opened it: another thread may have held the lock when it forked, and
 * no other thread is there. */
static void forget_in_child(respub_subscriber *sub) {
  end_subscriptions_locked(sub);
  respub__subscription *s;
  while ((s = respub__handlers_take_ended(&sub->handlers)) != NULL)
    respub__handlers_forget(&sub->handlers, s);
  free_subscriber(sub);
}

void respub_subscriber_close(respub_subscriber *sub) {
  if (sub == NULL)
    return;
  if (respub__check_fork(sub) != RESPUB_OK) {
    forget_in_child(sub);
    return;
  }
  respub__monitor_enter(&sub->monitor);
  bool again = sub->closing;
  bool inside = respub__in_handler_locked(sub);
  sub->closing = true;
  respub__notify_locked(sub);
  if (again || inside) {
    if (!again)
      sub->close_deferred = true;
    respub__monitor_leave(&sub->monitor);
    return;
  }
  respub__join_threads_locked(sub);
  while (sub->callers > 0)
    (void)respub__monitor_wait(&sub->monitor, RESPUB_NEVER);
  respub__monitor_leave(&sub->monitor);
  respub__subscriber_finish(sub);
}

/* -- Statistics -- */

/* Lock held on entry. */
static void gather_locked(const respub_subscriber *sub, respub_subscriber_stats *stats) {
  const respub__session *s = &sub->engine.session;
  *stats = sub->stats;
  stats->connects = s->generation;
  stats->disconnects = sub->engine.disconnects;
  stats->connect_failures = sub->engine.connect_failures;
  stats->pings = sub->engine.pings;
  stats->dropped = sub->queue.dropped;
  stats->unexpected = s->unexpected;
  stats->resyncs = s->resyncs;
  stats->queue_messages = sub->queue.messages;
  stats->queue_bytes = sub->queue.used - sub->queue.void_bytes;
  stats->queue_messages_high = sub->queue.high_messages;
  stats->queue_bytes_high = sub->queue.high_bytes;
  stats->channels = s->wanted[RESPUB_CHANNEL];
  stats->patterns = s->wanted[RESPUB_PATTERN];
  stats->confirmed = s->confirmed;
  stats->connected = s->live;
}

void respub_subscriber_get_stats(respub_subscriber *sub, respub_subscriber_stats *stats) {
  *stats = (respub_subscriber_stats){.messages = 0};
  if (respub__check_fork(sub) != RESPUB_OK)
    return;
  respub__monitor_enter(&sub->monitor);
  gather_locked(sub, stats);
  respub__monitor_leave(&sub->monitor);
}
