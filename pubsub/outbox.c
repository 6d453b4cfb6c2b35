#include "pubsub/outbox.h"

#include "net/memory.h"

#include <string.h>

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

char *respub__outbox_extend(respub__outbox *o, size_t size) {
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

char *respub__outbox_scratch(respub__outbox *o, bool much, size_t *room) {
  char *scratch = respub__outbox_reserve(o, much ? BLOCK_BYTES : 1);
  *room = scratch == NULL ? 0 : o->last->capacity - o->last->used;
  return scratch;
}

void respub__outbox_retire(respub__outbox *o) {
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

/* By hand, because every message passes here: it takes a third of what the general encoder does. */

static const char start[] = "*3\r\n$7\r\nPUBLISH\r\n$";

static char *put_digits(char *out, size_t n) {
  char digits[20];
  size_t first = sizeof digits;
  for (; n > 0; n /= 10)
    digits[--first] = (char)('0' + n % 10);
  memcpy(out, digits + first, sizeof digits - first);
  return out + (sizeof digits - first);
}

/* The digits of n, of which most lengths have two or three, and CR LF. */
static inline char *put_length(char *out, size_t n) {
  if (n >= 1000) {
    out = put_digits(out, n);
  } else {
    unsigned hundreds = (unsigned)n / 100, rest = (unsigned)n - hundreds * 100;
    unsigned tens = rest / 10;
    if (n >= 100)
      *out++ = (char)('0' + hundreds);
    if (n >= 10)
      *out++ = (char)('0' + tens);
    *out++ = (char)('0' + (rest - tens * 10));
  }
  out[0] = '\r';
  out[1] = '\n';
  return out + 2;
}

char *respub__publish_encode(char *out, respub_slice channel, size_t payload_len) {
  memcpy(out, start, sizeof start - 1);
  out = put_length(out + sizeof start - 1, channel.len);
  if (channel.len > 0)
    memcpy(out, channel.ptr, channel.len);
  out += channel.len;
  memcpy(out, "\r\n$", 3);
  return put_length(out + 3, payload_len);
}

static size_t digits_of(size_t n) {
  size_t digits = 1;
  for (; n >= 10; n /= 10)
    digits++;
  return digits;
}

size_t respub__publish_length(size_t channel_len, size_t payload_len) {
  return sizeof start - 1 + digits_of(channel_len) + channel_len + digits_of(payload_len) +
         payload_len +
         sizeof "\r\n"
                "\r\n$"
                "\r\n"
                "\r\n" -
         1;
}
