/* fork.h - noticing that this process is a fork of the one that opened an object. */
#ifndef RESPUB_NET_FORK_H
#define RESPUB_NET_FORK_H

#include "resp/resp.h"

#include <stdatomic.h>

/* 0 until somebody asks for the generation, because only then forks are watched. */
extern atomic_uint respub__fork_count;

/* Begins to watch; returns the generation. For respub__fork_generation only. */
unsigned respub__fork_watch(void);

/* A number that differs in a child from its parent's; an object keeps the one that it was opened
 * with. Cheap enough for every call: one load, no system call. */
static inline unsigned respub__fork_generation(void) {
  unsigned count = atomic_load_explicit(&respub__fork_count, memory_order_relaxed);
  return count != 0 ? count : respub__fork_watch();
}

#endif
