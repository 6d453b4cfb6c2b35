/* A child of fork must not touch what its parent holds. */
#include "net/fork.h"
#include "net/net.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs check in a child; returns what it returned there, -1 when the child crashed. */
static int in_child(int (*check)(void *ctx), void *ctx) {
  pid_t id = fork();
  if (id == 0)
    _exit(check(ctx));
  int status;
  if (id < 0 || waitpid(id, &status, 0) != id || !WIFEXITED(status))
    return -1;
  return WEXITSTATUS(status);
}

static int generation_differs(void *ctx) {
  unsigned *parents = ctx;
  unsigned own = respub__fork_generation();
  return own != *parents && own == respub__fork_generation() ? 0 : 1;
}

static int grandchild_differs(void *ctx) {
  unsigned own = respub__fork_generation();
  return generation_differs(ctx) == 0 && in_child(generation_differs, &own) == 0 ? 0 : 1;
}

static void each_process_has_a_generation_of_its_own(void) {
  unsigned own = respub__fork_generation();
  CU_ASSERT_EQUAL(in_child(generation_differs, &own), 0);
  CU_ASSERT_EQUAL(in_child(grandchild_differs, &own), 0);
  CU_ASSERT_EQUAL(respub__fork_generation(), own);
}

/* The number of the first call that does something else than to refuse; 0: none. */
static int every_call_refuses(void *ctx) {
  respub_test_opened *o = ctx;
  const respub_node *value;
  respub_slice ping = RESPUB_LIT("PING");
  respub_conn *c = o->conn;
  size_t reads = o->script.reads;
  size_t writes = o->script.writes;
  size_t written;
  if (respub_conn_command(c, &ping, 1, 1000, &value, &o->error) != RESPUB_EFORKED)
    return 1;
  if (respub_conn_append(c, &ping, 1) != RESPUB_EFORKED)
    return 2;
  if (respub_conn_flush(c, 1000) != RESPUB_EFORKED)
    return 3;
  if (respub_conn_reply(c, 1000, &value) != RESPUB_EFORKED || value != NULL)
    return 4;
  if (respub_conn_step(c, 0) != RESPUB_EFORKED)
    return 5;
  if (respub_conn_fill(c) != RESPUB_EFORKED)
    return 6;
  if (respub_conn_take(c, &value) != RESPUB_EFORKED || value != NULL)
    return 7;
  if (respub_conn_write(c, &ping, 1, 1, true, &written) != RESPUB_EFORKED || written != 0)
    return 8;
  if (respub_conn_push(c) != RESPUB_EFORKED)
    return 9;
  if (o->script.reads != reads || o->script.writes != writes)
    return 10;
  respub_conn_close(c);
  return o->script.closes == 1 ? 0 : 11;
}

static void a_childs_calls_on_its_parents_connection_refuse(void) {
  respub_test_opened o;
  const respub_node *reply;
  respub_slice ping = RESPUB_LIT("PING");
  respub_test_opened_init(&o);
  respub_test_script_say(&o.script, "+PONG\r\n+PONG\r\n");
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &ping, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 1000, &reply), RESPUB_OK);
  CU_ASSERT_EQUAL(in_child(every_call_refuses, &o), 0);
  CU_ASSERT_EQUAL(respub_conn_reply(o.conn, 1000, &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("PONG")));
  respub_test_opened_close(&o);
}

static int opens_its_own(void *ctx) {
  respub_test_opened *o = ctx;
  respub_conn *own;
  respub_test_script_say(&o->script, RESPUB_TEST_GREETING);
  if (respub_conn_open(&own, &o->options, &o->error) != RESPUB_OK)
    return 1;
  respub_conn_close(own);
  respub_conn_close(o->conn);
  return 0;
}

static void a_child_can_open_a_connection_of_its_own(void) {
  respub_test_opened o;
  respub_test_opened_init(&o);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(in_child(opens_its_own, &o), 0);
  respub_test_opened_close(&o);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(each_process_has_a_generation_of_its_own),
      RESPUB_TEST(a_childs_calls_on_its_parents_connection_refuse),
      RESPUB_TEST(a_child_can_open_a_connection_of_its_own),
  };
  return respub_test_main("net fork", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
