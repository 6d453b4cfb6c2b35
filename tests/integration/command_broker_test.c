/* respub broker as a process: where it listens, how it ends, who can talk to it. */
#include "tests/support/command.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
  DEADLINE_MS = 10000
};

static bool redis_cli_hears_pong(const char *option, const char *where) {
  respub_test_output r;
  const char *argv[] = {"redis-cli", option, where, "PING", NULL};
  respub_test_run(argv, NULL, 0, DEADLINE_MS, &r);
  bool pong = r.ended == 0 && strcmp(r.out, "PONG\n") == 0;
  respub_test_output_free(&r);
  return pong;
}

static void ends_with_0(respub_test_process *p, int number) {
  CU_ASSERT_TRUE(respub_test_process_signal(p, number));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  CU_ASSERT_STRING_EQUAL(respub_test_process_errors(p), "");
  respub_test_process_end(p);
}

static void it_says_where_it_listens_and_serves_redis_cli(void) {
  char url[256];
  respub_test_process *p = respub_test_command_broker(url, sizeof url);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_EQUAL(strncmp(url, "redis://127.0.0.1:", 18), 0);
  CU_ASSERT_TRUE(redis_cli_hears_pong("-u", url));
  ends_with_0(p, SIGTERM);
}

static void sigint_ends_it_too(void) {
  char url[256];
  respub_test_process *p = respub_test_command_broker(url, sizeof url);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  ends_with_0(p, SIGINT);
}

static void a_unix_socket_alone_and_its_end(void) {
  respub_test_folder folder;
  char wanted[128];
  struct stat s;
  respub_test_folder_open(&folder, "socket");
  respub_test_process *p =
      respub_test_command_start(RESPUB_TEST_WORDS("broker", "--unix", folder.path));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  snprintf(wanted, sizeof wanted, "listening on %s", folder.path);
  CU_ASSERT_STRING_EQUAL(line != NULL ? line : "", wanted);
  CU_ASSERT_TRUE(redis_cli_hears_pong("-s", folder.path));
  ends_with_0(p, SIGTERM);
  CU_ASSERT_NOT_EQUAL(stat(folder.path, &s), 0);
  respub_test_folder_close(&folder);
}

static void a_port_and_a_unix_socket_are_told_both(void) {
  respub_test_folder folder;
  respub_test_folder_open(&folder, "socket");
  respub_test_process *p =
      respub_test_command_start(RESPUB_TEST_WORDS("broker", "--port", "0", "--unix", folder.path));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  CU_ASSERT_TRUE(line != NULL && strncmp(line, "listening on 127.0.0.1:", 23) == 0);
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, folder.path, DEADLINE_MS));
  ends_with_0(p, SIGTERM);
  respub_test_folder_close(&folder);
}

static void what_it_cannot_listen_on_is_an_error(void) {
  char url[256];
  respub_test_process *p = respub_test_command_broker(url, sizeof url);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  const char *port = strrchr(url, ':') + 1;
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("broker", "--port", port), NULL, 4, "",
                                          "respub: broker: "));
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("broker", "--unix", "/no/such/path"),
                                          NULL, 4, "", "respub: broker: "));
  ends_with_0(p, SIGTERM);
}

static void wrong_options_are_usage_errors(void) {
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("broker", "--port", "65536"), NULL, 2,
                                          "", "respub: broker: --port "));
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("broker", "--port", "1x"), NULL, 2, "",
                                          "respub: broker: --port "));
  CU_ASSERT_TRUE(respub_test_command_does(RESPUB_TEST_WORDS("broker", "word"), NULL, 2, "",
                                          "respub: broker: "));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(it_says_where_it_listens_and_serves_redis_cli),
      RESPUB_TEST(sigint_ends_it_too),
      RESPUB_TEST(a_unix_socket_alone_and_its_end),
      RESPUB_TEST(a_port_and_a_unix_socket_are_told_both),
      RESPUB_TEST(what_it_cannot_listen_on_is_an_error),
      RESPUB_TEST(wrong_options_are_usage_errors),
  };
  return respub_test_main("command_broker", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
