/* test.h - one CUnit program per file of tests.
 *
 *     static void keeps_the_order_of_replies(void) { CU_ASSERT_EQUAL(1 + 1, 2); }
 *
 *     int main(int argc, char **argv) {
 *       static const respub_test tests[] = {RESPUB_TEST(keeps_the_order_of_replies)};
 *       return respub_test_main("pipeline", tests, RESPUB_TEST_COUNT(tests), argc, argv);
 *     } */
#ifndef RESPUB_TESTS_SUPPORT_TEST_H
#define RESPUB_TESTS_SUPPORT_TEST_H

#include <CUnit/CUnit.h>
#include <stddef.h>

#ifdef __clang_analyzer__
/* The analyzer does not see that a fatal assertion never comes back. */
#include <stdlib.h>
#undef CU_ASSERT_FATAL
#undef CU_ASSERT_TRUE_FATAL
#undef CU_ASSERT_EQUAL_FATAL
#undef CU_ASSERT_PTR_NOT_NULL_FATAL
#define CU_ASSERT_FATAL(value) ((value) ? (void)0 : abort())
#define CU_ASSERT_TRUE_FATAL(value) CU_ASSERT_FATAL(value)
#define CU_ASSERT_EQUAL_FATAL(actual, expected) CU_ASSERT_FATAL((actual) == (expected))
#define CU_ASSERT_PTR_NOT_NULL_FATAL(value) CU_ASSERT_FATAL((value) != NULL)
#endif

typedef struct respub_test {
  const char *name; /* says the behaviour that the test protects */
  void (*run)(void);
} respub_test;

#define RESPUB_TEST(function)                                                                      \
  { #function, function }
/* A test of what a switch of resp/config.h may leave out; there it is no test. */
#define RESPUB_TEST_OF(feature, function)                                                          \
  { #function, (feature) ? (function) : NULL }
#define RESPUB_TEST_COUNT(tests) (sizeof(tests) / sizeof(tests)[0])

/* Runs the n tests in order, or those whose names stand in argv, and prints CUnit's summary.
 * Returns what main returns: 0 when every assertion of every test held; 1 after a failure, for a
 * name that no test has, and when no test ran. SIGPIPE keeps its default action, so that a library
 * that needs it ignored dies here. */
int respub_test_main(const char *suite, const respub_test *tests, size_t n, int argc, char **argv);

/* The same for several suites, which may share tests. begin and end (unless NULL) run around each
 * and return 0 when all is well. */
typedef struct respub_test_suite {
  const char *name;
  const respub_test *tests;
  size_t n;
  int (*begin)(void);
  int (*end)(void);
} respub_test_suite;

int respub_test_main_suites(const respub_test_suite *suites, size_t n, int argc, char **argv);

#endif
