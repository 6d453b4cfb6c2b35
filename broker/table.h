/* table.h - a hash table whose entries are members of the things in it. */
#ifndef RESPUB_BROKER_TABLE_H
#define RESPUB_BROKER_TABLE_H

#include "net/memory.h"

typedef struct respub__entry {
  struct respub__entry *next; /* of the same bucket; its hash may differ */
  uint64_t hash;
} respub__entry;

/* buckets, capacity and count zero: empty. */
typedef struct respub__table {
  const respub_allocator *allocator;
  respub__entry **buckets;
  size_t capacity; /* 0 or a power of two */
  size_t count;
} respub__table;

/* Frees the buckets; the entries are the owner's. */
void respub__table_free(respub__table *table);

/* The entries among which those with this hash are, as a list; NULL: none. */
respub__entry *respub__table_bucket(const respub__table *table, uint64_t hash);

/* Adds an entry whose hash is set. ENOMEM only when the table has no bucket at all: one that cannot
 * grow gets slower instead. */
RESPUB_MUST_USE respub_status respub__table_add(respub__table *table, respub__entry *entry);

/* entry is in table. */
void respub__table_remove(respub__table *table, respub__entry *entry);

#endif
