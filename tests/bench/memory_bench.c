/* What a subscriber of 10 channels takes at most, in bytes: heap as it asks its allocator for it,
 * and stack of the thread that runs it, while it connects, subscribes, receives, loses the server
 * and comes back.
 *
 * usage: memory_bench */
#include "pubsub/pubsub.h"
#include "tests/support/alloc.h"
#include "tests/support/server.h"
#include "tests/support/wait.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  CHANNELS = 10,
  STACK_BYTES = 256 * 1024,
  PAINT = 0xc5,
  DEADLINE_MS = 20000
};

static respub_test_server *server;
static _Alignas(64) unsigned char stack[STACK_BYTES];

typedef struct scene {
  respub_subscriber_options options;
  respub_test_alloc heap;
  respub_status status;
  atomic_int messages;
} scene;

static void on_message(const respub_event *event, void *ctx) {
  scene *s = ctx;
  if (atomic_fetch_add(&s->messages, 1) == 1)
    respub_subscriber_stop(event->subscriber);
}

static void *live(void *ctx) {
  scene *s = ctx;
  respub_subscriber *sub;
  char name[16];
  s->status = respub_subscriber_open(&sub, &s->options, NULL);
  for (int i = 0; i < CHANNELS && s->status == RESPUB_OK; i++) {
    (void)snprintf(name, sizeof name, "channel_%d", i);
    s->status = respub_subscriber_subscribe(sub, respub_slice_of_string(name), on_message, s, NULL);
  }
  if (s->status == RESPUB_OK)
    s->status = respub_subscriber_run(sub);
  respub_subscriber_close(sub);
  return NULL;
}

static void *do_nothing(void *ctx) {
  return ctx;
}

static bool publishes(void *ctx) {
  (void)ctx;
  return respub_test_server_says(server, "PUBLISH channel_9 hello", ":1");
}

/* Sends one message, ends the server, and sends another when it is back. */
static bool disturb(void) {
  return respub_test_wait(publishes, NULL, DEADLINE_MS) && respub_test_server_kill(server) &&
         respub_test_server_restart(server) && respub_test_wait(publishes, NULL, DEADLINE_MS);
}

/* Bytes of the painted stack that a thread has changed; it grows down. */
static size_t changed(void) {
  size_t untouched = 0;
  while (untouched < STACK_BYTES && stack[untouched] == PAINT)
    untouched++;
  return STACK_BYTES - untouched;
}

/* 0: failed. */
static size_t stack_of(void *(*body)(void *), scene *s) {
  pthread_attr_t attributes;
  pthread_t thread;
  memset(stack, PAINT, sizeof stack);
  bool good = pthread_attr_init(&attributes) == 0 &&
              pthread_attr_setstack(&attributes, stack, sizeof stack) == 0 &&
              pthread_create(&thread, &attributes, body, s) == 0;
  (void)pthread_attr_destroy(&attributes);
  if (!good)
    return 0;
  good = body == do_nothing || disturb();
  if (!good)
    exit(1);
  return pthread_join(thread, NULL) == 0 ? changed() : 0;
}

static bool measure(const char *name, bool small, bool fixed) {
  scene s = {.heap = RESPUB_TEST_ALLOC_COUNTING};
  respub_subscriber_options *o = &s.options;
  respub_subscriber_options_init(o);
  if (respub_options_from_url(&o->connection, respub_test_server_url(server), NULL) != RESPUB_OK)
    return false;
  o->connection.allocator = respub_test_allocator(&s.heap);
  o->backoff_min_ms = o->backoff_max_ms = 10;
  if (small)
    o->connection.buffer_bytes = 1024;
  if (fixed) {
    o->connection.fixed_memory = true;
    o->most_names = CHANNELS;
    o->most_name_bytes = 32;
    o->queue_bytes = 1536;
  }
  size_t idle = stack_of(do_nothing, &s);
  size_t busy = stack_of(live, &s);
  if (s.status != RESPUB_OK || idle == 0 || busy <= idle)
    return false;
  printf("%-40s %8zu %8zu\n", name, (size_t)s.heap.peak_bytes, busy - idle);
  if (fixed)
    printf("%-40s %8zu\n", "  as respub_subscriber_memory tells", respub_subscriber_memory(o));
  return true;
}

int main(void) {
  server = respub_test_server_start(NULL);
  if (server == NULL)
    return 1;
  printf("A subscriber of %d channels, in bytes        heap    stack\n\n", CHANNELS);
  bool good = measure("with the defaults", false, false) &&
              measure("buffer_bytes 1024", true, false) &&
              measure("the same and fixed_memory", true, true);
  respub_test_server_free(server);
  return good ? 0 : 1;
}
