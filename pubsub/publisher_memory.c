/* What a publisher takes that has fixed memory. */
#include "net/memory.h"
#include "net/pool.h"
#include "net/text.h"
#include "pubsub/publisher.h"

/* Less would hold no message that is worth one. */
#define LEAST_INFLIGHT_BYTES 512

const char *respub__publisher_wrong_bound(const respub_publisher_options *o) {
  if (respub__has_fixed_memory(&o->connection) && o->inflight_bytes < LEAST_INFLIGHT_BYTES)
    return "fixed_memory needs inflight_bytes of 512 or more";
  return NULL;
}

static size_t at_most(size_t size, size_t most) {
  return size < most ? size : most;
}

/* What waits for a connection is in flight, too. */
void respub__publisher_fix(respub_publisher *pub) {
  respub_publisher_options *o = &pub->options;
  size_t most = o->inflight_bytes;
  respub__pipeline_fix(&pub->pipe, most);
  o->away_bytes = at_most(o->away_bytes, most);
  o->away_messages = at_most(o->away_messages, respub__pipeline_messages(most));
}

static void publisher_plan(respub__plan *plan, const void *options) {
  const respub_publisher_options *o = options;
  respub__plan_add(plan, sizeof(respub_publisher), 1);
  respub__plan_add(plan, respub__pool_bytes(respub__conn_plan, &o->connection), 1);
  respub__pipeline_plan(plan, o->inflight_bytes);
}

respub_status respub__publisher_allocate(respub_publisher **pub, respub_allocator *alloc,
                                         const respub_publisher_options *options,
                                         respub_error *error) {
  *alloc = respub__allocator(&options->connection.allocator);
  if (respub__has_fixed_memory(&options->connection)) {
    respub_status status = respub__pool_open(alloc, publisher_plan, options, "a publisher", error);
    if (status != RESPUB_OK)
      return status;
  }
  *pub = respub__alloc_zero(alloc, sizeof **pub);
  if (*pub == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "out of memory for a publisher");
  return RESPUB_OK;
}

size_t respub_publisher_memory(const respub_publisher_options *options) {
  if (!respub__has_fixed_memory(&options->connection) ||
      respub__publisher_wrong_bound(options) != NULL)
    return SIZE_MAX;
  return respub__pool_buffer_bytes(publisher_plan, options);
}
