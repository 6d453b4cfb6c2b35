/* What a connection takes that has fixed_memory. */
#include "net/conn.h"
#include "net/dial.h"
#include "net/pool.h"

/* The map of HELLO 3 has about 20 nodes, and 9 for each module of the server. */
#define HELLO_NODES 128

size_t respub__conn_fixed_nodes(const respub_options *options) {
  if (options->limits.total > 0 && options->limits.total < RESPUB_MAX_ELEMENTS)
    return options->limits.total + 1;
  return options->protocol == 3 ? HELLO_NODES : RESPUB_FIRST_NODES;
}

/* With a callback the credentials may be as long as there is room for them. */
static size_t handshake_bytes(const respub_options *o) {
  respub__handshake h;
  size_t size = respub__handshake_begin(&h, o, NULL, 0);
  size_t most_credentials = sizeof o->username + sizeof o->password + 64;
  return o->credentials != NULL ? size + most_credentials : size;
}

size_t respub__conn_fixed_output(const respub_options *options) {
  size_t least = handshake_bytes(options);
  return options->output_bytes > least ? options->output_bytes : least;
}

void respub__conn_plan(respub__plan *plan, const void *options) {
  const respub_options *o = options;
  size_t nodes = respub__conn_fixed_nodes(o);
  respub__plan_add(plan, sizeof(respub_conn), 1);
  respub__plan_add(plan, sizeof(respub__opening), 1);
  respub__plan_add(plan, o->buffer_bytes, 1);
  respub__plan_add(plan, respub__conn_fixed_output(o), 1);
  if (nodes > RESPUB_FIRST_NODES)
    respub__plan_add(plan, nodes * sizeof(respub_node), 1);
  if (o->dial == NULL)
    respub__dial_plan(plan);
}

size_t respub_conn_memory(const respub_options *options) {
  return respub__pool_buffer_bytes(respub__conn_plan, options);
}
