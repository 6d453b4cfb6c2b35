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

typedef struct respub_test {
  const char *name; /* says the behaviour that the test protects */
  void (*run)(void);
} respub_test;

#define RESPUB_TEST(function)                                                                      \
  { #function, function }
#define RESPUB_TEST_COUNT(tests) (sizeof(tests) / sizeof(tests)[0])

/* Runs the n tests in order, or those whose names stand in argv, and prints CUnit's summary.
 * Returns what main returns: 0 when every assertion of every test held; 1 after a failure, for a
 * name that no test has, and when no test ran. SIGPIPE keeps its default action, so that a library
 * that needs it ignored dies here. */
int respub_test_main(const char *suite, const respub_test *tests, size_t n, int argc, char **argv);

#endif
