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

static bool every_name_is_a_test(const respub_test *tests, size_t n, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    size_t k = 0;
    while (k < n && strcmp(argv[i], tests[k].name) != 0)
      k++;
    if (k == n) {
      fprintf(stderr, "%s: no such test: %s\n", argv[0], argv[i]);
      return false;
    }
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

static bool run_tests(const char *name, const respub_test *tests, size_t n, int argc, char **argv) {
  CU_pSuite suite = CU_add_suite(name, NULL, NULL);
  if (suite == NULL || !add_tests(suite, tests, n, argc, argv)) {
    fprintf(stderr, "%s: %s\n", argv[0], CU_get_error_msg());
    return false;
  }
  CU_basic_set_mode(CU_BRM_VERBOSE);
  return CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_tests_run() > 0 &&
         CU_get_number_of_failure_records() == 0;
}

int respub_test_main(const char *suite, const respub_test *tests, size_t n, int argc, char **argv) {
  /* A crash must not swallow the names of the tests before it. */
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!every_name_is_a_test(tests, n, argc, argv) || CU_initialize_registry() != CUE_SUCCESS)
    return 1;
  bool passed = run_tests(suite, tests, n, argc, argv);
  CU_cleanup_registry();
  return passed ? 0 : 1;
}
