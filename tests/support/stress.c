#include "tests/support/stress.h"

#include "tests/support/wait.h"

#include <stdlib.h>

static int64_t until_ms;

void respub_test_stress_begin(void) {
  const char *text = getenv("RESPUB_STRESS_SECONDS");
  long seconds = text == NULL || *text == '\0' ? 2 : strtol(text, NULL, 10);
  until_ms = respub_test_now_ms() + seconds * 1000;
}

bool respub_test_stress_is_over(void) {
  return respub_test_now_ms() >= until_ms;
}

unsigned respub_test_stress_roll(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}
