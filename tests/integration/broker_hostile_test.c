/* A broker and bytes that are hostile, come in small parts, or are very many. */
#include "tests/support/alloc.h"
#include "tests/support/broker_fixture.h"
#include "tests/support/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void garbage_ends_at_most_its_own_connection(void) {
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.request_bytes = 100000;
  respub_broker *broker = start_with(&options);
  respub_test_peer witness;
  connect_peer(&witness, broker);
  uint32_t state = 1;
  for (int round = 0; round < 300; round++) {
    static const char alphabet[] = "*$+-:\r\n\r\n\r\n0123456789 \"'\\xPSUBSCRIBE\0\xff";
    char bytes[2000];
    respub_test_peer p;
    connect_peer(&p, broker);
    for (size_t i = 0; i < sizeof bytes; i++) {
      state = state * 1664525u + 1013904223u;
      bytes[i] =
          round % 2 == 0 ? (char)(state >> 24) : alphabet[(state >> 8) % (sizeof alphabet - 1)];
    }
    (void)respub_test_peer_send(&p, bytes, sizeof bytes, DEADLINE_MS);
    if (round % 3 != 0) { /* others leave without a word, with replies under way */
      respub_test_peer_finish(&p);
      CU_ASSERT_TRUE(respub_test_peer_receive_end(&p, DEADLINE_MS));
    }
    respub_test_peer_close(&p);
  }
  CU_ASSERT_TRUE(answers(&witness));
  CU_ASSERT_TRUE(clients_become(broker, 1));
  respub_test_peer_close(&witness);
  respub_broker_close(broker);
}

static void half_a_command_is_waited_for_without_harm_to_others(void) {
  static const char command[] = "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n";
  respub_broker *broker = start_default();
  respub_test_peer half, other;
  connect_peer(&half, broker);
  connect_peer(&other, broker);
  for (size_t i = 0; i < sizeof command - 1; i++) {
    CU_ASSERT_EQUAL(half.len, 0);
    CU_ASSERT_TRUE(respub_test_peer_send(&half, command + i, 1, DEADLINE_MS));
    CU_ASSERT_TRUE(answers(&other));
  }
  CU_ASSERT_TRUE(respub_test_peer_expect(&half, "$5\r\nhello\r\n", DEADLINE_MS));
  respub_test_peer_close(&half);
  respub_test_peer_close(&other);
  respub_broker_close(broker);
}

static bool has_commands(void *ctx) {
  const expectation *e = ctx;
  respub_broker_stats stats;
  respub_broker_get_stats(e->broker, &stats);
  return stats.commands == e->count;
}

static bool commands_become(respub_broker *broker, uint64_t n) {
  expectation e = {broker, n};
  return respub_test_wait(has_commands, &e, DEADLINE_MS);
}

/* Much more than sockets and buffers hold at once, in both directions. */
static void a_large_message_passes_whole(void) {
  enum {
    SIZE = 6 * 1024 * 1024
  };
  respub_broker *broker = start_default();
  respub_test_peer subscriber, publisher;
  connect_peer(&subscriber, broker);
  connect_peer(&publisher, broker);
  CU_ASSERT_TRUE(subscribes(&subscriber, "x"));
  char *command = malloc(SIZE + 64);
  CU_ASSERT_PTR_NOT_NULL_FATAL(command);
  int header = snprintf(command, 64, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$%d\r\n", SIZE);
  for (size_t i = 0; i < SIZE; i++)
    command[(size_t)header + i] = (char)(i * 7 + (i >> 12));
  memcpy(command + header + SIZE, "\r\n", 2);
  size_t size = (size_t)header + SIZE + 2;
  CU_ASSERT_TRUE(respub_test_peer_send(&publisher, command, size, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&publisher, ":1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_receive(&subscriber, size, DEADLINE_MS));
  CU_ASSERT_EQUAL(subscriber.len, size);
  memcpy(command, subscriber.bytes, 15); /* "message" for "PUBLISH" */
  CU_ASSERT_EQUAL(memcmp(subscriber.bytes, command, size), 0);
  free(command);
  respub_test_peer_close(&subscriber);
  respub_test_peer_close(&publisher);
  respub_broker_close(broker);
}

/* More than one turn's work, and more than a socket's buffer. */
static void many_commands_in_one_breath_are_answered_in_order(void) {
  enum {
    COMMANDS = 30000
  };
  respub_broker *broker = start_default();
  respub_test_peer p;
  char *text = malloc(COMMANDS * 16);
  char *expected = malloc(COMMANDS * 16);
  CU_ASSERT_FATAL(text != NULL && expected != NULL);
  size_t len = 0;
  size_t expected_len = 0;
  for (int i = 0; i < COMMANDS; i++) {
    len += (size_t)snprintf(text + len, 16, "ECHO %05d\r\n", i);
    expected_len += (size_t)snprintf(expected + expected_len, 16, "$5\r\n%05d\r\n", i);
  }
  connect_peer(&p, broker);
  CU_ASSERT_TRUE(respub_test_peer_send(&p, text, len, DEADLINE_MS));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_receive(&p, expected_len, DEADLINE_MS));
  CU_ASSERT_EQUAL(p.len, expected_len);
  CU_ASSERT_EQUAL(memcmp(p.bytes, expected, expected_len), 0);
  free(text);
  free(expected);
  respub_test_peer_close(&p);
  respub_broker_close(broker);
}

/* `printf ... | nc` ends its side at once; here with more replies under way than a socket holds. */
static void what_was_sent_before_the_end_is_answered(void) {
  enum {
    COMMANDS = 60,
    SIZE = 50000
  };
  respub_test_folder folder;
  respub_broker_options options;
  respub_test_folder_open(&folder, "socket");
  respub_broker_options_init(&options);
  options.unix_path = folder.path;
  respub_broker *broker = start_with(&options);
  respub_test_peer p;
  char *echo = malloc(SIZE + 7);
  CU_ASSERT_PTR_NOT_NULL_FATAL(echo);
  memset(echo, 'e', SIZE + 7);
  memcpy(echo, "ECHO ", 5);
  memcpy(echo + SIZE + 5, "\r\n", 2);
  CU_ASSERT_TRUE_FATAL(respub_test_peer_unix(&p, folder.path));
  for (int i = 0; i < COMMANDS; i++)
    CU_ASSERT_TRUE(respub_test_peer_send(&p, echo, SIZE + 7, DEADLINE_MS));
  size_t already = p.len;
  respub_test_peer_finish(&p);
  CU_ASSERT_TRUE(commands_become(broker, COMMANDS));
  CU_ASSERT_TRUE(respub_test_peer_receive_end(&p, DEADLINE_MS));
  CU_ASSERT_EQUAL(p.len, COMMANDS * (sizeof "$50000\r\n" - 1 + SIZE + 2u));
  CU_ASSERT_TRUE(already < p.len);
  CU_ASSERT_TRUE(clients_become(broker, 0));
  free(echo);
  respub_test_peer_close(&p);
  respub_broker_close(broker);
  respub_test_folder_close(&folder);
}

/* A hundred clients that promise much and send little. */
static void a_huge_announcement_costs_nothing(void) {
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.allocator = respub_test_allocator(&alloc);
  respub_broker *broker = start_with(&options);
  respub_test_peer p[100];
  for (int i = 0; i < 100; i++) {
    connect_peer(&p[i], broker);
    CU_ASSERT_TRUE(respub_test_peer_say(
        &p[i], i % 2 == 0 ? "PING\r\n*1000000\r\n$4\r\nPI" : "PING\r\n*2\r\n$16000000\r\nPI",
        DEADLINE_MS));
    CU_ASSERT_TRUE(respub_test_peer_expect(&p[i], "+PONG\r\n", DEADLINE_MS));
  }
  CU_ASSERT_TRUE(alloc.peak_bytes < 100u * 32768);
  for (int i = 0; i < 100; i++)
    respub_test_peer_close(&p[i]);
  respub_broker_close(broker);
  CU_ASSERT_EQUAL(alloc.live, 0);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(garbage_ends_at_most_its_own_connection),
      RESPUB_TEST(half_a_command_is_waited_for_without_harm_to_others),
      RESPUB_TEST(a_large_message_passes_whole),
      RESPUB_TEST(many_commands_in_one_breath_are_answered_in_order),
      RESPUB_TEST(what_was_sent_before_the_end_is_answered),
      RESPUB_TEST(a_huge_announcement_costs_nothing),
  };
  return respub_test_main("broker and hostile bytes", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
