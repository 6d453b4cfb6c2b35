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
} respub__outbox;

void respub__outbox_init(respub__outbox *o, const respub_allocator *alloc);
void respub__outbox_free(respub__outbox *o);

/* Room for size (>= 1) bytes in a row behind everything else; NULL: out of memory. */
char *respub__outbox_reserve(respub__outbox *o, size_t size);

/* The first size bytes of what was reserved last are a command; returns its block. */
respub__block *respub__outbox_commit(respub__outbox *o, size_t size);

/* The oldest command that has not been released, in this block, is not needed any more. */
void respub__outbox_release(respub__outbox *o, respub__block *block);

/* An upper bound of what respub__publish_encode writes; SIZE_MAX when there is none. */
size_t respub__publish_bound(size_t channel_len, size_t payload_len);

/* PUBLISH with this channel, up to and with the header of a payload of payload_len bytes; returns
 * the byte behind. The payload and a CR LF follow. */
char *respub__publish_encode(char *out, respub_slice channel, size_t payload_len);

#endif
