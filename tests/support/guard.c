#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "tests/support/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  abort();
}

respub_guard respub_guard_open(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t room = (size + page - 1) / page * page + (size == 0 ? page : 0);
  respub_guard guard;
  guard.map_size = room + 2 * page;
  guard.map = mmap(NULL, guard.map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (guard.map == MAP_FAILED)
    die("mmap");
  guard.start = (char *)guard.map + page;
  guard.end = guard.start + room;
  if (mprotect(guard.start, room, PROT_READ | PROT_WRITE) != 0)
    die("mprotect");
  return guard;
}

void respub_guard_close(respub_guard *guard) {
  munmap(guard->map, guard->map_size);
}

static char *put(respub_guard *guard, char *at, const void *bytes, size_t len) {
  if (len > (size_t)(guard->end - guard->start))
    die("respub_guard: too small");
  if (len > 0)
    memcpy(at, bytes, len);
  return at;
}

char *respub_guard_put_first(respub_guard *guard, const void *bytes, size_t len) {
  return put(guard, guard->start, bytes, len);
}

char *respub_guard_put_last(respub_guard *guard, const void *bytes, size_t len) {
  return put(guard, guard->end - len, bytes, len);
}
