/* respub sub while its server is killed, frozen, away: nothing is lost in silence. */
#include "tests/support/command.h"
#include "tests/support/host.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 20000,
  MESSAGES = 500
};

static respub_test_server *server;

static respub_test_process *start(const char *const words[]) {
  respub_test_process *p = respub_test_command_start(words);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  return p;
}

static bool line_with(respub_test_process *p, const char *text) {
  const char *line = respub_test_process_line_with(p, text, DEADLINE_MS);
  if (line == NULL)
    fprintf(stderr, "no line with %s\n%s\n", text, respub_test_process_errors(p));
  return line != NULL;
}

static bool next_starts(respub_test_process *p, const char *start_of_line) {
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  bool starts = line != NULL && strncmp(line, start_of_line, strlen(start_of_line)) == 0;
  if (!starts)
    fprintf(stderr, "wanted: %s...\n   got: %s\n", start_of_line, line != NULL ? line : "nothing");
  return starts;
}

static void ends_with(respub_test_process *p, int code) {
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), code);
  respub_test_process_end(p);
}

/* Publishes numbered messages; the PING behind them is answered when those before it have been
 * given to the sockets of the subscribers. */
static bool publish_many(unsigned round) {
  char command[64];
  for (unsigned i = 0; i < MESSAGES; i++) {
    snprintf(command, sizeof command, "PUBLISH news %u.%u", round, i);
    if (!respub_test_server_says(server, command, ":1"))
      return false;
  }
  return respub_test_server_says(server, "PING", "+PONG");
}

/* All of them, in order, and nothing in between. */
static bool receives_many(respub_test_process *p, unsigned round) {
  char wanted[32];
  for (unsigned i = 0; i < MESSAGES; i++) {
    snprintf(wanted, sizeof wanted, "%u.%u", round, i);
    if (!next_starts(p, wanted))
      return false;
  }
  return true;
}

static void three_kills_lose_nothing_in_silence(void) {
  respub_test_process *p = start(RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server),
                                                   "--events", "--raw", "news", "-p", "none*"));
  CU_ASSERT_TRUE(line_with(p, "{\"event\":\"connected\",\"generation\":1}"));
  CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"subscribed\","));
  CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"subscribed\","));
  for (unsigned round = 1; round <= 3; round++) {
    char connected[64];
    CU_ASSERT_TRUE(publish_many(round));
    CU_ASSERT_TRUE(respub_test_server_kill(server));
    CU_ASSERT_TRUE(receives_many(p, round));
    CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"disconnected\",\"reason\":\""));
    CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"connect_failed\",\"reason\":\""));
    CU_ASSERT_TRUE(respub_test_server_restart(server));
    snprintf(connected, sizeof connected, "{\"event\":\"connected\",\"generation\":%u}", round + 1);
    CU_ASSERT_TRUE(line_with(p, connected));
    CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"subscribed\","));
    CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"subscribed\","));
    CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"gap\",\"from\":\"20"));
    CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"restored\"}"));
  }
  CU_ASSERT_TRUE(publish_many(4));
  CU_ASSERT_TRUE(receives_many(p, 4));
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  ends_with(p, 0);
}

static void without_events_the_same_is_told_in_sentences(void) {
  respub_test_process *p =
      start(RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server), "news"));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "subscribed to channel news", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "respub: sub: disconnected: ", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "respub: sub: cannot connect", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "respub: sub: gap: ", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "respub: sub: restored: ", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGINT));
  ends_with(p, 0);
}

static void a_frozen_server_is_noticed_by_the_heartbeat(void) {
  respub_test_process *p =
      start(RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server), "--events", "--raw",
                              "--ping-interval", "0.2", "--ping-timeout", "0.3", "news"));
  CU_ASSERT_TRUE(line_with(p, "subscribed"));
  int64_t frozen = respub_test_now_ms();
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"disconnected\",\"reason\":\""));
  /* It is due after 0.5 s; without the options it would be after 20 s. */
  CU_ASSERT_TRUE(respub_test_now_ms() - frozen < respub_test_scaled(10000));
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  CU_ASSERT_TRUE(line_with(p, "{\"event\":\"gap\","));
  CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"restored\"}"));
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  ends_with(p, 0);
}

/* A server that answers pings is never dropped, however quiet the channel. */
static void a_quiet_server_stays_connected(void) {
  respub_test_output r;
  int code = respub_test_command(RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server),
                                                   "--ping-interval", "0.01", "--ping-timeout",
                                                   "10", "--timeout", "0.5", "news"),
                                 NULL, 0, &r);
  CU_ASSERT_EQUAL(code, 0);
  CU_ASSERT_PTR_NULL(strstr(r.err, "disconnected"));
  respub_test_output_free(&r);
}

static void signals_end_it_while_the_server_is_away(void) {
  static const int numbers[] = {SIGINT, SIGTERM};
  for (size_t i = 0; i < 2; i++) {
    respub_test_process *p =
        start(RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server), "--events", "news"));
    CU_ASSERT_TRUE(line_with(p, "subscribed"));
    CU_ASSERT_TRUE(respub_test_server_kill(server));
    CU_ASSERT_TRUE(line_with(p, "connect_failed"));
    int64_t before = respub_test_now_ms();
    CU_ASSERT_TRUE(respub_test_process_signal(p, numbers[i]));
    ends_with(p, 0);
    CU_ASSERT_TRUE(respub_test_now_ms() - before < respub_test_scaled(1000));
    CU_ASSERT_TRUE(respub_test_server_restart(server));
  }
}

static void a_server_that_is_away_at_the_start_is_waited_for(void) {
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  respub_test_process *p =
      start(RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server), "--events", "news"));
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  static const char failed[] = "{\"event\":\"connect_failed\",\"reason\":\"";
  CU_ASSERT_TRUE(line != NULL && strncmp(line, failed, sizeof failed - 1) == 0 &&
                 strstr(line, "\",\"retry_ms\":") != NULL);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_TRUE(line_with(p, "{\"event\":\"connected\",\"generation\":1}"));
  CU_ASSERT_TRUE(next_starts(p, "{\"event\":\"subscribed\",\"channel\":\"news\"}"));
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  ends_with(p, 0);
}

/* Many attempts, one sentence. */
static void a_server_that_stays_away_is_told_once(void) {
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  respub_test_output r;
  int code = respub_test_command(
      RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(server), "--timeout", "1", "news"),
      NULL, 0, &r);
  CU_ASSERT_EQUAL(code, 0);
  CU_ASSERT_EQUAL(respub_test_count_lines(r.err), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "respub: sub: cannot connect"));
  respub_test_output_free(&r);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(three_kills_lose_nothing_in_silence),
      RESPUB_TEST(without_events_the_same_is_told_in_sentences),
      RESPUB_TEST(a_frozen_server_is_noticed_by_the_heartbeat),
      RESPUB_TEST(a_quiet_server_stays_connected),
      RESPUB_TEST(signals_end_it_while_the_server_is_away),
      RESPUB_TEST(a_server_that_is_away_at_the_start_is_waited_for),
      RESPUB_TEST(a_server_that_stays_away_is_told_once),
  };
  return respub_test_main_at_redis(&server, "command_reconnect", tests, RESPUB_TEST_COUNT(tests),
                                   argc, argv);
}
