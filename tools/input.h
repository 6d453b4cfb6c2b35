/* input.h - a stream of bytes in a buffer that grows with what it holds, never with what is
 * promised. */
#ifndef RESPUB_TOOLS_INPUT_H
#define RESPUB_TOOLS_INPUT_H

#include "resp/resp.h"

typedef struct input {
  const char *name; /* for sentences */
  char *buffer;
  size_t capacity;
  size_t start, end;
  uint64_t consumed; /* bytes of the stream before start */
  int fd;
} input;

typedef enum input_result {
  INPUT_MORE,
  INPUT_END,
  INPUT_FAILED
} input_result;

/* False: no memory. The descriptor stays the caller's. */
bool input_open(input *in, int fd, const char *name);

/* What has been read and not consumed; valid until the next fill. */
respub_slice input_bytes(const input *in);
void input_consume(input *in, size_t len);

/* Reads once, waiting for at least a byte. wanted is how long the bytes are expected to become in
 * all, 0 when that is not known: the buffer at most doubles on the way there. FAILED has been said.
 */
input_result input_fill(input *in, size_t wanted);

/* True when a fill would not wait. */
bool input_is_ready(const input *in);

/* Accepts one that is all zeros. */
void input_close(input *in);

#endif
