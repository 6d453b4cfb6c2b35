/* format.h - sentences from parts, without stdio: a printf brings its floating point along, which
 * is a third of the smallest program. */
#ifndef RESPUB_NET_FORMAT_H
#define RESPUB_NET_FORMAT_H

#include "resp/resp.h"

#include <stdarg.h>

#if defined(__GNUC__) || defined(__clang__)
#define RESPUB__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define RESPUB__PRINTF(text, first)
#endif

/* As snprintf in any locale, for %s %.*s %.Ns %c %d %u %ld %lu %lld %llu %zu and %%; never fails.
 * Returns the length of the whole text, of which out has as much as fits, and a NUL (unless
 * capacity is 0). */
size_t respub__format(char *out, size_t capacity, const char *format, ...) RESPUB__PRINTF(3, 4);
size_t respub__format_list(char *out, size_t capacity, const char *format, va_list args)
    RESPUB__PRINTF(3, 0);

#endif
