/* Connections to a real redis-server. */
#include "net/dial.h"
#include "tests/support/black_hole.h"
#include "tests/support/check.h"
#include "tests/support/talk.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Ways to a server */

static void tcp_unix_and_names_lead_to_the_server(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  char by_name[64];
  (void)snprintf(by_name, sizeof by_name, "redis://localhost:%u", respub_test_server_port(s));
  const char *const urls[] = {respub_test_server_url(s), respub_test_server_unix_url(s), by_name};
  for (size_t i = 0; i < 3; i++) {
    respub_options o = respub_test_talk_options(urls[i]);
    respub_conn *conn = respub_test_talk_open(&o);
    CU_ASSERT_TRUE(respub_test_talk_answers(conn, "PING", "PONG"));
    respub_conn_close(conn);
  }
  respub_test_server_free(s);
}

/* Where the machine has no ::1, the connection must fail and name what it tried. */
static void an_ipv6_address_is_dialed_as_one(void) {
  int listener;
  bool has_ipv6 = respub__socket_listen_tcp(&listener, "::1", 0, NULL, NULL, NULL) == RESPUB_OK;
  respub__socket_close(listener);
  static const char *const both[] = {"--bind", "127.0.0.1", "-::1", NULL};
  respub_test_server *s = respub_test_talk_server(both);
  char url[64];
  (void)snprintf(url, sizeof url, "redis://[::1]:%u", respub_test_server_port(s));
  respub_options o = respub_test_talk_options(url);
  respub_conn *conn;
  respub_error e = {RESPUB_OK, ""};
  respub_status status = respub_conn_open(&conn, &o, &e);
  if (has_ipv6) {
    RESPUB_CHECK(status == RESPUB_OK, "%s", e.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(conn);
    CU_ASSERT_TRUE(respub_test_talk_answers(conn, "PING", "PONG"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(respub_test_talk_ask(conn, "CLIENT INFO")->text.ptr, "addr=[::1]:"));
  } else {
    RESPUB_CHECK(status == RESPUB_ECONNECT, "%s", respub_status_name(status));
    RESPUB_CHECK(strstr(e.text, "[::1]:") != NULL, "%s", e.text);
  }
  respub_conn_close(conn);
  respub_test_server_free(s);
}

static respub_status dial_list(void *ctx, const respub_options *options, int64_t now_ms,
                               respub_transport *transport, respub_error *error) {
  (void)now_ms;
  return respub__dial_addresses(ctx, options, transport, error);
}

static void a_black_hole_before_the_server_costs_its_share_of_the_time_only(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_test_black_hole hole;
  respub_test_black_hole_open(&hole);
  respub__address list[2] = {hole.address, hole.address};
  respub__addresses addresses = {list, 2};
  list[1].as.v4.sin_port = htons(respub_test_server_port(s));
  respub_options o = respub_test_talk_options("redis://ignored");
  o.connect_timeout_ms = respub_test_scaled(1000);
  o.dial = dial_list;
  o.dial_ctx = &addresses;
  int64_t before = respub_test_now_ms();
  respub_conn *conn = respub_test_talk_open(&o);
  CU_ASSERT_TRUE(respub_test_now_ms() - before >= 499);
  CU_ASSERT_TRUE(respub_test_talk_answers(conn, "PING", "PONG"));
  respub_conn_close(conn);

  addresses.count = 1;
  respub_error e;
  o.connect_timeout_ms = 50;
  CU_ASSERT_EQUAL(respub_conn_open(&conn, &o, &e), RESPUB_TIMEOUT);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, strerror(ETIMEDOUT)));
  respub_test_black_hole_close(&hole);
  respub_test_server_free(s);
}

static void nobody_there_is_told_with_address_and_reason(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options tcp = respub_test_talk_options(respub_test_server_url(s));
  respub_options local = respub_test_talk_options(respub_test_server_unix_url(s));
  respub_conn *conn;
  respub_error e;
  CU_ASSERT_TRUE(respub_test_server_kill(s));
  CU_ASSERT_EQUAL(respub_conn_open(&conn, &tcp, &e), RESPUB_ECONNECT);
  CU_ASSERT_PTR_NULL(conn);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "127.0.0.1:"));
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, strerror(ECONNREFUSED)));
  CU_ASSERT_EQUAL(respub_conn_open(&conn, &local, &e), RESPUB_ECONNECT);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, respub_test_server_path(s)));
  respub_test_server_free(s);
}

/* ------------------------------------------------------------------------------------------------
 * Handshake */

static void name_and_database_are_set(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  for (int protocol = 2; protocol <= 3; protocol++) {
    respub_options o = respub_test_talk_options(respub_test_server_url(s));
    (void)snprintf(o.client_name, sizeof o.client_name, "bot-%d", protocol);
    o.protocol = protocol;
    o.db = 9;
    respub_conn *conn = respub_test_talk_open(&o);
    CU_ASSERT_TRUE(respub_test_talk_answers(conn, "CLIENT GETNAME", o.client_name));
    CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_talk_ask(conn, "CLIENT INFO")->text.ptr, " db=9 "));
    CU_ASSERT_EQUAL(respub_test_talk_ask(conn, "HELLO")->type,
                    protocol == 3 ? RESPUB_MAP : RESPUB_ARRAY);
    CU_ASSERT_EQUAL(respub_test_talk_ask(conn, "GET none")->type, RESPUB_NULL);
    respub_conn_close(conn);
  }
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  o.db = 16;
  respub_conn *conn;
  respub_error e;
  CU_ASSERT_EQUAL(respub_conn_open(&conn, &o, &e), RESPUB_EREFUSED);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "SELECT: ERR DB index is out of range"));
  respub_test_server_free(s);
}

typedef struct login {
  const char *username;
  const char *password;
  const char *name;
  respub_status status;
  const char *text;
} login;

static void users_are_let_in_or_told_why_not(void) {
  static const char *const extra[] = {"--requirepass", "sesame", NULL};
  static const login logins[] = {
      {"", "sesame", "", RESPUB_OK, ""},
      {"default", "sesame", "n", RESPUB_OK, ""},
      {"bob", "p@ss w\xc3\xb6rd", "n", RESPUB_OK, ""},
      {"nopass", "", "n", RESPUB_OK, ""},
      {"narrow", "x", "", RESPUB_OK, ""},
      {"narrow", "x", "n", RESPUB_EAUTH, "NOPERM"},
      {"", "wrong", "", RESPUB_EAUTH, "WRONGPASS"},
      {"bob", "wrong", "", RESPUB_EAUTH, "WRONGPASS"},
      {"nobody", "x", "", RESPUB_EAUTH, "WRONGPASS"},
      {"off", "x", "", RESPUB_EAUTH, "WRONGPASS"},
      {"", "", "", RESPUB_EAUTH, "NOAUTH"},
      {"", "", "n", RESPUB_EAUTH, "NOAUTH"},
  };
  respub_test_server *s = respub_test_talk_server(extra);
  char replies[512];
  CU_ASSERT_EQUAL(respub_test_server_command(
                      s, replies, sizeof replies,
                      "AUTH sesame\r\nACL SETUSER bob on \">p@ss w\xc3\xb6rd\" ~* &* +@all\r\n"
                      "ACL SETUSER nopass on nopass ~* &* +@all\r\n"
                      "ACL SETUSER narrow on >x +publish &*\r\nACL SETUSER off off >x +@all"),
                  25);
  CU_ASSERT_STRING_EQUAL(replies, "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
  for (size_t i = 0; i < 2 * (sizeof logins / sizeof logins[0]); i++) {
    const login *l = &logins[i / 2];
    respub_options o = respub_test_talk_options(respub_test_server_url(s));
    respub_conn *conn;
    respub_error e = {RESPUB_OK, ""};
    (void)snprintf(o.username, sizeof o.username, "%s", l->username);
    (void)snprintf(o.password, sizeof o.password, "%s", l->password);
    (void)snprintf(o.client_name, sizeof o.client_name, "%s", l->name);
    o.protocol = 2 + (int)(i % 2);
    respub_status status = respub_conn_open(&conn, &o, &e);
    RESPUB_CHECK(status == l->status, "row %zu: %s: %s", i, respub_status_name(status), e.text);
    RESPUB_CHECK(strstr(e.text, l->text) != NULL, "row %zu: %s", i, e.text);
    RESPUB_CHECK(l->password[0] == '\0' || strstr(e.text, l->password) == NULL, "%s", e.text);
    respub_conn_close(conn);
  }
  respub_test_server_free(s);
}

static bool takes_one(void *ctx) {
  respub_conn **conn = (respub_conn **)((void **)ctx)[0];
  return respub_conn_open(conn, ((void **)ctx)[1], NULL) == RESPUB_OK;
}

static void one_client_too_many_hears_the_servers_words(void) {
  static const char *const extra[] = {"--maxclients", "1", NULL};
  respub_test_server *s = respub_test_talk_server(extra);
  const char *const urls[] = {respub_test_server_url(s), respub_test_server_unix_url(s)};
  respub_options o = respub_test_talk_options(urls[0]);
  respub_conn *first = NULL;
  void *context[] = {&first, &o};
  /* The server may still count those who asked whether it was up. */
  CU_ASSERT_TRUE_FATAL(respub_test_wait(takes_one, context, 5000));
  for (int i = 0; i < 40; i++) {
    respub_conn *second;
    respub_error e = {RESPUB_OK, ""};
    o = respub_test_talk_options(urls[i % 2]);
    if (i % 4 > 1)
      (void)snprintf(o.client_name, sizeof o.client_name, "n");
    respub_status status = respub_conn_open(&second, &o, &e);
    RESPUB_CHECK(status == RESPUB_EREFUSED, "%s: %s", respub_status_name(status), e.text);
    RESPUB_CHECK(strstr(e.text, "max number of clients reached") != NULL, "%s", e.text);
  }
  CU_ASSERT_TRUE(respub_test_talk_answers(first, "PING", "PONG"));
  respub_conn_close(first);
  respub_test_server_free(s);
}

/* ------------------------------------------------------------------------------------------------
 * Commands and replies */

static void ten_thousand_commands_travel_together(void) {
  enum {
    COMMANDS = 10000
  };
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  for (int i = 0; i < COMMANDS; i++) {
    char number[16];
    (void)snprintf(number, sizeof number, "%d", i);
    respub_slice args[] = {RESPUB_LIT("ECHO"), respub_slice_of_string(number)};
    CU_ASSERT_EQUAL_FATAL(respub_conn_append(conn, args, 2), RESPUB_OK);
  }
  int wrong = 0;
  for (int i = 0; i < COMMANDS; i++) {
    const respub_node *reply;
    int64_t number = -1;
    CU_ASSERT_EQUAL_FATAL(respub_conn_reply(conn, RESPUB_DEFAULT_TIMEOUT, &reply), RESPUB_OK);
    wrong += respub_node_integer(reply, &number) != RESPUB_OK || number != i;
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_EQUAL(respub_conn_due(conn), 0);
  CU_ASSERT_TRUE(respub_conn_bytes_out(conn) > 200000);
  respub_conn_close(conn);
  respub_test_server_free(s);
}

/* 48 MiB each way: far more than all buffers between the two hold. */
static void a_pipeline_larger_than_all_buffers_does_not_lock_up(void) {
  enum {
    COMMANDS = 3000,
    SIZE = 16384
  };
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_unix_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  char *payload = malloc(SIZE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  memset(payload, 'p', SIZE);
  respub_slice args[] = {RESPUB_LIT("ECHO"), respub_slice_of(payload, SIZE)};
  for (int i = 0; i < COMMANDS; i++)
    CU_ASSERT_EQUAL_FATAL(respub_conn_append(conn, args, 2), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_flush(conn, respub_test_scaled(30000)), RESPUB_OK);
  int right = 0;
  const respub_node *reply;
  while (respub_conn_due(conn) > 0 && respub_conn_reply(conn, 5000, &reply) == RESPUB_OK)
    right += respub_node_equals(reply, args[1]);
  CU_ASSERT_EQUAL(right, COMMANDS);
  free(payload);
  respub_conn_close(conn);
  respub_test_server_free(s);
}

static void a_large_payload_crosses_whole_in_both_directions(void) {
  enum {
    SIZE = 20 * 1024 * 1024
  };
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  respub_conn *conn = respub_test_talk_open(&o);
  char *payload = malloc(SIZE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  for (size_t i = 0; i < SIZE; i++)
    payload[i] = (char)(i * 7 + i / 251);
  char head[64];
  respub_slice args[] = {RESPUB_LIT("SET"), RESPUB_LIT("key")};
  size_t size = respub_encode_command_prefix(head, sizeof head, 3, args, 2);
  size += respub_encode_bulk_header(head + size, sizeof head - size, SIZE);
  respub_slice parts[] = {respub_slice_of(head, size), respub_slice_of(payload, SIZE),
                          RESPUB_LIT("\r\n")};
  size_t written;
  const respub_node *reply;
  CU_ASSERT_EQUAL(respub_conn_write(conn, parts, 3, 1, true, &written), RESPUB_OK);
  CU_ASSERT_TRUE(written > 0);
  CU_ASSERT_EQUAL_FATAL(respub_conn_reply(conn, respub_test_scaled(30000), &reply), RESPUB_OK);
  CU_ASSERT_TRUE(respub_node_equals(reply, RESPUB_LIT("OK")));
  reply = respub_test_talk_ask(conn, "GET key");
  CU_ASSERT_TRUE(respub_node_equals(reply, respub_slice_of(payload, SIZE)));
  CU_ASSERT_TRUE(respub_test_talk_answers(conn, "PING", "PONG"));
  free(payload);
  respub_conn_close(conn);
  respub_test_server_free(s);
}

static void pushes_of_resp3_come_between_replies(void) {
  respub_test_server *s = respub_test_talk_server(NULL);
  respub_options o = respub_test_talk_options(respub_test_server_url(s));
  o.protocol = 3;
  respub_conn *conn = respub_test_talk_open(&o);
  respub_slice subscribe = RESPUB_LIT("*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n");
  respub_slice publish[] = {RESPUB_LIT("PUBLISH"), RESPUB_LIT("c"), RESPUB_LIT("hello")};
  CU_ASSERT_EQUAL(respub_conn_write(conn, &subscribe, 1, 0, true, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(conn, publish, 3), RESPUB_OK);
  const respub_node *reply = NULL;
  int pushes = 0;
  while (respub_conn_due(conn) > 0) {
    CU_ASSERT_EQUAL_FATAL(respub_conn_reply(conn, RESPUB_DEFAULT_TIMEOUT, &reply), RESPUB_OK);
    pushes += reply->type == RESPUB_PUSH;
  }
  CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
  CU_ASSERT_EQUAL(reply->integer, 1);
  CU_ASSERT_TRUE(pushes >= 1);
  respub_conn_close(conn);
  respub_test_server_free(s);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(tcp_unix_and_names_lead_to_the_server),
      RESPUB_TEST(an_ipv6_address_is_dialed_as_one),
      RESPUB_TEST(a_black_hole_before_the_server_costs_its_share_of_the_time_only),
      RESPUB_TEST(nobody_there_is_told_with_address_and_reason),
      RESPUB_TEST(name_and_database_are_set),
      RESPUB_TEST(users_are_let_in_or_told_why_not),
      RESPUB_TEST(one_client_too_many_hears_the_servers_words),
      RESPUB_TEST(ten_thousand_commands_travel_together),
      RESPUB_TEST(a_pipeline_larger_than_all_buffers_does_not_lock_up),
      RESPUB_TEST(a_large_payload_crosses_whole_in_both_directions),
      RESPUB_TEST(pushes_of_resp3_come_between_replies),
  };
  return respub_test_main("net server", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
