/* What happens at a publisher's gate when two meet there. */
#include "pubsub/publisher_gate.h"

enum {
  EXPECTS_COMPANY = 1000 /* waits after a meeting in which another may come at any time */
};

void respub__gate_let_others_in(respub_publisher *pub) {
  respub__publisher_lock(pub);
  atomic_store_explicit(&pub->gate, RESPUB__GATE_OTHERS, memory_order_release);
  respub__cond_broadcast(&pub->calm);
  respub__mutex_unlock(&pub->lock);
}

void respub__gate_join_others(respub_publisher *pub) {
  respub__publisher_lock(pub);
  pub->users++;
  atomic_store_explicit(&pub->gate, RESPUB__GATE_OTHERS, memory_order_release);
  respub__cond_broadcast(&pub->calm);
}

void respub__gate_shut_locked(respub_publisher *pub) {
  unsigned gate = atomic_load_explicit(&pub->gate, memory_order_acquire);
  if (gate == RESPUB__GATE_OTHERS)
    return;
  gate = atomic_fetch_or_explicit(&pub->gate, RESPUB__GATE_OTHERS, memory_order_acq_rel);
  if (gate == RESPUB__GATE_ALONE)
    respub__wake_ring(&pub->wake);
  while ((atomic_load_explicit(&pub->gate, memory_order_acquire) & RESPUB__GATE_ALONE) != 0)
    (void)respub__cond_wait(&pub->calm, &pub->lock, RESPUB_NEVER);
  if (gate != RESPUB__GATE_ALONE)
    return;
  pub->company = EXPECTS_COMPANY;
  if (pub->crowd < 2)
    pub->crowd = 2; /* these two would meet again at once */
}

void respub__gate_open_locked(respub_publisher *pub) {
  if (pub->users == 0 && pub->crowd <= 1 && !pub->closing)
    atomic_store_explicit(&pub->gate, 0, memory_order_release);
}
