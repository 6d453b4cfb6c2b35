#include "tests/support/check.h"

#include <CUnit/CUnit.h>
#include <stdarg.h>
#include <stdio.h>

bool respub_test_check(bool held, const char *condition, const char *file, int line,
                       const char *format, ...) {
  char row[400] = "";
  char text[600] = "";
  if (!held) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(row, sizeof row, format, args);
    va_end(args);
    (void)snprintf(text, sizeof text, "%s: %s", condition, row);
  }
  return CU_assertImplementation(held, (unsigned)line, held ? condition : text, file, "", CU_FALSE);
}
