/* host.h - a server that the tests of a suite share: started before the first of them, ended after
 * the last.
 *
 *     static respub_test_server *server;
 *
 *     int main(int argc, char **argv) {
 *       static const respub_test_suite suites[] = {
 *           RESPUB_TEST_AT_REDIS("pipeline at redis-server", tests),
 *           RESPUB_TEST_AT_BROKER("pipeline at the broker", tests),
 *       };
 *       return respub_test_main_hosted(&server, suites, RESPUB_TEST_COUNT(suites), argc, argv);
 *     } */
#ifndef RESPUB_TESTS_SUPPORT_HOST_H
#define RESPUB_TESTS_SUPPORT_HOST_H

#include "tests/support/server.h"
#include "tests/support/test.h"

/* Rows of suites, each with a server of its own. */
#define RESPUB_TEST_AT_REDIS(name, tests)                                                          \
  { name, tests, RESPUB_TEST_COUNT(tests), respub_test_host_redis, respub_test_host_end }
#define RESPUB_TEST_AT_BROKER(name, tests)                                                         \
  { name, tests, RESPUB_TEST_COUNT(tests), respub_test_host_broker, respub_test_host_end }

int respub_test_host_redis(void);
int respub_test_host_broker(void);
int respub_test_host_end(void);

/* As respub_test_main_suites; *server is the one of the suite that runs. A server that does not
 * come up fails its suite. */
int respub_test_main_hosted(respub_test_server **server, const respub_test_suite *suites, size_t n,
                            int argc, char **argv);

/* The same for a single suite at redis-server. */
int respub_test_main_at_redis(respub_test_server **server, const char *suite,
                              const respub_test *tests, size_t n, int argc, char **argv);

#endif
