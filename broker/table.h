/* table.h - a hash table whose entries are members of the things in it. */
#ifndef RESPUB_BROKER_TABLE_H
#define RESPUB_BROKER_TABLE_H

#include "net/memory.h"

typedef struct respub__broker_entry {
  struct respub__broker_entry *next; /* of the same bucket; its hash may differ */
  uint64_t hash;
} respub__broker_entry;

/* buckets, capacity and count zero: empty. */
typedef struct respub__broker_table {
  const respub_allocator *allocator;
  respub__broker_entry **buckets;
  size_t capacity; /* 0 or a power of two */
  size_t count;
} respub__broker_table;

/* Frees the buckets; the entries are the owner's. */
void respub__broker_table_free(respub__broker_table *table);

/* The entries among which those with this hash are, as a list; NULL: none. */
respub__broker_entry *respub__broker_table_bucket(const respub__broker_table *table, uint64_t hash);

/* Adds an entry whose hash is set. ENOMEM only when the table has no bucket at all: one that cannot
 * grow gets slower instead. */
RESPUB_MUST_USE respub_status respub__broker_table_add(respub__broker_table *table,
                                                       respub__broker_entry *entry);

/* entry is in table. */
void respub__broker_table_remove(respub__broker_table *table, respub__broker_entry *entry);

#endif
