/* memory.h - the functions that this layer needs of a C library. Private to resp/.
 *
 * A freestanding implementation need not have <string.h>, but compilers demand these of it anyway.
 */
#ifndef RESPUB_RESP_MEMORY_H
#define RESPUB_RESP_MEMORY_H

#if __STDC_HOSTED__
#include <string.h>
#else
#include <stddef.h>
void *memchr(const void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n);
#endif

#endif
