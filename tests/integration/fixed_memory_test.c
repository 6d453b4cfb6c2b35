/* Objects whose memory is one block of the size that they tell, and which never ask for more. */
#include "net/net.h"
#include "pubsub/pubsub.h"
#include "tests/support/check.h"
#include "tests/support/guard.h"
#include "tests/support/heap.h"
#include "tests/support/host.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 15000,
  NAMES = 10,
  NAME_BYTES = 32,
  BUFFER_BYTES = 2048,
  QUEUE_BYTES = BUFFER_BYTES + 2048,
  /* The largest message: what is around a payload of the longest channel's. */
  AROUND_BYTES = 80
};

static respub_test_server *server;

/* Memory of exactly the size told, whose ends cannot be overstepped unnoticed. */
typedef struct exact {
  respub_guard guard;
  size_t size;
} exact;

static respub_allocator exactly(exact *e, size_t size) {
  e->guard = respub_guard_open(size);
  e->size = size;
  return respub_buffer_allocator(e->guard.end - size, size);
}

static void restart_server(void) {
  respub_test_heap_look_away(true);
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_TRUE_FATAL(respub_test_server_restart(server));
  respub_test_heap_look_away(false);
}

static void use_server(respub_options *o, bool local) {
  const char *url = local ? respub_test_server_unix_url(server) : respub_test_server_url(server);
  CU_ASSERT_EQUAL_FATAL(respub_options_from_url(o, url, NULL), RESPUB_OK);
  o->fixed_memory = true;
  o->buffer_bytes = BUFFER_BYTES;
  o->output_bytes = 1024;
}

/* ------------------------------------------------------------------------------------------------
 * A connection */

static void converse(respub_conn *conn) {
  const respub_slice set[] = {RESPUB_LIT("SET"), RESPUB_LIT("a"), RESPUB_LIT("1")};
  const respub_slice get[] = {RESPUB_LIT("GET"), RESPUB_LIT("a")};
  const respub_node *reply;
  for (int i = 0; i < 100; i++) {
    CU_ASSERT_EQUAL_FATAL(respub_conn_command(conn, set, 3, 5000, &reply, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL_FATAL(respub_conn_command(conn, get, 2, 5000, &reply, NULL), RESPUB_OK);
    CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("1")));
  }
}

/* It is refused before anything is queued; then one that fits passes. */
static void refuse_what_is_too_large(respub_conn *conn) {
  static char bytes[2000];
  const respub_slice large[] = {RESPUB_LIT("ECHO"), respub_slice_of(bytes, sizeof bytes)};
  const respub_slice fits[] = {RESPUB_LIT("ECHO"), respub_slice_of(bytes, 900)};
  const respub_node *reply;
  CU_ASSERT_EQUAL(respub_conn_append(conn, large, 2), RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_conn_due(conn), 0);
  CU_ASSERT_EQUAL(respub_conn_command(conn, fits, 2, 5000, &reply, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(reply != NULL && reply->text.len == 900);
}

static void try_connection(int protocol, bool local) {
  respub_options o;
  respub_error error = {RESPUB_OK, ""};
  respub_conn *conn;
  exact e;
  use_server(&o, local);
  o.protocol = protocol;
  size_t size = respub_conn_memory(&o);
  o.allocator = exactly(&e, size);
  for (int again = 0; again < 3; again++) {
    size_t calls = respub_test_heap_calls();
    respub_status status = respub_conn_open(&conn, &o, &error);
    RESPUB_CHECK(status == RESPUB_OK, "%s", error.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    converse(conn);
    refuse_what_is_too_large(conn);
    respub_conn_close(conn);
    CU_ASSERT_EQUAL(respub_test_heap_calls(), calls);
  }
  respub_guard_close(&e.guard);
  o.allocator = exactly(&e, size - 1);
  CU_ASSERT_EQUAL(respub_conn_open(&conn, &o, &error), RESPUB_ENOMEM);
  CU_ASSERT_PTR_NULL(conn);
  respub_guard_close(&e.guard);
}

static void a_connection_takes_what_it_tells_and_no_more(void) {
  try_connection(2, false);
  try_connection(2, true);
  try_connection(3, false);
}

static void a_reply_that_does_not_fit_has_a_status_of_its_own(void) {
  static char value[BUFFER_BYTES];
  const respub_slice echo[] = {RESPUB_LIT("ECHO"), respub_slice_of(value, BUFFER_BYTES - 9)};
  const respub_slice longer[] = {RESPUB_LIT("ECHO"), respub_slice_of(value, BUFFER_BYTES - 8)};
  const respub_slice command[] = {RESPUB_LIT("COMMAND"), RESPUB_LIT("INFO"), RESPUB_LIT("get")};
  respub_options o;
  respub_conn *conn;
  const respub_node *reply;
  exact e;
  use_server(&o, false);
  o.output_bytes = 2 * BUFFER_BYTES;
  o.allocator = exactly(&e, respub_conn_memory(&o));
  CU_ASSERT_EQUAL_FATAL(respub_conn_open(&conn, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_command(conn, echo, 2, 5000, &reply, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(reply != NULL && reply->text.len == BUFFER_BYTES - 9);
  CU_ASSERT_EQUAL(respub_conn_command(conn, longer, 2, 5000, &reply, NULL), RESPUB_EBYTES);
  respub_conn_close(conn);
  CU_ASSERT_EQUAL_FATAL(respub_conn_open(&conn, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_command(conn, command, 3, 5000, &reply, NULL), RESPUB_ETOTAL);
  respub_conn_close(conn);
  respub_guard_close(&e.guard);
}

/* ------------------------------------------------------------------------------------------------
 * A subscriber */

typedef struct account {
  size_t messages;
  size_t largest;
  size_t gaps;
  size_t restored;
  respub_status lost;
} account;

static void count_message(const respub_event *event, void *ctx) {
  account *a = ctx;
  a->messages++;
  if (event->payload.len > a->largest)
    a->largest = event->payload.len;
}

static void count_event(const respub_event *event, void *ctx) {
  account *a = ctx;
  a->gaps += event->type == RESPUB_EVENT_GAP;
  a->restored += event->type == RESPUB_EVENT_RESTORED;
  if (event->type == RESPUB_EVENT_DISCONNECTED)
    a->lost = event->status;
}

static void bounded_options(respub_subscriber_options *o, bool local, account *a) {
  respub_subscriber_options_init(o);
  use_server(&o->connection, local);
  o->most_names = NAMES;
  o->most_name_bytes = NAME_BYTES;
  o->queue_bytes = QUEUE_BYTES;
  o->backoff_min_ms = o->backoff_max_ms = 5;
  o->on_event = count_event;
  o->event_ctx = a;
}

/* The i-th name, as long as it may be; valid until the next call. */
static respub_slice name_of(int i) {
  static char name[NAME_BYTES + 1];
  snprintf(name, sizeof name, "%0*d", NAME_BYTES, i);
  return respub_slice_of(name, NAME_BYTES);
}

static void take(const respub_event *event, account *a) {
  if (event->type == RESPUB_EVENT_MESSAGE)
    count_message(event, a);
  else
    count_event(event, a);
}

/* Flush keeps what comes meanwhile; it is taken, so that there is room for more. */
static void settle(respub_subscriber *sub, account *a) {
  respub_event event;
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  while (respub_subscriber_next(sub, 0, &event) == RESPUB_OK)
    take(&event, a);
}

static void subscribe_all(respub_subscriber *sub, respub_subscription *ids, account *a) {
  for (int i = 0; i < NAMES; i++) {
    respub_status status =
        i % 2 == 0 ? respub_subscriber_subscribe(sub, name_of(i), count_message, a, &ids[i])
                   : respub_subscriber_psubscribe(sub, name_of(i), count_message, a, &ids[i]);
    RESPUB_CHECK(status == RESPUB_OK, "name %d: %s", i, respub_status_text(status));
  }
  settle(sub, a);
}

static void refuse_one_more(respub_subscriber *sub, account *a) {
  respub_subscription id = 1;
  respub_slice longer = RESPUB_LIT("a name that is longer than 32 bytes");
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, name_of(NAMES), count_message, a, &id),
                  RESPUB_EFULL);
  CU_ASSERT_EQUAL(id, 0);
  CU_ASSERT_EQUAL(respub_subscriber_psubscribe(sub, RESPUB_LIT("x"), count_message, a, &id),
                  RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, name_of(0), count_message, a, &id),
                  RESPUB_EFULL);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, longer, count_message, a, &id), RESPUB_EFULL);
}

/* The server tells how many got it. */
static void send_from_server(int name, size_t bytes) {
  static char command[BUFFER_BYTES + 100];
  int len = snprintf(command, sizeof command, "PUBLISH %.*s ", NAME_BYTES, name_of(name).ptr);
  memset(command + len, 'x', bytes);
  command[(size_t)len + bytes] = '\0';
  respub_test_heap_look_away(true);
  CU_ASSERT_TRUE(respub_test_server_says(server, command, ":1"));
  respub_test_heap_look_away(false);
}

static void drive_until(respub_subscriber *sub, account *a, const size_t *count, size_t wanted) {
  int64_t deadline = respub_test_deadline(DEADLINE_MS);
  respub_event event;
  while (*count < wanted &&
         respub_subscriber_next(sub, respub_test_left_ms(deadline), &event) == RESPUB_OK) {
    take(&event, a);
  }
  RESPUB_CHECK(*count >= wanted, "%zu of %zu", *count, wanted);
}

/* Every name at once: the largest message that the buffer holds. */
static void receive_promised_sizes(respub_subscriber *sub, account *a) {
  size_t before = a->messages;
  for (int i = 0; i < NAMES; i += 2)
    send_from_server(i, BUFFER_BYTES - AROUND_BYTES);
  drive_until(sub, a, &a->messages, before + NAMES / 2);
  CU_ASSERT_EQUAL(a->largest, BUFFER_BYTES - AROUND_BYTES);
}

static void come_back_after_a_kill(respub_subscriber *sub, account *a) {
  size_t restored = a->restored;
  restart_server();
  drive_until(sub, a, &a->restored, restored + 1);
}

static void change_names_often(respub_subscriber *sub, respub_subscription *ids, account *a) {
  for (int round = 0; round < 100; round++) {
    int i = round % NAMES;
    CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, ids[i]), RESPUB_OK);
    settle(sub, a);
    respub_status status =
        respub_subscriber_subscribe(sub, name_of(1000 + round), count_message, a, &ids[i]);
    RESPUB_CHECK(status == RESPUB_OK, "round %d: %s", round, respub_status_text(status));
  }
  settle(sub, a);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_all(sub), RESPUB_OK);
  settle(sub, a);
}

static void live_through_it_all(respub_subscriber *sub, account *a) {
  respub_subscription ids[NAMES];
  subscribe_all(sub, ids, a);
  refuse_one_more(sub, a);
  receive_promised_sizes(sub, a);
  come_back_after_a_kill(sub, a);
  receive_promised_sizes(sub, a);
  change_names_often(sub, ids, a);
  subscribe_all(sub, ids, a);
  receive_promised_sizes(sub, a);
}

static void try_subscriber(bool local) {
  respub_subscriber_options o;
  respub_error error = {RESPUB_OK, ""};
  respub_subscriber *sub;
  account a = {0};
  exact e;
  bounded_options(&o, local, &a);
  size_t size = respub_subscriber_memory(&o);
  o.connection.allocator = exactly(&e, size);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, &error), RESPUB_OK);
  size_t calls = respub_test_heap_calls();
  live_through_it_all(sub, &a);
  respub_subscriber_close(sub);
  CU_ASSERT_EQUAL(respub_test_heap_calls(), calls);
  CU_ASSERT_EQUAL(respub_subscriber_open(&sub, &o, &error), RESPUB_OK);
  respub_subscriber_close(sub);
  respub_guard_close(&e.guard);
  o.connection.allocator = exactly(&e, size - 1);
  CU_ASSERT_EQUAL(respub_subscriber_open(&sub, &o, &error), RESPUB_ENOMEM);
  RESPUB_CHECK(strstr(error.text, "no block of") != NULL, "%s", error.text);
  CU_ASSERT_PTR_NULL(sub);
  respub_guard_close(&e.guard);
}

static void a_subscriber_lives_in_what_it_tells_and_allocates_nothing(void) {
  try_subscriber(false);
  try_subscriber(true);
}

static void a_message_that_does_not_fit_ends_only_the_connection(void) {
  respub_subscriber_options o;
  respub_subscriber *sub;
  respub_subscription ids[NAMES];
  account a = {0};
  exact e;
  bounded_options(&o, false, &a);
  o.connection.allocator = exactly(&e, respub_subscriber_memory(&o));
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  subscribe_all(sub, ids, &a);
  send_from_server(0, BUFFER_BYTES);
  drive_until(sub, &a, &a.gaps, 1);
  CU_ASSERT_EQUAL(a.lost, RESPUB_EBYTES);
  CU_ASSERT_EQUAL(a.messages, 0);
  drive_until(sub, &a, &a.restored, 1);
  receive_promised_sizes(sub, &a);
  respub_subscriber_close(sub);
  respub_guard_close(&e.guard);
}

static void options_that_bound_nothing_are_refused(void) {
  respub_subscriber_options o;
  respub_error error;
  respub_subscriber *sub;
  account a = {0};
  bounded_options(&o, false, &a);
  o.most_names = 0;
  CU_ASSERT_EQUAL(respub_subscriber_memory(&o), SIZE_MAX);
  CU_ASSERT_EQUAL(respub_subscriber_open(&sub, &o, &error), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "most_names"));
  o.most_names = NAMES;
  o.delivery = RESPUB_DELIVER_LATEST;
  CU_ASSERT_EQUAL(respub_subscriber_open(&sub, &o, &error), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "LATEST"));
  o.delivery = RESPUB_DELIVER_BLOCK;
  o.queue_bytes = BUFFER_BYTES;
  CU_ASSERT_EQUAL(respub_subscriber_memory(&o), SIZE_MAX);
  CU_ASSERT_EQUAL(respub_subscriber_open(&sub, &o, &error), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "queue_bytes"));
}

/* ------------------------------------------------------------------------------------------------
 * A publisher */

enum {
  INFLIGHT_BYTES = 2048,
  MANY = 300,
  THREADS = 4
};

static void publisher_options(respub_publisher_options *o, bool local) {
  respub_publisher_options_init(o);
  use_server(&o->connection, local);
  o->inflight_bytes = INFLIGHT_BYTES;
  o->backoff_min_ms = o->backoff_max_ms = 5;
  o->away = RESPUB_AWAY_WAIT;
  o->timeout_ms = respub_test_scaled(DEADLINE_MS);
}

static void publish_one(respub_publisher *pub, size_t bytes, respub_status expected) {
  static char payload[100000];
  respub_error error = {RESPUB_OK, ""};
  int64_t receivers = -1;
  respub_status status = respub_publisher_publish(
      pub, RESPUB_LIT("p"), respub_slice_of(payload, bytes), &receivers, &error);
  RESPUB_CHECK(status == expected, "%zu bytes: %s: %s", bytes, respub_status_text(status),
               error.text);
  CU_ASSERT(expected != RESPUB_EFULL || strstr(error.text, "inflight_bytes") != NULL);
}

static void publish_several(respub_publisher *pub) {
  static respub_publish_message messages[MANY];
  static respub_publish_result results[MANY];
  for (size_t i = 0; i < MANY; i++)
    messages[i] = (respub_publish_message){RESPUB_LIT("p"), RESPUB_LIT("a payload")};
  CU_ASSERT_EQUAL(respub_publisher_publish_many(pub, messages, MANY, results, NULL), RESPUB_OK);
  for (size_t i = 0; i < MANY; i++)
    CU_ASSERT_EQUAL(results[i].status, RESPUB_OK);
}

static void count_result(const respub_publish_result *result, respub_slice text, void *ctx) {
  (void)text;
  *(size_t *)ctx += result->status == RESPUB_OK;
}

static void queue_several(respub_publisher *pub) {
  size_t done = 0;
  for (int i = 0; i < MANY; i++)
    CU_ASSERT_EQUAL(
        respub_publisher_queue(pub, RESPUB_LIT("p"), RESPUB_LIT("a payload"), count_result, &done),
        RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  CU_ASSERT_EQUAL(done, MANY);
}

/* What cannot fit is refused at once, and what is never copied always fits. */
static void publish_large_ones(respub_publisher *pub) {
  static char payload[3000];
  respub_slice large = respub_slice_of(payload, sizeof payload);
  publish_one(pub, 1500, RESPUB_OK);
  publish_one(pub, 3000, RESPUB_EFULL);
  publish_one(pub, 100000, RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_queue(pub, RESPUB_LIT("p"), large, NULL, NULL), RESPUB_EFULL);
  publish_one(pub, 1, RESPUB_OK);
}

static void publish_in_every_way(respub_publisher *pub) {
  for (int round = 0; round < 20; round++) {
    publish_one(pub, 100, RESPUB_OK);
    publish_several(pub);
    queue_several(pub);
    publish_large_ones(pub);
  }
}

static void try_publisher(bool local) {
  respub_publisher_options o;
  respub_error error = {RESPUB_OK, ""};
  respub_publisher *pub;
  exact e;
  publisher_options(&o, local);
  size_t size = respub_publisher_memory(&o);
  o.connection.allocator = exactly(&e, size);
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, &error), RESPUB_OK);
  size_t calls = respub_test_heap_calls();
  publish_in_every_way(pub);
  restart_server();
  /* The connection's end may be known only after the first message was written to it. */
  (void)!respub_publisher_publish(pub, RESPUB_LIT("p"), RESPUB_LIT(""), NULL, NULL);
  publish_in_every_way(pub);
  respub_publisher_close(pub);
  CU_ASSERT_EQUAL(respub_test_heap_calls(), calls);
  CU_ASSERT_EQUAL(respub_publisher_open(&pub, &o, &error), RESPUB_OK);
  respub_publisher_close(pub);
  respub_guard_close(&e.guard);
  o.connection.allocator = exactly(&e, size - 1);
  CU_ASSERT_EQUAL(respub_publisher_open(&pub, &o, &error), RESPUB_ENOMEM);
  RESPUB_CHECK(strstr(error.text, "no block of") != NULL, "%s", error.text);
  respub_guard_close(&e.guard);
}

static void a_publisher_lives_in_what_it_tells_and_allocates_nothing(void) {
  try_publisher(false);
  try_publisher(true);
}

static void *publish_on_thread(void *ctx) {
  for (int i = 0; i < 500; i++)
    publish_one(ctx, i % 7 == 0 ? 1500 : 200, RESPUB_OK);
  return NULL;
}

static void threads_wait_for_room_in_what_is_fixed(void) {
  respub_publisher_options o;
  respub_publisher *pub;
  pthread_t threads[THREADS];
  exact e;
  publisher_options(&o, false);
  o.connection.allocator = exactly(&e, respub_publisher_memory(&o));
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  for (int i = 0; i < THREADS; i++)
    CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, publish_on_thread, pub), 0);
  for (int i = 0; i < THREADS; i++)
    CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
  respub_publisher_close(pub);
  respub_guard_close(&e.guard);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_connection_takes_what_it_tells_and_no_more),
      RESPUB_TEST(a_reply_that_does_not_fit_has_a_status_of_its_own),
      RESPUB_TEST(a_subscriber_lives_in_what_it_tells_and_allocates_nothing),
      RESPUB_TEST(a_message_that_does_not_fit_ends_only_the_connection),
      RESPUB_TEST(options_that_bound_nothing_are_refused),
      RESPUB_TEST(a_publisher_lives_in_what_it_tells_and_allocates_nothing),
      RESPUB_TEST(threads_wait_for_room_in_what_is_fixed),
  };
  return respub_test_main_at_redis(&server, "fixed memory", tests, RESPUB_TEST_COUNT(tests), argc,
                                   argv);
}
