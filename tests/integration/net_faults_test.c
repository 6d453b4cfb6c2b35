/* What a real redis-server does to a connection when it freezes, dies, or the client forks. */
#include "tests/support/check.h"
#include "tests/support/talk.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const respub_slice ping = {"PING", 4};

static void a_frozen_server_times_out_and_its_late_reply_comes_in_order(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  respub_slice echo[] = {RESPUB_LIT("ECHO"), RESPUB_LIT("late")};
  const respub_node *reply;
  respub_error e;
  CU_ASSERT_TRUE(respub_test_server_freeze(s));
  CU_ASSERT_EQUAL(respub_conn_command(conn, echo, 2, 50, &reply, &e), RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(respub_conn_command(conn, &ping, 1, 50, &reply, &e), RESPUB_ESTATE);
  CU_ASSERT_EQUAL(respub_conn_reply(conn, 50, &reply), RESPUB_TIMEOUT);
  /* The kernel still takes connections for it. */
  respub_conn *other;
  o.connect_timeout_ms = 50;
  CU_ASSERT_EQUAL(respub_conn_open(&other, &o, &e), RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NULL(other);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "50 ms"));
  CU_ASSERT_TRUE(respub_test_server_thaw(s));
  CU_ASSERT_EQUAL_FATAL(respub_conn_reply(conn, RESPUB_DEFAULT_TIMEOUT, &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("late")));
  CU_ASSERT_TRUE(respub_test_talk_answers(conn, "PING", "PONG"));
  respub_conn_close(conn);
  respub_test_server_free(s);
}

static respub_status read_to_the_end(respub_conn *conn) {
  for (;;) {
    const respub_node *value;
    respub_status status = respub_conn_take(conn, &value);
    CU_ASSERT_EQUAL(status, RESPUB_MORE);
    if (status == RESPUB_MORE)
      status = respub_conn_fill(conn);
    struct pollfd p = {respub_conn_fd(conn), POLLIN, 0};
    if (status < 0 || poll(&p, 1, respub_test_scaled(5000)) != 1)
      return status;
  }
}

static void a_server_killed_within_a_reply_leaves_no_half_value(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  respub_slice get[] = {RESPUB_LIT("GET"), RESPUB_LIT("key")};
  respub_error e;
  const respub_node *reply;
  CU_ASSERT_EQUAL(respub_test_talk_ask(conn, "SETRANGE key 100000000 x")->integer, 100000001);
  CU_ASSERT_EQUAL(respub_conn_append(conn, get, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_flush(conn, RESPUB_DEFAULT_TIMEOUT), RESPUB_OK);
  struct pollfd p = {respub_conn_fd(conn), POLLIN, 0};
  CU_ASSERT_EQUAL(poll(&p, 1, respub_test_scaled(5000)), 1);
  CU_ASSERT_TRUE(respub_test_server_kill(s));
  respub_status status = read_to_the_end(conn);
  RESPUB_CHECK(status == RESPUB_EEOF || status == RESPUB_EIO, "%s", respub_status_name(status));
  CU_ASSERT_EQUAL(respub_conn_reply(conn, 50, &reply), status);
  CU_ASSERT_EQUAL(respub_conn_due(conn), 1);
  CU_ASSERT_EQUAL(respub_conn_append(conn, get, 2), status);
  CU_ASSERT_EQUAL(respub_conn_command(conn, get, 2, 50, &reply, &e), status);
  CU_ASSERT_EQUAL(e.status, status);
  respub_conn_close(conn);
  respub_test_server_free(s);
}

static void a_connection_that_the_server_closed_is_noticed(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_unix_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  CU_ASSERT_TRUE(respub_test_server_says(s, "CLIENT KILL TYPE normal", ":1"));
  const respub_node *reply;
  respub_error e;
  respub_status status = respub_conn_command(conn, &ping, 1, RESPUB_DEFAULT_TIMEOUT, &reply, &e);
  RESPUB_CHECK(status == RESPUB_EEOF || status == RESPUB_EIO, "%s", respub_status_name(status));
  RESPUB_CHECK(strstr(e.text, "connection lost") != NULL, "%s", e.text);
  respub_conn_close(conn);
  respub_test_server_free(s);
}

static respub_test_server *volatile still_reachable;

static void a_fork_leaves_the_parents_connection_alone(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(conn, &ping, 1), RESPUB_OK);
  pid_t id = fork();
  if (id == 0) {
    const respub_node *reply;
    respub_status flushed = respub_conn_flush(conn, 1000);
    respub_status replied = respub_conn_reply(conn, 1000, &reply);
    respub_conn_close(conn);
    respub_status opened = respub_conn_open(&conn, &o, NULL);
    respub_conn_close(conn);
    /* The child's copy of the handle is not freed, for that would end the server. */
    still_reachable = s;
    _exit(flushed == RESPUB_EFORKED && replied == RESPUB_EFORKED && opened == RESPUB_OK ? 0 : 1);
  }
  int ended = -1;
  CU_ASSERT_EQUAL(waitpid(id, &ended, 0), id);
  CU_ASSERT_TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
  const respub_node *reply;
  CU_ASSERT_EQUAL_FATAL(respub_conn_reply(conn, RESPUB_DEFAULT_TIMEOUT, &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_test_talk_answers(conn, "PING", "PONG"));
  respub_conn_close(conn);
  respub_test_server_free(s);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_frozen_server_times_out_and_its_late_reply_comes_in_order),
      RESPUB_TEST(a_server_killed_within_a_reply_leaves_no_half_value),
      RESPUB_TEST(a_connection_that_the_server_closed_is_noticed),
      RESPUB_TEST(a_fork_leaves_the_parents_connection_alone),
  };
  return respub_test_main("net faults", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
