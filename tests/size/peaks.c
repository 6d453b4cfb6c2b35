/* The most heap and stack that each layer takes at work, a line each: layer, bytes of heap, bytes
 * of stack. Each runs on a thread of its own whose stack was painted before; malloc and its kin are
 * wrapped by the linker (-Wl,--wrap=...), and what a thread allocates is on its account. */
#include "respub.h"

#if RESPUB_SIZE_SCHEMA
#include "respub_schema.h"
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Heap */

typedef struct account {
  size_t now;
  size_t peak;
} account;

/* In front of each block. */
typedef union block {
  struct {
    account *owner;
    size_t size;
  } of;
  max_align_t align;
} block;

static _Thread_local account *mine;

void *__real_malloc(size_t size);
void *__real_realloc(void *ptr, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void __wrap_free(void *ptr);

static void *enter(block *b, account *owner, size_t size) {
  if (b == NULL)
    return NULL;
  b->of.owner = owner;
  b->of.size = size;
  if (owner != NULL) {
    owner->now += size;
    if (owner->now > owner->peak)
      owner->peak = owner->now;
  }
  return b + 1;
}

static block *leave(void *ptr) {
  block *b = (block *)ptr - 1;
  if (b->of.owner != NULL)
    b->of.owner->now -= b->of.size;
  return b;
}

void *__wrap_malloc(size_t size) {
  return enter(__real_malloc(sizeof(block) + size), mine, size);
}

void *__wrap_calloc(size_t count, size_t size) {
  void *ptr = __wrap_malloc(count * size);
  return ptr != NULL ? memset(ptr, 0, count * size) : NULL;
}

/* While it is moved a block is there twice. */
void *__wrap_realloc(void *ptr, size_t size) {
  void *moved = __wrap_malloc(size);
  if (moved == NULL || ptr == NULL)
    return moved;
  size_t old = ((block *)ptr - 1)->of.size;
  memcpy(moved, ptr, old < size ? old : size);
  __wrap_free(ptr);
  return moved;
}

void __wrap_free(void *ptr) {
  if (ptr != NULL)
    __real_free(leave(ptr));
}

/* ------------------------------------------------------------------------------------------------
 * Stack */

enum {
  STACK_BYTES = 1 << 20,
  PAINT = 0xa5
};

typedef struct job {
  const char *name;
  void (*work)(void);
  account heap;
  unsigned char *stack;
  pthread_t thread;
} job;

static void fail(const char *what) {
  fprintf(stderr, "peaks: %s\n", what);
  exit(1);
}

static void *run_job(void *arg) {
  job *j = arg;
  mine = &j->heap;
  j->work();
  return NULL;
}

static void start(job *j) {
  pthread_attr_t attributes;
  j->stack = aligned_alloc(4096, STACK_BYTES);
  if (j->stack == NULL)
    fail("no memory");
  memset(j->stack, PAINT, STACK_BYTES);
  if (pthread_attr_init(&attributes) != 0 ||
      pthread_attr_setstack(&attributes, j->stack, STACK_BYTES) != 0 ||
      pthread_create(&j->thread, &attributes, run_job, j) != 0)
    fail("no thread");
  pthread_attr_destroy(&attributes);
}

static size_t join(job *j) {
  pthread_join(j->thread, NULL);
  size_t clean = 0;
  while (clean < STACK_BYTES && j->stack[clean] == PAINT)
    clean++;
  __real_free(j->stack);
  return STACK_BYTES - clean;
}

static size_t idle_stack; /* what a thread takes that does nothing */

static void print(const job *j, size_t stack) {
  printf("%s %zu %zu\n", j->name, j->heap.peak, stack > idle_stack ? stack - idle_stack : 0);
}

static void measure(const char *name, void (*work)(void)) {
  job j = {.name = name, .work = work};
  start(&j);
  print(&j, join(&j));
}

/* ------------------------------------------------------------------------------------------------
 * Work */

static atomic_int port;
static respub_broker *broker;

static void nothing(void) {
}

static void serve(void) {
  respub_broker_options options;
  respub_broker_options_init(&options);
  if (respub_broker_open(&broker, &options, NULL) != RESPUB_OK)
    fail("no broker");
  atomic_store(&port, respub_broker_port(broker));
  if (respub_broker_run(broker) != RESPUB_OK)
    fail("the broker does not serve");
  respub_broker_close(broker);
}

static void connect_to_broker(respub_options *options) {
  respub_options_init(options);
  memcpy(options->host, "127.0.0.1", sizeof "127.0.0.1");
  options->port = (uint16_t)atomic_load(&port);
}

static void code(void) {
  static const char message[] = "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n";
  respub_slice args[] = {RESPUB_LIT("PUBLISH"), RESPUB_LIT("news"), RESPUB_LIT("hello")};
  respub_decoder decoder;
  respub_node nodes[16];
  size_t used;
  char out[64];
  respub_decoder_init(&decoder, NULL, nodes, 16);
  if (respub_decode(&decoder, message, sizeof message - 1, &used) != RESPUB_OK ||
      respub_encode_command(out, sizeof out, args, 3) > sizeof out)
    fail("the codec fails");
}

static void connection(void) {
  respub_options options;
  respub_conn *conn;
  const respub_node *reply;
  respub_slice ping = RESPUB_LIT("PING");
  connect_to_broker(&options);
  if (respub_conn_open(&conn, &options, NULL) != RESPUB_OK ||
      respub_conn_command(conn, &ping, 1, 10000, &reply, NULL) != RESPUB_OK)
    fail("no connection");
  respub_conn_close(conn);
}

static void publish(void) {
  respub_publisher_options options;
  respub_publisher *pub;
  respub_publisher_options_init(&options);
  connect_to_broker(&options.connection);
  if (respub_publisher_open(&pub, &options, NULL) != RESPUB_OK ||
      respub_publisher_publish(pub, RESPUB_LIT("news0"), RESPUB_LIT("hello"), NULL, NULL) !=
          RESPUB_OK)
    fail("nothing is published");
  respub_publisher_close(pub);
}

static void on_message(const respub_event *event, void *ctx) {
  *(bool *)ctx = true;
  respub_subscriber_stop(event->subscriber);
}

/* Ten channels; the message comes from a thread of its own, whose account is another. */
static void subscribe(void) {
  respub_subscriber_options options;
  respub_subscriber *sub;
  bool heard = false;
  char name[8] = "news0";
  respub_subscriber_options_init(&options);
  connect_to_broker(&options.connection);
  if (respub_subscriber_open(&sub, &options, NULL) != RESPUB_OK)
    fail("no subscriber");
  for (; name[4] <= '9'; name[4]++)
    if (respub_subscriber_subscribe(sub, respub_slice_of_string(name), on_message, &heard, NULL) !=
        RESPUB_OK)
      fail("no subscription");
  if (respub_subscriber_flush(sub, 10000) != RESPUB_OK)
    fail("no confirmation");
  job sender = {.work = publish};
  start(&sender);
  (void)join(&sender);
  if (respub_subscriber_run(sub) != RESPUB_OK || !heard)
    fail("no message");
  respub_subscriber_close(sub);
}

#if RESPUB_SIZE_SCHEMA
static void validate(void) {
  static const char text[] = "{\"type\":\"price\",\"timestamp\":\"2025-04-24T09:45:00.000Z\","
                             "\"symbol\":\"AAPL\",\"price\":150.5,\"volume\":1000}";
  cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};
  cJSON_InitHooks(&hooks);
  respub_registry *registry;
  if (respub_registry_open(&registry, NULL) != RESPUB_OK)
    fail("no registry");
  cJSON *data = cJSON_Parse(text);
  if (respub_message_validate(registry, RESPUB_LIT("TICKER_UPDATES_AAPL"), data, NULL) != RESPUB_OK)
    fail("the message is not valid");
  cJSON_Delete(data);
  respub_registry_close(registry);
}
#endif

int main(void) {
  job idle = {.work = nothing};
  start(&idle);
  idle_stack = join(&idle);
  job server = {.name = "broker", .work = serve};
  start(&server);
  while (atomic_load(&port) == 0)
    sched_yield();
  measure("resp", code);
  measure("net", connection);
  measure("subscriber", subscribe);
  measure("publisher", publish);
  respub_broker_stop(broker);
  print(&server, join(&server));
#if RESPUB_SIZE_SCHEMA
  measure("schema", validate);
#endif
  return 0;
}
