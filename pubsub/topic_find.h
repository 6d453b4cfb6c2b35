/* topic_find.h - how a topic is found by its name, in steps: what each message does is seen to
 * inline, and messages that are decoded together take each step together. */
#ifndef RESPUB_PUBSUB_TOPIC_FIND_H
#define RESPUB_PUBSUB_TOPIC_FIND_H

#include "net/inline.h"
#include "pubsub/topic.h"

#include <string.h>

static inline uint64_t respub__word_at(const char *p) {
  uint64_t w;
  memcpy(&w, p, sizeof w);
  return w;
}

/* Fewer than eight bytes; of one length each, two are the same word only if they are the same. */
static inline uint64_t respub__short_word(const char *p, size_t n) {
  if (n >= 4) {
    uint32_t first, last;
    memcpy(&first, p, sizeof first);
    memcpy(&last, p + n - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
  }
  const unsigned char *u = (const unsigned char *)p;
  return n == 0 ? 0 : (uint64_t)u[0] << 16 | (uint64_t)u[n / 2] << 8 | u[n - 1];
}

/* A word a step, or a byte where size comes first. The high half of the product is folded in,
 * because without it a changed top bit stays one bit that a bit of the next word takes back, and
 * outsiders could choose names that collide under any seed. Differs between byte orders, which
 * nothing observes. */
static inline uint64_t respub__mix(uint64_t h, uint64_t word) {
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

RESPUB__INLINE uint32_t respub__topics_hash(const respub__topics *topics, respub_kind kind,
                                            respub_slice name) {
  uint64_t h = respub__mix(topics->seed ^ (uint64_t)kind, name.len);
  const char *p = name.ptr;
  if (!RESPUB_FAST) {
    for (size_t i = 0; i < name.len; i++)
      h = respub__mix(h, (unsigned char)p[i]);
    return (uint32_t)h;
  }
  if (name.len < 8)
    return (uint32_t)(respub__mix(respub__mix(h, respub__short_word(p, name.len)), 0));
  const char *last = p + name.len - 8;
  for (; p < last; p += 8)
    h = respub__mix(h, respub__word_at(p));
  /* The last eight bytes, some of which may have been in the word before. */
  return (uint32_t)(respub__mix(respub__mix(h, respub__word_at(last)), 0));
}

/* Names are short: comparing words here is cheaper than a call, but takes more code. */
static inline bool respub__same_bytes(const char *a, const char *b, size_t len) {
  if (!RESPUB_FAST)
    return memcmp(a, b, len) == 0;
  if (len < 8)
    return respub__short_word(a, len) == respub__short_word(b, len);
  size_t last = len - 8;
  for (size_t i = 0; i < last; i += 8) {
    if (respub__word_at(a + i) != respub__word_at(b + i))
      return false;
  }
  return respub__word_at(a + last) == respub__word_at(b + last);
}

static inline bool respub__topic_is(const respub__topic *t, respub_kind kind, respub_slice name) {
  return t->len == name.len && t->kind == kind &&
         respub__same_bytes(respub__topic_name(t), name.ptr, name.len);
}

/* The topic of a number. */
static inline respub__topic *respub__topics_at(const respub__topics *topics, uint32_t number) {
  uint32_t within = ((uint32_t)1 << topics->chunk_shift) - 1;
  return topics->chunks[number >> topics->chunk_shift] + (number & within);
}

/* The place in the table is the low bits of the hash. So the same bits of a slot are free for the
 * number and one more, of which there are fewer than slots, and the others are those of the hash.
 */
static inline uint32_t respub__slot_of(uint32_t mask, uint32_t hash, uint32_t number) {
  return (hash & ~mask) | (number + 1);
}

static inline bool respub__slot_may_be(uint32_t mask, uint32_t hash, uint32_t slot) {
  return ((slot ^ hash) & ~mask) == 0;
}

static inline respub__topic *respub__topics_in(const respub__topics *topics, uint32_t slot) {
  return respub__topics_at(topics, (slot & topics->mask) - 1);
}

/* Searching in steps, for who looks for many: hint, guess, hints, and the search itself when there
 * is no guess or it is wrong. A hint asks for memory that the next step reads. A guess is the first
 * topic that may be it, nearly always the right one, or NULL; it is good until a topic is added or
 * removed. */
RESPUB__INLINE void respub__topics_hint(const respub__topics *topics, uint32_t hash) {
  RESPUB__PREFETCH(topics->slots + (hash & topics->mask));
}

RESPUB__INLINE respub__topic *respub__topics_guess(const respub__topics *topics, uint32_t hash) {
  uint32_t slot;
  for (uint32_t i = hash & topics->mask;; i = (i + 1) & topics->mask) {
    slot = topics->slots[i];
    if (slot == 0)
      return NULL;
    if (respub__slot_may_be(topics->mask, hash, slot))
      return respub__topics_in(topics, slot);
  }
}

RESPUB__INLINE void respub__topic_hint(const respub__topic *t) {
  RESPUB__PREFETCH(t);
}

/* Once the topic itself has come. */
RESPUB__INLINE void respub__topic_hint_far(const respub__topic *t) {
  if (!respub__name_is_near(t->len))
    RESPUB__PREFETCH(t->name.far);
}

#endif
