#include "net/fork.h"

#include <unistd.h>

#if RESPUB_THREADS
#include <pthread.h>
#endif

atomic_uint respub__fork_count;

#if RESPUB_THREADS

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void count_fork(void) {
  unsigned next = atomic_load_explicit(&respub__fork_count, memory_order_relaxed) + 1;
  atomic_store_explicit(&respub__fork_count, next != 0 ? next : 1, memory_order_relaxed);
}

static void begin_to_count(void) {
  if (pthread_atfork(NULL, NULL, count_fork) == 0)
    atomic_store_explicit(&respub__fork_count, 1, memory_order_relaxed);
}

unsigned respub__fork_watch(void) {
  (void)pthread_once(&once, begin_to_count);
  unsigned count = atomic_load_explicit(&respub__fork_count, memory_order_relaxed);
  /* Without memory for a fork handler the process id does the same, at the price of a system call.
   */
  return count != 0 ? count : (unsigned)getpid();
}

#else

unsigned respub__fork_watch(void) {
  return (unsigned)getpid();
}

#endif
