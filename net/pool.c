#include "net/pool.h"

#include "net/fork.h"
#include "net/memory.h"
#include "net/text.h"
#include "net/thread.h"

/* Pieces of one size, one behind the other. */
typedef struct shelf {
  char *begin;
  size_t size;
  size_t count;
  size_t fresh; /* so many in front have been given before */
  void *free;   /* a list through those that came back */
} shelf;

typedef struct respub__pool {
  respub_allocator source;
  respub__mutex lock;
  unsigned fork_generation;
  size_t shelves;
  shelf shelf[RESPUB__MOST_SHELVES];
} respub__pool;

/* ------------------------------------------------------------------------------------------------
 * Plans */

void respub__plan_add(respub__plan *plan, size_t size, size_t count) {
  size = respub__round_up(size);
  if (count == 0)
    return;
  if (plan->shelves++ == RESPUB__MOST_SHELVES)
    plan->bytes = SIZE_MAX;
  else if (plan->pool != NULL)
    plan->pool->shelf[plan->pool->shelves++] =
        (shelf){.begin = (char *)plan->pool + plan->bytes, .size = size, .count = count};
  if (size > (SIZE_MAX - plan->bytes) / count)
    plan->bytes = SIZE_MAX;
  else
    plan->bytes += size * count;
}

void respub__plan_table(respub__plan *plan, size_t entry_size, size_t count) {
  bool fits = count <= SIZE_MAX / entry_size;
  respub__plan_add(plan, fits ? entry_size * count : SIZE_MAX, 1);
}

size_t respub__pool_bytes(respub__planner *planner, const void *options) {
  respub__plan plan = {NULL, 0, respub__round_up(sizeof(respub__pool))};
  planner(&plan, options);
  return plan.bytes;
}

size_t respub__pool_buffer_bytes(respub__planner *planner, const void *options) {
  size_t bytes = respub__pool_bytes(planner, options);
  size_t more = respub__buffer_overhead();
  return bytes > SIZE_MAX - more ? SIZE_MAX : bytes + more;
}

/* ------------------------------------------------------------------------------------------------
 * Pieces */

static void *take_piece(shelf *s) {
  void *piece = s->free;
  if (piece != NULL)
    s->free = *(void **)piece;
  else if (s->fresh < s->count)
    piece = s->begin + s->size * s->fresh++;
  return piece;
}

static void *find_piece(respub__pool *pool, size_t size) {
  void *piece = NULL;
  size = respub__round_up(size);
  for (size_t i = 0; i < pool->shelves && piece == NULL; i++) {
    if (pool->shelf[i].size == size)
      piece = take_piece(&pool->shelf[i]);
  }
  return piece;
}

static shelf *shelf_of(respub__pool *pool, const void *piece) {
  const char *at = piece;
  size_t i = pool->shelves - 1;
  while (at < pool->shelf[i].begin)
    i--;
  return &pool->shelf[i];
}

static void put_piece(shelf *s, void *piece) {
  *(void **)piece = s->free;
  s->free = piece;
}

/* A child of a fork frees what its parent opened, when another thread may have held the lock and
 * has left the lists halfway: it gives back the whole block, and no piece of it. */
static void *resize_piece(void *ctx, void *ptr, size_t size) {
  respub__pool *pool = ctx;
  if (pool->fork_generation != respub__fork_generation())
    return NULL;
  respub__mutex_lock(&pool->lock);
  void *result = NULL;
  if (ptr == NULL)
    result = find_piece(pool, size);
  else if (size == 0)
    put_piece(shelf_of(pool, ptr), ptr);
  else
    result = size <= shelf_of(pool, ptr)->size ? ptr : NULL;
  respub__mutex_unlock(&pool->lock);
  return result;
}

bool respub__is_pool(const respub_allocator *allocator) {
  return allocator->resize == resize_piece;
}

/* ------------------------------------------------------------------------------------------------
 * The block */

respub_status respub__pool_open(respub_allocator *allocator, respub__planner *planner,
                                const void *options, const char *what, respub_error *error) {
  size_t bytes = respub__pool_bytes(planner, options);
  respub__pool *pool = bytes == SIZE_MAX ? NULL : respub__alloc(allocator, bytes);
  if (pool == NULL)
    return respub__fail(error, RESPUB_ENOMEM, "no block of %zu bytes for %s", bytes, what);
  *pool = (respub__pool){.source = *allocator, .fork_generation = respub__fork_generation()};
  if (respub__mutex_open(&pool->lock) != RESPUB_OK) {
    respub__free(allocator, pool);
    return respub__fail(error, RESPUB_EIO, "no lock to be had for the memory of %s", what);
  }
  respub__plan plan = {pool, 0, respub__round_up(sizeof *pool)};
  planner(&plan, options);
  *allocator = (respub_allocator){pool, resize_piece};
  return RESPUB_OK;
}

void respub__pool_close(const respub_allocator *allocator) {
  respub__pool *pool = allocator->ctx;
  respub_allocator source = pool->source;
  if (pool->fork_generation == respub__fork_generation())
    respub__mutex_close(&pool->lock);
  respub__free(&source, pool);
}
