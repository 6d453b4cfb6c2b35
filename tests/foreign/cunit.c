/* See CUnit/CUnit.h beside this. */
#include "CUnit/Basic.h"

#include <stdlib.h>

enum {
  SUITES_MAX = 8,
  TESTS_MAX = 256
};

struct respub_foreign_test {
  const char *name;
  CU_TestFunc run;
};

struct respub_foreign_suite {
  const char *name;
  int (*begin)(void);
  int (*end)(void);
  struct respub_foreign_test tests[TESTS_MAX];
  unsigned count;
};

static struct respub_foreign_suite suites[SUITES_MAX];
static unsigned suite_count, suites_failed;
static unsigned total, run, tests_failed, assertions, failures;
static unsigned failures_before; /* the test that is running */

CU_ErrorCode CU_initialize_registry(void) {
  return CUE_SUCCESS;
}

void CU_cleanup_registry(void) {
}

CU_pSuite CU_add_suite(const char *name, int (*begin)(void), int (*end)(void)) {
  if (suite_count == SUITES_MAX)
    return NULL;
  CU_pSuite suite = &suites[suite_count++];
  suite->name = name;
  suite->begin = begin;
  suite->end = end;
  return suite;
}

CU_pTest CU_add_test(CU_pSuite suite, const char *name, CU_TestFunc function) {
  if (suite->count == TESTS_MAX)
    return NULL;
  CU_pTest test = &suite->tests[suite->count++];
  test->name = name;
  test->run = function;
  total++;
  return test;
}

const char *CU_get_error_msg(void) {
  return "too many tests";
}

unsigned CU_get_number_of_suites_failed(void) {
  return suites_failed;
}

unsigned CU_get_number_of_tests_run(void) {
  return run;
}

unsigned CU_get_number_of_failure_records(void) {
  return failures;
}

void CU_basic_set_mode(CU_BasicRunMode mode) {
  (void)mode;
}

static void end_test(void) {
  const int passed = failures == failures_before;
  tests_failed += !passed;
  puts(passed ? "passed" : "FAILED");
}

/* In CUnit's form, which tests/run reads. */
static void print_summary(void) {
  printf("Run Summary:    Type  Total    Ran Passed Failed Inactive\n");
  printf("              suites %6u %6u %6s %6u %8u\n", suite_count, suite_count, "n/a",
         suites_failed, 0u);
  printf("               tests %6u %6u %6u %6u %8u\n", total, run, run - tests_failed, tests_failed,
         0u);
  printf("             asserts %6u %6u %6u %6u %8s\n", assertions, assertions,
         assertions - failures, failures, "n/a");
}

static void run_suite(const struct respub_foreign_suite *suite) {
  printf("Suite: %s\n", suite->name);
  if (suite->begin != NULL && suite->begin() != 0) {
    suites_failed++;
    return;
  }
  for (unsigned i = 0; i < suite->count; i++) {
    printf("  Test: %s ...", suite->tests[i].name);
    fflush(stdout);
    failures_before = failures;
    run++;
    suite->tests[i].run();
    end_test();
  }
  suites_failed += suite->end != NULL && suite->end() != 0;
}

CU_ErrorCode CU_basic_run_tests(void) {
  for (unsigned i = 0; i < suite_count; i++)
    run_suite(&suites[i]);
  print_summary();
  return CUE_SUCCESS;
}

CU_BOOL CU_assertImplementation(CU_BOOL holds, unsigned line, const char *text, const char *file,
                                const char *function, CU_BOOL fatal) {
  (void)function;
  assertions++;
  if (holds)
    return CU_TRUE;
  failures++;
  printf("\n    %s:%u  - %s\n", file, line, text);
  if (fatal) {
    end_test();
    print_summary();
    exit(1);
  }
  return CU_FALSE;
}
