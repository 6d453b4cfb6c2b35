/* Bulk: messages that are queued, their bounds, and flush. */
#include "pubsub/pipeline_add.h"
#include "pubsub/publisher_gate.h"

/* ------------------------------------------------------------------------------------------------
 * Room */

/* Lock held on entry. A bounded buffer for the time without a connection. */
static respub_status buffer_locked(respub_publisher *pub, size_t size, int64_t now_ms) {
  const respub_publisher_options *o = &pub->options;
  const respub__pipeline *p = &pub->pipe;
  if (size > o->away_bytes)
    return RESPUB_EFULL;
  respub__pipeline_expire(&pub->pipe, now_ms);
  while (p->waiting_messages >= o->away_messages || p->waiting_bytes > o->away_bytes - size) {
    if (o->overflow == RESPUB_OVERFLOW_REFUSE || !respub__pipeline_drop_oldest(&pub->pipe))
      return RESPUB_EFULL;
  }
  return RESPUB_OK;
}

/* Lock held on entry. Waits until size bytes may be in flight, if that is what the user wants. */
static respub_status await_room_locked(respub_publisher *pub, size_t size, int64_t now_ms) {
  if (size > pub->options.inflight_bytes || respub__publisher_in_callback_locked(pub))
    return RESPUB_EFULL;
  if (!pub->options.queue_blocks) {
    respub__publisher_help_locked(pub, now_ms, true); /* replies that wait to be read make room */
    return pub->pipe.bytes + size <= pub->options.inflight_bytes ? RESPUB_OK : RESPUB_EFULL;
  }
  respub__waiter w;
  respub__waiter_init(&w, RESPUB__WAIT_FOR_ROOM, size, now_ms + pub->options.timeout_ms);
  respub_status status = respub__publisher_wait_locked(pub, &w, now_ms);
  respub__waiter_end(&w);
  return status == RESPUB_TIMEOUT ? RESPUB_EFULL : status;
}

/* Lock held on entry. */
static respub_status make_room_locked(respub_publisher *pub, size_t size) {
  bool fits =
      size <= pub->options.inflight_bytes && pub->pipe.bytes <= pub->options.inflight_bytes - size;
  if (pub->live)
    return fits ? RESPUB_OK : await_room_locked(pub, size, respub__publisher_now_ms(pub));
  int64_t now_ms = respub__publisher_now_ms(pub);
  if (respub__publisher_gives_up_locked(pub, now_ms)) {
    pub->pipe.unsent++;
    return RESPUB_EUNSENT;
  }
  if (pub->options.away == RESPUB_AWAY_BUFFER)
    return buffer_locked(pub, size, now_ms);
  return fits ? RESPUB_OK : await_room_locked(pub, size, now_ms);
}

/* ------------------------------------------------------------------------------------------------
 * Queue */

/* Lock held on entry. */
static respub_status queue_one_locked(respub_publisher *pub, const respub__request *request) {
  size_t size = respub__pipeline_size(request->channel, request->payload);
  if (size == SIZE_MAX)
    return RESPUB_EARGUMENT;
  respub_status status = make_room_locked(pub, size);
  if (status != RESPUB_OK)
    return status;
  return respub__pipeline_add(&pub->pipe, request);
}

/* Lock held on entry. Sends what has gathered; while away, goes on connecting, but looks no more
 * than once a millisecond. */
static void send_locked(respub_publisher *pub) {
  bool enough = pub->pipe.waiting_bytes >= RESPUB_SEND_BYTES;
  bool coming_back = !pub->live && pub->link_started;
  if (enough || coming_back) {
    int64_t now_us = pub->clock_us();
    if (pub->live || now_us - pub->active_us >= 1000) {
      pub->active_us = pub->live ? pub->active_us : now_us;
      respub__publisher_help_locked(pub, now_us / 1000, false);
    }
  }
  if (pub->armed) {
    pub->armed = false;
    respub__wake_ring(&pub->wake);
  }
}

static int64_t expiry_of(const respub_publisher *pub) {
  bool expires = pub->options.away == RESPUB_AWAY_BUFFER && pub->options.away_expiry_ms > 0;
  return expires ? respub__publisher_now_ms(pub) + pub->options.away_expiry_ms : RESPUB_NEVER;
}

static inline respub__request request_of(const respub_publisher *pub, respub_slice channel,
                                         respub_slice payload, respub_published *done, void *ctx) {
  return (respub__request){
      .channel = channel,
      .payload = payload,
      .done = done,
      .ctx = ctx,
      .expires_at_ms = expiry_of(pub),
  };
}

/* Among others, or when something is not as usual. begun: the lock is held. */
RESPUB__APART static respub_status queue_together(respub_publisher *pub, bool begun,
                                                  const respub__request *request) {
  respub_status status = begun ? RESPUB_OK : respub__publisher_begin(pub);
  if (status != RESPUB_OK)
    return status;
  if (pub->closing) {
    status = RESPUB_ECLOSED;
  } else {
    status = queue_one_locked(pub, request);
    send_locked(pub);
    respub__publisher_deliver_locked(pub);
  }
  respub__publisher_leave_locked(pub);
  return status;
}

/* Behind the gate. A message has only to be put to the others, as nearly always. */
static inline bool is_gathering(const respub_publisher *pub) {
  return pub->live && pub->broken.status == RESPUB_OK && !pub->armed &&
         pub->pipe.waiting_bytes < RESPUB_SEND_BYTES;
}

RESPUB__INLINE bool queue_alone(respub_publisher *pub, const respub__request *request,
                                bool *begun) {
  if (!respub__gate_enter_alone(pub))
    return false;
  if (is_gathering(pub) &&
      respub__pipeline_add_within(&pub->pipe, request, pub->options.inflight_bytes) == RESPUB_OK) {
    respub__gate_leave_alone(pub);
    return true;
  }
  respub__gate_join_others(pub);
  *begun = true;
  return false;
}

respub_status respub_publisher_queue(respub_publisher *pub, respub_slice channel,
                                     respub_slice payload, respub_published *done, void *ctx) {
  respub__request request = request_of(pub, channel, payload, done, ctx);
  bool begun = false;
  if (queue_alone(pub, &request, &begun))
    return RESPUB_OK;
  /* Made anew, so that the first, whose address stays in here, needs no memory. */
  respub__request again = request_of(pub, channel, payload, done, ctx);
  return queue_together(pub, begun, &again);
}

/* ------------------------------------------------------------------------------------------------
 * Flush */

/* Lock held on entry. */
static respub_status flush_locked(respub_publisher *pub, int timeout_ms) {
  if (timeout_ms < 0)
    return RESPUB_EARGUMENT;
  if (respub__publisher_in_callback_locked(pub))
    return RESPUB_ESTATE;
  if (pub->pipe.head == pub->pipe.tail && !pub->delivering)
    return RESPUB_OK;
  int64_t now_ms = respub__publisher_now_ms(pub);
  respub__waiter w;
  respub__waiter_init(&w, RESPUB__WAIT_FOR_FLUSH, pub->pipe.tail, now_ms + timeout_ms);
  respub_status status = respub__publisher_wait_locked(pub, &w, now_ms);
  respub__waiter_end(&w);
  return status;
}

respub_status respub_publisher_flush(respub_publisher *pub, int timeout_ms) {
  respub_status status = respub__publisher_enter(pub);
  if (status != RESPUB_OK)
    return status;
  status = flush_locked(pub, timeout_ms);
  respub__publisher_leave_locked(pub);
  return status;
}
