/* The life of a publisher: options, open, close. */
#include "pubsub/publisher.h"

#include "net/clock.h"
#include "net/fork.h"
#include "net/memory.h"
#include "net/pool.h"
#include "net/random.h"
#include "net/text.h"

#define MEBI ((size_t)1024 * 1024)

void respub_publisher_options_init(respub_publisher_options *options) {
  *options = (respub_publisher_options){
      .timeout_ms = 5000,
      .backoff_min_ms = 100,
      .backoff_max_ms = 10000,
      .slow_retry_ms = 30000,
      .away = RESPUB_AWAY_FAIL,
      .overflow = RESPUB_OVERFLOW_REFUSE,
      .retry = RESPUB_RETRY_UNSENT,
      .away_messages = 10000,
      .away_bytes = 16 * MEBI,
      .inflight_bytes = 16 * MEBI,
      .queue_blocks = true,
  };
  respub_options_init(&options->connection);
}

/* ------------------------------------------------------------------------------------------------
 * Open */

static respub_status check(const respub_publisher_options *o, respub_error *error) {
  const char *wrong = NULL;
  if (o->timeout_ms < 1)
    wrong = "timeout_ms is below 1";
  else if (o->backoff_min_ms < 1)
    wrong = "backoff_min_ms is below 1";
  else if (o->backoff_max_ms < o->backoff_min_ms)
    wrong = "backoff_max_ms is below backoff_min_ms";
  else if (o->slow_retry_ms < 1)
    wrong = "slow_retry_ms is below 1";
  else if (o->away > RESPUB_AWAY_BUFFER)
    wrong = "away is none of its values";
  else if (o->overflow > RESPUB_OVERFLOW_DROP_OLDEST)
    wrong = "overflow is none of its values";
  else if (o->retry > RESPUB_RETRY_AT_LEAST_ONCE)
    wrong = "retry is none of its values";
  else if (o->away_expiry_ms < 0)
    wrong = "away_expiry_ms is below 0";
  else if (o->connection.output_bytes < 1)
    wrong = "output_bytes is below 1";
  else
    wrong = respub__publisher_wrong_bound(o);
  if (wrong == NULL)
    return RESPUB_OK;
  return respub__fail(error, RESPUB_EARGUMENT, "%s", wrong);
}

static respub_status make_lock(respub_publisher *pub) {
  if (respub__mutex_open(&pub->lock) != RESPUB_OK)
    return RESPUB_EIO;
  if (respub__cond_open(&pub->calm) == RESPUB_OK)
    return RESPUB_OK;
  respub__mutex_close(&pub->lock);
  return RESPUB_EIO;
}

static respub_status set_up_publisher(respub_publisher *pub,
                                      const respub_publisher_options *options,
                                      const respub_allocator *alloc, respub_error *error) {
  respub_status status = respub__wake_open(&pub->wake);
  if (status != RESPUB_OK)
    return respub__fail(error, status, "no descriptor left for a publisher");
  status = make_lock(pub);
  if (status != RESPUB_OK) {
    respub__wake_close(&pub->wake);
    return respub__fail(error, status, "no lock to be had for a publisher");
  }
  pub->options = *options;
  pub->options.connection.allocator = *alloc;
  pub->alloc = *alloc;
  pub->fork_generation = respub__fork_generation();
  respub__pipeline_init(&pub->pipe, alloc, options->retry == RESPUB_RETRY_AT_LEAST_ONCE);
  if (respub__has_fixed_memory(&options->connection))
    respub__publisher_fix(pub);
  respub__link_init(&pub->link, &pub->options.connection, options->backoff_min_ms,
                    options->backoff_max_ms, options->slow_retry_ms, respub__random_seed());
  atomic_init(&pub->untold, 0);
  atomic_init(&pub->gate, 0);
  pub->clock_us = respub__clock_us;
  pub->parked_until_ms = RESPUB_NEVER;
  return RESPUB_OK;
}

static void give_back_publisher(respub_publisher *pub, const respub_allocator *alloc, bool fixed) {
  respub__free(alloc, pub);
  if (fixed)
    respub__pool_close(alloc);
}

respub_status respub_publisher_open(respub_publisher **pub, const respub_publisher_options *options,
                                    respub_error *error) {
  *pub = NULL;
  respub_status status = check(options, error);
  if (status != RESPUB_OK)
    return status;
  respub_allocator alloc;
  respub_publisher *made;
  status = respub__publisher_allocate(&made, &alloc, options, error);
  if (status != RESPUB_OK)
    return status;
  status = set_up_publisher(made, options, &alloc, error);
  if (status != RESPUB_OK) {
    give_back_publisher(made, &alloc, respub__has_fixed_memory(&options->connection));
    return status;
  }
  *pub = made;
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Close */

static void free_publisher(respub_publisher *pub) {
  respub_allocator alloc = pub->alloc;
  bool fixed = respub__has_fixed_memory(&pub->options.connection);
  respub__link_close(&pub->link);
  respub__pipeline_free(&pub->pipe);
  respub__wake_close(&pub->wake);
  respub__wipe(&pub->options.connection, sizeof pub->options.connection);
  respub__wipe(&pub->link.options, sizeof pub->link.options);
  give_back_publisher(pub, &alloc, fixed);
}

/* Lock held on entry. */
static void settle_all_locked(respub_publisher *pub) {
  if (pub->live)
    respub__pipeline_lost(&pub->pipe, respub_conn_bytes_out(pub->link.conn) - pub->base);
  respub__pipeline_give_up(&pub->pipe, "the publisher was closed");
  respub__publisher_deliver_locked(pub);
  respub_event event = {.type = RESPUB_EVENT_CLOSED, .generation = pub->link.life.generation};
  respub__publisher_tell_locked(pub, &event);
}

void respub__publisher_finish(respub_publisher *pub) {
  respub__mutex_lock(&pub->lock);
  pub->ending = true;
  settle_all_locked(pub);
  respub__publisher_unlock(pub);
  respub__cond_close(&pub->calm);
  respub__mutex_close(&pub->lock);
  free_publisher(pub);
}

void respub_publisher_close(respub_publisher *pub) {
  if (pub == NULL)
    return;
  if (respub__publisher_begin(pub) != RESPUB_OK) {
    free_publisher(pub); /* its lock may be held by a thread that does not exist here */
    return;
  }
  bool again = pub->closing;
  pub->closing = true;
  pub->close_deferred = pub->close_deferred || respub__publisher_in_callback_locked(pub);
  respub__publisher_ring_all_locked(pub);
  respub__wake_ring(&pub->wake);
  if (again || pub->close_deferred) {
    respub__publisher_leave_locked(pub);
    return;
  }
  respub__publisher_unlock(pub);
  respub__mutex_lock(&pub->lock);
  while (pub->users > 1)
    (void)respub__cond_wait(&pub->calm, &pub->lock, RESPUB_NEVER);
  pub->users--;
  respub__publisher_unlock(pub);
  respub__publisher_finish(pub);
}
