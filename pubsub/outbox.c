#include "pubsub/outbox.h"

#include "net/memory.h"

/* The first block is small, because most publishers send one short message at a time; who needs
 * more gets blocks that make a good write. Spares are enough for a batch of 1,000 ordinary messages
 * to need no allocation, and little enough to keep. */
#define FIRST_BYTES ((size_t)4096 - sizeof(respub__block))
#define BLOCK_BYTES ((size_t)65536 - sizeof(respub__block))
#define MOST_SPARES 8

void respub__outbox_init(respub__outbox *o, const respub_allocator *alloc) {
  *o = (respub__outbox){.alloc = *alloc};
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
  if (size > BLOCK_BYTES)
    return make(o, size);
  if (o->spare != NULL)
    return take_spare(o);
  return make(o, o->first == NULL && size <= FIRST_BYTES ? FIRST_BYTES : BLOCK_BYTES);
}

static char *add_block(respub__outbox *o, size_t size) {
  respub__block *block = obtain(o, size);
  if (block == NULL)
    return NULL;
  block->next = NULL;
  block->used = 0;
  block->users = 0;
  if (o->first == NULL)
    o->first = block;
  else
    o->last->next = block;
  o->last = block;
  return block->bytes;
}

static void retire(respub__outbox *o, respub__block *block) {
  if (block->capacity != BLOCK_BYTES || o->spares == MOST_SPARES) {
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

char *respub__outbox_reserve(respub__outbox *o, size_t size) {
  respub__block *last = o->last;
  if (last != NULL && last->capacity - last->used >= size)
    return last->bytes + last->used;
  return add_block(o, size);
}

respub__block *respub__outbox_commit(respub__outbox *o, size_t size) {
  o->last->used += size;
  o->last->users++;
  return o->last;
}

void respub__outbox_release(respub__outbox *o, respub__block *block) {
  if (--block->users > 0)
    return;
  drop_empty_first(o);
  respub__block *last = o->last;
  if (last->users > 0)
    return;
  last->used = 0;
  if (last->capacity > BLOCK_BYTES) {
    o->first = o->last = NULL;
    retire(o, last);
  }
}

/* ------------------------------------------------------------------------------------------------
 * The command */

/* "*3", "$7", "PUBLISH", two lengths of at most 20 digits, and the ends of their lines and strings.
 */
#define FIXED_BYTES 80

size_t respub__publish_bound(size_t channel_len, size_t payload_len) {
  if (channel_len > SIZE_MAX - FIXED_BYTES || payload_len > SIZE_MAX - FIXED_BYTES - channel_len)
    return SIZE_MAX;
  return FIXED_BYTES + channel_len + payload_len;
}

char *respub__publish_encode(char *out, respub_slice channel, size_t payload_len) {
  const respub_slice args[] = {RESPUB_LIT("PUBLISH"), channel};
  out += respub_encode_command_prefix(out, FIXED_BYTES + channel.len, 3, args, 2);
  return out + respub_encode_bulk_header(out, FIXED_BYTES, payload_len);
}
