#include "pubsub/topic.h"

#include "net/inline.h"
#include "net/memory.h"

#include <string.h>

static inline uint64_t word_at(const char *p) {
  uint64_t w;
  memcpy(&w, p, sizeof w);
  return w;
}

/* Fewer than eight bytes; of one length each, two are the same word only if they are the same. */
static inline uint64_t short_word(const char *p, size_t n) {
  if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, p, sizeof first);
    memcpy(&last, p + n - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
  }
  const unsigned char *u = (const unsigned char *)p;
  return n == 0 ? 0 : (uint64_t)u[0] << 16 | (uint64_t)u[n / 2] << 8 | u[n - 1];
}

/* Eight bytes a step. The high half of the product is folded in, because without it a changed top
 * bit stays one bit that a bit of the next word takes back, and outsiders could choose names that
 * collide under any seed. Differs between byte orders, which nothing observes. */
static inline uint64_t mix(uint64_t h, uint64_t word) {
#ifdef __SIZEOF_INT128__
  __extension__ unsigned __int128 product = h ^ word;
  product *= 0x9e3779b97f4a7c15u;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  h = (h ^ word) * 0x9e3779b97f4a7c15u;
  h = (h ^ h >> 29) * 0xd6e8feb86659fd93u;
  return h ^ h >> 32;
#endif
}

static inline uint32_t hash_of(uint64_t seed, respub_kind kind, respub_slice name) {
  uint64_t h = mix(seed ^ (uint64_t)kind, name.len);
  const char *p = name.ptr;
  if (name.len < 8)
    return (uint32_t)(mix(mix(h, short_word(p, name.len)), 0));
  const char *last = p + name.len - 8;
  for (; p < last; p += 8)
    h = mix(h, word_at(p));
  /* The last eight bytes, some of which may have been in the word before. */
  return (uint32_t)(mix(mix(h, word_at(last)), 0));
}

void respub__topics_init(respub__topics *topics, const respub_allocator *alloc, uint64_t seed) {
  *topics = (respub__topics){.alloc = *alloc, .seed = seed};
}

void respub__topics_free(respub__topics *topics) {
  size_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(topics, &at)) != NULL;)
    respub__topics_free_topic(topics, t);
  respub__free(&topics->alloc, topics->slots);
  topics->slots = NULL;
  topics->count = 0;
}

/* Names are short: comparing words here is cheaper than a call. */
static inline bool same_bytes(const char *a, const char *b, size_t len) {
  if (len < 8)
    return short_word(a, len) == short_word(b, len);
  size_t last = len - 8;
  for (size_t i = 0; i < last; i += 8) {
    if (word_at(a + i) != word_at(b + i))
      return false;
  }
  return word_at(a + last) == word_at(b + last);
}

static inline bool is_same(const respub__topic *t, uint32_t hash, respub_kind kind,
                           respub_slice name) {
  return t->hash == hash && t->kind == (uint8_t)kind && t->len == name.len &&
         same_bytes(t->name, name.ptr, name.len);
}

/* From the second slot on, for which few searches have a use. */
RESPUB__APART static respub__topic *find_on(const respub__topics *topics, respub_kind kind,
                                            respub_slice name, uint32_t hash) {
  for (size_t i = (hash + (size_t)1) & topics->mask;; i = (i + 1) & topics->mask) {
    respub__topic *t = topics->slots[i];
    if (t == NULL || is_same(t, hash, kind, name))
      return t;
  }
}

respub__topic *respub__topics_find(const respub__topics *topics, respub_kind kind,
                                   respub_slice name) {
  if (topics->slots == NULL)
    return NULL;
  uint32_t hash = hash_of(topics->seed, kind, name);
  respub__topic *t = topics->slots[hash & topics->mask];
  if (t == NULL || is_same(t, hash, kind, name))
    return t;
  return find_on(topics, kind, name, hash);
}

static void place(respub__topic **slots, size_t mask, respub__topic *t) {
  size_t i = t->hash & mask;
  while (slots[i] != NULL)
    i = (i + 1) & mask;
  slots[i] = t;
}

static bool grow_table(respub__topics *topics) {
  size_t slots = topics->slots == NULL ? RESPUB_FIRST_TOPICS : (topics->mask + 1) * 2;
  if (slots > SIZE_MAX / sizeof(respub__topic *))
    return false;
  respub__topic **fresh = respub__alloc_zero(&topics->alloc, slots * sizeof *fresh);
  if (fresh == NULL)
    return false;
  size_t at = 0;
  for (respub__topic *t; (t = respub__topics_next(topics, &at)) != NULL;)
    place(fresh, slots - 1, t);
  respub__free(&topics->alloc, topics->slots);
  topics->slots = fresh;
  topics->mask = slots - 1;
  return true;
}

respub__topic *respub__topics_add(respub__topics *topics, respub_kind kind, respub_slice name) {
  size_t slots = topics->slots == NULL ? 0 : topics->mask + 1;
  if ((topics->count + 1) > slots / 3 * 2 && !grow_table(topics))
    return NULL;
  /* Never less than the struct: its last members may be read as one word. */
  size_t size = offsetof(respub__topic, name) + name.len;
  if (size < sizeof(respub__topic))
    size = sizeof(respub__topic);
  respub__topic *t = respub__alloc_zero(&topics->alloc, size);
  if (t == NULL)
    return NULL;
  t->hash = hash_of(topics->seed, kind, name);
  t->len = (uint32_t)name.len;
  t->kind = (uint8_t)kind;
  t->wire = RESPUB__ABSENT;
  t->batch = RESPUB__BATCH;
  memcpy(t->name, name.ptr, name.len);
  place(topics->slots, topics->mask, t);
  topics->count++;
  return t;
}

/* Closes the hole by moving back what probed past it, so that no tombstones gather. */
void respub__topics_remove(respub__topics *topics, respub__topic *topic) {
  size_t mask = topics->mask;
  size_t hole = topic->hash & mask;
  while (topics->slots[hole] != topic)
    hole = (hole + 1) & mask;
  for (size_t i = (hole + 1) & mask; topics->slots[i] != NULL; i = (i + 1) & mask) {
    size_t home = topics->slots[i]->hash & mask;
    if (((i - home) & mask) < ((i - hole) & mask))
      continue;
    topics->slots[hole] = topics->slots[i];
    hole = i;
  }
  topics->slots[hole] = NULL;
  topics->count--;
}

void respub__topics_free_topic(respub__topics *topics, respub__topic *topic) {
  respub__free(&topics->alloc, topic);
}

respub__topic *respub__topics_next(const respub__topics *topics, size_t *at) {
  if (topics->slots == NULL)
    return NULL;
  while (*at <= topics->mask) {
    respub__topic *t = topics->slots[(*at)++];
    if (t != NULL)
      return t;
  }
  return NULL;
}
