/* What a publisher has done so far. These calls are legal while it is being closed, from its last
 * callbacks. */
#include "pubsub/publisher.h"

size_t respub_publisher_outstanding(respub_publisher *pub) {
  if (respub__publisher_begin(pub) != RESPUB_OK)
    return 0;
  size_t untold = atomic_load_explicit(&pub->untold, memory_order_relaxed);
  size_t outstanding = pub->pipe.queued + untold;
  respub__publisher_leave_locked(pub);
  return outstanding;
}

void respub_publisher_get_stats(respub_publisher *pub, respub_publisher_stats *stats) {
  *stats = (respub_publisher_stats){.connected = false};
  if (respub__publisher_begin(pub) != RESPUB_OK)
    return;
  const respub__pipeline *p = &pub->pipe;
  if (!pub->busy)
    respub__publisher_count_bytes_locked(pub);
  *stats = (respub_publisher_stats){
      .published = p->published,
      .receivers = p->receivers,
      .refused = p->refused,
      .unsent = p->unsent,
      .unanswered = p->unanswered,
      .bytes_in = pub->bytes_in,
      .bytes_out = pub->bytes_out,
      .connects = pub->connects,
      .disconnects = pub->disconnects,
      .connect_failures = pub->connect_failures,
      .inflight_bytes = p->bytes,
      .inflight_bytes_high = p->bytes_high,
      .connected = pub->live,
      .last_error = pub->last_error,
  };
  respub__publisher_leave_locked(pub);
}
