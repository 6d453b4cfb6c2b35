/* poison.h - memory that is kept and not in use: where AddressSanitizer runs, touching it shows as
 * touching memory that was given back does. Elsewhere this does nothing. */
#ifndef RESPUB_NET_POISON_H
#define RESPUB_NET_POISON_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RESPUB__POISONS
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(RESPUB__POISONS)
#define RESPUB__POISONS
#endif

#ifdef RESPUB__POISONS
void __asan_poison_memory_region(const volatile void *p, size_t size);
void __asan_unpoison_memory_region(const volatile void *p, size_t size);
#endif

/* Poisons size bytes at p, or makes them usable again. All must be when they are given back. */
static inline void respub__poison(const void *p, size_t size, bool poisoned) {
#ifdef RESPUB__POISONS
  (poisoned ? __asan_poison_memory_region : __asan_unpoison_memory_region)(p, size);
#else
  (void)p, (void)size, (void)poisoned;
#endif
}

#endif
