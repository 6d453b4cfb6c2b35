/* A broker whose n-th allocation fails, for every n: nothing leaks, nothing crashes, nobody gets a
 * wrong answer, and whoever comes next is served. */
#include "broker/broker.h"
#include "tests/support/alloc.h"
#include "tests/support/peer.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 20000,
  PAYLOAD = 5000, /* long enough to be shared */
  CROWD = 20      /* more than there is room for at first */
};

static bool opens(respub_broker **broker, const respub_test_alloc *alloc,
                  const respub_broker_options *options) {
  respub_error error = {RESPUB_OK, ""};
  respub_status status = respub_broker_open(broker, options, &error);
  CU_ASSERT_EQUAL(status, alloc->failed > 0 ? RESPUB_ENOMEM : RESPUB_OK);
  CU_ASSERT_EQUAL(error.status, status);
  CU_ASSERT_EQUAL(*broker == NULL, status != RESPUB_OK);
  return status == RESPUB_OK;
}

/* Exactly this, or the beginning of it and then the end of the connection. */
static void check_reply(respub_test_peer *p, const char *expected) {
  size_t len = strlen(expected);
  (void)respub_test_peer_receive(p, len, DEADLINE_MS);
  size_t have = p->len < len ? p->len : len;
  CU_ASSERT_TRUE(have == len || p->ended);
  CU_ASSERT_TRUE(p->len == 0 || memcmp(p->bytes, expected, have) == 0);
  if (have > 0)
    respub_test_peer_forget(p, have);
}

static void say(respub_test_peer *p, const char *text) {
  (void)respub_test_peer_say(p, text, DEADLINE_MS);
}

static void converse(uint16_t port) {
  char publish[PAYLOAD + 64];
  char message[PAYLOAD + 64];
  char payload[PAYLOAD + 1];
  memset(payload, 'p', PAYLOAD);
  payload[PAYLOAD] = '\0';
  snprintf(publish, sizeof publish, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$%d\r\n%s\r\n", PAYLOAD,
           payload);
  snprintf(message, sizeof message, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$%d\r\n%s\r\n", PAYLOAD,
           payload);
  respub_test_peer s, p;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&s, port));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&p, port));
  say(&s, "CLIENT SETNAME me\r\nSUBSCRIBE x 2 3 4 5 6 7 8 9 10\r\n");
  check_reply(&s, "+OK\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n");
  (void)respub_test_peer_receive_text(&s, ":10\r\n", DEADLINE_MS);
  if (s.len > 0)
    respub_test_peer_forget(&s, s.len);
  say(&p, publish);
  (void)respub_test_peer_receive_text(&p, "\r\n", DEADLINE_MS);
  if (p.len > 0 && strcmp(p.bytes, ":1\r\n") == 0)
    check_reply(&s, message);
  say(&s, "PSUBSCRIBE *\r\nUNSUBSCRIBE\r\nQUIT\r\n");
  CU_ASSERT_TRUE(respub_test_peer_receive_end(&s, DEADLINE_MS));
  respub_test_peer_close(&s);
  respub_test_peer_close(&p);
}

static void crowd_in(uint16_t port) {
  respub_test_peer p[CROWD];
  for (int i = 0; i < CROWD; i++) {
    CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&p[i], port));
    say(&p[i], "PING\r\n");
  }
  for (int i = 0; i < CROWD; i++) {
    check_reply(&p[i], "+PONG\r\n");
    respub_test_peer_close(&p[i]);
  }
}

static bool next_one_is_served(uint16_t port) {
  respub_test_peer p;
  bool served = respub_test_peer_tcp(&p, port) &&
                respub_test_peer_say(&p, "PING\r\n", DEADLINE_MS) &&
                respub_test_peer_expect(&p, "+PONG\r\n", DEADLINE_MS);
  respub_test_peer_close(&p);
  return served;
}

static void every_failed_allocation_costs_one_client_at_most(void) {
  size_t failures_after_open = 0;
  bool done = false;
  for (size_t n = 0; !done; n++) {
    respub_test_alloc alloc = RESPUB_TEST_ALLOC_FAILING(n);
    respub_broker_options options;
    respub_broker *broker;
    respub_broker_options_init(&options);
    options.allocator = respub_test_allocator(&alloc);
    if (opens(&broker, &alloc, &options)) {
      uint16_t port = (uint16_t)respub_broker_port(broker);
      CU_ASSERT_EQUAL_FATAL(respub_broker_start(broker), RESPUB_OK);
      converse(port);
      crowd_in(port);
      done = alloc.failed == 0;
      failures_after_open += !done;
      if (!done)
        CU_ASSERT_TRUE(next_one_is_served(port));
      respub_broker_stats stats;
      respub_broker_get_stats(broker, &stats);
      CU_ASSERT_TRUE(stats.accepted >= CROWD + 1);
    }
    respub_broker_close(broker);
    CU_ASSERT_EQUAL(alloc.live, 0);
  }
  CU_ASSERT_TRUE(failures_after_open >= 10);
}

static void *run(void *broker) {
  CU_ASSERT_EQUAL(respub_broker_run(broker), RESPUB_OK);
  return NULL;
}

/* With no memory left at all it serves nobody, and lives on until there is some. */
static void a_broker_outlives_a_time_without_memory(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_broker_options options;
  respub_broker *broker;
  respub_broker_options_init(&options);
  options.allocator = respub_test_allocator(&alloc);
  CU_ASSERT_EQUAL_FATAL(respub_broker_open(&broker, &options, NULL), RESPUB_OK);
  alloc.fail_at = alloc.calls;
  alloc.fail_for_ever = true;
  pthread_t thread;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run, broker), 0);
  uint16_t port = (uint16_t)respub_broker_port(broker);
  for (int i = 0; i < 5; i++) {
    respub_test_peer p;
    CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&p, port));
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&p, DEADLINE_MS));
    respub_test_peer_close(&p);
  }
  respub_broker_stop(broker);
  pthread_join(thread, NULL);
  CU_ASSERT_TRUE(alloc.failed >= 5);
  alloc.fail_at = SIZE_MAX;
  CU_ASSERT_EQUAL_FATAL(respub_broker_start(broker), RESPUB_OK);
  CU_ASSERT_TRUE(next_one_is_served(port));
  respub_broker_close(broker);
  CU_ASSERT_EQUAL(alloc.live, 0);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(every_failed_allocation_costs_one_client_at_most),
      RESPUB_TEST(a_broker_outlives_a_time_without_memory),
  };
  return respub_test_main("broker without memory", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
