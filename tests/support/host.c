#include "tests/support/host.h"

static respub_test_server **hosted;

int respub_test_host_redis(void) {
  *hosted = respub_test_server_start(NULL);
  return *hosted == NULL;
}

int respub_test_host_broker(void) {
  *hosted = respub_test_server_start_broker();
  return *hosted == NULL;
}

int respub_test_host_end(void) {
  respub_test_server_free(*hosted);
  *hosted = NULL;
  return 0;
}

int respub_test_main_hosted(respub_test_server **server, const respub_test_suite *suites, size_t n,
                            int argc, char **argv) {
  hosted = server;
  return respub_test_main_suites(suites, n, argc, argv);
}

int respub_test_main_at_redis(respub_test_server **server, const char *suite,
                              const respub_test *tests, size_t n, int argc, char **argv) {
  const respub_test_suite only = {suite, tests, n, respub_test_host_redis, respub_test_host_end};
  return respub_test_main_hosted(server, &only, 1, argc, argv);
}
