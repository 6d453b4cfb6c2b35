#include "broker/table.h"

#define MIN_CAPACITY 16u

void respub__broker_table_free(respub__broker_table *table) {
  respub__free(table->allocator, table->buckets);
  table->buckets = NULL;
  table->capacity = table->count = 0;
}

static respub__broker_entry **bucket_of(const respub__broker_table *table, uint64_t hash) {
  return &table->buckets[hash & (table->capacity - 1)];
}

respub__broker_entry *respub__broker_table_bucket(const respub__broker_table *table,
                                                  uint64_t hash) {
  return table->capacity == 0 ? NULL : *bucket_of(table, hash);
}

static void link_entry(respub__broker_table *table, respub__broker_entry *entry) {
  respub__broker_entry **bucket = bucket_of(table, entry->hash);
  entry->next = *bucket;
  *bucket = entry;
}

/* Leaves the table as it is when there is no memory. */
static void resize(respub__broker_table *table, size_t capacity) {
  if (capacity > SIZE_MAX / sizeof(respub__broker_entry *))
    return;
  respub__broker_entry **buckets =
      respub__alloc_zero(table->allocator, capacity * sizeof(respub__broker_entry *));
  if (buckets == NULL)
    return;
  respub__broker_table old = *table;
  table->buckets = buckets;
  table->capacity = capacity;
  for (size_t i = 0; i < old.capacity; i++) {
    for (respub__broker_entry *e = old.buckets[i], *next; e != NULL; e = next) {
      next = e->next;
      link_entry(table, e);
    }
  }
  respub__free(old.allocator, old.buckets);
}

respub_status respub__broker_table_add(respub__broker_table *table, respub__broker_entry *entry) {
  if (table->count >= table->capacity)
    resize(table, table->capacity == 0 ? MIN_CAPACITY : table->capacity * 2);
  if (table->capacity == 0)
    return RESPUB_ENOMEM;
  link_entry(table, entry);
  table->count++;
  return RESPUB_OK;
}

void respub__broker_table_remove(respub__broker_table *table, respub__broker_entry *entry) {
  respub__broker_entry **at = bucket_of(table, entry->hash);
  while (*at != entry)
    at = &(*at)->next;
  *at = entry->next;
  table->count--;
  /* Far from where it would grow again, so that a table at the edge does not go to and fro. */
  if (table->capacity > MIN_CAPACITY && table->count < table->capacity / 8)
    resize(table, table->capacity / 2);
}
