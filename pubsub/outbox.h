/* outbox.h - the bytes of commands that wait to be sent or answered, in blocks that never move, so
 * that a thread can write them while others add more. Not thread-safe by itself. */
#ifndef RESPUB_PUBSUB_OUTBOX_H
#define RESPUB_PUBSUB_OUTBOX_H

#include "net/net.h"

typedef struct respub__block {
  struct respub__block *next;
  size_t capacity;
  size_t used;
  size_t users; /* commands that have bytes in it */
  char bytes[];
} respub__block;

typedef struct respub__outbox {
  respub_allocator alloc;
  respub__block *first, *last; /* oldest first; commands leave in the order they came */
  respub__block *spare;        /* empty ones kept for the next burst */
  size_t spares;
  size_t much;        /* what makes a good write */
  size_t fixed_bytes; /* capacity of every block; 0: as it comes */
} respub__outbox;

void respub__outbox_init(respub__outbox *o, const respub_allocator *alloc);
void respub__outbox_free(respub__outbox *o);

/* Fixed memory: two blocks, either of which holds all that is in the outbox at a time, bytes at
 * most. As what came first leaves first, one of them is empty whenever the other is used up. */
void respub__outbox_fix(respub__outbox *o, size_t bytes);
struct respub__plan;
void respub__outbox_plan(struct respub__plan *plan, size_t bytes);

/* A new block with room for size bytes, which are returned; NULL: out of memory. For reserve only.
 */
char *respub__outbox_extend(respub__outbox *o, size_t size);

/* Blocks that no command uses any more go. For release only. */
void respub__outbox_retire(respub__outbox *o);

/* Room for size (>= 1) bytes in a row behind everything else; NULL: out of memory. */
static inline char *respub__outbox_reserve(respub__outbox *o, size_t size) {
  respub__block *last = o->last;
  if (last != NULL && last->capacity - last->used >= size)
    return last->bytes + last->used;
  return respub__outbox_extend(o, size);
}

/* What makes a good write. */
#define RESPUB__BLOCK_BYTES ((size_t)RESPUB_SEND_BYTES - sizeof(respub__block))

/* Memory that nobody uses until the next reserve, *room bytes of it: for commands that are written
 * at once. much: as much as makes a good write. NULL: out of memory. */
static inline char *respub__outbox_scratch(respub__outbox *o, bool much, size_t *room) {
  char *scratch = respub__outbox_reserve(o, much ? o->much : 1);
  *room = scratch == NULL ? 0 : o->last->capacity - o->last->used;
  return scratch;
}

/* The first size bytes of what was reserved last are a command; returns its block. */
static inline respub__block *respub__outbox_commit(respub__outbox *o, size_t size) {
  o->last->used += size;
  o->last->users++;
  return o->last;
}

/* The oldest command that has not been released, in this block, is not needed any more. */
static inline void respub__outbox_release(respub__outbox *o, respub__block *block) {
  if (--block->users == 0)
    respub__outbox_retire(o);
}

#endif
