/* A resolver that does not come back. It stands in for the system's: the name slow.test is known
 * when the test says so. */
#include "net/socket.h"
#include "pubsub/pubsub.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 10000
};

/* Built without threads, a name is waited for; without a resolver, there are no names. */
#define LOOKUPS (RESPUB_THREADS && RESPUB_RESOLVE)

/* ------------------------------------------------------------------------------------------------
 * The resolver */

static atomic_int asked, answered, gate_open, knows;

static bool is_set(void *ctx) {
  return atomic_load((atomic_int *)ctx) != 0;
}

/* One block, as freeaddrinfo takes it. */
typedef struct found {
  struct addrinfo info;
  struct sockaddr_in address;
} found;

static int give(const char *host, struct addrinfo **result) {
  found *f = calloc(1, sizeof *f);
  if (f == NULL)
    return EAI_MEMORY;
  f->address.sin_family = AF_INET;
  if (inet_pton(AF_INET, host, &f->address.sin_addr) != 1) {
    free(f);
    return EAI_NONAME;
  }
  f->info = (struct addrinfo){.ai_family = AF_INET,
                              .ai_socktype = SOCK_STREAM,
                              .ai_addrlen = sizeof f->address,
                              .ai_addr = (struct sockaddr *)&f->address};
  *result = &f->info;
  return 0;
}

/* The names of parameters in the system's header are its own.
 * NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  (void)service;
  if ((hints->ai_flags & AI_NUMERICHOST) != 0 || strcmp(host, "slow.test") != 0)
    return give(host, result);
  atomic_fetch_add(&asked, 1);
  (void)respub_test_wait(is_set, &gate_open, 6 * DEADLINE_MS);
  int code = atomic_load(&knows) ? give("127.0.0.1", result) : EAI_NONAME;
  atomic_fetch_add(&answered, 1);
  return code;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
void freeaddrinfo(struct addrinfo *result) {
  free(result);
}

static void close_gate(bool known) {
  atomic_store(&asked, 0);
  atomic_store(&answered, 0);
  atomic_store(&gate_open, 0);
  atomic_store(&knows, known);
}

/* The resolver answers, and with it ends whoever was left behind. */
static void open_gate(void) {
  atomic_store(&gate_open, 1);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &answered, DEADLINE_MS));
}

/* ------------------------------------------------------------------------------------------------
 * A connection */

static respub_options slow_options(uint16_t port) {
  respub_options o;
  respub_options_init(&o);
  (void)snprintf(o.host, sizeof o.host, "slow.test");
  o.port = port;
  o.connect_timeout_ms = 5000;
  return o;
}

static respub_conn *start(const respub_options *o) {
  respub_conn *conn = NULL;
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&conn, o, 0, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_step(conn, 0), RESPUB_AGAIN);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &asked, DEADLINE_MS));
  return conn;
}

static bool is_ready(int fd, short events) {
  struct pollfd p = {fd, events, 0};
  return poll(&p, 1, respub_test_scaled(DEADLINE_MS)) == 1;
}

static void a_slow_resolver_blocks_nothing_and_its_time_is_not_the_servers(void) {
  respub__address address;
  int listener;
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&listener, NULL, 0, NULL, &address, NULL),
                        RESPUB_OK);
  close_gate(true);
  respub_options o = slow_options(respub__address_port(&address));
  respub_conn *conn = start(&o);
  CU_ASSERT_EQUAL(respub_conn_step(conn, 100000), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_deadline_ms(conn), RESPUB_NEVER);
  CU_ASSERT_EQUAL(respub_conn_events(conn), POLLIN);
  open_gate();
  CU_ASSERT_TRUE(is_ready(respub_conn_fd(conn), respub_conn_events(conn)));
  CU_ASSERT_EQUAL(respub_conn_step(conn, 200000), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub_conn_deadline_ms(conn), 205000);
  CU_ASSERT_TRUE(is_ready(listener, POLLIN));
  respub_conn_close(conn);
  respub__socket_close(listener);
}

static void a_name_that_is_not_known_is_told_when_that_is_known(void) {
  close_gate(false);
  respub_options o = slow_options(6379);
  respub_conn *conn = start(&o);
  open_gate();
  CU_ASSERT_TRUE(is_ready(respub_conn_fd(conn), respub_conn_events(conn)));
  CU_ASSERT_EQUAL(respub_conn_step(conn, 1), RESPUB_ERESOLVE);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_conn_error(conn)->text, "cannot resolve slow.test"));
  respub_conn_close(conn);
}

/* The sanitizers and valgrind see whether all is freed. */
static void a_connection_can_be_closed_while_its_name_is_looked_up(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  close_gate(true);
  respub_options o = slow_options(6379);
  o.allocator = respub_test_allocator(&alloc);
  respub_conn *conn = start(&o);
  respub_conn_close(conn);
  CU_ASSERT_EQUAL(alloc.live, 0);
  CU_ASSERT_EQUAL(atomic_load(&answered), 0);
  open_gate();
}

static int count_descriptors(void) {
  int n = 0;
  for (int fd = 0; fd < 256; fd++)
    n += fcntl(fd, F_GETFD) >= 0;
  return n;
}

static bool are_as_many(void *ctx) {
  return count_descriptors() == *(int *)ctx;
}

/* Whoever is done last, the thread or the connection. */
static void a_lookup_leaves_no_descriptor_behind(void) {
  respub_options o = slow_options(6379);
  int before = count_descriptors();
  for (int i = 0; i < 10; i++) {
    close_gate(false);
    respub_conn *conn = start(&o);
    if (i % 2 == 0)
      open_gate();
    respub_conn_close(conn);
    open_gate();
  }
  CU_ASSERT_TRUE(respub_test_wait(are_as_many, &before, DEADLINE_MS));
}

static void a_forked_child_closes_it_too(void) {
  int ended = -1;
  close_gate(true);
  respub_options o = slow_options(6379);
  respub_conn *conn = start(&o);
  pid_t child = fork();
  if (child == 0) {
    bool told = respub_conn_step(conn, 1) == RESPUB_EFORKED;
    respub_conn_close(conn);
    _exit(told ? 0 : 1);
  }
  CU_ASSERT_EQUAL(waitpid(child, &ended, 0), child);
  CU_ASSERT_EQUAL(ended, 0);
  CU_ASSERT_EQUAL(respub_conn_step(conn, 1), RESPUB_AGAIN);
  respub_conn_close(conn);
  open_gate();
}

static void an_address_in_numbers_needs_no_resolver(void) {
  respub_conn *conn = NULL;
  close_gate(true);
  respub_options o = slow_options(1);
  (void)snprintf(o.host, sizeof o.host, "127.0.0.1");
  CU_ASSERT_EQUAL_FATAL(respub_conn_start(&conn, &o, 0, NULL), RESPUB_OK);
  (void)!respub_conn_step(conn, 0);
  CU_ASSERT_EQUAL(atomic_load(&asked), 0);
  respub_conn_close(conn);
}

/* ------------------------------------------------------------------------------------------------
 * A subscriber */

typedef struct ender {
  respub_subscriber *sub;
  pthread_t thread;
  atomic_int done;
} ender;

static void *stop_start_close(void *arg) {
  ender *e = arg;
  respub_subscriber_stop(e->sub);
  CU_ASSERT_EQUAL(respub_subscriber_start(e->sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(e->sub, 0), RESPUB_TIMEOUT);
  respub_subscriber_stop(e->sub);
  respub_event event;
  CU_ASSERT_EQUAL(respub_subscriber_next(e->sub, 1, &event), RESPUB_TIMEOUT);
  respub_subscriber_close(e->sub);
  atomic_store(&e->done, 1);
  return NULL;
}

static void check_subscriber(respub_delivery delivery) {
  ender e = {.sub = NULL};
  respub_subscriber_options o;
  respub_subscriber_options_init(&o);
  close_gate(true);
  o.connection = slow_options(6379);
  o.delivery = delivery;
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&e.sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(e.sub, RESPUB_LIT("c"), NULL, NULL, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(e.sub), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &asked, DEADLINE_MS));
  CU_ASSERT_EQUAL_FATAL(pthread_create(&e.thread, NULL, stop_start_close, &e), 0);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &e.done, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&answered), 0);
  open_gate();
  pthread_join(e.thread, NULL);
}

static void stop_and_close_do_not_wait_for_a_resolver(void) {
  check_subscriber(RESPUB_DELIVER_DIRECT);
  check_subscriber(RESPUB_DELIVER_BLOCK);
}

static void a_step_does_not_wait_for_a_resolver(void) {
  respub_subscriber *sub = NULL;
  respub_subscriber_options o;
  struct pollfd fds[2];
  respub_subscriber_options_init(&o);
  close_gate(false);
  o.connection = slow_options(6379);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_step(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_timeout_ms(sub), -1);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_fds(sub, fds), 2);
  CU_ASSERT_EQUAL(fds[1].events, POLLIN);
  open_gate();
  CU_ASSERT_TRUE(is_ready(fds[1].fd, fds[1].events));
  CU_ASSERT_EQUAL(respub_subscriber_step(sub), RESPUB_OK);
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.last_error.status, RESPUB_ERESOLVE);
  respub_subscriber_close(sub);
}

/* ------------------------------------------------------------------------------------------------
 * A publisher */

static void a_publish_keeps_its_time_while_a_name_is_looked_up(void) {
  respub_publisher *pub = NULL;
  respub_publisher_options o;
  respub_error error;
  respub_publisher_options_init(&o);
  close_gate(true);
  o.connection = slow_options(6379);
  o.timeout_ms = 50;
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_publish(pub, RESPUB_LIT("c"), RESPUB_LIT("x"), NULL, &error),
                  RESPUB_EUNSENT);
  CU_ASSERT_TRUE(respub_test_wait(is_set, &asked, DEADLINE_MS));
  CU_ASSERT_EQUAL(atomic_load(&answered), 0);
  respub_publisher_close(pub);
  open_gate();
}

static const respub_test tests[] = {
    RESPUB_TEST_OF(LOOKUPS, a_slow_resolver_blocks_nothing_and_its_time_is_not_the_servers),
    RESPUB_TEST_OF(LOOKUPS, a_name_that_is_not_known_is_told_when_that_is_known),
    RESPUB_TEST_OF(LOOKUPS, a_connection_can_be_closed_while_its_name_is_looked_up),
    RESPUB_TEST_OF(LOOKUPS, a_lookup_leaves_no_descriptor_behind),
    RESPUB_TEST_OF(LOOKUPS, a_forked_child_closes_it_too),
    RESPUB_TEST(an_address_in_numbers_needs_no_resolver),
    RESPUB_TEST_OF(LOOKUPS, stop_and_close_do_not_wait_for_a_resolver),
    RESPUB_TEST_OF(LOOKUPS, a_publish_keeps_its_time_while_a_name_is_looked_up),
    RESPUB_TEST_OF(LOOKUPS, a_step_does_not_wait_for_a_resolver),
};

int main(int argc, char **argv) {
  return respub_test_main("lookup", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
