/* A broker under too many clients, too slow ones and too busy ones. */
#include "broker/server.h"
#include "tests/support/broker_fixture.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------
 * Too many */

static void one_client_too_many_is_told_so(void) {
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.max_clients = 3;
  respub_broker *broker = start_with(&options);
  respub_test_peer p[3], extra;
  for (int i = 0; i < 3; i++) {
    connect_peer(&p[i], broker);
    CU_ASSERT_TRUE(answers(&p[i]));
  }
  connect_peer(&extra, broker);
  CU_ASSERT_TRUE(respub_test_peer_receive_end(&extra, DEADLINE_MS));
  CU_ASSERT_STRING_EQUAL(extra.bytes, "-ERR max number of clients reached\r\n");
  respub_test_peer_close(&extra);
  respub_test_peer_close(&p[1]);
  CU_ASSERT_TRUE(clients_become(broker, 2));
  connect_peer(&p[1], broker);
  for (int i = 0; i < 3; i++)
    CU_ASSERT_TRUE(answers(&p[i]));
  respub_broker_stats stats;
  respub_broker_get_stats(broker, &stats);
  CU_ASSERT_EQUAL(stats.accepted, 4);
  CU_ASSERT_EQUAL(stats.refused, 1);
  for (int i = 0; i < 3; i++)
    respub_test_peer_close(&p[i]);
  respub_broker_close(broker);
}

/* Both ends of every connection are in this process. */
static void allow_descriptors(rlim_t n) {
  struct rlimit limit;
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < n)
    limit.rlim_cur = n;
  CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void a_thousand_clients_all_get_a_message(void) {
  enum {
    N = 1000
  };
  static const char message[] = "*3\r\n$7\r\nmessage\r\n$3\r\nall\r\n$5\r\nhello\r\n";
  static respub_test_peer p[N];
  allow_descriptors(2 * N + 100);
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.max_clients = N + 1;
  respub_broker *broker = start_with(&options);
  respub_test_peer publisher;
  for (int i = 0; i < N; i++)
    connect_peer(&p[i], broker);
  for (int i = 0; i < N; i++)
    CU_ASSERT_TRUE(subscribes(&p[i], "all"));
  connect_peer(&publisher, broker);
  for (int round = 0; round < 3; round++) {
    CU_ASSERT_TRUE(respub_test_peer_say(&publisher, "PUBLISH all hello\r\n", DEADLINE_MS));
    CU_ASSERT_TRUE(respub_test_peer_expect(&publisher, ":1000\r\n", DEADLINE_MS));
    for (int i = 0; i < N; i++)
      CU_ASSERT_TRUE(respub_test_peer_expect(&p[i], message, DEADLINE_MS));
  }
  for (int i = 0; i < N; i += 2)
    respub_test_peer_close(&p[i]);
  CU_ASSERT_TRUE(clients_become(broker, N / 2 + 1));
  CU_ASSERT_TRUE(respub_test_peer_say(&publisher, "PUBLISH all hello\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&publisher, ":500\r\n", DEADLINE_MS));
  for (int i = 1; i < N; i += 2) {
    CU_ASSERT_TRUE(respub_test_peer_expect(&p[i], message, DEADLINE_MS));
    respub_test_peer_close(&p[i]);
  }
  respub_test_peer_close(&publisher);
  respub_broker_close(broker);
}

static atomic_int accept_failures;

static void count_accept_failures(void *ctx, respub_log_level level, const char *line) {
  (void)ctx;
  (void)level;
  atomic_fetch_add(&accept_failures, strncmp(line, "cannot accept", 13) == 0);
}

static bool failed_three_times(void *ctx) {
  (void)ctx;
  return atomic_load(&accept_failures) >= 3;
}

/* Uses up all descriptors but for the one that *next is given. Returns the number in held. */
static size_t use_up_descriptors(int *held, size_t max) {
  size_t n = 0;
  while (n < max && (held[n] = open("/dev/null", O_RDONLY)) >= 0)
    n++;
  return n;
}

/* The listener stays readable all the time that nobody can be accepted. */
static void without_descriptors_it_waits_instead_of_spinning(void) {
  static int held[4096];
  struct rlimit before;
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.log.write = count_accept_failures;
  atomic_store(&accept_failures, 0);
  respub_broker *broker = start_with(&options);
  respub_test_peer p, late;
  connect_peer(&p, broker);
  CU_ASSERT_TRUE(answers(&p));
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = before;
  few.rlim_cur = 1000;
  CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
  size_t n = use_up_descriptors(held, 4096);
  CU_ASSERT_TRUE_FATAL(n > 0);
  close(held[--n]); /* for the connection's own end */
  int64_t begin = respub_test_now_ms();
  connect_peer(&late, broker);
  CU_ASSERT_TRUE(respub_test_wait(failed_three_times, NULL, DEADLINE_MS));
  CU_ASSERT_TRUE(answers(&p));
  int64_t elapsed = respub_test_now_ms() - begin;
  CU_ASSERT_TRUE(atomic_load(&accept_failures) <= 2 + elapsed / 100);
  while (n > 0)
    close(held[--n]);
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
  CU_ASSERT_TRUE(answers(&late));
  respub_test_peer_close(&p);
  respub_test_peer_close(&late);
  respub_broker_close(broker);
}

/* ------------------------------------------------------------------------------------------------
 * Too slow */

static size_t publish_until_evicted(respub_broker *broker, respub_test_peer *publisher,
                                    respub_test_peer *quick, const char *command, size_t size) {
  respub_broker_stats stats = {0};
  size_t sent = 0;
  while (stats.evicted == 0 && sent < 100000) {
    CU_ASSERT_TRUE_FATAL(respub_test_peer_send(publisher, command, size, DEADLINE_MS));
    CU_ASSERT_TRUE_FATAL(respub_test_peer_receive_text(publisher, "\r\n", DEADLINE_MS));
    respub_test_peer_forget(publisher, publisher->len);
    sent++;
    CU_ASSERT_TRUE_FATAL(respub_test_peer_receive(quick, sent * size, DEADLINE_MS));
    respub_broker_get_stats(broker, &stats);
  }
  return sent;
}

/* While the one that reads gets everything. */
static void a_subscriber_that_does_not_read_is_disconnected(void) {
  enum {
    PAYLOAD = 20000
  };
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.client_output_bytes = 1024 * 1024;
  respub_broker *broker = start_with(&options);
  respub_test_peer slow, quick, publisher;
  connect_peer(&slow, broker);
  connect_peer(&quick, broker);
  connect_peer(&publisher, broker);
  CU_ASSERT_TRUE(subscribes(&slow, "x"));
  CU_ASSERT_TRUE(subscribes(&quick, "x"));
  char *command = malloc(PAYLOAD + 64);
  CU_ASSERT_PTR_NOT_NULL_FATAL(command);
  int header = snprintf(command, 64, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$%d\r\n", PAYLOAD);
  memset(command + header, 'p', PAYLOAD);
  memcpy(command + header + PAYLOAD, "\r\n", 2);
  /* "message" is as long as "PUBLISH": a message is as long as its command. */
  size_t size = (size_t)header + PAYLOAD + 2;
  size_t sent = publish_until_evicted(broker, &publisher, &quick, command, size);
  CU_ASSERT_TRUE(sent * size > 1024 * 1024);
  CU_ASSERT_EQUAL(quick.len, sent * size);
  CU_ASSERT_TRUE(clients_become(broker, 2));
  CU_ASSERT_TRUE(respub_test_peer_receive_end(&slow, DEADLINE_MS));
  CU_ASSERT_TRUE(slow.len < sent * size);
  CU_ASSERT_TRUE(answers(&publisher));
  free(command);
  respub_test_peer_close(&slow);
  respub_test_peer_close(&quick);
  respub_test_peer_close(&publisher);
  respub_broker_close(broker);
}

/* Who sends requests and reads no replies is no better. */
typedef struct greedy {
  respub_broker *broker;
  int fd;
  char request[60002];
} greedy;

static bool is_evicted_after_more(void *ctx) {
  greedy *g = ctx;
  respub_broker_stats stats;
  (void)send(g->fd, g->request, sizeof g->request, MSG_NOSIGNAL | MSG_DONTWAIT);
  respub_broker_get_stats(g->broker, &stats);
  return stats.evicted > 0;
}

static void a_client_that_does_not_read_its_replies_is_disconnected(void) {
  static greedy g;
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.client_output_bytes = 256 * 1024;
  g.broker = start_with(&options);
  respub_test_peer p, other;
  memset(g.request, 'e', sizeof g.request);
  memcpy(g.request, "ECHO ", 5);
  memcpy(g.request + sizeof g.request - 2, "\r\n", 2);
  connect_peer(&p, g.broker);
  g.fd = p.fd;
  CU_ASSERT_TRUE(respub_test_wait(is_evicted_after_more, &g, DEADLINE_MS));
  CU_ASSERT_TRUE(clients_become(g.broker, 0));
  connect_peer(&other, g.broker);
  CU_ASSERT_TRUE(answers(&other));
  respub_test_peer_close(&p);
  respub_test_peer_close(&other);
  respub_broker_close(g.broker);
}

/* ------------------------------------------------------------------------------------------------
 * Too busy */

static void take_turn(respub__broker_server *server) {
  CU_ASSERT_EQUAL_FATAL(respub__broker_server_wait(server), RESPUB_OK);
  respub__broker_server_serve(server);
  respub__broker_server_settle(server);
}

/* Has what two clients sent arrived? The last entries to poll are the clients'. */
static bool two_are_waiting(void *ctx) {
  enum {
    OTHERS = 3 /* the wake and the listeners */
  };
  respub__broker_server *server = ctx;
  int waiting = 0;
  (void)poll(server->fds, (nfds_t)(OTHERS + server->count), 0);
  for (size_t i = 0; i < server->count; i++)
    waiting += (server->fds[OTHERS + i].revents & POLLIN) != 0;
  return waiting == 2;
}

/* Turn by turn: the quiet one is answered while most of the flood still waits. Every message has to
 * be held against many patterns, so that little of what is read at once is done in one turn. */
static void a_flood_of_one_client_does_not_hold_up_another(void) {
  enum {
    FLOOD = 2000,
    PATTERNS = 400,
    SIZE = 13
  };
  static respub__broker_server server;
  static char flood[FLOOD * SIZE + 1];
  respub_broker_options options;
  respub_broker_options_init(&options);
  CU_ASSERT_EQUAL_FATAL(respub__broker_server_open(&server, &options, NULL), RESPUB_OK);
  respub_test_peer listener, busy, quiet;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&listener, (uint16_t)server.listeners.port));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&busy, (uint16_t)server.listeners.port));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&quiet, (uint16_t)server.listeners.port));
  for (int i = 0; i < PATTERNS; i++) {
    char text[32];
    snprintf(text, sizeof text, "PSUBSCRIBE p%d\r\n", i);
    CU_ASSERT_TRUE(respub_test_peer_say(&listener, text, DEADLINE_MS));
  }
  while (server.hub.stats.commands < PATTERNS || server.count < 3)
    take_turn(&server);
  for (int i = 0; i < FLOOD; i++)
    memcpy(flood + SIZE * i, "PUBLISH x y\r\n", SIZE);
  CU_ASSERT_TRUE(respub_test_peer_send(&busy, flood, FLOOD * SIZE, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_say(&quiet, "PING\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_wait(two_are_waiting, &server, DEADLINE_MS));
  for (int turn = 0; turn < 3; turn++) {
    respub__wake_ring(&server.wake); /* should there be nothing left to do */
    take_turn(&server);
  }
  CU_ASSERT_TRUE(respub_test_peer_expect(&quiet, "+PONG\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(server.hub.stats.published < FLOOD / 2);
  /* And the flood goes on without any more bytes that would wake the loop. */
  while (server.hub.stats.published < FLOOD)
    take_turn(&server);
  respub_test_peer_close(&listener);
  respub_test_peer_close(&busy);
  respub_test_peer_close(&quiet);
  respub__broker_server_close(&server);
}

/* Far more in one turn than may wait: who reads, or has a socket that takes it, is not to be
 * blamed. */
static void a_burst_within_one_turn_evicts_nobody(void) {
  enum {
    MESSAGES = 40,
    PATTERNS = 30
  };
  static respub__broker_server server;
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.client_output_bytes = 20000;
  CU_ASSERT_EQUAL_FATAL(respub__broker_server_open(&server, &options, NULL), RESPUB_OK);
  respub_test_peer s, p;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&s, (uint16_t)server.listeners.port));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&p, (uint16_t)server.listeners.port));
  for (int i = 0; i < PATTERNS; i++) {
    char text[64];
    snprintf(text, sizeof text, "PSUBSCRIBE %.*s*\r\n", i, "******************************");
    CU_ASSERT_TRUE(respub_test_peer_say(&s, text, DEADLINE_MS));
  }
  for (int i = 0; i < MESSAGES; i++)
    CU_ASSERT_TRUE(respub_test_peer_say(
        &p, "PUBLISH channel 0123456789012345678901234567890123456789\r\n", DEADLINE_MS));
  while (server.hub.stats.published < MESSAGES)
    take_turn(&server);
  CU_ASSERT_EQUAL(server.hub.stats.delivered, MESSAGES * PATTERNS);
  CU_ASSERT_EQUAL(server.hub.stats.evicted, 0);
  CU_ASSERT_EQUAL(server.count, 2);
  respub_test_peer_close(&s);
  respub_test_peer_close(&p);
  respub__broker_server_close(&server);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(one_client_too_many_is_told_so),
      RESPUB_TEST(a_thousand_clients_all_get_a_message),
      RESPUB_TEST(without_descriptors_it_waits_instead_of_spinning),
      RESPUB_TEST(a_subscriber_that_does_not_read_is_disconnected),
      RESPUB_TEST(a_client_that_does_not_read_its_replies_is_disconnected),
      RESPUB_TEST(a_burst_within_one_turn_evicts_nobody),
      RESPUB_TEST(a_flood_of_one_client_does_not_hold_up_another),
  };
  return respub_test_main("broker under load", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
