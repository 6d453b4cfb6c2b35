#include "net/net.h"
#include "net/options.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <string.h>

static void the_defaults_are_those_of_the_header(void) {
  respub_options o;
  memset(&o, 0xff, sizeof o);
  respub_options_init(&o);
  CU_ASSERT_STRING_EQUAL(o.host, "localhost");
  CU_ASSERT_EQUAL(o.port, 6379);
  CU_ASSERT_STRING_EQUAL(o.unix_path, "");
  CU_ASSERT_STRING_EQUAL(o.username, "");
  CU_ASSERT_STRING_EQUAL(o.password, "");
  CU_ASSERT_STRING_EQUAL(o.client_name, "");
  CU_ASSERT_EQUAL(o.db, 0);
  CU_ASSERT_EQUAL(o.protocol, 2);
  CU_ASSERT_EQUAL(o.connect_timeout_ms, 5000);
  CU_ASSERT_EQUAL(o.command_timeout_ms, 5000);
  CU_ASSERT_EQUAL(o.keepalive_s, 60);
  CU_ASSERT_EQUAL(o.user_timeout_ms, 30000);
  CU_ASSERT_EQUAL(o.buffer_bytes, 16384);
  CU_ASSERT_EQUAL(o.output_bytes, 64u * 1024 * 1024);
  CU_ASSERT_PTR_NULL(o.allocator.resize);
  CU_ASSERT_PTR_NULL(o.log.write);
  CU_ASSERT_PTR_NULL(o.credentials);
  CU_ASSERT_PTR_NULL(o.dial);
  CU_ASSERT_EQUAL(respub__options_check(&o, NULL), RESPUB_OK);
}

typedef enum member {
  HOST,
  HOST_ENDLESS,
  PATH_ENDLESS,
  USER_ENDLESS,
  PASSWORD_ENDLESS,
  NAME_ENDLESS,
  NAME,
  PORT,
  DB,
  PROTOCOL,
  CONNECT_TIMEOUT,
  COMMAND_TIMEOUT,
  KEEPALIVE,
  USER_TIMEOUT,
  BUFFER
} member;

static void fill(char *text, size_t size) {
  memset(text, 'x', size);
}

static void change(respub_options *o, member m, int number, const char *text) {
  switch (m) {
  case HOST:
    memcpy(o->host, text, strlen(text) + 1);
    break;
  case HOST_ENDLESS:
    fill(o->host, sizeof o->host);
    break;
  case PATH_ENDLESS:
    fill(o->unix_path, sizeof o->unix_path);
    break;
  case USER_ENDLESS:
    fill(o->username, sizeof o->username);
    break;
  case PASSWORD_ENDLESS:
    fill(o->password, sizeof o->password);
    break;
  case NAME_ENDLESS:
    fill(o->client_name, sizeof o->client_name);
    break;
  case NAME:
    memcpy(o->client_name, text, strlen(text) + 1);
    break;
  case PORT:
    o->port = (uint16_t)number;
    break;
  case DB:
    o->db = number;
    break;
  case PROTOCOL:
    o->protocol = number;
    break;
  case CONNECT_TIMEOUT:
    o->connect_timeout_ms = number;
    break;
  case COMMAND_TIMEOUT:
    o->command_timeout_ms = number;
    break;
  case KEEPALIVE:
    o->keepalive_s = number;
    break;
  case USER_TIMEOUT:
    o->user_timeout_ms = number;
    break;
  case BUFFER:
    o->buffer_bytes = (size_t)number;
    break;
  }
}

typedef struct row {
  member member;
  int number;
  const char *text;
  respub_status status;
} row;

static const row rows[] = {
    {HOST, 0, "", RESPUB_EARGUMENT},
    {HOST_ENDLESS, 0, "", RESPUB_EARGUMENT},
    {PATH_ENDLESS, 0, "", RESPUB_EARGUMENT},
    {USER_ENDLESS, 0, "", RESPUB_EARGUMENT},
    {PASSWORD_ENDLESS, 0, "", RESPUB_EARGUMENT},
    {NAME_ENDLESS, 0, "", RESPUB_EARGUMENT},
    {NAME, 0, "!name~", RESPUB_OK},
    {NAME, 0, "two words", RESPUB_EARGUMENT},
    {NAME, 0, "line\n", RESPUB_EARGUMENT},
    {NAME, 0, "\xc3\xa4", RESPUB_EARGUMENT},
    {NAME, 0, "del\x7f", RESPUB_EARGUMENT},
    {PORT, 0, "", RESPUB_EARGUMENT},
    {PORT, 1, "", RESPUB_OK},
    {DB, -1, "", RESPUB_EARGUMENT},
    {DB, 15, "", RESPUB_OK},
    {PROTOCOL, 1, "", RESPUB_EARGUMENT},
#if RESPUB_RESP3
    {PROTOCOL, 3, "", RESPUB_OK},
#endif
    {PROTOCOL, 4, "", RESPUB_EARGUMENT},
    {CONNECT_TIMEOUT, 0, "", RESPUB_EARGUMENT},
    {CONNECT_TIMEOUT, 1, "", RESPUB_OK},
    {COMMAND_TIMEOUT, 0, "", RESPUB_EARGUMENT},
    {COMMAND_TIMEOUT, -5, "", RESPUB_EARGUMENT},
    {KEEPALIVE, -1, "", RESPUB_EARGUMENT},
    {KEEPALIVE, 0, "", RESPUB_OK},
    {USER_TIMEOUT, -1, "", RESPUB_EARGUMENT},
    {USER_TIMEOUT, 0, "", RESPUB_OK},
    {BUFFER, 63, "", RESPUB_EARGUMENT},
    {BUFFER, 64, "", RESPUB_OK},
};

static void a_member_out_of_its_range_is_refused_before_anything_is_opened(void) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    respub_options o;
    respub_error e = {RESPUB_OK, ""};
    respub_options_init(&o);
    change(&o, rows[i].member, rows[i].number, rows[i].text);
    RESPUB_CHECK(respub__options_check(&o, &e) == rows[i].status, "row %zu: %s", i, e.text);
    RESPUB_CHECK(e.status == rows[i].status, "row %zu", i);
    if (rows[i].status == RESPUB_OK)
      continue;
    respub_conn *conn = (respub_conn *)&o;
    RESPUB_CHECK(respub_conn_open(&conn, &o, &e) == RESPUB_EARGUMENT, "row %zu", i);
    RESPUB_CHECK(conn == NULL, "row %zu", i);
  }
}

static void a_unix_socket_needs_neither_host_nor_port(void) {
  respub_options o;
  respub_options_init(&o);
  memcpy(o.unix_path, "/x", 3);
  o.host[0] = '\0';
  o.port = 0;
  CU_ASSERT_EQUAL(respub__options_check(&o, NULL), RESPUB_OK);
}

static void an_address_is_written_without_user_and_password(void) {
  static const char *const rows_of_two[][2] = {
    {"redis://user:hunter2@example.org:1234/5", "redis://example.org:1234/5"},
    {"redis://", "redis://localhost:6379/0"},
    {"redis://[::1]/2147483647", "redis://[::1]:6379/2147483647"},
#if RESPUB_UNIX
    {"unix://u:hunter2@/run/r.sock?db=3", "unix:///run/r.sock?db=3"},
    {"unix:///r", "unix:///r?db=0"},
#endif
  };
  for (size_t i = 0; i < sizeof rows_of_two / sizeof rows_of_two[0]; i++) {
    respub_options o;
    char out[512];
    CU_ASSERT_EQUAL(respub_options_from_url(&o, rows_of_two[i][0], NULL), RESPUB_OK);
    size_t length = respub_options_address(&o, out, sizeof out);
    RESPUB_CHECK(strcmp(out, rows_of_two[i][1]) == 0, "%s", out);
    CU_ASSERT_EQUAL(length, strlen(out));
  }
}

static void an_address_that_does_not_fit_is_cut(void) {
  respub_options o;
  char out[32];
  respub_options_init(&o);
  for (size_t capacity = 1; capacity < 25; capacity++) {
    memset(out, '#', sizeof out);
    CU_ASSERT_EQUAL(respub_options_address(&o, out, capacity), capacity - 1);
    CU_ASSERT_EQUAL(memcmp(out, "redis://localhost:6379/0", capacity - 1), 0);
    CU_ASSERT_EQUAL(out[capacity - 1], '\0');
    CU_ASSERT_EQUAL(out[capacity], '#');
  }
  CU_ASSERT_EQUAL(respub_options_address(&o, out, 25), 24);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(the_defaults_are_those_of_the_header),
      RESPUB_TEST(a_member_out_of_its_range_is_refused_before_anything_is_opened),
      RESPUB_TEST_OF(RESPUB_UNIX, a_unix_socket_needs_neither_host_nor_port),
      RESPUB_TEST(an_address_is_written_without_user_and_password),
      RESPUB_TEST(an_address_that_does_not_fit_is_cut),
  };
  return respub_test_main("net options", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
