#include "net/handshake.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define LIBRARY                                                                                    \
  "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$8\r\nlib-name\r\n$6\r\nrespub\r\n"                      \
  "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$7\r\nlib-ver\r\n$5\r\n" RESPUB_VERSION "\r\n"

static respub_options options_of(const char *username, const char *password, int db,
                                 const char *name, int protocol) {
  respub_options o;
  respub_options_init(&o);
  (void)snprintf(o.username, sizeof o.username, "%s", username);
  (void)snprintf(o.password, sizeof o.password, "%s", password);
  (void)snprintf(o.client_name, sizeof o.client_name, "%s", name);
  o.db = db;
  o.protocol = protocol;
  return o;
}

/* ------------------------------------------------------------------------------------------------
 * Commands */

typedef struct commands {
  const char *username;
  const char *password;
  int db;
  const char *name;
  int protocol;
  const char *bytes;
  size_t steps;
} commands;

static const commands rows[] = {
    {"", "", 0, "", 2, "*1\r\n$4\r\nPING\r\n" LIBRARY, 3},
    {"", "pw", 0, "", 2, "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n" LIBRARY, 3},
    {"me", "pw", 0, "", 2, "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\npw\r\n" LIBRARY, 3},
    {"me", "", 0, "", 2, "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$0\r\n\r\n" LIBRARY, 3},
    {"", "", 2147483647, "", 2, "*2\r\n$6\r\nSELECT\r\n$10\r\n2147483647\r\n" LIBRARY, 3},
    {"", "", 0, "bot", 2, "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$3\r\nbot\r\n" LIBRARY, 3},
    {"me", "pw", 3, "bot", 2,
     "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
     "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$3\r\nbot\r\n" LIBRARY,
     5},
    {"", "", 0, "", 3, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" LIBRARY, 3},
    {"", "pw", 0, "", 3,
     "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$2\r\npw\r\n" LIBRARY, 3},
    {"me", "pw", 1, "bot", 3,
     "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\npw\r\n"
     "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$"
     "3\r\nbot\r\n" LIBRARY,
     5},
};

static void everything_goes_out_in_one_piece_credentials_first(void) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const commands *row = &rows[i];
    respub_options o = options_of(row->username, row->password, row->db, row->name, row->protocol);
    respub__handshake h;
    char out[512];
    size_t size = respub__handshake_begin(&h, &o, NULL, 0);
    RESPUB_CHECK(size == strlen(row->bytes), "row %zu: %zu", i, size);
    memset(out, '#', sizeof out);
    CU_ASSERT_EQUAL(respub__handshake_begin(&h, &o, out, size), size);
    RESPUB_CHECK(memcmp(out, row->bytes, size) == 0, "row %zu: %.*s", i, (int)size, out);
    CU_ASSERT_EQUAL(out[size], '#');
    CU_ASSERT_EQUAL(h.count, row->steps);
  }
}

static void the_longest_options_fit_and_are_within_what_servers_take_before_login(void) {
  respub_options o = options_of("", "", 2147483647, "", 3);
  memset(o.username, 'u', sizeof o.username - 1);
  memset(o.password, 'p', sizeof o.password - 1);
  memset(o.client_name, 'n', sizeof o.client_name - 1);
  respub__handshake h;
  size_t size = respub__handshake_begin(&h, &o, NULL, 0);
  CU_ASSERT_TRUE(size > sizeof o.password && size < 16384);
  CU_ASSERT_TRUE(h.count <= RESPUB__STEPS);
}

/* ------------------------------------------------------------------------------------------------
 * Replies */

/* Decodes replies and gives them to a handshake of these options; returns the last status. */
static respub_status answer(const respub_options *o, const char *replies, size_t *taken,
                            respub_error *error, respub__handshake *h) {
  respub_node nodes[32];
  respub_decoder d;
  respub_decoder_init(&d, NULL, nodes, 32);
  (void)respub__handshake_begin(h, o, NULL, 0);
  const char *at = replies;
  const char *end = replies + strlen(replies);
  respub_status status = RESPUB_AGAIN;
  for (*taken = 0; status == RESPUB_AGAIN && at < end; (*taken)++) {
    size_t used;
    CU_ASSERT_EQUAL_FATAL(respub_decode(&d, at, (size_t)(end - at), &used), RESPUB_OK);
    at += used;
    status = respub__handshake_reply(h, o, nodes, error);
  }
  return status;
}

typedef struct replies {
  const char *username;
  const char *password;
  int db;
  const char *name;
  int protocol;
  const char *bytes;
  respub_status status;
  const char *text; /* which the error holds */
} replies;

#define OK3 "+OK\r\n+OK\r\n+OK\r\n"
#define UNKNOWN "-ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.\r\n"
#define HELLO "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n"

static const replies answers[] = {
    {"", "", 0, "", 2, "+PONG\r\n+OK\r\n+OK\r\n", RESPUB_OK, ""},
    {"", "", 0, "", 2, "+PONG\r\n" UNKNOWN UNKNOWN, RESPUB_OK, ""},
    {"", "", 0, "", 2, "+PONG\r\n+OK\r\n", RESPUB_AGAIN, ""},
    {"", "", 0, "", 2, "$4\r\nPONG\r\n+OK\r\n+OK\r\n", RESPUB_OK, ""},
    {"", "", 0, "", 2, "-NOPERM this user may not PING\r\n" UNKNOWN UNKNOWN, RESPUB_OK, ""},
    {"", "", 0, "", 2, "-LOADING Redis is loading\r\n+OK\r\n+OK\r\n", RESPUB_OK, ""},
    {"", "", 0, "", 2, "-NOAUTH Authentication required.\r\n", RESPUB_EAUTH, "NOAUTH Auth"},
    {"", "", 0, "", 2, "+PONG\r\n-NOAUTH Authentication required.\r\n", RESPUB_EAUTH, "NOAUTH"},
    {"", "", 0, "", 2, "+OK\r\n", RESPUB_EPROTOCOL, "unexpected reply to PING"},
    {"", "", 0, "", 2, ":1\r\n", RESPUB_EPROTOCOL, "PING"},
    {"", "", 0, "", 2, "+PONG\r\n+PONG\r\n", RESPUB_EPROTOCOL, "CLIENT SETINFO"},
    {"", "pw", 0, "", 2, OK3, RESPUB_OK, ""},
    {"", "pw", 0, "", 2, "-WRONGPASS invalid username-password pair\r\n", RESPUB_EAUTH,
     "refused AUTH: WRONGPASS"},
    {"", "pw", 0, "", 2, "-ERR invalid password\r\n", RESPUB_EAUTH, "AUTH: ERR invalid password"},
    {"", "pw", 0, "", 2, "-ERR Client sent AUTH, but no password is set\r\n", RESPUB_EAUTH, "AUTH"},
    {"", "pw", 0, "", 2, "-ERR max number of clients reached\r\n", RESPUB_EREFUSED,
     "max number of clients"},
    {"", "pw", 0, "", 2, "-LOADING Redis is loading\r\n", RESPUB_EREFUSED, "LOADING"},
    {"", "pw", 0, "", 2, "-DENIED Redis is running in protected mode\r\n", RESPUB_EREFUSED,
     "DENIED"},
    {"", "", 4, "", 2, OK3, RESPUB_OK, ""},
    {"", "", 99, "", 2, "-ERR DB index is out of range\r\n", RESPUB_EREFUSED, "refused SELECT"},
    {"", "", 1, "", 2, "-NOAUTH Authentication required.\r\n", RESPUB_EAUTH, "SELECT: NOAUTH"},
    {"", "", 1, "", 2, "-NOPERM no permissions to run 'select'\r\n", RESPUB_EAUTH, "NOPERM"},
    {"", "", 0, "n", 2, "-ERR Client names cannot contain spaces\r\n", RESPUB_EREFUSED,
     "CLIENT SETNAME"},
    {"", "", 0, "n", 2, "$-1\r\n", RESPUB_EPROTOCOL, "CLIENT SETNAME"},
    {"", "pw", 1, "n", 2, "+OK\r\n-ERR no\r\n", RESPUB_EREFUSED, "refused SELECT: ERR no"},
    {"", "", 0, "", 3, HELLO "+OK\r\n+OK\r\n", RESPUB_OK, ""},
    {"", "", 0, "", 3, ">2\r\n+a\r\n+b\r\n" HELLO ">1\r\n+x\r\n+OK\r\n+OK\r\n", RESPUB_OK, ""},
    {"", "", 0, "", 3, "|1\r\n+k\r\n+v\r\n" HELLO "+OK\r\n+OK\r\n", RESPUB_OK, ""},
    {"", "", 0, "", 3, "-NOPROTO unsupported protocol version\r\n", RESPUB_EREFUSED, "NOPROTO"},
    {"", "", 0, "", 3, "-NOAUTH HELLO must be called with the client already authenticated\r\n",
     RESPUB_EAUTH, "NOAUTH"},
    {"", "", 0, "", 3, "-ERR unknown command 'HELLO'\r\n", RESPUB_EREFUSED, "HELLO"},
    {"", "", 0, "", 3, "+OK\r\n", RESPUB_EPROTOCOL, "HELLO"},
    {"u", "pw", 0, "", 3, "!22\r\nWRONGPASS no such user\r\n", RESPUB_EAUTH, "WRONGPASS"},
};

static void every_reply_has_its_meaning(void) {
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    const replies *row = &answers[i];
    respub_options o = options_of(row->username, row->password, row->db, row->name, row->protocol);
    respub__handshake h;
    respub_error e = {RESPUB_OK, ""};
    size_t taken;
    respub_status status = answer(&o, row->bytes, &taken, &e, &h);
    RESPUB_CHECK(status == row->status, "row %zu: %s: %s", i, respub_status_name(status), e.text);
    RESPUB_CHECK(strstr(e.text, row->text) != NULL, "row %zu: %s", i, e.text);
    RESPUB_CHECK(status >= 0 || e.status == status, "row %zu", i);
  }
}

static void a_remark_explains_a_connection_that_then_ends(void) {
  respub_options o = options_of("", "", 0, "", 2);
  respub__handshake h;
  respub_error e = {RESPUB_OK, ""};
  size_t taken;
  CU_ASSERT_EQUAL(answer(&o, "-ERR max number of clients reached\r\n", &taken, &e, &h),
                  RESPUB_AGAIN);
  CU_ASSERT_STRING_EQUAL(e.text, "");
  CU_ASSERT_EQUAL(respub__handshake_lost(&h, RESPUB_EEOF, &e), RESPUB_EREFUSED);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "max number of clients reached"));
  CU_ASSERT_EQUAL(respub__handshake_lost(&h, RESPUB_EIO, NULL), RESPUB_EREFUSED);
  CU_ASSERT_EQUAL(respub__handshake_lost(&h, RESPUB_ENOMEM, &e), RESPUB_ENOMEM);
}

static void an_end_without_a_remark_is_just_that(void) {
  respub_options o = options_of("", "", 0, "", 2);
  respub__handshake h;
  respub_error e = {RESPUB_OK, ""};
  size_t taken;
  CU_ASSERT_EQUAL(answer(&o, "+PONG\r\n", &taken, &e, &h), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(respub__handshake_lost(&h, RESPUB_EEOF, &e), RESPUB_EEOF);
  CU_ASSERT_STRING_EQUAL(e.text, "");
}

/* Servers quote the arguments of commands that they do not know. */
static void a_server_that_quotes_the_password_is_not_repeated(void) {
  static const char *const quoting[] = {
      "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `u`, `hunter2`, \r\n",
      "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `u`, `hunt\r\n",
      "-ERR hunter2hunter2 is no password\r\n",
      "-WRONGPASS hunter2\r\n",
      "-hunter2\r\n",
  };
  for (size_t i = 0; i < sizeof quoting / sizeof quoting[0]; i++) {
    for (int protocol = 2; protocol <= 3; protocol++) {
      respub_options o = options_of("u", "hunter2", 0, "", protocol);
      respub__handshake h;
      respub_error e = {RESPUB_OK, ""};
      size_t taken;
      CU_ASSERT_TRUE(answer(&o, quoting[i], &taken, &e, &h) < 0);
      RESPUB_CHECK(strstr(e.text, "hunt") == NULL, "%s", e.text);
      RESPUB_CHECK(strstr(e.text, "refused") != NULL, "%s", e.text);
    }
  }
}

static void a_text_without_end_or_with_controls_becomes_one_short_line(void) {
  respub_options o = options_of("", "pw", 0, "", 2);
  respub__handshake h;
  respub_error e = {RESPUB_OK, ""};
  respub_node node;
  char text[5000];
  memset(text, 'x', sizeof text);
  memcpy(text, "ERR a\0b\x1b[31m\tc", 15);
  memset(&node, 0, sizeof node);
  node.type = RESPUB_ERROR;
  node.span = 1;
  node.text = respub_slice_of(text, sizeof text);
  (void)respub__handshake_begin(&h, &o, NULL, 0);
  CU_ASSERT_EQUAL(respub__handshake_reply(&h, &o, &node, &e), RESPUB_EAUTH);
  CU_ASSERT_TRUE(strlen(e.text) < sizeof e.text);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "ERR a?b?[31m?c"));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(everything_goes_out_in_one_piece_credentials_first),
      RESPUB_TEST(the_longest_options_fit_and_are_within_what_servers_take_before_login),
      RESPUB_TEST_OF(RESPUB_RESP3, every_reply_has_its_meaning),
      RESPUB_TEST(a_remark_explains_a_connection_that_then_ends),
      RESPUB_TEST(an_end_without_a_remark_is_just_that),
      RESPUB_TEST(a_server_that_quotes_the_password_is_not_repeated),
      RESPUB_TEST(a_text_without_end_or_with_controls_becomes_one_short_line),
  };
  return respub_test_main("net handshake", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
