/* The helpers that every other test leans on. */
#include "tests/support/process.h"
#include "tests/support/server.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 10000
};

/* --- wait --- */

static bool counts_to_three(void *ctx) {
  int *calls = ctx;
  return ++*calls == 3;
}

static bool never(void *ctx) {
  int *calls = ctx;
  ++*calls;
  return false;
}

static void wait_asks_until_the_condition_holds(void) {
  int calls = 0;
  CU_ASSERT_TRUE(respub_test_wait(counts_to_three, &calls, DEADLINE_MS));
  CU_ASSERT_EQUAL(calls, 3);
}

static void wait_gives_up_at_the_deadline(void) {
  int calls = 0;
  int64_t before = respub_test_now_ms();
  CU_ASSERT_FALSE(respub_test_wait(never, &calls, 20));
  CU_ASSERT_TRUE(respub_test_now_ms() - before >= 20);
  CU_ASSERT_TRUE(calls >= 2);
}

static void deadlines_grow_with_the_environment(void) {
  const char *was = getenv("RESPUB_TEST_SLOW");
  char *saved = was == NULL ? NULL : strdup(was);
  setenv("RESPUB_TEST_SLOW", "7", 1);
  CU_ASSERT_EQUAL(respub_test_scaled(100), 700);
  setenv("RESPUB_TEST_SLOW", "nonsense", 1);
  CU_ASSERT_EQUAL(respub_test_scaled(100), 100);
  unsetenv("RESPUB_TEST_SLOW");
  CU_ASSERT_EQUAL(respub_test_scaled(100), 100);
  if (saved != NULL)
    setenv("RESPUB_TEST_SLOW", saved, 1);
  free(saved);
}

/* --- process --- */

static void run_collects_both_streams_and_the_exit_code(void) {
  const char *argv[] = {"sh", "-c", "cat; echo oops >&2; exit 3", NULL};
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, "a\0b", 3, DEADLINE_MS, &result), 3);
  CU_ASSERT_EQUAL(result.out_len, 3);
  CU_ASSERT_EQUAL(memcmp(result.out, "a\0b", 4), 0);
  CU_ASSERT_STRING_EQUAL(result.err, "oops\n");
  respub_test_output_free(&result);
}

/* More than the pipes hold in both directions at once, which blocks a naive caller for ever. */
static void run_moves_more_than_a_pipe_holds(void) {
  const char *argv[] = {"cat", NULL};
  const size_t len = (size_t)1 << 20;
  char *bytes = malloc(len);
  CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
  for (size_t i = 0; i < len; i++)
    bytes[i] = (char)('a' + i % 23);
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, bytes, len, DEADLINE_MS, &result), 0);
  CU_ASSERT_EQUAL(result.out_len, len);
  CU_ASSERT_TRUE(result.out_len == len && memcmp(result.out, bytes, len) == 0);
  respub_test_output_free(&result);
  free(bytes);
}

static void run_survives_a_program_that_does_not_read_its_input(void) {
  const char *argv[] = {"true", NULL};
  const size_t len = (size_t)1 << 20;
  char *bytes = calloc(1, len);
  CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, bytes, len, DEADLINE_MS, &result), 0);
  respub_test_output_free(&result);
  free(bytes);
}

static void run_names_the_signal_that_ended_a_program(void) {
  const char *argv[] = {"sh", "-c", "kill -KILL $$", NULL};
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, DEADLINE_MS, &result),
                  RESPUB_TEST_SIGNALLED + SIGKILL);
  respub_test_output_free(&result);
}

static void run_kills_at_the_deadline_and_keeps_what_was_said(void) {
  const char *argv[] = {"sh", "-c", "echo early; exec cat /dev/zero >/dev/null", NULL};
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, 200, &result), RESPUB_TEST_RUNNING);
  CU_ASSERT_STRING_EQUAL(result.out, "early\n");
  respub_test_output_free(&result);
}

static void an_unknown_program_ends_with_127(void) {
  const char *argv[] = {"respub-no-such-program", NULL};
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, DEADLINE_MS, &result), 127);
  respub_test_output_free(&result);
}

static void a_background_process_talks_line_by_line(void) {
  const char *argv[] = {"sh", "-c", "while read -r x; do echo \"<$x>\"; done; printf last", NULL};
  respub_test_process *p = respub_test_process_start(argv);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_PTR_NULL(respub_test_process_line(p, 1));
  CU_ASSERT_TRUE(respub_test_process_write(p, "one\ntwo\nthree\n", 14, DEADLINE_MS));
  CU_ASSERT_STRING_EQUAL(respub_test_process_line(p, DEADLINE_MS), "<one>");
  CU_ASSERT_STRING_EQUAL(respub_test_process_line_with(p, "thr", DEADLINE_MS), "<three>");
  respub_test_process_close_input(p);
  CU_ASSERT_STRING_EQUAL(respub_test_process_line(p, DEADLINE_MS), "last");
  CU_ASSERT_PTR_NULL(respub_test_process_line(p, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  CU_ASSERT_FALSE(respub_test_process_signal(p, SIGTERM));
  respub_test_process_end(p);
}

static void a_background_process_gets_signals(void) {
  const char *argv[] = {
      "sh", "-c", "trap 'echo caught >&2; exit 9' TERM; echo ready; while :; do :; done", NULL};
  respub_test_process *p = respub_test_process_start(argv);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "ready", DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, 1), RESPUB_TEST_RUNNING);
  CU_ASSERT_TRUE(respub_test_process_signal(p, SIGTERM));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "caught", DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 9);
  CU_ASSERT_STRING_EQUAL(respub_test_process_errors(p), "caught\n");
  respub_test_process_end(p);
}

static bool is_gone(void *ctx) {
  const pid_t *pid = ctx;
  return kill(*pid, 0) != 0 && errno == ESRCH;
}

static void ending_a_process_leaves_nothing_behind(void) {
  const char *argv[] = {"cat", NULL};
  respub_test_process *p = respub_test_process_start(argv);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  pid_t pid = respub_test_process_id(p);
  CU_ASSERT_EQUAL(kill(pid, 0), 0);
  respub_test_process_end(p);
  CU_ASSERT_TRUE(is_gone(&pid));
  respub_test_process_end(NULL);
}

static void write_pid(int fd) {
  const char *argv[] = {"cat", NULL};
  respub_test_process *p = respub_test_process_start(argv);
  pid_t pid = p == NULL ? 0 : respub_test_process_id(p);
  if (write(fd, &pid, sizeof pid) != (ssize_t)sizeof pid)
    _exit(1);
}

static void a_child_dies_with_the_test_that_started_it(void) {
  int pipe_fds[2];
  CU_ASSERT_EQUAL_FATAL(pipe(pipe_fds), 0);
  pid_t test = fork();
  if (test == 0) {
    write_pid(pipe_fds[1]);
    raise(SIGKILL);
  }
  pid_t orphan = 0;
  CU_ASSERT_EQUAL(read(pipe_fds[0], &orphan, sizeof orphan), (ssize_t)sizeof orphan);
  CU_ASSERT_TRUE(orphan > 0);
  CU_ASSERT_TRUE(respub_test_wait(is_gone, &orphan, DEADLINE_MS));
  close(pipe_fds[0]);
  close(pipe_fds[1]);
  waitpid(test, NULL, 0);
}

/* --- server --- */

static int connect_to_port(uint16_t port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/* True when the server at the other end of fd says PONG in time. */
static bool pings(int fd, int ms) {
  char reply[8] = {0};
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  return send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && poll(&readable, 1, ms) == 1 &&
         recv(fd, reply, 7, 0) == 7 && strcmp(reply, "+PONG\r\n") == 0;
}

static void a_server_answers_on_its_port_and_its_path(void) {
  respub_test_server *s = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s);
  int fd = connect_to_port(respub_test_server_port(s));
  CU_ASSERT_TRUE(pings(fd, DEADLINE_MS));
  close(fd);
  char reply[64];
  CU_ASSERT_EQUAL(respub_test_server_command(s, reply, sizeof reply, "PUBLISH \"\\x00\" x"), 4);
  CU_ASSERT_STRING_EQUAL(reply, ":0\r\n");
  CU_ASSERT_TRUE(respub_test_server_says(s, "NOSUCH", "-ERR unknown command"));
  CU_ASSERT_FALSE(respub_test_server_says(s, "PING", "-ERR"));
  CU_ASSERT_EQUAL(access(respub_test_server_path(s), F_OK), 0);
  respub_test_server_free(s);
}

static void a_server_takes_arguments_and_access_rules(void) {
  const char *extra[] = {"--requirepass", "secret", NULL};
  respub_test_server *s = respub_test_server_start(extra);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s);
  CU_ASSERT_TRUE(respub_test_server_says(s, "ECHO x", "-NOAUTH"));
  CU_ASSERT_TRUE(respub_test_server_says(
      s, "AUTH secret\r\nACL SETUSER bob on >pw resetchannels &news.* +@all", "+OK\r\n+OK"));
  CU_ASSERT_TRUE(respub_test_server_says(s, "AUTH bob pw\r\nPUBLISH other x", "+OK\r\n-NOPERM"));
  CU_ASSERT_TRUE(respub_test_server_says(s, "AUTH bob pw\r\nPUBLISH news.a x", "+OK\r\n:0"));
  respub_test_server_free(s);
}

static void a_killed_server_comes_back_on_the_same_port(void) {
  respub_test_server *s = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s);
  uint16_t port = respub_test_server_port(s);
  pid_t first = respub_test_server_id(s);
  CU_ASSERT_TRUE(respub_test_server_kill(s));
  CU_ASSERT_FALSE(respub_test_server_kill(s));
  CU_ASSERT_EQUAL(respub_test_server_id(s), 0);
  CU_ASSERT_EQUAL(connect_to_port(port), -1);
  CU_ASSERT_TRUE(respub_test_server_restart(s));
  CU_ASSERT_FALSE(respub_test_server_restart(s));
  CU_ASSERT_EQUAL(respub_test_server_port(s), port);
  CU_ASSERT_NOT_EQUAL(respub_test_server_id(s), first);
  int fd = connect_to_port(port);
  CU_ASSERT_TRUE(pings(fd, DEADLINE_MS));
  close(fd);
  CU_ASSERT_TRUE(respub_test_server_stop(s));
  CU_ASSERT_EQUAL(connect_to_port(port), -1);
  respub_test_server_free(s);
}

static void a_frozen_server_is_silent_until_it_thaws(void) {
  respub_test_server *s = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s);
  CU_ASSERT_TRUE(respub_test_server_freeze(s));
  int fd = connect_to_port(respub_test_server_port(s));
  CU_ASSERT_TRUE(fd >= 0);
  CU_ASSERT_FALSE(pings(fd, 100));
  CU_ASSERT_TRUE(respub_test_server_thaw(s));
  char reply[8] = {0};
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  CU_ASSERT_EQUAL(poll(&readable, 1, respub_test_scaled(DEADLINE_MS)), 1);
  CU_ASSERT_EQUAL(recv(fd, reply, 7, 0), 7);
  CU_ASSERT_STRING_EQUAL(reply, "+PONG\r\n");
  close(fd);
  CU_ASSERT_TRUE(respub_test_server_freeze(s));
  CU_ASSERT_TRUE(respub_test_server_kill(s));
  respub_test_server_free(s);
}

static void a_server_that_cannot_start_is_no_server(void) {
  const char *extra[] = {"--no-such-option", "x", NULL};
  CU_ASSERT_PTR_NULL(respub_test_server_start(extra));
  respub_test_server_free(NULL);
}

static void two_servers_do_not_meet(void) {
  respub_test_server *a = respub_test_server_start(NULL);
  respub_test_server *b = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(a);
  CU_ASSERT_PTR_NOT_NULL_FATAL(b);
  CU_ASSERT_NOT_EQUAL(respub_test_server_port(a), respub_test_server_port(b));
  CU_ASSERT_STRING_NOT_EQUAL(respub_test_server_path(a), respub_test_server_path(b));
  char folder[108];
  (void)snprintf(folder, sizeof folder, "%s", respub_test_server_path(a));
  *strrchr(folder, '/') = '\0';
  CU_ASSERT_EQUAL(access(folder, F_OK), 0);
  respub_test_server_free(a);
  CU_ASSERT_EQUAL(access(folder, F_OK), -1);
  CU_ASSERT_TRUE(respub_test_server_says(b, "PING", "+PONG"));
  respub_test_server_free(b);
}

static void names_lie_where_the_environment_wants_them_if_sockets_fit_there(void) {
  const char *set = getenv("TMPDIR");
  char *before = set != NULL ? strdup(set) : NULL;
  char name[RESPUB_TEST_TEMPORARY];
  CU_ASSERT_EQUAL(setenv("TMPDIR", "/some/folder", 1), 0);
  CU_ASSERT_STRING_EQUAL(respub_test_temporary(name, "x"), "/some/folder/respub-x-XXXXXX");
  CU_ASSERT_EQUAL(setenv("TMPDIR", "/a/folder/whose/name/leaves/no/room/for/that/of/a/socket", 1),
                  0);
  CU_ASSERT_STRING_EQUAL(respub_test_temporary(name, "x"), "/tmp/respub-x-XXXXXX");
  CU_ASSERT_EQUAL(before != NULL ? setenv("TMPDIR", before, 1) : unsetenv("TMPDIR"), 0);
  free(before);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(names_lie_where_the_environment_wants_them_if_sockets_fit_there),
      RESPUB_TEST(wait_asks_until_the_condition_holds),
      RESPUB_TEST(wait_gives_up_at_the_deadline),
      RESPUB_TEST(deadlines_grow_with_the_environment),
      RESPUB_TEST(run_collects_both_streams_and_the_exit_code),
      RESPUB_TEST(run_moves_more_than_a_pipe_holds),
      RESPUB_TEST(run_survives_a_program_that_does_not_read_its_input),
      RESPUB_TEST(run_names_the_signal_that_ended_a_program),
      RESPUB_TEST(run_kills_at_the_deadline_and_keeps_what_was_said),
      RESPUB_TEST(an_unknown_program_ends_with_127),
      RESPUB_TEST(a_background_process_talks_line_by_line),
      RESPUB_TEST(a_background_process_gets_signals),
      RESPUB_TEST(ending_a_process_leaves_nothing_behind),
      RESPUB_TEST(a_child_dies_with_the_test_that_started_it),
      RESPUB_TEST(a_server_answers_on_its_port_and_its_path),
      RESPUB_TEST(a_server_takes_arguments_and_access_rules),
      RESPUB_TEST(a_killed_server_comes_back_on_the_same_port),
      RESPUB_TEST(a_frozen_server_is_silent_until_it_thaws),
      RESPUB_TEST(a_server_that_cannot_start_is_no_server),
      RESPUB_TEST(two_servers_do_not_meet),
  };
  return respub_test_main("support", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
