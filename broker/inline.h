/* inline.h - the words of an inline command: a line as a person types it. */
#ifndef RESPUB_BROKER_INLINE_H
#define RESPUB_BROKER_INLINE_H

#include "resp/resp.h"

/* What is left of a line that is being taken apart, in place. */
typedef struct respub__broker_inline {
  char *at;
  char *end;
} respub__broker_inline;

/* Takes the next word out of the line, which it may overwrite: *word points into it. OK, MORE
 * (there is none), or ELENGTH (quotes without their end, or with something right behind it).
 *
 * Words are separated by blanks. "..." may hold them, with \n \r \t \b \a, \xHH and a backslash
 * before any other byte for that byte; '...' holds everything but \' for '. Quotes may begin in the
 * middle of a word but must end one.
 * Source: sdssplitargs in Redis 7.0's sds.c, and answers of redis-server 7.0. */
RESPUB_MUST_USE respub_status respub__broker_inline_word(respub__broker_inline *line,
                                                         respub_slice *word);

#endif
