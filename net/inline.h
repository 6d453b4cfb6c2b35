/* inline.h - which functions become part of their callers. Compilers judge by size; on the way that
 * each message takes it matters more what is rare. */
#ifndef RESPUB_NET_INLINE_H
#define RESPUB_NET_INLINE_H

/* In front of a function that few messages need, called where all of them pass: inlined, it would
 * make each message pay for saving the registers that it takes. */
#if defined(__GNUC__)
#define RESPUB__APART __attribute__((noinline))
#else
#define RESPUB__APART
#endif

/* Asks for the memory at p, which need not be valid, without waiting for it. */
#if defined(__GNUC__)
#define RESPUB__PREFETCH(p) __builtin_prefetch(p)
#else
#define RESPUB__PREFETCH(p) ((void)(p))
#endif

/* In front of a function that is a part of that way and has a name of its own for readers. */
#if defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__)
#define RESPUB__INLINE static inline __attribute__((always_inline))
#else
#define RESPUB__INLINE static inline
#endif

#endif
