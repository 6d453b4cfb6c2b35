/* pipeline_settle.h - giving a publish its result; shared by the files pipeline*.c only. */
#ifndef RESPUB_PUBSUB_PIPELINE_SETTLE_H
#define RESPUB_PUBSUB_PIPELINE_SETTLE_H

#include "pubsub/pipeline.h"

/* The call has one result more. */
static inline void respub__call_count(respub__pipeline *p, respub__call *call) {
  if (--call->left > 0 || !call->told)
    return;
  call->next_finished = p->finished;
  p->finished = call;
}

/* To be called when the ring is empty: gives back what a burst left behind, half of it at a time,
 * so that a publisher whose bursts come again and again keeps what it needs. */
void respub__pipeline_trim(respub__pipeline *p);

/* Keeps the sums over what waits when a publish begins or ceases to wait. */
void respub__pipeline_count_waiting(respub__pipeline *p, const respub__publish *publish,
                                    bool waits);

/* Nothing more is due for the publish: it has this result, and whoever waits for it is told. Call
 * pop_settled afterwards. */
void respub__pipeline_settle(respub__pipeline *p, respub__publish *publish, respub_status status,
                             int64_t receivers, respub_slice text);

/* Moves the cursors over what is settled, and forgets the oldest as far as nobody has to be told.
 */
void respub__pipeline_pop_settled(respub__pipeline *p);

#endif
