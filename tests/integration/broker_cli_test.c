/* redis-cli, which knows nothing of this broker, as its client. */
#include "tests/support/broker_fixture.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
  respub_broker *broker;
  char port[16];
  respub_test_folder folder;
} fixture;

static void open_fixture(fixture *f, const char *username, const char *password) {
  respub_broker_options options;
  respub_test_folder_open(&f->folder, "socket");
  respub_broker_options_init(&options);
  options.unix_path = f->folder.path;
  options.username = username;
  options.password = password;
  f->broker = start_with(&options);
  snprintf(f->port, sizeof f->port, "%d", respub_broker_port(f->broker));
}

static void close_fixture(fixture *f) {
  respub_broker_close(f->broker);
  respub_test_folder_close(&f->folder);
}

/* True when redis-cli, given this input, ends well having printed exactly this. */
static bool prints(const char *const argv[], const char *input, const char *expected) {
  respub_test_output result;
  bool right = respub_test_run(argv, input, strlen(input), DEADLINE_MS, &result) == 0 &&
               strcmp(result.out, expected) == 0;
  if (!right)
    fprintf(stderr, "expected \"%s\", got \"%s\" and \"%s\", exit %d\n", expected, result.out,
            result.err, result.ended);
  respub_test_output_free(&result);
  return right;
}

static void it_subscribes_and_gets_what_is_published(void) {
  fixture f;
  open_fixture(&f, NULL, NULL);
  const char *const argv[] = {"redis-cli", "-p", f.port, "SUBSCRIBE", "news", "other", NULL};
  respub_test_process *cli = respub_test_process_start(argv);
  respub_test_peer p;
  CU_ASSERT_PTR_NOT_NULL_FATAL(cli);
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(cli, "2", DEADLINE_MS));
  connect_peer(&p, f.broker);
  CU_ASSERT_TRUE(respub_test_peer_say(&p, "PUBLISH news hello\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&p, ":1\r\n", DEADLINE_MS));
  CU_ASSERT_STRING_EQUAL(respub_test_process_line(cli, DEADLINE_MS), "message");
  CU_ASSERT_STRING_EQUAL(respub_test_process_line(cli, DEADLINE_MS), "news");
  CU_ASSERT_STRING_EQUAL(respub_test_process_line(cli, DEADLINE_MS), "hello");
  respub_test_peer_close(&p);
  respub_test_process_end(cli);
  close_fixture(&f);
}

static void it_publishes_to_pattern_subscribers(void) {
  static const char message[] = "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n";
  fixture f;
  open_fixture(&f, NULL, NULL);
  respub_test_peer s;
  connect_peer(&s, f.broker);
  CU_ASSERT_TRUE(respub_test_peer_say(&s, "PSUBSCRIBE n*\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&s, ":1\r\n", DEADLINE_MS));
  respub_test_peer_forget(&s, s.len);
  const char *const tcp[] = {"redis-cli", "-p", f.port, "PUBLISH", "news", "hello", NULL};
  const char *const local[] = {"redis-cli", "-s", f.folder.path, "PUBLISH", "news", "hello", NULL};
  CU_ASSERT_TRUE(prints(tcp, "", "1\n"));
  CU_ASSERT_TRUE(prints(local, "", "1\n"));
  CU_ASSERT_TRUE(respub_test_peer_expect(&s, message, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&s, message, DEADLINE_MS));
  respub_test_peer_close(&s);
  close_fixture(&f);
}

/* At its start it asks for the documentation of all commands. */
static void it_can_be_typed_into(void) {
  fixture f;
  respub_broker_stats stats;
  open_fixture(&f, NULL, NULL);
  const char *const argv[] = {"redis-cli", "-p", f.port, NULL};
  CU_ASSERT_TRUE(prints(argv, "PING\nPUBLISH a \"b c\"\nSELECT 3\nPUBSUB NUMSUB a\nexit\n",
                        "PONG\n0\nOK\na\n0\n"));
  respub_broker_get_stats(f.broker, &stats);
  CU_ASSERT_TRUE(stats.commands > 4);
  close_fixture(&f);
}

static void its_pipe_mode_gets_a_reply_for_every_command(void) {
  enum {
    COMMANDS = 20000
  };
  fixture f;
  respub_broker_stats stats;
  open_fixture(&f, NULL, NULL);
  const char *const argv[] = {"redis-cli", "-p", f.port, "--pipe", NULL};
  char *input = malloc(COMMANDS * 24);
  CU_ASSERT_PTR_NOT_NULL_FATAL(input);
  size_t len = 0;
  for (int i = 0; i < COMMANDS; i++)
    len += (size_t)snprintf(input + len, 24, "PUBLISH x %d\r\n", i);
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, input, len, DEADLINE_MS, &result), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(result.out, "errors: 0, replies: 20000"));
  respub_test_output_free(&result);
  respub_broker_get_stats(f.broker, &stats);
  CU_ASSERT_EQUAL(stats.published, COMMANDS);
  free(input);
  close_fixture(&f);
}

static void it_authenticates(void) {
  fixture f;
  open_fixture(&f, "bob", "secret");
  const char *const right[] = {"redis-cli", "-p",     f.port,   "--user",
                               "bob",       "--pass", "secret", "--no-auth-warning",
                               "PING",      NULL};
  const char *const wrong[] = {"redis-cli", "-p",     f.port,  "--user",
                               "bob",       "--pass", "wrong", "--no-auth-warning",
                               "PING",      NULL};
  const char *const none[] = {"redis-cli", "-p", f.port, "PING", NULL};
  CU_ASSERT_TRUE(prints(right, "", "PONG\n"));
  CU_ASSERT_TRUE(prints(wrong, "", "NOAUTH Authentication required.\n\n"));
  CU_ASSERT_TRUE(prints(none, "", "NOAUTH Authentication required.\n\n"));
  close_fixture(&f);
}

static void it_goes_on_without_resp3(void) {
  fixture f;
  open_fixture(&f, NULL, NULL);
  const char *const argv[] = {"redis-cli", "-3", "-p", f.port, "PING", NULL};
  CU_ASSERT_TRUE(prints(argv, "", "PONG\n"));
  close_fixture(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(it_subscribes_and_gets_what_is_published),
      RESPUB_TEST(it_publishes_to_pattern_subscribers),
      RESPUB_TEST(it_can_be_typed_into),
      RESPUB_TEST(its_pipe_mode_gets_a_reply_for_every_command),
      RESPUB_TEST(it_authenticates),
      RESPUB_TEST(it_goes_on_without_resp3),
  };
  return respub_test_main("broker with redis-cli", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
