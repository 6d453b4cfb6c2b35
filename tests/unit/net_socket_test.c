#include "net/socket.h"
#include "tests/support/check.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool ready(int fd, short events) {
  struct pollfd p = {fd, events, 0};
  return poll(&p, 1, respub_test_scaled(5000)) == 1;
}

static bool is_connected(int fd) {
  respub_status status;
  while ((status = respub__socket_connected(fd)) == RESPUB_AGAIN && ready(fd, POLLOUT))
    continue;
  return status == RESPUB_OK;
}

static int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, name, &value, &length) == 0 ? value : -1;
}

static void is_clean(int fd) {
  CU_ASSERT_TRUE((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CU_ASSERT_TRUE((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
}

/* A connected pair: ends[0] the client's, ends[1] the server's. */
static void connect_tcp(const char *host, const respub__socket_tuning *tuning, int ends[2]) {
  int listener;
  respub__address at;
  respub__address peer;
  respub_error error = {RESPUB_OK, ""};
  RESPUB_CHECK(respub__socket_listen_tcp(&listener, host, 0, NULL, &at, &error) == RESPUB_OK, "%s",
               error.text);
  is_clean(listener);
  CU_ASSERT_EQUAL_FATAL(respub__socket_connect(&ends[0], &at, tuning), RESPUB_OK);
  CU_ASSERT_TRUE_FATAL(is_connected(ends[0]));
  CU_ASSERT_TRUE(ready(listener, POLLIN));
  CU_ASSERT_EQUAL_FATAL(respub__socket_accept(&ends[1], listener, &peer, tuning), RESPUB_OK);
  CU_ASSERT_EQUAL(peer.as.any.sa_family, at.as.any.sa_family);
  int none;
  CU_ASSERT_EQUAL(respub__socket_accept(&none, listener, NULL, NULL), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(none, -1);
  respub__socket_close(listener);
}

static void close_both(const int ends[2]) {
  respub__socket_close(ends[0]);
  respub__socket_close(ends[1]);
}

static void every_descriptor_is_closed_on_exec_and_never_blocks(void) {
  static const respub__socket_tuning tuning = {60, 30000};
  int ends[2];
  connect_tcp("127.0.0.1", &tuning, ends);
  for (int i = 0; i < 2; i++) {
    char byte;
    is_clean(ends[i]);
    CU_ASSERT_NOT_EQUAL(option(ends[i], IPPROTO_TCP, TCP_NODELAY), 0);
    CU_ASSERT_EQUAL(respub__socket_read(ends[i], &byte, 1), 0);
  }
  close_both(ends);
}

static void a_dead_peer_is_found_as_the_options_say(void) {
  static const respub__socket_tuning tuning = {60, 30000};
  static const respub__socket_tuning none = {0, 0};
  int ends[2];
  connect_tcp("127.0.0.1", &tuning, ends);
  for (int i = 0; i < 2; i++) {
    CU_ASSERT_NOT_EQUAL(option(ends[i], SOL_SOCKET, SO_KEEPALIVE), 0);
#ifdef __linux__
    CU_ASSERT_EQUAL(option(ends[i], IPPROTO_TCP, TCP_KEEPIDLE), 60);
    CU_ASSERT_EQUAL(option(ends[i], IPPROTO_TCP, TCP_KEEPINTVL), 20);
    CU_ASSERT_EQUAL(option(ends[i], IPPROTO_TCP, TCP_KEEPCNT), 3);
    CU_ASSERT_EQUAL(option(ends[i], IPPROTO_TCP, 18 /* TCP_USER_TIMEOUT */), 30000);
#endif
  }
  close_both(ends);
  connect_tcp("127.0.0.1", &none, ends);
  CU_ASSERT_EQUAL(option(ends[0], SOL_SOCKET, SO_KEEPALIVE), 0);
  close_both(ends);
}

static void bytes_cross_ipv4_and_names_alike(void) {
  static const char *const hosts[] = {"127.0.0.1", "localhost", NULL, ""};
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
    int ends[2];
    char got[8] = "";
    respub_slice parts[] = {RESPUB_LIT("ab"), RESPUB_LIT(""), RESPUB_LIT("cde")};
    connect_tcp(hosts[i], NULL, ends);
    CU_ASSERT_EQUAL(respub__socket_write(ends[0], parts, 3), 5);
    CU_ASSERT_TRUE(ready(ends[1], POLLIN));
    CU_ASSERT_EQUAL(respub__socket_read(ends[1], got, sizeof got), 5);
    CU_ASSERT_STRING_EQUAL(got, "abcde");
    respub__socket_close(ends[0]);
    CU_ASSERT_TRUE(ready(ends[1], POLLIN));
    CU_ASSERT_EQUAL(respub__socket_read(ends[1], got, sizeof got), RESPUB_EEOF);
    respub__socket_close(ends[1]);
  }
}

/* SIGPIPE has its default action in tests: a raised one ends this program. */
static void writing_to_a_peer_that_is_gone_is_an_error_not_a_signal(void) {
  int ends[2];
  respub_slice parts[] = {RESPUB_LIT("x"), RESPUB_LIT("y")};
  connect_tcp("127.0.0.1", NULL, ends);
  respub__socket_close(ends[1]);
  ptrdiff_t put = 1;
  for (int i = 0; i < 1000 && put >= 0; i++) {
    put = respub__socket_write(ends[0], parts, (size_t)(i % 2 + 1));
    (void)ready(ends[0], POLLIN);
  }
  CU_ASSERT_EQUAL(put, RESPUB_EIO);
  CU_ASSERT_TRUE(errno == EPIPE || errno == ECONNRESET);
  respub__socket_close(ends[0]);
}

static void a_socket_that_is_full_takes_a_part_and_then_nothing(void) {
  int ends[2];
  size_t size = 32u * 1024 * 1024;
  char *payload = calloc(1, size);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  connect_tcp("127.0.0.1", NULL, ends);
  respub_slice parts[] = {RESPUB_LIT("head"), respub_slice_of(payload, size), RESPUB_LIT("tail")};
  ptrdiff_t put = respub__socket_write(ends[0], parts, 3);
  CU_ASSERT_TRUE(put > 4 && put < (ptrdiff_t)size);
  while ((put = respub__socket_write(ends[0], &parts[1], 1)) > 0)
    continue;
  CU_ASSERT_EQUAL(put, 0);
  free(payload);
  close_both(ends);
}

static void more_parts_than_one_call_takes_are_taken_in_order(void) {
  int ends[2];
  respub_slice parts[50];
  char got[64];
  connect_tcp("127.0.0.1", NULL, ends);
  for (size_t i = 0; i < 50; i++)
    parts[i] = respub_slice_of(&"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN"[i], 1);
  ptrdiff_t put = respub__socket_write(ends[0], parts, 50);
  CU_ASSERT_TRUE(put > 0 && put <= 50);
  CU_ASSERT_TRUE(ready(ends[1], POLLIN));
  CU_ASSERT_EQUAL(respub__socket_read(ends[1], got, sizeof got), put);
  CU_ASSERT_EQUAL(memcmp(got, parts[0].ptr, (size_t)put), 0);
  close_both(ends);
}

static void nobody_listening_is_refused(void) {
  int fd;
  int listener;
  respub__address at;
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&listener, "127.0.0.1", 0, NULL, &at, NULL),
                        RESPUB_OK);
  respub__socket_close(listener);
  respub_status status = respub__socket_connect(&fd, &at, NULL);
  if (status == RESPUB_OK)
    CU_ASSERT_FALSE(is_connected(fd));
  CU_ASSERT_EQUAL(errno, ECONNREFUSED);
  respub__socket_close(fd);
}

/* What happens by chance to one who keeps trying a port of the range that the system picks from. */
static void a_socket_that_meets_itself_is_refused(void) {
  int listener;
  respub__address at;
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&listener, "127.0.0.1", 0, NULL, &at, NULL),
                        RESPUB_OK);
  respub__socket_close(listener);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CU_ASSERT_EQUAL_FATAL(bind(fd, &at.as.any, at.length), 0);
  CU_ASSERT_EQUAL_FATAL(connect(fd, &at.as.any, at.length), 0);
  CU_ASSERT_EQUAL(respub__socket_connected(fd), RESPUB_EIO);
  CU_ASSERT_EQUAL(errno, ECONNREFUSED);
  respub__socket_close(fd);
}

/* ------------------------------------------------------------------------------------------------
 * Unix sockets */

static void a_unix_socket_takes_connections(void) {
  respub_test_folder f;
  int listener;
  int fd;
  int other;
  char byte;
  respub_slice hello = RESPUB_LIT("h");
  respub__address address;
  respub_test_folder_open(&f, "socket");
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_unix(&listener, f.path, NULL), RESPUB_OK);
  is_clean(listener);
  CU_ASSERT_EQUAL(respub__address_local(&address, f.path), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub__socket_connect(&fd, &address, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__socket_connected(fd), RESPUB_OK);
  CU_ASSERT_EQUAL_FATAL(respub__socket_accept(&other, listener, &address, NULL), RESPUB_OK);
  is_clean(fd);
  is_clean(other);
  char text[RESPUB__ADDRESS_TEXT];
  CU_ASSERT_STRING_EQUAL(respub__address_text(&address, text), "a Unix socket");
  CU_ASSERT_EQUAL(respub__socket_write(other, &hello, 1), 1);
  CU_ASSERT_EQUAL(respub__socket_read(fd, &byte, 1), 1);
  respub__socket_close(fd);
  respub__socket_close(other);
  respub__socket_close(listener);
  CU_ASSERT_EQUAL(unlink(f.path), 0);
  respub_test_folder_close(&f);
}

static void only_a_socket_file_that_is_abandoned_is_replaced(void) {
  respub_test_folder f;
  int first;
  int second;
  struct stat about;
  respub_error e = {RESPUB_OK, ""};
  respub_test_folder_open(&f, "socket");
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_unix(&first, f.path, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub__socket_listen_unix(&second, f.path, &e), RESPUB_EIO);
  CU_ASSERT_EQUAL(errno, EADDRINUSE);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, f.path));
  CU_ASSERT_EQUAL(second, -1);
  respub__socket_close(first);
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_unix(&second, f.path, NULL), RESPUB_OK);
  respub__socket_close(second);
  CU_ASSERT_EQUAL(unlink(f.path), 0);

  int file = open(f.path, O_CREAT | O_WRONLY, 0600);
  CU_ASSERT_EQUAL(write(file, "precious", 8), 8);
  CU_ASSERT_EQUAL(close(file), 0);
  CU_ASSERT_EQUAL(respub__socket_listen_unix(&second, f.path, &e), RESPUB_EIO);
  CU_ASSERT_EQUAL(stat(f.path, &about), 0);
  CU_ASSERT_EQUAL(about.st_size, 8);
  CU_ASSERT_EQUAL(unlink(f.path), 0);
  respub_test_folder_close(&f);
}

static void a_path_too_long_for_a_socket_is_refused(void) {
  char path[200];
  int fd;
  respub__address address;
  respub_error e = {RESPUB_OK, ""};
  memset(path, 'a', sizeof path);
  path[0] = '/';
  path[199] = '\0';
  CU_ASSERT_EQUAL(respub__address_local(&address, path), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub__address_local(&address, ""), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub__socket_listen_unix(&fd, path, &e), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(e.status, RESPUB_EARGUMENT);
  path[sizeof((struct sockaddr_un *)NULL)->sun_path - 1] = '\0';
  CU_ASSERT_EQUAL(respub__address_local(&address, path), RESPUB_OK);
}

static void a_full_backlog_of_a_unix_socket_is_no_failure(void) {
  enum {
    MOST = 8
  };
  respub_test_folder f;
  int fds[MOST];
  respub__address address;
  respub_test_folder_open(&f, "socket");
  CU_ASSERT_EQUAL(respub__address_local(&address, f.path), RESPUB_OK);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  CU_ASSERT_EQUAL(bind(listener, &address.as.any, address.length), 0);
  CU_ASSERT_EQUAL(listen(listener, 1), 0);
  int count = 0;
  respub_status status = RESPUB_OK;
  while (count < MOST && status == RESPUB_OK)
    status = respub__socket_connect(&fds[count++], &address, NULL);
#ifdef __linux__
  CU_ASSERT_EQUAL(status, RESPUB_EFULL);
  CU_ASSERT_EQUAL(fds[count - 1], -1);
#endif
  while (count > 0)
    respub__socket_close(fds[--count]);
  respub__socket_close(listener);
  CU_ASSERT_EQUAL(unlink(f.path), 0);
  respub_test_folder_close(&f);
}

/* ------------------------------------------------------------------------------------------------
 * Shortage and addresses */

static void allow_descriptors(rlim_t most) {
  struct rlimit limit;
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = most;
  CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int connect_to(int listener, const respub__address *at) {
  int fd;
  CU_ASSERT_EQUAL_FATAL(respub__socket_connect(&fd, at, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(is_connected(fd));
  CU_ASSERT_TRUE(ready(listener, POLLIN));
  return fd;
}

static void a_shortage_of_descriptors_is_told_from_a_broken_listener(void) {
  int listener;
  int none;
  int accepted;
  respub__address at;
  struct rlimit old;
  CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &old), 0);
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&listener, NULL, 0, NULL, &at, NULL), RESPUB_OK);
  int first = connect_to(listener, &at);
  allow_descriptors(0);
  respub_status accepting = respub__socket_accept(&accepted, listener, NULL, NULL);
  respub_status connecting = respub__socket_connect(&none, &at, NULL);
  int reason = errno;
  allow_descriptors(old.rlim_cur);
  CU_ASSERT_EQUAL(accepting, RESPUB_EFULL);
  CU_ASSERT_EQUAL(accepted, -1);
  CU_ASSERT_EQUAL(connecting, RESPUB_EIO);
  CU_ASSERT_EQUAL(reason, EMFILE);
  CU_ASSERT_EQUAL(none, -1);
  int second = connect_to(listener, &at);
  CU_ASSERT_EQUAL(respub__socket_accept(&accepted, listener, NULL, NULL), RESPUB_OK);
  respub__socket_close(accepted);
  respub__socket_close(first);
  respub__socket_close(second);
  CU_ASSERT_EQUAL(respub__socket_accept(&accepted, first, NULL, NULL), RESPUB_EIO);
  respub__socket_close(listener);
}

static void closing_keeps_errno_and_accepts_nothing(void) {
  errno = ERANGE;
  respub__socket_close(-1);
  CU_ASSERT_EQUAL(errno, ERANGE);
}

static void a_port_in_use_is_told_with_its_address(void) {
  int first;
  int second;
  respub__address at;
  char text[RESPUB__ADDRESS_TEXT];
  respub_error e = {RESPUB_OK, ""};
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&first, "127.0.0.1", 0, NULL, &at, NULL),
                        RESPUB_OK);
  CU_ASSERT_NOT_EQUAL(respub__address_port(&at), 0);
  CU_ASSERT_EQUAL(
      respub__socket_listen_tcp(&second, "127.0.0.1", respub__address_port(&at), NULL, NULL, &e),
      RESPUB_EIO);
  CU_ASSERT_EQUAL(second, -1);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, respub__address_text(&at, text)));
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, strerror(EADDRINUSE)));
  respub__socket_close(first);
  CU_ASSERT_EQUAL(respub__socket_listen_tcp(&second, "no.such.host.invalid", 0, NULL, NULL, &e),
                  RESPUB_ERESOLVE);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "no.such.host.invalid"));
}

static void addresses_are_written_as_people_write_them(void) {
  respub__address a;
  char text[RESPUB__ADDRESS_TEXT];
  memset(&a, 0, sizeof a);
  CU_ASSERT_STRING_EQUAL(respub__address_text(&a, text), "nowhere");
  CU_ASSERT_EQUAL(respub__address_port(&a), 0);
  a.as.v4.sin_family = AF_INET;
  a.as.v4.sin_port = htons(65535);
  a.as.v4.sin_addr.s_addr = htonl(0x7f000001);
  CU_ASSERT_STRING_EQUAL(respub__address_text(&a, text), "127.0.0.1:65535");
  memset(&a, 0, sizeof a);
  a.as.v6.sin6_family = AF_INET6;
  a.as.v6.sin6_port = htons(6379);
  a.as.v6.sin6_addr.s6_addr[15] = 1;
  CU_ASSERT_STRING_EQUAL(respub__address_text(&a, text), "[::1]:6379");
  CU_ASSERT_EQUAL(respub__address_port(&a), 6379);
#if RESPUB_UNIX
  CU_ASSERT_EQUAL(respub__address_local(&a, "/run/x"), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(respub__address_text(&a, text), "/run/x");
#endif
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(every_descriptor_is_closed_on_exec_and_never_blocks),
      RESPUB_TEST(a_dead_peer_is_found_as_the_options_say),
      RESPUB_TEST(bytes_cross_ipv4_and_names_alike),
      RESPUB_TEST(writing_to_a_peer_that_is_gone_is_an_error_not_a_signal),
      RESPUB_TEST(a_socket_that_is_full_takes_a_part_and_then_nothing),
      RESPUB_TEST(more_parts_than_one_call_takes_are_taken_in_order),
      RESPUB_TEST(nobody_listening_is_refused),
      RESPUB_TEST(a_socket_that_meets_itself_is_refused),
      RESPUB_TEST_OF(RESPUB_UNIX, a_unix_socket_takes_connections),
      RESPUB_TEST_OF(RESPUB_UNIX, only_a_socket_file_that_is_abandoned_is_replaced),
      RESPUB_TEST_OF(RESPUB_UNIX, a_path_too_long_for_a_socket_is_refused),
      RESPUB_TEST_OF(RESPUB_UNIX, a_full_backlog_of_a_unix_socket_is_no_failure),
      RESPUB_TEST(a_shortage_of_descriptors_is_told_from_a_broken_listener),
      RESPUB_TEST(closing_keeps_errno_and_accepts_nothing),
      RESPUB_TEST(a_port_in_use_is_told_with_its_address),
      RESPUB_TEST(addresses_are_written_as_people_write_them),
  };
  return respub_test_main("net socket", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
