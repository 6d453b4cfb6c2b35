/* User code of a publisher: results told to callbacks, events. No lock is held while it runs. */
#include "pubsub/publisher.h"

#define MOST_OUTCOMES 32

bool respub__publisher_in_callback_locked(const respub_publisher *pub) {
  respub__thread self = respub__thread_self();
  return (pub->delivering && respub__thread_equal(self, pub->deliverer)) ||
         (pub->in_event && respub__thread_equal(self, pub->event_thread));
}

void respub__publisher_tell_locked(respub_publisher *pub, const respub_event *event) {
  if (pub->options.on_event == NULL)
    return;
  pub->in_event = true;
  pub->event_thread = respub__thread_self();
  respub__publisher_unlock(pub);
  pub->options.on_event(event, pub->options.event_ctx);
  respub__mutex_lock(&pub->lock);
  pub->in_event = false;
}

bool respub__publisher_deliverable_locked(const respub_publisher *pub) {
  const respub__pipeline *p = &pub->pipe;
  return !pub->delivering && p->head != p->tail &&
         respub__pipeline_at(p, p->head)->state == RESPUB__PUBLISH_SETTLED;
}

/* By the deliverer, who alone changes it. */
static inline void set_untold(respub_publisher *pub, size_t n) {
  atomic_store_explicit(&pub->untold, n, memory_order_relaxed);
}

/* Runs without the lock. */
static inline void tell_outcome(respub_publisher *pub, respub__outcome *outcome) {
  if (outcome->done != NULL)
    outcome->done(&outcome->result, respub_slice_of(outcome->text, outcome->text_len),
                  outcome->ctx);
  respub__outcome_free(&pub->pipe, outcome);
}

/* Lock held on entry. */
static void tell_some_locked(respub_publisher *pub, respub__outcome *outcomes, size_t n) {
  pub->telling = true;
  respub__publisher_unlock(pub);
  for (size_t i = 0; i < n; i++) {
    tell_outcome(pub, &outcomes[i]);
    set_untold(pub, n - 1 - i);
  }
  respub__mutex_lock(&pub->lock);
  pub->telling = false;
  respub__publisher_watch_locked(pub);
}

void respub__publisher_deliver_locked(respub_publisher *pub) {
  if (!respub__publisher_deliverable_locked(pub))
    return;
  respub__outcome outcomes[MOST_OUTCOMES];
  pub->delivering = true;
  pub->deliverer = respub__thread_self();
  for (;;) {
    size_t n = respub__pipeline_results(&pub->pipe, outcomes, MOST_OUTCOMES);
    if (n == 0)
      break;
    set_untold(pub, n);
    tell_some_locked(pub, outcomes, n);
  }
  pub->delivering = false;
}
