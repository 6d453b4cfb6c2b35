/* respub sub as a process: what it prints, what it refuses, how it ends. */
#include "tests/support/command.h"
#include "tests/support/folder.h"
#include "tests/support/host.h"
#include "tests/support/server.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 10000
};

#define ENVELOPE(data) "{\"data\": " data ", \"timestamp\": \"T\", \"sender\": \"s\"}"
#define PRICE "{\"type\": \"price\", \"timestamp\": \"t\", \"price\": 1.10}"
#define COMPACT                                                                                    \
  "{\"data\":{\"type\":\"price\",\"timestamp\":\"t\",\"price\":1.10},\"timestamp\":\"T\","         \
  "\"sender\":\"s\"}"

/* --- where it runs: a real server or the embedded broker --- */

static respub_test_server *server;
static respub_test_process *broker;
static char broker_url[256];

static const char *server_url(void) {
  return respub_test_server_url(server);
}

static bool publish(const char *url, const char *channel, const char *payload) {
  const char *argv[] = {"redis-cli", "-u", url, "-x", "PUBLISH", channel, NULL};
  respub_test_output r;
  bool published =
      respub_test_run(argv, payload, strlen(payload), DEADLINE_MS, &r) == 0 && r.out[0] == '1';
  respub_test_output_free(&r);
  return published;
}

/* Starts it and waits until it says that it is subscribed to word. */
static respub_test_process *start_subscribed(const char *const words[], const char *word) {
  respub_test_process *p = respub_test_command_start(words);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  char sentence[128];
  snprintf(sentence, sizeof sentence, "respub: sub: subscribed to %s", word);
  CU_ASSERT_TRUE(respub_test_process_error_with(p, sentence, DEADLINE_MS));
  return p;
}

static void ends_with(respub_test_process *p, int code) {
  int ended = respub_test_process_wait(p, DEADLINE_MS);
  CU_ASSERT_EQUAL(ended, code);
  if (ended != code)
    fprintf(stderr, "ended with %d: %s\n", ended, respub_test_process_errors(p));
  respub_test_process_end(p);
}

/* It says this on standard error, however long that takes, and ends when it is told to. */
static void says_and_ends(const char *const words[], const char *text) {
  respub_test_process *p = respub_test_command_start(words);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  bool said = respub_test_process_error_with(p, text, DEADLINE_MS);
  if (!said)
    fprintf(stderr, "wanted: %s\n   got: %s\n", text, respub_test_process_errors(p));
  CU_ASSERT_TRUE(said);
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  ends_with(p, 0);
}

/* --- messages --- */

static void messages_from(const char *url) {
  respub_test_process *p = start_subscribed(
      RESPUB_TEST_WORDS("sub", "-u", url, "--count", "2", "TICKER_UPDATES_A", "-p", "NEW?"),
      "pattern NEW?");
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "subscribed to channel TICKER", DEADLINE_MS));
  CU_ASSERT_TRUE(publish(url, "TICKER_UPDATES_A", ENVELOPE(PRICE)));
  CU_ASSERT_TRUE(respub_test_process_line_is(
      p, "{\"channel\":\"TICKER_UPDATES_A\",\"pattern\":null,\"message\":" COMPACT "}",
      DEADLINE_MS));
  CU_ASSERT_TRUE(publish(url, "NEWS", ENVELOPE("{}")));
  CU_ASSERT_TRUE(respub_test_process_line_is(
      p,
      "{\"channel\":\"NEWS\",\"pattern\":\"NEW?\",\"message\":{\"data\":{},"
      "\"timestamp\":\"T\",\"sender\":\"s\"}}",
      DEADLINE_MS));
  ends_with(p, 0);
}

static void messages_have_their_shape(void) {
  messages_from(server_url());
}

static void messages_through_the_broker_look_the_same(void) {
  messages_from(broker_url);
}

static void a_unix_socket_serves_as_well(void) {
  const char *url = respub_test_server_unix_url(server);
  respub_test_process *p =
      start_subscribed(RESPUB_TEST_WORDS("sub", "-u", url, "--count", "1", "u"), "channel u");
  CU_ASSERT_TRUE(publish(server_url(), "u", ENVELOPE("{}")));
  ends_with(p, 0);
}

/* As received: every digit, order and spelling, but on one line. */
static void an_envelope_keeps_its_spelling(void) {
  respub_test_process *p = start_subscribed(
      RESPUB_TEST_WORDS("sub", "-u", server_url(), "--count", "1", "c"), "channel c");
  CU_ASSERT_TRUE(
      publish(server_url(), "c",
              "{\"sender\" : \"\\u00e9/\xc3\xa9 { }\",\n\"extra\":[1 , 2],\r\n\t\"data\":"
              "{\"n\":12345678901234567890.00}, \"timestamp\":\"\"}"));
  CU_ASSERT_TRUE(
      respub_test_process_line_is(p,
                                  "{\"channel\":\"c\",\"pattern\":null,\"message\":{\"sender\":"
                                  "\"\\u00e9/\xc3\xa9 { }\",\"extra\":[1,2],\"data\":"
                                  "{\"n\":12345678901234567890.00},\"timestamp\":\"\"}}",
                                  DEADLINE_MS));
  ends_with(p, 0);
}

static void invalid_messages_are_told_and_not_counted(void) {
  respub_test_process *p =
      start_subscribed(RESPUB_TEST_WORDS("sub", "-u", server_url(), "--count", "1", "inv",
                                         "TICKER_UPDATES_A", "BROKER_REGISTRATION"),
                       "channel inv");
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "channel TICKER", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "channel BROKER", DEADLINE_MS));
  CU_ASSERT_TRUE(publish(server_url(), "inv", "hello"));
  CU_ASSERT_TRUE(publish(server_url(), "inv", "{}"));
  CU_ASSERT_TRUE(publish(server_url(), "inv", "\xff\x1b[31m"));
  CU_ASSERT_TRUE(publish(server_url(), "TICKER_UPDATES_A", ENVELOPE("{\"price\": 1}")));
  CU_ASSERT_TRUE(publish(server_url(), "BROKER_REGISTRATION",
                         ENVELOPE("{\"action\": \"buy\", \"ticker\": \"A\"}")));
  CU_ASSERT_TRUE(publish(server_url(), "inv", ENVELOPE("{}")));
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "\"channel\":\"inv\"", DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  const char *said = respub_test_process_errors(p);
  CU_ASSERT_PTR_NOT_NULL(strstr(said, "respub: sub: invalid message on channel inv: "));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(said, "respub: sub: invalid message on channel TICKER_UPDATES_A: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(said, "channel BROKER_REGISTRATION: /action"));
  CU_ASSERT_PTR_NULL(strchr(said, '\033'));
  respub_test_process_end(p);
}

static void raw_payloads_are_printed_as_they_are(void) {
  respub_test_process *p = start_subscribed(
      RESPUB_TEST_WORDS("sub", "-u", server_url(), "--raw", "--count", "3", "raw"), "channel raw");
  CU_ASSERT_TRUE(publish(server_url(), "raw", "not JSON \xff\x01"));
  CU_ASSERT_TRUE(publish(server_url(), "raw", ""));
  CU_ASSERT_TRUE(publish(server_url(), "raw", "{ }"));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, "not JSON \xff\x01", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, "", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, "{ }", DEADLINE_MS));
  ends_with(p, 0);
}

static void a_channel_named_twice_is_one(void) {
  respub_test_process *p = start_subscribed(
      RESPUB_TEST_WORDS("sub", "-u", server_url(), "--raw", "--count", "2", "twice", "twice"),
      "channel twice");
  CU_ASSERT_TRUE(publish(server_url(), "twice", "1"));
  CU_ASSERT_TRUE(publish(server_url(), "twice", "2"));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, "1", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, "2", DEADLINE_MS));
  ends_with(p, 0);
}

/* --- events --- */

static void events_are_lines_among_the_messages(void) {
  respub_test_process *p = respub_test_command_start(RESPUB_TEST_WORDS(
      "sub", "-u", server_url(), "--events", "--raw", "--count", "1", "\xff", "-p", "a*"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE(
      respub_test_process_line_is(p, "{\"event\":\"connected\",\"generation\":1}", DEADLINE_MS));
  const char *first = respub_test_process_line(p, DEADLINE_MS);
  CU_ASSERT_PTR_NOT_NULL_FATAL(first);
  bool channel_first = strstr(first, "channel") != NULL;
  static const char channel[] =
      "{\"event\":\"subscribed\",\"channel\":\"/w==\",\"encoding\":\"base64\"}";
  static const char pattern[] = "{\"event\":\"subscribed\",\"pattern\":\"a*\"}";
  CU_ASSERT_STRING_EQUAL(first, channel_first ? channel : pattern);
  CU_ASSERT_TRUE(respub_test_process_line_is(p, channel_first ? pattern : channel, DEADLINE_MS));
  CU_ASSERT_TRUE(publish(server_url(), "abc", "x"));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, "x", DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  CU_ASSERT_STRING_EQUAL(respub_test_process_errors(p), "");
  respub_test_process_end(p);
}

static void names_that_are_not_utf8_are_marked_in_messages(void) {
  respub_test_process *p = respub_test_command_start(
      RESPUB_TEST_WORDS("sub", "-u", server_url(), "--events", "--count", "1", "-p", "\xfe*"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "subscribed", DEADLINE_MS));
  CU_ASSERT_TRUE(publish(server_url(), "\xfe\xff", ENVELOPE("{}")));
  CU_ASSERT_TRUE(respub_test_process_line_is(
      p,
      "{\"channel\":\"/v8=\",\"encoding\":\"base64\",\"pattern\":\"/io=\","
      "\"pattern_encoding\":\"base64\",\"message\":{\"data\":{},"
      "\"timestamp\":\"T\",\"sender\":\"s\"}}",
      DEADLINE_MS));
  ends_with(p, 0);
}

/* --- the end --- */

static void the_time_is_over(void) {
  respub_test_output r;
  int64_t before = respub_test_now_ms();
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("sub", "-u", server_url(), "--timeout",
                                                        "0.2", "--raw", "quiet"),
                                      NULL, 0, &r),
                  0);
  CU_ASSERT_TRUE(respub_test_now_ms() - before >= 200);
  CU_ASSERT_STRING_EQUAL(r.out, "");
  respub_test_output_free(&r);
}

static void signals_end_it_with_0(void) {
  static const int numbers[] = {SIGINT, SIGTERM};
  for (size_t i = 0; i < 2; i++) {
    respub_test_process *p =
        start_subscribed(RESPUB_TEST_WORDS("sub", "-u", server_url(), "x"), "channel x");
    CU_ASSERT_TRUE(respub_test_process_signal(p, numbers[i]));
    ends_with(p, 0);
  }
}

static bool has_bytes(void *fd) {
  int bytes = 0;
  return ioctl(*(int *)fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

/* Nobody reads what it prints: it stands in a write, and still ends. */
static void a_signal_ends_it_though_nobody_takes_its_output(void) {
  respub_test_folder folder;
  char command[1024];
  respub_test_folder_open(&folder, "fifo");
  CU_ASSERT_EQUAL(mkfifo(folder.path, 0600), 0);
  int fd = open(folder.path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  static const char script[] = "exec \"$0\" sub --raw -u \"$1\" stalled >\"$2\"";
  const char *argv[] = {
      "sh",         "-c",        script, respub_test_built("respub", command, 1024),
      server_url(), folder.path, NULL};
  respub_test_process *p = respub_test_process_start(argv);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "subscribed to channel", DEADLINE_MS));
  char *payload = malloc(1000001);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  memset(payload, 'x', 1000000);
  payload[1000000] = '\0';
  CU_ASSERT_TRUE(publish(server_url(), "stalled", payload));
  CU_ASSERT_TRUE(respub_test_wait(has_bytes, &fd, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  ends_with(p, 0);
  free(payload);
  close(fd);
  CU_ASSERT_EQUAL(unlink(folder.path), 0);
  respub_test_folder_close(&folder);
}

static void a_reader_that_is_gone_is_an_error(void) {
  static const char line[] = "\"$0\" sub --events --timeout 20 -u \"$1\" gone";
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command_unread(line, server_url(), &r), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "respub: sub: cannot write to standard output: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "code 4\n"));
  respub_test_output_free(&r);
}

/* --- refusals --- */

static void wrong_credentials_at_the_start_end_it_with_5(void) {
  static const char *const extra[] = {"--requirepass", "sesame", NULL};
  respub_test_server *locked = respub_test_server_start(extra);
  CU_ASSERT_PTR_NOT_NULL_FATAL(locked);
  char url[128];
  snprintf(url, sizeof url, "redis://:wrong@127.0.0.1:%u", respub_test_server_port(locked));
  CU_ASSERT_TRUE(
      respub_test_command_does(RESPUB_TEST_WORDS("sub", "-u", url, "c"), NULL, 5, "", "WRONGPASS"));
  CU_ASSERT_TRUE(respub_test_command_does(
      RESPUB_TEST_WORDS("sub", "-u", respub_test_server_url(locked), "c"), NULL, 5, "", "NOAUTH"));
  snprintf(url, sizeof url, "redis://:sesame@127.0.0.1:%u", respub_test_server_port(locked));
  says_and_ends(RESPUB_TEST_WORDS("sub", "-u", url, "c"), "connected to");
  respub_test_server_free(locked);
}

/* Refused and allowed channels are settled in any order. */
static bool is_published(void *ctx) {
  return respub_test_server_says(ctx, "PUBLISH okay hi", ":1");
}

static void refused_channels_end_it_only_when_they_are_all(void) {
  static const char *const extra[] = {"--user", "bob", "on", "nopass", "+@all", "&ok*", NULL};
  respub_test_server *acl = respub_test_server_start(extra);
  CU_ASSERT_PTR_NOT_NULL_FATAL(acl);
  char url[128];
  snprintf(url, sizeof url, "redis://bob:x@127.0.0.1:%u", respub_test_server_port(acl));
  CU_ASSERT_TRUE(respub_test_command_does(
      RESPUB_TEST_WORDS("sub", "-u", url, "no", "no", "-p", "never*"), NULL, 5, "",
      "respub: sub: the server refused everything that was asked for\n"));
  respub_test_process *p = respub_test_command_start(
      RESPUB_TEST_WORDS("sub", "-u", url, "--events", "--raw", "--count", "1", "no", "okay"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  const char *line = respub_test_process_line_with(p, "refused", DEADLINE_MS);
  static const char start[] = "{\"event\":\"refused\",\"channel\":\"no\",\"reason\":\"NOPERM ";
  CU_ASSERT_TRUE(line != NULL && strncmp(line, start, sizeof start - 1) == 0);
  CU_ASSERT_TRUE(respub_test_wait(is_published, acl, DEADLINE_MS));
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "hi", DEADLINE_MS));
  ends_with(p, 0);
  respub_test_server_free(acl);
}

/* --- which server --- */

static void the_environment_names_the_server(void) {
  char port[16], wanted[64];
  snprintf(port, sizeof port, "%u", respub_test_server_port(server));
  const char *const *words = RESPUB_TEST_WORDS("sub", "c");
  setenv("REDIS_URL", server_url(), 1);
  says_and_ends(words, "connected to redis://127.0.0.1:");
  setenv("REDIS_URL", "", 1);
  setenv("REDIS_HOST", "127.0.0.1", 1);
  setenv("REDIS_PORT", port, 1);
  setenv("REDIS_DB", "3", 1);
  snprintf(wanted, sizeof wanted, "connected to redis://127.0.0.1:%s/3\n", port);
  says_and_ends(words, wanted);
  setenv("REDIS_HOST", "::1", 1);
  setenv("REDIS_PORT", "1", 1);
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("pub", "c", "{}"), NULL, 4, "",
                                          "respub: pub: cannot connect to [::1]:1: "));
  setenv("REDIS_HOST", "no/such?host", 1);
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("pub", "c", "{}"), NULL, 2, "",
                                          "respub: pub: $REDIS_HOST, "));
  setenv("REDIS_PORT", "tcp://10.0.0.1:6379", 1);
  CU_ASSERT_TRUE(respub_test_command_does(words, NULL, 2, "", "respub: sub: $REDIS_PORT: "));
  setenv("REDIS_URL", "nonsense", 1);
  CU_ASSERT_TRUE(respub_test_command_does(words, NULL, 2, "", "respub: sub: $REDIS_URL: "));
  unsetenv("REDIS_URL");
  unsetenv("REDIS_HOST");
  unsetenv("REDIS_PORT");
  unsetenv("REDIS_DB");
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(messages_have_their_shape),
      RESPUB_TEST(messages_through_the_broker_look_the_same),
      RESPUB_TEST(a_unix_socket_serves_as_well),
      RESPUB_TEST(an_envelope_keeps_its_spelling),
      RESPUB_TEST(invalid_messages_are_told_and_not_counted),
      RESPUB_TEST(raw_payloads_are_printed_as_they_are),
      RESPUB_TEST(a_channel_named_twice_is_one),
      RESPUB_TEST(events_are_lines_among_the_messages),
      RESPUB_TEST(names_that_are_not_utf8_are_marked_in_messages),
      RESPUB_TEST(the_time_is_over),
      RESPUB_TEST(signals_end_it_with_0),
      RESPUB_TEST(a_signal_ends_it_though_nobody_takes_its_output),
      RESPUB_TEST(a_reader_that_is_gone_is_an_error),
      RESPUB_TEST(wrong_credentials_at_the_start_end_it_with_5),
      RESPUB_TEST(refused_channels_end_it_only_when_they_are_all),
      RESPUB_TEST(the_environment_names_the_server),
  };
  broker = respub_test_command_broker(broker_url, sizeof broker_url);
  if (broker == NULL)
    return 1;
  int code = respub_test_main_at_redis(&server, "command_sub", tests, RESPUB_TEST_COUNT(tests),
                                       argc, argv);
  respub_test_process_end(broker);
  return code;
}
