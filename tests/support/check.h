/* check.h - an assertion that says which row of a table failed.
 *
 *     RESPUB_CHECK(status == RESPUB_OK, "%s: %s", row->url, error.text); */
#ifndef RESPUB_TESTS_SUPPORT_CHECK_H
#define RESPUB_TESTS_SUPPORT_CHECK_H

#include <stdbool.h>

#define RESPUB_CHECK(condition, ...)                                                               \
  respub_test_check((condition), #condition, __FILE__, __LINE__, __VA_ARGS__)

/* Counts as one CUnit assertion. Returns whether it held. */
__attribute__((format(printf, 5, 6))) bool respub_test_check(bool held, const char *condition,
                                                             const char *file, int line,
                                                             const char *format, ...);

#endif
