#include "tests/support/talk.h"

#include "tests/support/check.h"
#include "tests/support/wait.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_ARGUMENTS = 8
};

static void must(bool held) {
  CU_ASSERT_TRUE_FATAL(held);
  if (!held)
    abort(); /* for readers that do not know that the line above does not come back */
}

respub_test_server *respub_test_talk_server(const char *const extra[]) {
  respub_test_server *s = respub_test_server_start(extra);
  must(s != NULL);
  return s;
}

respub_options respub_test_talk_options(const char *url) {
  respub_options o;
  respub_error e = {RESPUB_OK, ""};
  RESPUB_CHECK(respub_options_from_url(&o, url, &e) == RESPUB_OK, "%s", e.text);
  o.connect_timeout_ms = respub_test_scaled(5000);
  o.command_timeout_ms = respub_test_scaled(5000);
  return o;
}

respub_conn *respub_test_talk_open(const respub_options *options) {
  respub_conn *conn;
  respub_error e = {RESPUB_OK, ""};
  respub_status status = respub_conn_open(&conn, options, &e);
  RESPUB_CHECK(status == RESPUB_OK, "%s: %s", respub_status_name(status), e.text);
  must(conn != NULL);
  return conn;
}

const respub_node *respub_test_talk_ask(respub_conn *conn, const char *text) {
  respub_slice args[MOST_ARGUMENTS];
  size_t n = 0;
  const respub_node *reply;
  respub_error e = {RESPUB_OK, ""};
  while (n < MOST_ARGUMENTS) {
    size_t length = strcspn(text, " ");
    args[n++] = respub_slice_of(text, length);
    if (text[length] == '\0')
      break;
    text += length + 1;
  }
  respub_status status = respub_conn_command(conn, args, n, RESPUB_DEFAULT_TIMEOUT, &reply, &e);
  RESPUB_CHECK(status == RESPUB_OK, "%s: %s", respub_status_name(status), e.text);
  must(reply != NULL);
  return reply;
}

bool respub_test_talk_answers(respub_conn *conn, const char *text, const char *expected) {
  const respub_node *reply = respub_test_talk_ask(conn, text);
  bool same = respub_slice_equal(reply->text, respub_slice_of_string(expected));
  return RESPUB_CHECK(same, "%s: %.*s", text, (int)reply->text.len, reply->text.ptr);
}
