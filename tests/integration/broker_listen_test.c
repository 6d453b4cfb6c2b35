/* Where a broker listens, and how it begins and ends. */
#include "tests/support/broker_fixture.h"
#include "tests/support/folder.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Does a client that knows nothing but the URL reach it? */
static bool answers_url(const char *url) {
  respub_options options;
  respub_conn *conn = NULL;
  const respub_node *reply;
  respub_slice ping = RESPUB_LIT("PING");
  bool answered = respub_options_from_url(&options, url, NULL) == RESPUB_OK &&
                  respub_conn_open(&conn, &options, NULL) == RESPUB_OK &&
                  respub_conn_command(conn, &ping, 1, DEADLINE_MS, &reply, NULL) == RESPUB_OK &&
                  respub_node_equals(reply, RESPUB_LIT("PONG"));
  respub_conn_close(conn);
  return answered;
}

/* ------------------------------------------------------------------------------------------------
 * Addresses */

static void port_0_picks_a_free_port_on_loopback(void) {
  char expected[64];
  respub_broker *a = start_default();
  respub_broker *b = start_default();
  CU_ASSERT_TRUE(respub_broker_port(a) > 0);
  CU_ASSERT_NOT_EQUAL(respub_broker_port(a), respub_broker_port(b));
  snprintf(expected, sizeof expected, "127.0.0.1:%d", respub_broker_port(a));
  CU_ASSERT_STRING_EQUAL(respub_broker_address(a), expected);
  snprintf(expected, sizeof expected, "redis://127.0.0.1:%d", respub_broker_port(a));
  CU_ASSERT_STRING_EQUAL(respub_broker_url(a), expected);
  CU_ASSERT_TRUE(answers_url(respub_broker_url(a)));
  CU_ASSERT_TRUE(answers_url(respub_broker_url(b)));
  respub_broker_close(a);
  respub_broker_close(b);
}

static void a_broker_on_all_addresses_names_one_that_reaches_it(void) {
  char expected[64];
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.host = "0.0.0.0";
  respub_broker *broker = start_with(&options);
  snprintf(expected, sizeof expected, "redis://127.0.0.1:%d", respub_broker_port(broker));
  CU_ASSERT_STRING_EQUAL(respub_broker_url(broker), expected);
  CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
  respub_broker_close(broker);
}

/* Where the machine has no IPv6, the broker must say so. */
static void an_ipv6_address_stands_in_brackets(void) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  bool possible = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  if (fd >= 0)
    close(fd);
  respub_broker_options options;
  respub_broker_options_init(&options);
  const char *const hosts[] = {"::1", "::"};
  for (int i = 0; i < 2; i++) {
    respub_broker *broker;
    char expected[64];
    options.host = hosts[i];
    respub_status status = respub_broker_open(&broker, &options, NULL);
    CU_ASSERT_EQUAL(status == RESPUB_OK, possible);
    if (status != RESPUB_OK)
      continue;
    CU_ASSERT_EQUAL(respub_broker_start(broker), RESPUB_OK);
    snprintf(expected, sizeof expected, "[%s]:%d", hosts[i], respub_broker_port(broker));
    CU_ASSERT_STRING_EQUAL(respub_broker_address(broker), expected);
    snprintf(expected, sizeof expected, "redis://[::1]:%d", respub_broker_port(broker));
    CU_ASSERT_STRING_EQUAL(respub_broker_url(broker), expected);
    CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
    respub_broker_close(broker);
  }
}

static void what_cannot_be_listened_on_is_refused_with_a_reason(void) {
  respub_broker *first = start_default();
  char long_path[200];
  memset(long_path, 'x', sizeof long_path);
  long_path[0] = '/';
  long_path[sizeof long_path - 1] = '\0';
  const struct {
    const char *host;
    int port;
    const char *unix_path;
    respub_status status;
  } cases[] = {
      {"127.0.0.1", respub_broker_port(first), NULL, RESPUB_EIO},
      {"192.0.2.1", 0, NULL, RESPUB_EIO}, /* an address for documentation, nobody's */
      {"no such host", 0, NULL, RESPUB_ERESOLVE},
      {"127.0.0.1", 65536, NULL, RESPUB_EARGUMENT},
      {"127.0.0.1", -2, NULL, RESPUB_EARGUMENT},
      {"127.0.0.1", -1, NULL, RESPUB_EARGUMENT},
      {NULL, 0, NULL, RESPUB_EARGUMENT},
      {NULL, 0, "", RESPUB_EARGUMENT},
      {NULL, 0, long_path, RESPUB_EARGUMENT},
      {"127.0.0.1", 0, long_path, RESPUB_EARGUMENT},
      {NULL, 0, "/nonexistent/folder/socket", RESPUB_EIO},
      {NULL, 0, "/proc/version", RESPUB_EIO},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    respub_broker_options options;
    respub_broker *broker = first;
    respub_error error = {RESPUB_OK, ""};
    respub_broker_options_init(&options);
    options.host = cases[i].host;
    options.port = cases[i].port;
    options.unix_path = cases[i].unix_path;
    CU_ASSERT_EQUAL(respub_broker_open(&broker, &options, &error), cases[i].status);
    CU_ASSERT_PTR_NULL(broker);
    CU_ASSERT_EQUAL(error.status, cases[i].status);
    CU_ASSERT_TRUE(strlen(error.text) > 10);
    CU_ASSERT_NOT_EQUAL(respub_broker_open(&broker, &options, NULL), RESPUB_OK);
  }
  CU_ASSERT_TRUE(answers_url(respub_broker_url(first)));
  respub_broker_close(first);
}

/* ------------------------------------------------------------------------------------------------
 * Unix sockets */

static bool is_socket(const char *path) {
  struct stat about;
  return lstat(path, &about) == 0 && S_ISSOCK(about.st_mode);
}

static respub_broker *start_on(const char *path) {
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.host = NULL;
  options.unix_path = path;
  return start_with(&options);
}

static respub_status try_on(const char *path) {
  respub_broker_options options;
  respub_broker *broker;
  respub_broker_options_init(&options);
  options.host = NULL;
  options.unix_path = path;
  respub_status status = respub_broker_open(&broker, &options, NULL);
  respub_broker_close(broker);
  return status;
}

static void a_unix_socket_is_served_and_removed(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "socket");
  respub_broker *broker = start_on(f.path);
  CU_ASSERT_EQUAL(respub_broker_port(broker), 0);
  CU_ASSERT_STRING_EQUAL(respub_broker_address(broker), f.path);
  CU_ASSERT_TRUE(is_socket(f.path));
  CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
  respub_broker_close(broker);
  respub_test_folder_close(&f);
}

static void a_url_reaches_a_socket_of_any_name(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "a b%41?c#d\xc3\xa9:@[]&=+\"'");
  respub_broker *broker = start_on(f.path);
  CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
  respub_broker_close(broker);
  respub_test_folder_close(&f);
}

/* A URL is for programs that have another working directory, too. */
static void a_relative_path_has_an_absolute_url(void) {
  respub_test_folder f;
  char here[1024];
  respub_test_folder_open(&f, "socket");
  CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
  CU_ASSERT_EQUAL_FATAL(chdir(f.name), 0);
  respub_broker *broker = start_on("socket");
  CU_ASSERT_STRING_EQUAL(respub_broker_address(broker), "socket");
  CU_ASSERT_TRUE(strstr(respub_broker_url(broker), f.path) != NULL);
  CU_ASSERT_EQUAL(chdir(here), 0);
  CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
  respub_broker_close(broker);
  respub_test_folder_close(&f);
}

static void a_relative_path_without_a_url_is_refused(void) {
  respub_test_folder f;
  char here[1024];
  /* With it the path is longer than an address may be, but not than what is kept of one. */
  static const char deep[] = "a-folder-whose-name-leaves-no-room-for-the-whole-path-of-a-socket-"
                             "that-is-within-it";
  respub_test_folder_open(&f, "");
  CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
  CU_ASSERT_EQUAL_FATAL(chdir(f.name), 0);
  CU_ASSERT_EQUAL_FATAL(mkdir(deep, 0700), 0);
  CU_ASSERT_EQUAL_FATAL(chdir(deep), 0);
  CU_ASSERT_EQUAL(try_on("socket"), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(chdir(f.name), 0);
  CU_ASSERT_EQUAL(rmdir(deep), 0); /* nothing is in it */
  CU_ASSERT_EQUAL(chdir(here), 0);
  respub_test_folder_close(&f);
}

static void both_ways_lead_to_the_same_clients(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "socket");
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.unix_path = f.path;
  respub_broker *broker = start_with(&options);
  respub_test_peer local, tcp;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_unix(&local, f.path));
  connect_peer(&tcp, broker);
  CU_ASSERT_TRUE(respub_test_peer_say(&local, "SUBSCRIBE x\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&local, ":1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_say(&tcp, "PUBLISH x hi\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&tcp, ":1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&local, "hi\r\n", DEADLINE_MS));
  respub_test_peer_close(&local);
  respub_test_peer_close(&tcp);
  respub_broker_close(broker);
  respub_test_folder_close(&f);
}

static void a_socket_that_nobody_serves_any_more_is_replaced(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "socket");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", f.path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  close(fd);
  CU_ASSERT_TRUE(is_socket(f.path));
  respub_broker *broker = start_on(f.path);
  CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
  respub_broker_close(broker);
  respub_test_folder_close(&f);
}

static bool was_visited(void *ctx) {
  respub_broker_stats stats;
  respub_broker_get_stats(ctx, &stats);
  return stats.accepted > 0 && stats.clients == 0;
}

/* And so is its broker: who looked whether somebody listens there goes again. */
static void a_socket_in_use_is_left_alone(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "socket");
  respub_broker *broker = start_on(f.path);
  CU_ASSERT_EQUAL(try_on(f.path), RESPUB_EIO);
  CU_ASSERT_TRUE(respub_test_wait(was_visited, broker, DEADLINE_MS));
  CU_ASSERT_TRUE(answers_url(respub_broker_url(broker)));
  respub_broker_close(broker);
  respub_test_folder_close(&f);
}

static void a_file_that_is_no_socket_is_left_alone(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "socket");
  FILE *file = fopen(f.path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  fputs("mine", file);
  fclose(file);
  CU_ASSERT_EQUAL(try_on(f.path), RESPUB_EIO);
  struct stat about;
  CU_ASSERT_FALSE(is_socket(f.path));
  CU_ASSERT_EQUAL(stat(f.path, &about), 0);
  CU_ASSERT_EQUAL(about.st_size, 4);
  unlink(f.path);
  respub_test_folder_close(&f);
}

static void another_ones_socket_is_not_removed(void) {
  respub_test_folder f;
  respub_test_folder_open(&f, "socket");
  respub_broker *first = start_on(f.path);
  CU_ASSERT_EQUAL(unlink(f.path), 0);
  respub_broker *second = start_on(f.path);
  respub_broker_close(first);
  CU_ASSERT_TRUE(answers_url(respub_broker_url(second)));
  respub_broker_close(second);
  respub_test_folder_close(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(port_0_picks_a_free_port_on_loopback),
      RESPUB_TEST(a_broker_on_all_addresses_names_one_that_reaches_it),
      RESPUB_TEST(an_ipv6_address_stands_in_brackets),
      RESPUB_TEST(what_cannot_be_listened_on_is_refused_with_a_reason),
      RESPUB_TEST(a_unix_socket_is_served_and_removed),
      RESPUB_TEST(a_url_reaches_a_socket_of_any_name),
      RESPUB_TEST(a_relative_path_has_an_absolute_url),
      RESPUB_TEST(a_relative_path_without_a_url_is_refused),
      RESPUB_TEST(both_ways_lead_to_the_same_clients),
      RESPUB_TEST(a_socket_that_nobody_serves_any_more_is_replaced),
      RESPUB_TEST(a_socket_in_use_is_left_alone),
      RESPUB_TEST(a_file_that_is_no_socket_is_left_alone),
      RESPUB_TEST(another_ones_socket_is_not_removed),
  };
  return respub_test_main("broker listening", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
