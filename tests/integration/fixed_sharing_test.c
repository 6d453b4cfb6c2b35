/* Fixed memory beside other things: queues, other objects in the same buffer, forks. */
#include "broker/broker.h"
#include "pubsub/pubsub.h"
#include "tests/support/alloc.h"
#include "tests/support/check.h"
#include "tests/support/host.h"
#include "tests/support/options.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 15000,
  MESSAGES = 300
};

static respub_test_server *server;
static _Alignas(max_align_t) char buffer[256 * 1024];

static void fix(respub_options *o) {
  CU_ASSERT_EQUAL_FATAL(respub_options_from_url(o, respub_test_server_url(server), NULL),
                        RESPUB_OK);
  o->fixed_memory = true;
  o->buffer_bytes = 2048;
  o->output_bytes = 1024;
}

static void fix_subscriber(respub_subscriber_options *o) {
  respub_subscriber_options_init(o);
  fix(&o->connection);
  o->most_names = 2;
  o->most_name_bytes = 16;
  o->queue_bytes = 4096;
}

static void fix_publisher(respub_publisher_options *o) {
  respub_publisher_options_init(o);
  fix(&o->connection);
  o->inflight_bytes = 2048;
  o->timeout_ms = respub_test_scaled(DEADLINE_MS);
}

/* ------------------------------------------------------------------------------------------------
 * Queues */

typedef struct reader {
  atomic_bool open; /* messages are let through */
  atomic_ulong messages, missed;
} reader;

static bool is_open(void *ctx) {
  return atomic_load(&((reader *)ctx)->open);
}

static void read_slowly(const respub_event *event, void *ctx) {
  reader *r = ctx;
  if (event->type == RESPUB_EVENT_GAP)
    atomic_fetch_add(&r->missed, event->missed);
  if (event->type != RESPUB_EVENT_MESSAGE)
    return;
  (void)respub_test_wait(is_open, r, DEADLINE_MS);
  atomic_fetch_add(&r->messages, 1);
}

static bool all_is_accounted_for(void *ctx) {
  reader *r = ctx;
  return atomic_load(&r->messages) + atomic_load(&r->missed) >= MESSAGES;
}

static void publish_all(void) {
  respub_publisher_options o;
  respub_publisher *pub;
  static char payload[500];
  fix_publisher(&o);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  for (int i = 0; i < MESSAGES; i++) {
    int64_t receivers = 0;
    CU_ASSERT_EQUAL(respub_publisher_publish(pub, RESPUB_LIT("q"),
                                             respub_slice_of(payload, (size_t)i), &receivers, NULL),
                    RESPUB_OK);
    CU_ASSERT_EQUAL(receivers, 1);
  }
  respub_publisher_close(pub);
}

static void try_queue(respub_delivery delivery) {
  respub_test_alloc source = RESPUB_TEST_ALLOC_COUNTING;
  respub_subscriber_options o;
  respub_subscriber *sub;
  reader r = {0};
  fix_subscriber(&o);
  o.connection.allocator = respub_test_allocator(&source);
  o.delivery = delivery;
  o.on_event = read_slowly;
  o.event_ctx = &r;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(source.calls, 1);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("q"), read_slowly, &r, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  publish_all();
  atomic_store(&r.open, true);
  RESPUB_CHECK(respub_test_wait(all_is_accounted_for, &r, DEADLINE_MS), "%lu and %lu of %d",
               atomic_load(&r.messages), atomic_load(&r.missed), MESSAGES);
  CU_ASSERT_EQUAL(atomic_load(&r.messages) + atomic_load(&r.missed), MESSAGES);
  CU_ASSERT_TRUE(delivery != RESPUB_DELIVER_BLOCK || atomic_load(&r.missed) == 0);
  respub_subscriber_close(sub);
  CU_ASSERT_EQUAL(source.calls, 1);
  CU_ASSERT_EQUAL(source.live, 0);
}

static void a_queue_of_fixed_size_keeps_its_accounts(void) {
  try_queue(RESPUB_DELIVER_BLOCK);
  try_queue(RESPUB_DELIVER_DROP_OLDEST);
  try_queue(RESPUB_DELIVER_DROP_NEWEST);
}

/* ------------------------------------------------------------------------------------------------
 * One buffer */

typedef struct family {
  respub_conn *conn;
  respub_subscriber *sub;
  respub_publisher *pub;
} family;

static size_t bytes_of_all(const respub_options *c, const respub_subscriber_options *s,
                           const respub_publisher_options *p) {
  return respub_conn_memory(c) + respub_subscriber_memory(s) + respub_publisher_memory(p);
}

static void use_all(const family *f) {
  respub_event event = {.type = RESPUB_EVENT_CLOSED};
  const respub_slice ping[] = {RESPUB_LIT("PING")};
  const respub_node *reply;
  CU_ASSERT_EQUAL(respub_conn_command(f->conn, ping, 1, 5000, &reply, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(f->sub, RESPUB_LIT("all"), NULL, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(f->sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_publish(f->pub, RESPUB_LIT("all"), RESPUB_LIT("x"), NULL, NULL),
                  RESPUB_OK);
  while (event.type != RESPUB_EVENT_MESSAGE &&
         respub_subscriber_next(f->sub, respub_test_scaled(DEADLINE_MS), &event) == RESPUB_OK)
    continue;
  CU_ASSERT_EQUAL(event.type, RESPUB_EVENT_MESSAGE);
}

static void close_all(family *f, int first) {
  for (int i = 0; i < 3; i++) {
    switch ((first + i) % 3) {
    case 0:
      respub_conn_close(f->conn);
      break;
    case 1:
      respub_subscriber_close(f->sub);
      break;
    default:
      respub_publisher_close(f->pub);
      break;
    }
  }
}

static void objects_share_one_buffer_in_any_order(void) {
  respub_options c;
  respub_subscriber_options s;
  respub_publisher_options p;
  family f;
  respub_options_init(&c);
  fix(&c);
  fix_subscriber(&s);
  fix_publisher(&p);
  size_t size = bytes_of_all(&c, &s, &p);
  CU_ASSERT_TRUE_FATAL(size <= sizeof buffer);
  c.allocator = respub_buffer_allocator(buffer, size);
  s.connection.allocator = p.connection.allocator = c.allocator;
  for (int round = 0; round < 12; round++) {
    CU_ASSERT_EQUAL_FATAL(respub_conn_open(&f.conn, &c, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&f.sub, &s, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&f.pub, &p, NULL), RESPUB_OK);
    use_all(&f);
    close_all(&f, round);
  }
}

/* Without fixed memory a buffer is a heap like any other. */
static void a_broker_lives_in_a_buffer(void) {
  respub_broker_options b;
  respub_broker *broker;
  respub_publisher *pub;
  respub_broker_options_init(&b);
  b.allocator = respub_buffer_allocator(buffer, sizeof buffer);
  for (int round = 0; round < 3; round++) {
    CU_ASSERT_EQUAL_FATAL(respub_broker_open(&broker, &b, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
    respub_publisher_options p = respub_test_publisher_options(respub_broker_url(broker));
    CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &p, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL(respub_publisher_publish(pub, RESPUB_LIT("b"), RESPUB_LIT("x"), NULL, NULL),
                    RESPUB_OK);
    respub_publisher_close(pub);
    respub_broker_close(broker);
  }
}

/* ------------------------------------------------------------------------------------------------
 * A fork */

static void a_child_closes_what_its_parent_goes_on_with(void) {
  respub_subscriber_options s;
  respub_publisher_options p;
  family f = {NULL, NULL, NULL};
  fix_subscriber(&s);
  fix_publisher(&p);
  s.connection.allocator = respub_buffer_allocator(buffer, sizeof buffer);
  p.connection.allocator = s.connection.allocator;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&f.sub, &s, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&f.pub, &p, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub_conn_open(&f.conn, &p.connection, NULL), RESPUB_OK);
  use_all(&f);
  pid_t child = fork();
  if (child == 0) {
    close_all(&f, 0);
    _exit(7);
  }
  int status = 0;
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_all(f.sub), RESPUB_OK);
  use_all(&f);
  close_all(&f, 1);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_queue_of_fixed_size_keeps_its_accounts),
      RESPUB_TEST(objects_share_one_buffer_in_any_order),
      RESPUB_TEST(a_broker_lives_in_a_buffer),
      RESPUB_TEST(a_child_closes_what_its_parent_goes_on_with),
  };
  return respub_test_main_at_redis(&server, "fixed sharing", tests, RESPUB_TEST_COUNT(tests), argc,
                                   argv);
}
