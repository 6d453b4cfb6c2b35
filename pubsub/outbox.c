#include "pubsub/outbox.h"

#include "net/memory.h"
#include "net/pool.h"

/* The first block is small, because most publishers send one short message at a time; who needs
 * more gets blocks that make a good write. Spares are enough for a batch of 1,000 ordinary messages
 * to need no allocation, and little enough to keep. */
#define OUTBOX_FIRST_BYTES                                                                         \
  ((size_t)(RESPUB_SEND_BYTES < 4096 ? RESPUB_SEND_BYTES : 4096) - sizeof(respub__block))
#define MOST_SPARES 8

void respub__outbox_init(respub__outbox *o, const respub_allocator *alloc) {
  *o = (respub__outbox){.alloc = *alloc, .much = RESPUB__BLOCK_BYTES};
}

void respub__outbox_fix(respub__outbox *o, size_t bytes) {
  o->much = o->fixed_bytes = bytes;
}

void respub__outbox_plan(respub__plan *plan, size_t bytes) {
  bool fits = bytes <= SIZE_MAX - sizeof(respub__block);
  respub__plan_add(plan, fits ? sizeof(respub__block) + bytes : SIZE_MAX, 2);
}

static void free_list(respub__outbox *o, respub__block *block) {
  while (block != NULL) {
    respub__block *next = block->next;
    respub__free(&o->alloc, block);
    block = next;
  }
}

void respub__outbox_free(respub__outbox *o) {
  free_list(o, o->first);
  free_list(o, o->spare);
  *o = (respub__outbox){.alloc = o->alloc};
}

/* ------------------------------------------------------------------------------------------------
 * Blocks */

static respub__block *make(respub__outbox *o, size_t capacity) {
  if (capacity > SIZE_MAX - sizeof(respub__block))
    return NULL;
  respub__block *block = respub__alloc(&o->alloc, sizeof *block + capacity);
  if (block != NULL)
    block->capacity = capacity;
  return block;
}

static respub__block *take_spare(respub__outbox *o) {
  respub__block *block = o->spare;
  o->spare = block->next;
  o->spares--;
  return block;
}

static respub__block *obtain(respub__outbox *o, size_t size) {
  if (RESPUB_FIXED_MEMORY && o->fixed_bytes > 0)
    return size <= o->fixed_bytes ? make(o, o->fixed_bytes) : NULL;
  if (size > RESPUB__BLOCK_BYTES)
    return make(o, size);
  if (o->spare != NULL)
    return take_spare(o);
  return make(o, o->first == NULL && size <= OUTBOX_FIRST_BYTES ? OUTBOX_FIRST_BYTES
                                                                : RESPUB__BLOCK_BYTES);
}

char *respub__outbox_extend(respub__outbox *o, size_t size) {
  respub__block *block = obtain(o, size);
  if (block == NULL)
    return NULL;
  block->next = NULL;
  block->used = 0;
  block->users = 0;
  if (o->first == NULL)
    o->first = block;
  else /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): with a first there is a last */
    o->last->next = block;
  o->last = block;
  return block->bytes;
}

static void retire(respub__outbox *o, respub__block *block) {
  if (block->capacity != RESPUB__BLOCK_BYTES || o->fixed_bytes > 0 || o->spares == MOST_SPARES) {
    respub__free(&o->alloc, block);
    return;
  }
  block->next = o->spare;
  o->spare = block;
  o->spares++;
}

/* The first block may be empty without having been used up: the next one was made because a large
 * command did not fit. */
static void drop_empty_first(respub__outbox *o) {
  while (o->first->users == 0 && o->first != o->last) {
    respub__block *block = o->first;
    o->first = block->next;
    retire(o, block);
  }
}

void respub__outbox_retire(respub__outbox *o) {
  drop_empty_first(o);
  respub__block *last = o->last;
  if (last->users > 0)
    return;
  last->used = 0;
  if (last->capacity > RESPUB__BLOCK_BYTES) {
    o->first = o->last = NULL;
    retire(o, last);
  }
}
