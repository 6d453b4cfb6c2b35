#include "tests/support/temporary.h"

#include <stdio.h>
#include <stdlib.h>

char *respub_test_temporary(char out[RESPUB_TEST_TEMPORARY], const char *name) {
  const char *below = getenv("TMPDIR");
  int len = below == NULL || below[0] == '\0'
                ? -1
                : snprintf(out, RESPUB_TEST_TEMPORARY, "%s/respub-%s-XXXXXX", below, name);
  if (len < 0 || len >= RESPUB_TEST_TEMPORARY)
    (void)snprintf(out, RESPUB_TEST_TEMPORARY, "/tmp/respub-%s-XXXXXX", name);
  return out;
}
