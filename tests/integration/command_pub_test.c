/* respub pub as a process: one message, many lines, refusals, a server that goes away. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "tests/support/command.h"
#include "tests/support/host.h"
#include "tests/support/server.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 20000
};

static respub_test_server *server;
static respub_test_process *broker;
static char broker_url[256];

static const char *server_url(void) {
  return respub_test_server_url(server);
}

static bool does(const char *const words[], const char *input, int code, const char *out,
                 const char *err) {
  return respub_test_command_does(words, input, code, out, err);
}

/* redis-cli that listens to a channel; its lines are those of the replies. */
static respub_test_process *redis_cli_listens(const char *url, const char *channel) {
  const char *argv[] = {"redis-cli", "-u", url, "SUBSCRIBE", channel, NULL};
  respub_test_process *p = respub_test_process_start(argv);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "1", DEADLINE_MS));
  return p;
}

static const char *redis_cli_hears(respub_test_process *p, const char *channel) {
  CU_ASSERT_PTR_NOT_NULL(respub_test_process_line_with(p, "message", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p, channel, DEADLINE_MS));
  const char *line = respub_test_process_line(p, DEADLINE_MS);
  return line != NULL ? line : "";
}

/* --- one message --- */

static void redis_cli_gets_the_envelope_from(const char *url) {
  static const char start[] = "{\"data\":{\"n\": 12345678901234567890.10},\"timestamp\":\"20";
  static const char end[] = "\",\"sender\":\"me \\\"and\\\" you\"}";
  respub_test_process *p = redis_cli_listens(url, "news");
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "--sender", "me \"and\" you", "news",
                                        "{\"n\": 12345678901234567890.10}"),
                      NULL, 0, "1\n", ""));
  const char *line = redis_cli_hears(p, "news");
  size_t len = strlen(line);
  CU_ASSERT_EQUAL(strncmp(line, start, sizeof start - 1), 0);
  CU_ASSERT_TRUE(len > sizeof end && strcmp(line + len - (sizeof end - 1), end) == 0);
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "news", "{}"), NULL, 0, "1\n", ""));
  CU_ASSERT_PTR_NOT_NULL(strstr(redis_cli_hears(p, "news"), "\"sender\":\"unknown\"}"));
  respub_test_process_end(p);
}

static void redis_cli_gets_the_envelope(void) {
  redis_cli_gets_the_envelope_from(server_url());
}

static void the_broker_serves_as_well(void) {
  redis_cli_gets_the_envelope_from(broker_url);
}

static void raw_bytes_go_as_they_are(void) {
  respub_test_process *p = redis_cli_listens(server_url(), "raw");
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", server_url(), "--raw", "raw", "no \xff JSON"),
                      NULL, 0, "1\n", ""));
  CU_ASSERT_STRING_EQUAL(redis_cli_hears(p, "raw"), "no \xff JSON");
  respub_test_process_end(p);
}

static void nobody_listening_is_no_error(void) {
  CU_ASSERT_TRUE(
      does(RESPUB_TEST_WORDS("pub", "-u", server_url(), "nobody", "{}"), NULL, 0, "0\n", ""));
}

/* Whether the server is there does not matter: it is not asked. */
static void an_invalid_message_never_leaves(void) {
  static const char url[] = "redis://127.0.0.1:1";
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "hello"), NULL, 3, "",
                      "respub: pub: offset 0: "));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "[1]"), NULL, 3, "", "object"));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "{}{}"), NULL, 3, "", "offset 2"));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "{\"a\":1,\"a\":2}"), NULL, 3, "",
                      "respub: pub: "));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "{\"a\":\"\xff\"}"), NULL, 3, "",
                      "respub: pub: "));
  CU_ASSERT_TRUE(
      does(RESPUB_TEST_WORDS("pub", "-u", url, "TICKER_UPDATES_A", "{\"type\":\"price\"}"), NULL, 3,
           "", "\"timestamp\""));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "BROKER_REGISTRATION",
                                        "{\"action\":\"buy\",\"ticker\":\"A\"}"),
                      NULL, 3, "", "respub: pub: /action: "));
}

static void a_sender_that_is_not_utf8_is_a_usage_error(void) {
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", server_url(), "--sender", "\xff", "c", "{}"),
                      NULL, 2, "", "respub: pub: the sender "));
}

static void a_server_that_is_away_is_an_error(void) {
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", "redis://127.0.0.1:1", "c", "{}"), NULL, 4, "",
                      "respub: pub: cannot connect to 127.0.0.1:1: "));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", "redis://127.0.0.1:1", "c"), "{}\n", 4, "",
                      "respub: pub: cannot connect to 127.0.0.1:1: "));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", "unix:///no/such/socket", "c", "{}"), NULL, 4,
                      "", "respub: pub: "));
}

static void refusals_of_the_server_are_5(void) {
  static const char *const extra[] = {"--requirepass", "sesame", "--user", "bob", "on",
                                      "nopass",        "+@all",  "&ok*",   NULL};
  respub_test_server *acl = respub_test_server_start(extra);
  CU_ASSERT_PTR_NOT_NULL_FATAL(acl);
  char url[128];
  unsigned port = respub_test_server_port(acl);
  snprintf(url, sizeof url, "redis://:wrong@127.0.0.1:%u", port);
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "{}"), NULL, 5, "", "WRONGPASS"));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c"), "{}\n", 5, "", "WRONGPASS"));
  snprintf(url, sizeof url, "redis://127.0.0.1:%u", port);
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "c", "{}"), NULL, 5, "", "NOAUTH"));
  snprintf(url, sizeof url, "redis://bob:x@127.0.0.1:%u", port);
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "ok", "{}"), NULL, 0, "0\n", ""));
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "no", "{}"), NULL, 5, "", "NOPERM"));
  /* The same fault of many lines is one sentence. */
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", url, "no"), "{}\n{}\n{}\n", 5, "",
                      "respub: pub: 3 lines from 1 to 3: "));
  respub_test_process *p = respub_test_command_start(RESPUB_TEST_WORDS("pub", "-u", url, "no"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE(respub_test_process_write(p, "{}\n", 3, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_error_with(p, "respub: pub: line 1: ", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_write(p, "bad\n", 4, DEADLINE_MS));
  respub_test_process_close_input(p);
  /* It weighs more than a line that is not valid. */
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 5);
  respub_test_process_end(p);
  respub_test_server_free(acl);
}

/* --- lines --- */

static void each_good_line_prints_a_number_and_a_bad_one_a_sentence(void) {
  respub_test_process *p = redis_cli_listens(server_url(), "lines");
  respub_test_output r;
  static const char input[] = "{\"n\":1}\nnonsense\n\n{\"n\":4}\r\n{\"n\":5}";
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("pub", "-u", server_url(), "lines", "-"),
                                      input, sizeof input - 1, &r),
                  3);
  CU_ASSERT_STRING_EQUAL(r.out, "1\n1\n1\n");
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "respub: pub: line 2: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "respub: pub: line 3: "));
  CU_ASSERT_EQUAL(respub_test_count_lines(r.err), 2);
  CU_ASSERT_PTR_NOT_NULL(strstr(redis_cli_hears(p, "lines"), "{\"n\":1}"));
  CU_ASSERT_PTR_NOT_NULL(strstr(redis_cli_hears(p, "lines"), "{\"n\":4}"));
  CU_ASSERT_PTR_NOT_NULL(strstr(redis_cli_hears(p, "lines"), "{\"n\":5}"));
  respub_test_output_free(&r);
  respub_test_process_end(p);
}

static void raw_lines_may_be_anything(void) {
  respub_test_process *p = redis_cli_listens(server_url(), "rawlines");
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", server_url(), "--raw", "rawlines"),
                      "a\n\n\xff\n", 0, "1\n1\n1\n", ""));
  CU_ASSERT_STRING_EQUAL(redis_cli_hears(p, "rawlines"), "a");
  CU_ASSERT_STRING_EQUAL(redis_cli_hears(p, "rawlines"), "");
  CU_ASSERT_STRING_EQUAL(redis_cli_hears(p, "rawlines"), "\xff");
  respub_test_process_end(p);
}

static void no_input_is_no_error(void) {
  CU_ASSERT_TRUE(does(RESPUB_TEST_WORDS("pub", "-u", server_url(), "none"), "", 0, "", ""));
}

/* A source that goes on later: what it said so far is published and answered. */
static void a_line_from_a_slow_source_leaves_at_once(void) {
  respub_test_process *p =
      respub_test_command_start(RESPUB_TEST_WORDS("pub", "-u", server_url(), "slow"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_TRUE(respub_test_process_write(p, "{}\n", 3, DEADLINE_MS));
    CU_ASSERT_TRUE(respub_test_process_line_is(p, "0", DEADLINE_MS));
  }
  respub_test_process_close_input(p);
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 0);
  respub_test_process_end(p);
}

static void many_lines_have_as_many_numbers(void) {
  enum {
    LINES = 50000
  };
  static const char line[] = "{\"type\":\"order\",\"timestamp\":\"t\"}\n";
  const size_t len = sizeof line - 1;
  char *input = malloc(len * LINES);
  CU_ASSERT_PTR_NOT_NULL_FATAL(input);
  for (size_t i = 0; i < LINES; i++)
    memcpy(input + i * len, line, len);
  respub_test_output r;
  CU_ASSERT_EQUAL(
      respub_test_command(RESPUB_TEST_WORDS("pub", "-u", server_url(), "TICKER_UPDATES_X"), input,
                          len * LINES, &r),
      0);
  CU_ASSERT_EQUAL(respub_test_count_lines(r.out), LINES);
  CU_ASSERT_EQUAL(r.out_len, 2 * (size_t)LINES);
  CU_ASSERT_STRING_EQUAL(r.err, "");
  respub_test_output_free(&r);
  free(input);
}

static void a_line_beyond_the_limit_is_an_error_and_the_next_goes_on(void) {
  enum {
    LIMIT = 16 * 1024 * 1024
  };
  size_t len = 2 * (size_t)LIMIT + 20;
  char *input = malloc(len);
  CU_ASSERT_PTR_NOT_NULL_FATAL(input);
  memset(input, 'x', len);
  input[LIMIT] = '\n';                 /* the first line is at the limit */
  input[2 * (size_t)LIMIT + 2] = '\n'; /* the second is one longer */
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command(RESPUB_TEST_WORDS("pub", "-u", server_url(), "--raw", "long"),
                                      input, len, &r),
                  3);
  CU_ASSERT_STRING_EQUAL(r.out, "0\n0\n");
  CU_ASSERT_STRING_EQUAL(r.err, "respub: pub: line 2: longer than 16 MiB\n");
  respub_test_output_free(&r);
  free(input);
}

/* --- faults --- */

/* One that goes on publishing, at a server that is to suffer. */
typedef struct publishing {
  respub_test_server *server;
  respub_test_process *process;
} publishing;

/* Has it publish one line. */
static void start_publishing(publishing *p) {
  p->server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p->server);
  p->process = respub_test_command_start(
      RESPUB_TEST_WORDS("pub", "-u", respub_test_server_url(p->server), "c"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(p->process);
  CU_ASSERT_TRUE(respub_test_process_write(p->process, "{}\n", 3, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p->process, "0", DEADLINE_MS));
}

static void end_publishing(publishing *p, int code) {
  respub_test_process_close_input(p->process);
  CU_ASSERT_EQUAL(respub_test_process_wait(p->process, DEADLINE_MS), code);
}

static void free_publishing(publishing *p) {
  respub_test_process_end(p->process);
  respub_test_server_free(p->server);
}

static void a_server_that_comes_back_gets_the_next_lines(void) {
  publishing p;
  start_publishing(&p);
  CU_ASSERT_TRUE(respub_test_server_kill(p.server));
  CU_ASSERT_TRUE(respub_test_server_restart(p.server));
  CU_ASSERT_TRUE(respub_test_process_write(p.process, "{}\n{}\n", 6, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p.process, "0", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p.process, "0", DEADLINE_MS));
  end_publishing(&p, 0);
  CU_ASSERT_STRING_EQUAL(respub_test_process_errors(p.process), "");
  free_publishing(&p);
}

/* It takes longer to start than a line takes to be read. */
static void lines_wait_for_a_server_that_is_away(void) {
  publishing p;
  start_publishing(&p);
  CU_ASSERT_TRUE(respub_test_server_kill(p.server));
  CU_ASSERT_TRUE(respub_test_process_write(p.process, "{}\n{}\n", 6, DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_restart(p.server));
  CU_ASSERT_TRUE(respub_test_process_line_is(p.process, "0", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_process_line_is(p.process, "0", DEADLINE_MS));
  end_publishing(&p, 0);
  CU_ASSERT_STRING_EQUAL(respub_test_process_errors(p.process), "");
  free_publishing(&p);
}

/* The kernel may take the line before it tells of the server's end: not sent, or not answered. */
static void a_server_that_stays_away_ends_it_with_4_and_the_line(void) {
  publishing p;
  start_publishing(&p);
  CU_ASSERT_TRUE(respub_test_server_kill(p.server));
  CU_ASSERT_TRUE(respub_test_process_write(p.process, "{}\n", 3, DEADLINE_MS));
  end_publishing(&p, 4);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_process_errors(p.process), "respub: pub: line 2: "));
  free_publishing(&p);
}

/* Nothing answers and nothing breaks. */
static void a_frozen_server_ends_it_with_4_and_the_line(void) {
  publishing p;
  start_publishing(&p);
  CU_ASSERT_TRUE(respub_test_server_freeze(p.server));
  CU_ASSERT_TRUE(respub_test_process_write(p.process, "{}\n{}\n", 6, DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_process_wait(p.process, DEADLINE_MS), 4);
  CU_ASSERT_PTR_NOT_NULL(strstr(
      respub_test_process_errors(p.process),
      "respub: pub: 2 lines from 2 to 3: sent but not answered; it may have been delivered"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(respub_test_process_errors(p.process), "respub: pub: ended at line 3"));
  free_publishing(&p);
}

static void a_reader_that_is_gone_is_an_error(void) {
  static const char line[] = "printf '{}\\n{}\\n' | \"$0\" pub -u \"$1\" c";
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_command_unread(line, server_url(), &r), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "respub: pub: cannot write to standard output: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "code 4\n"));
  respub_test_output_free(&r);
}

/* --- the bar --- */

/* All that comes out of a terminal until its other side is closed. */
static size_t read_terminal(int fd, char *out, size_t cap) {
  size_t len = 0;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (len < cap - 1 && poll(&p, 1, DEADLINE_MS) == 1) {
    ssize_t n = read(fd, out + len, cap - 1 - len);
    if (n <= 0)
      break;
    len += (size_t)n;
  }
  out[len] = '\0';
  return len;
}

static void a_terminal_sees_lines_rate_and_errors(void) {
  static const char script[] =
      "printf '{}\\nbad\\n{}\\n' | \"$0\" pub -u \"$1\" c 2>\"$2\"; echo \"code $?\"";
  char command[1024], said[8192];
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  CU_ASSERT_TRUE_FATAL(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  fcntl(terminal, F_SETFD, FD_CLOEXEC);
  const char *argv[] = {"sh",         "-c",
                        script,       respub_test_built("respub", command, 1024),
                        server_url(), ptsname(terminal),
                        NULL};
  respub_test_output r;
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, DEADLINE_MS, &r), 0);
  CU_ASSERT_STRING_EQUAL(r.out, "0\n0\ncode 3\n");
  read_terminal(terminal, said, sizeof said);
  CU_ASSERT_PTR_NOT_NULL(strstr(said, "respub: pub: line 2: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(said, "2 lines sent, "));
  CU_ASSERT_PTR_NOT_NULL(strstr(said, "/s, 1 error\r\n"));
  respub_test_output_free(&r);
  close(terminal);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(redis_cli_gets_the_envelope),
      RESPUB_TEST(the_broker_serves_as_well),
      RESPUB_TEST(raw_bytes_go_as_they_are),
      RESPUB_TEST(nobody_listening_is_no_error),
      RESPUB_TEST(an_invalid_message_never_leaves),
      RESPUB_TEST(a_sender_that_is_not_utf8_is_a_usage_error),
      RESPUB_TEST(a_server_that_is_away_is_an_error),
      RESPUB_TEST(refusals_of_the_server_are_5),
      RESPUB_TEST(each_good_line_prints_a_number_and_a_bad_one_a_sentence),
      RESPUB_TEST(raw_lines_may_be_anything),
      RESPUB_TEST(no_input_is_no_error),
      RESPUB_TEST(a_line_from_a_slow_source_leaves_at_once),
      RESPUB_TEST(many_lines_have_as_many_numbers),
      RESPUB_TEST(a_line_beyond_the_limit_is_an_error_and_the_next_goes_on),
      RESPUB_TEST(a_server_that_comes_back_gets_the_next_lines),
      RESPUB_TEST(lines_wait_for_a_server_that_is_away),
      RESPUB_TEST(a_server_that_stays_away_ends_it_with_4_and_the_line),
      RESPUB_TEST(a_frozen_server_ends_it_with_4_and_the_line),
      RESPUB_TEST(a_reader_that_is_gone_is_an_error),
      RESPUB_TEST(a_terminal_sees_lines_rate_and_errors),
  };
  broker = respub_test_command_broker(broker_url, sizeof broker_url);
  if (broker == NULL)
    return 1;
  int code = respub_test_main_at_redis(&server, "command_pub", tests, RESPUB_TEST_COUNT(tests),
                                       argc, argv);
  respub_test_process_end(broker);
  return code;
}
