/* pipeline_add.h - the begin of a publish's way, inline for those who add one after the other. */
#ifndef RESPUB_PUBSUB_PIPELINE_ADD_H
#define RESPUB_PUBSUB_PIPELINE_ADD_H

#include "net/inline.h"
#include "pubsub/pipeline.h"
#include "pubsub/publish_command.h"

/* Makes the ring larger. For add only. */
bool respub__pipeline_grow(respub__pipeline *p);

RESPUB__INLINE bool respub__pipeline_make_place(respub__pipeline *p) {
  size_t used = (size_t)(p->tail - p->head);
  if (used >= p->peak)
    p->peak = used + 1;
  return used < p->capacity || respub__pipeline_grow(p);
}

RESPUB__INLINE void respub__pipeline_address(respub__pipeline *p, respub__publish *publish,
                                             const respub__request *request) {
  if (request->call != NULL) {
    publish->kind = RESPUB__PUBLISH_CALLED;
    publish->to.called.call = request->call;
    publish->to.called.result = request->result;
    request->call->left++;
    return;
  }
  publish->kind = RESPUB__PUBLISH_QUEUED;
  publish->to.queued.done = request->done;
  publish->to.queued.ctx = request->ctx;
  publish->expires_at_ms = request->expires_at_ms;
  publish->text = NULL;
  p->queued++;
  p->waiting_messages++;
  p->waiting_bytes += publish->bytes.len;
}

/* As respub__pipeline_add. EFULL, and nothing added: more than most bytes would be counted. */
RESPUB__INLINE respub_status respub__pipeline_add_within(respub__pipeline *p,
                                                         const respub__request *request,
                                                         size_t most) {
  size_t len = request->payload.len;
  size_t bound = respub__publish_bound(request->channel.len, len);
  if (bound > SIZE_MAX - sizeof(respub__publish))
    return RESPUB_EARGUMENT;
  size_t counted = bound + sizeof(respub__publish);
  if (counted > most || p->bytes > most - counted)
    return RESPUB_EFULL;
  if (!respub__pipeline_make_place(p))
    return p->no_memory;
  char *begin = respub__outbox_reserve(&p->outbox, request->by_reference ? bound - len : bound);
  if (begin == NULL)
    return p->no_memory;
  respub__publish *publish = respub__pipeline_at(p, p->tail);
  char *end;
  if (request->by_reference) {
    publish->payload = request->payload;
    end = respub__publish_encode(begin, request->channel, len);
  } else {
    publish->payload.ptr = NULL;
    end = respub__publish_encode_whole(begin, request->channel, request->payload);
  }
  publish->bytes = respub_slice_of(begin, (size_t)(end - begin));
  publish->block = respub__outbox_commit(&p->outbox, publish->bytes.len);
  publish->maybe = false;
  publish->state = RESPUB__PUBLISH_WAITING;
  respub__pipeline_address(p, publish, request);
  p->bytes += respub__publish_size(publish) + sizeof *publish;
  if (p->bytes > p->bytes_high)
    p->bytes_high = p->bytes;
  p->tail++;
  return RESPUB_OK;
}

#endif
