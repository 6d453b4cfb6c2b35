#include "schema/arena.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_BYTES 4096

typedef union widest {
  void *pointer;
  double number;
  long long whole;
  long double wide;
} widest;

struct respub__block {
  struct respub__block *next;
  size_t size; /* of bytes */
  widest bytes[];
};

void *respub__take_array(size_t n, size_t size) {
  /* Half of what a size can say, as no object may be larger. */
  if (n > PTRDIFF_MAX / size)
    return NULL;
  return cJSON_malloc(n * size);
}

void respub__give_back(void *taken) {
  if (taken != NULL)
    cJSON_free(taken);
}

static struct respub__block *add_block(respub__arena *arena, size_t size) {
  size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
  struct respub__block *block = cJSON_malloc(sizeof *block + bytes);
  if (block == NULL)
    return NULL;
  block->next = arena->blocks;
  block->size = bytes;
  arena->blocks = block;
  arena->left = bytes;
  return block;
}

void *respub__arena_take(respub__arena *arena, size_t n, size_t size) {
  if (n > (PTRDIFF_MAX - 2 * sizeof(struct respub__block)) / size)
    return NULL;
  size_t bytes = (n * size + sizeof(widest) - 1) / sizeof(widest) * sizeof(widest);
  struct respub__block *block = arena->blocks;
  if (block == NULL || bytes > arena->left)
    block = add_block(arena, bytes);
  if (block == NULL)
    return NULL;
  char *taken = (char *)block->bytes + (block->size - arena->left);
  arena->left -= bytes;
  memset(taken, 0, bytes);
  return taken;
}

void respub__arena_free(respub__arena *arena) {
  struct respub__block *block = arena->blocks;
  while (block != NULL) {
    struct respub__block *next = block->next;
    cJSON_free(block);
    block = next;
  }
  *arena = (respub__arena){0};
}
