#include "clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_us(void) {
  struct timespec t = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

const char *clock_text(char out[CLOCK_TEXT]) {
  struct timespec now = {0, 0};
  struct tm utc = {0};
  char seconds[24] = "";
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(out, CLOCK_TEXT, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
  return out;
}
