/* guard.h - memory between two unreadable pages, so that a read of one byte too many dies at once.
 */
#ifndef RESPUB_TESTS_SUPPORT_GUARD_H
#define RESPUB_TESTS_SUPPORT_GUARD_H

#include <stddef.h>

typedef struct respub_guard {
  char *start; /* the first readable byte; a page that faults is in front of it */
  char *end;   /* behind the last readable byte begins a page that faults */
  void *map;
  size_t map_size;
} respub_guard;

/* Room for at least size bytes. Ends the program when there is no memory. */
respub_guard respub_guard_open(size_t size);
void respub_guard_close(respub_guard *guard);

/* Copies len bytes to where they begin at start, or to where they end at end; returns the copy. */
char *respub_guard_put_first(respub_guard *guard, const void *bytes, size_t len);
char *respub_guard_put_last(respub_guard *guard, const void *bytes, size_t len);

#endif
