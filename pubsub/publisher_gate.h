/* publisher_gate.h - who is inside of a publisher: one thread alone, without the lock, or others
 * with it. Shared by the files publisher*.c only. */
#ifndef RESPUB_PUBSUB_PUBLISHER_GATE_H
#define RESPUB_PUBSUB_PUBLISHER_GATE_H

#include "net/fork.h"
#include "net/inline.h"
#include "pubsub/publisher.h"

enum {
  RESPUB__GATE_ALONE = 1, /* one thread uses the whole publisher without the lock */
  RESPUB__GATE_OTHERS =
      2 /* everybody takes the lock; set by who finds ALONE, too, who then waits */
};

/* False: somebody is inside, or this is a child of fork. */
RESPUB__INLINE bool respub__gate_enter_alone(respub_publisher *pub) {
  unsigned nobody = 0;
  return pub->fork_generation == respub__fork_generation() &&
         atomic_compare_exchange_strong_explicit(&pub->gate, &nobody, RESPUB__GATE_ALONE,
                                                 memory_order_acquire, memory_order_relaxed);
}

/* For respub__gate_leave_alone only: somebody waits for it. */
void respub__gate_let_others_in(respub_publisher *pub);

RESPUB__INLINE void respub__gate_leave_alone(respub_publisher *pub) {
  unsigned alone = RESPUB__GATE_ALONE;
  if (!atomic_compare_exchange_strong_explicit(&pub->gate, &alone, 0, memory_order_release,
                                               memory_order_relaxed))
    respub__gate_let_others_in(pub);
}

/* From behind the gate to one among others, in a call that has begun. The lock is held on return.
 */
void respub__gate_join_others(respub_publisher *pub);

/* Lock held on entry. Waits until nobody is alone, and keeps others from becoming so. */
void respub__gate_shut_locked(respub_publisher *pub);

/* Lock held on entry. Who comes next may be alone, unless several threads are at it. */
void respub__gate_open_locked(respub_publisher *pub);

#endif
