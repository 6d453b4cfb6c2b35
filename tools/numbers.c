#include "tools/numbers.h"

#include <stdlib.h>
#include <string.h>

enum {
  FIRST_CAPACITY = 1024
};

static uint64_t *slot(numbers *q, size_t k) {
  return &q->items[(q->first + k) & (q->capacity - 1)];
}

bool numbers_reserve(numbers *q) {
  if (q->count < q->capacity)
    return true;
  size_t capacity = q->capacity == 0 ? FIRST_CAPACITY : q->capacity * 2;
  uint64_t *items = capacity <= SIZE_MAX / sizeof *items ? malloc(capacity * sizeof *items) : NULL;
  if (items == NULL)
    return false;
  for (size_t k = 0; k < q->count; k++)
    items[k] = *slot(q, k);
  free(q->items);
  q->items = items;
  q->capacity = capacity;
  q->first = 0;
  return true;
}

void numbers_push(numbers *q, uint64_t number) {
  q->count++;
  *slot(q, q->count - 1) = number;
}

uint64_t numbers_pop(numbers *q) {
  if (q->count == 0)
    return 0;
  uint64_t number = *slot(q, 0);
  q->first = (q->first + 1) & (q->capacity - 1);
  q->count--;
  return number;
}

void numbers_unpush(numbers *q) {
  if (q->count > 0)
    q->count--;
}

void numbers_close(numbers *q) {
  free(q->items);
  *q = (numbers){0};
}
