#include "schema/arena.h"
#include "schema/builtin.h"
#include "schema/text.h"

#include <string.h>

#define NAME_BYTES_MAX 1024
#define NONE SIZE_MAX

typedef struct entry {
  char *name;
  size_t len;
  bool is_prefix;
  respub_schema *schema;
  size_t shorter; /* the longest prefix entry that this name begins with; NONE */
} entry;

/* Sorted by name, an exact name in front of the prefix of the same bytes. */
struct respub_registry {
  entry *entries;
  size_t n, capacity;
};

static int compare_to(const entry *e, respub_slice name, bool is_prefix) {
  size_t common = e->len < name.len ? e->len : name.len;
  int order = common == 0 ? 0 : memcmp(e->name, name.ptr, common);
  if (order != 0)
    return order;
  if (e->len != name.len)
    return e->len < name.len ? -1 : 1;
  return (int)e->is_prefix - (int)is_prefix;
}

/* How many entries stand before the place of this name. */
static size_t place_of(const respub_registry *r, respub_slice name, bool is_prefix) {
  size_t low = 0;
  size_t high = r->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_to(&r->entries[middle], name, is_prefix) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool is_at(const respub_registry *r, size_t place, respub_slice name, bool is_prefix) {
  return place < r->n && compare_to(&r->entries[place], name, is_prefix) == 0;
}

static bool begins(const respub_registry *r, size_t place, respub_slice name) {
  const entry *e = &r->entries[place];
  return e->is_prefix && e->len <= name.len && memcmp(e->name, name.ptr, e->len) == 0;
}

/* The longest prefix entry that name begins with, place being the number of entries that sort
 * before name. All names between a prefix of name and name itself begin with that prefix too, so it
 * is the neighbour or one of the prefixes of the neighbour. */
static size_t longest_prefix(const respub_registry *r, size_t place, respub_slice name) {
  size_t candidate = place == 0 ? NONE : place - 1;
  while (candidate != NONE && !begins(r, candidate, name))
    candidate = r->entries[candidate].shorter;
  return candidate;
}

static void link_prefixes(respub_registry *r) {
  for (size_t i = 0; i < r->n; i++)
    r->entries[i].shorter =
        longest_prefix(r, i, respub_slice_of(r->entries[i].name, r->entries[i].len));
}

const respub_schema *respub_registry_find(const respub_registry *registry, respub_slice channel) {
  size_t place = place_of(registry, channel, false);
  if (is_at(registry, place, channel, false))
    return registry->entries[place].schema;
  /* A prefix that is the whole channel sorts right here. */
  if (is_at(registry, place, channel, true))
    return registry->entries[place].schema;
  size_t prefix = longest_prefix(registry, place, channel);
  return prefix == NONE ? NULL : registry->entries[prefix].schema;
}

static bool make_room(respub_registry *r) {
  if (r->n < r->capacity)
    return true;
  size_t wanted = r->capacity == 0 ? 8 : 2 * r->capacity;
  entry *larger = respub__take_array(wanted, sizeof *larger);
  if (larger == NULL)
    return false;
  if (r->n > 0)
    memcpy(larger, r->entries, r->n * sizeof *larger);
  respub__give_back(r->entries);
  r->entries = larger;
  r->capacity = wanted;
  return true;
}

static respub_status insert(respub_registry *r, size_t place, respub_slice name, bool is_prefix,
                            respub_schema *schema) {
  char *copy = cJSON_malloc(name.len);
  if (copy == NULL || !make_room(r)) {
    respub__give_back(copy);
    return RESPUB_ENOMEM;
  }
  memcpy(copy, name.ptr, name.len);
  memmove(&r->entries[place + 1], &r->entries[place], (r->n - place) * sizeof r->entries[0]);
  r->entries[place] =
      (entry){.name = copy, .len = name.len, .is_prefix = is_prefix, .schema = schema};
  r->n++;
  return RESPUB_OK;
}

static void remove_at(respub_registry *r, size_t place) {
  respub_schema_free(r->entries[place].schema);
  respub__give_back(r->entries[place].name);
  r->n--;
  memmove(&r->entries[place], &r->entries[place + 1], (r->n - place) * sizeof r->entries[0]);
}

static respub_status set(respub_registry *r, respub_slice name, bool is_prefix,
                         respub_schema *schema) {
  respub_status status = RESPUB_OK;
  if (name.len == 0 || name.len > NAME_BYTES_MAX)
    return RESPUB_EARGUMENT;
  size_t place = place_of(r, name, is_prefix);
  bool there = is_at(r, place, name, is_prefix);
  if (there && schema != NULL) {
    if (r->entries[place].schema != schema)
      respub_schema_free(r->entries[place].schema);
    r->entries[place].schema = schema;
  } else if (there) {
    remove_at(r, place);
  } else if (schema != NULL) {
    status = insert(r, place, name, is_prefix, schema);
  }
  link_prefixes(r);
  return status;
}

respub_status respub_registry_add(respub_registry *registry, respub_slice channel,
                                  respub_schema *schema) {
  return set(registry, channel, false, schema);
}

respub_status respub_registry_add_prefix(respub_registry *registry, respub_slice prefix,
                                         respub_schema *schema) {
  return set(registry, prefix, true, schema);
}

void respub_registry_each(const respub_registry *registry,
                          void (*each)(void *ctx, respub_slice name, bool is_prefix,
                                       const respub_schema *schema),
                          void *ctx) {
  for (size_t i = 0; i < registry->n; i++) {
    const entry *e = &registry->entries[i];
    each(ctx, respub_slice_of(e->name, e->len), e->is_prefix, e->schema);
  }
}

static respub_status add_builtin(respub_registry *r, const respub__builtin *builtin,
                                 respub_error *error) {
  respub_schema *schema;
  respub_status status =
      respub_schema_compile(&schema, builtin->text, strlen(builtin->text), error);
  if (status != RESPUB_OK)
    return status;
  status = set(r, respub_slice_of_string(builtin->name), builtin->is_prefix, schema);
  if (status != RESPUB_OK)
    respub_schema_free(schema);
  return status;
}

respub_status respub_registry_open(respub_registry **registry, respub_error *error) {
  *registry = NULL;
  respub_status status = RESPUB_ENOMEM;
  respub_registry *made = cJSON_malloc(sizeof *made);
  if (made != NULL) {
    *made = (respub_registry){0};
    status = RESPUB_OK;
  }
  for (size_t i = 0; status == RESPUB_OK && i < RESPUB__BUILTINS; i++)
    status = add_builtin(made, &respub__builtins[i], error);
  if (status == RESPUB_OK) {
    *registry = made;
    return RESPUB_OK;
  }
  respub_registry_close(made);
  return respub__schema_fail(error, status, "%s", respub_status_text(status));
}

void respub_registry_close(respub_registry *registry) {
  if (registry == NULL)
    return;
  while (registry->n > 0)
    remove_at(registry, registry->n - 1);
  respub__give_back(registry->entries);
  respub__give_back(registry);
}
