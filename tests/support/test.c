#include "tests/support/test.h"

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool named(const char *name, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], name) == 0)
      return true;
  }
  return false;
}

static bool is_a_test(const char *name, const respub_test_suite *suites, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < suites[i].n; k++)
      if (strcmp(name, suites[i].tests[k].name) == 0)
        return true;
  return false;
}

static bool every_name_is_a_test(const respub_test_suite *suites, size_t n, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (is_a_test(argv[i], suites, n))
      continue;
    fprintf(stderr, "%s: no such test: %s\n", argv[0], argv[i]);
    return false;
  }
  return true;
}

static bool add_tests(CU_pSuite suite, const respub_test *tests, size_t n, int argc, char **argv) {
  for (size_t k = 0; k < n; k++) {
    if (tests[k].run == NULL || (argc > 1 && !named(tests[k].name, argc, argv)))
      continue;
    if (CU_add_test(suite, tests[k].name, tests[k].run) == NULL)
      return false;
  }
  return true;
}

static bool run_suites(const respub_test_suite *suites, size_t n, int argc, char **argv) {
  for (size_t i = 0; i < n; i++) {
    CU_pSuite suite = CU_add_suite(suites[i].name, suites[i].begin, suites[i].end);
    if (suite == NULL || !add_tests(suite, suites[i].tests, suites[i].n, argc, argv)) {
      fprintf(stderr, "%s: %s\n", argv[0], CU_get_error_msg());
      return false;
    }
  }
  CU_basic_set_mode(CU_BRM_VERBOSE);
  return CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_tests_run() > 0 &&
         CU_get_number_of_suites_failed() == 0 && CU_get_number_of_failure_records() == 0;
}

int respub_test_main_suites(const respub_test_suite *suites, size_t n, int argc, char **argv) {
  /* A crash must not swallow the names of the tests before it. */
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!every_name_is_a_test(suites, n, argc, argv) || CU_initialize_registry() != CUE_SUCCESS)
    return 1;
  bool passed = run_suites(suites, n, argc, argv);
  CU_cleanup_registry();
  return passed ? 0 : 1;
}

int respub_test_main(const char *suite, const respub_test *tests, size_t n, int argc, char **argv) {
  const respub_test_suite only = {.name = suite, .tests = tests, .n = n};
  return respub_test_main_suites(&only, 1, argc, argv);
}
