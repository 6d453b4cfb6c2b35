/* glob.h - Redis's pattern rules. */
#ifndef RESPUB_BROKER_GLOB_H
#define RESPUB_BROKER_GLOB_H

#include "resp/resp.h"

/* Does text match pattern? Bytes, case-sensitive, any byte allowed in both:
 *
 *   *        any bytes, none included; but an empty text matches an empty pattern only
 *   ?        one byte
 *   [abc]    one of these; [^abc] one that is none of these; [a-z] a range, whichever end comes
 * first, its bytes compared as signed; a backslash takes the next byte as it is; without its ] a
 *            class ends with the pattern, so that "[^" is any byte and "[" none
 *   \x       the byte x; a backslash at the end is itself
 *
 * Work is bounded: after four million steps the answer is "no". A pattern and a text of a thousand
 * bytes each stay below it whatever they hold.
 * Source: stringmatchlen in Redis 7.0's util.c, and answers of redis-server 7.0. */
bool respub__broker_glob_match(respub_slice pattern, respub_slice text);

/* What matching these two may cost at most, in thousands of steps, rounded down. */
uint64_t respub__broker_glob_work(respub_slice pattern, respub_slice text);

#endif
