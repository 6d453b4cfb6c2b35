#include "net/lookup.h"

#include "net/fork.h"
#include "net/memory.h"
#include "net/text.h"
#include "net/thread.h"
#include "net/wait.h"

#include <string.h>

#if RESPUB_THREADS && RESPUB_RESOLVE

#include <stdatomic.h>

struct respub__lookup {
  atomic_uint holders; /* the thread, and who has started it */
  atomic_bool done;    /* what follows is there; before, only the thread touches it */
  respub_status status;
  respub__addresses addresses;
  respub_error error;
  respub__wake wake;
  unsigned generation; /* of forks */
  uint16_t port;
  char host[];
};

static void free_lookup(respub__lookup *l) {
  respub_allocator system = respub__allocator(NULL);
  if (atomic_load(&l->done) && l->status == RESPUB_OK)
    respub__addresses_free(&l->addresses, &system);
  respub__wake_close(&l->wake);
  respub__free(&system, l);
}

static void let_go(respub__lookup *l) {
  if (atomic_fetch_sub(&l->holders, 1) == 1)
    free_lookup(l);
}

static void *look_up_main(void *ctx) {
  respub__lookup *l = ctx;
  respub_allocator system = respub__allocator(NULL);
  respub__thread_detach_self();
  l->status = respub__resolve(&l->addresses, &system, l->host, l->port, &l->error);
  atomic_store(&l->done, true);
  respub__wake_ring(&l->wake);
  let_go(l);
  return NULL;
}

respub_status respub__lookup_start(respub__lookup **lookup, const char *host, uint16_t port) {
  respub_allocator system = respub__allocator(NULL);
  size_t host_size = strlen(host) + 1;
  respub__thread thread;
  respub__lookup *l = respub__alloc_zero(&system, sizeof *l + host_size);
  if (l == NULL)
    return RESPUB_ENOMEM;
  atomic_init(&l->holders, 2);
  l->generation = respub__fork_generation();
  l->port = port;
  memcpy(l->host, host, host_size);
  respub_status status = respub__wake_open(&l->wake);
  if (status == RESPUB_OK && (status = respub__thread_start(&thread, look_up_main, l)) != RESPUB_OK)
    respub__wake_close(&l->wake);
  if (status != RESPUB_OK)
    respub__free(&system, l);
  else
    *lookup = l;
  return status;
}

int respub__lookup_fd(const respub__lookup *lookup) {
  return lookup->wake.read_fd;
}

respub_status respub__lookup_take(respub__lookup *lookup, respub__addresses *addresses,
                                  const respub_allocator *allocator, respub_error *error) {
  if (!atomic_load(&lookup->done))
    return RESPUB_AGAIN;
  if (lookup->status == RESPUB_OK)
    return respub__addresses_copy(addresses, &lookup->addresses, allocator, error);
  if (error != NULL)
    *error = lookup->error;
  return lookup->status;
}

void respub__lookup_end(respub__lookup *lookup) {
  if (lookup == NULL)
    return;
  if (lookup->generation == respub__fork_generation())
    let_go(lookup);
  else
    free_lookup(lookup);
}

#else

respub_status respub__lookup_start(respub__lookup **lookup, const char *host, uint16_t port) {
  (void)lookup;
  (void)host;
  (void)port;
  return RESPUB_EUNSUPPORTED;
}

int respub__lookup_fd(const respub__lookup *lookup) {
  (void)lookup;
  return -1;
}

respub_status respub__lookup_take(respub__lookup *lookup, respub__addresses *addresses,
                                  const respub_allocator *allocator, respub_error *error) {
  (void)lookup;
  (void)addresses;
  (void)allocator;
  return respub__fail(error, RESPUB_EUNSUPPORTED, "no lookup is under way");
}

void respub__lookup_end(respub__lookup *lookup) {
  (void)lookup;
}

#endif
