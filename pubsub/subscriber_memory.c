/* What a subscriber takes that has fixed memory. */
#include "pubsub/subscriber.h"

#include "net/pool.h"

/* So many names and subscriptions have numbers. */
enum {
  MOST_IN_TABLE = 1 << 26
};

const char *respub__subscriber_wrong_bound(const respub_subscriber_options *o) {
  if (o->most_name_bytes < 1 || o->most_name_bytes > RESPUB_MAX_NAME_BYTES)
    return "most_name_bytes is 0, or more than names may have";
  if (o->most_names > MOST_IN_TABLE || o->most_subscriptions > MOST_IN_TABLE)
    return "most_names or most_subscriptions is more than 67108864";
  if (!respub__has_fixed_memory(&o->connection))
    return o->connection.fixed_memory ? "fixed memory is not built in" : NULL;
  if (o->most_names == 0)
    return "fixed_memory needs most_names";
  if (o->delivery == RESPUB_DELIVER_LATEST)
    return "fixed_memory has no RESPUB_DELIVER_LATEST";
  if (o->queue_bytes < respub__queue_least_bytes(o->connection.buffer_bytes))
    return "queue_bytes cannot hold what fits into connection.buffer_bytes";
  return NULL;
}

static uint32_t most_subscriptions(const respub_subscriber_options *o) {
  return (uint32_t)(o->most_subscriptions > 0 ? o->most_subscriptions : o->most_names);
}

void respub__subscriber_fix(respub_subscriber *sub) {
  sub->options.most_subscriptions = most_subscriptions(&sub->options);
  respub__handlers_fix(&sub->handlers, most_subscriptions(&sub->options));
}

void respub__subscriber_plan(respub__plan *plan, const void *options) {
  const respub_subscriber_options *o = options;
  respub_options connection;
  respub__engine_connection(&connection, o);
  respub__plan_add(plan, sizeof(respub_subscriber), 1);
  respub__plan_add(plan, respub__pool_bytes(respub__conn_plan, &connection), 1);
  respub__session_plan(plan, (uint32_t)o->most_names, o->most_name_bytes);
  respub__handlers_plan(plan, most_subscriptions(o));
  respub__queue_plan(plan, o);
}

size_t respub_subscriber_memory(const respub_subscriber_options *options) {
  if (!respub__has_fixed_memory(&options->connection) ||
      respub__subscriber_wrong_bound(options) != NULL)
    return SIZE_MAX;
  return respub__pool_buffer_bytes(respub__subscriber_plan, options);
}
