/* numbers.h - a queue of numbers that grows. */
#ifndef RESPUB_TOOLS_NUMBERS_H
#define RESPUB_TOOLS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros is an empty one. */
typedef struct numbers {
  uint64_t *items; /* a ring */
  size_t capacity; /* 0 or a power of two */
  size_t first, count;
} numbers;

/* Makes room for one more, so that the next numbers_push cannot fail. False: no memory. */
bool numbers_reserve(numbers *q);
void numbers_push(numbers *q, uint64_t number);

/* The oldest; 0 when there is none. */
uint64_t numbers_pop(numbers *q);

/* Takes the newest back. */
void numbers_unpush(numbers *q);

void numbers_close(numbers *q);

#endif
