/* Messages on their way in: socket -> read buffer -> caller. */
#include "net/conn.h"
#include "net/messages.h"

#include <string.h>

/* Behind the type byte of the frame. */
static const char message_head[] = "3\r\n$7\r\nmessage\r\n$";

enum {
  HEAD_BYTES = sizeof message_head - 1,
  STRINGS = 3,
  STRING_DIGITS = 9, /* no overflow in 32 bits */
  LINE_END = 2,
  /* A string with fewer bytes behind its "$", to the end of the buffer, is left to others: so its
   * length can be read without a look at the end. */
  STRING_BYTES = STRING_DIGITS + 2 * LINE_END
};

/* Limits so low that they concern even three strings are the decoder's business, as is a buffer
 * with more bytes than a value may have. */
static bool admits_messages(const respub_conn *conn) {
  const respub_limits *l = &conn->decoder.limits;
  return l->elements >= STRINGS && l->total >= STRINGS &&
         l->bytes >= respub__buffer_used(&conn->input);
}

static inline bool is_line_end(const char *p) {
  return memcmp(p, "\r\n", LINE_END) == 0;
}

/* A string behind its "$"; STRING_BYTES or more are there at p. Returns the byte behind it; NULL:
 * it is not all there, empty, too long or of an unusual form. At last begin the last STRING_BYTES.
 */
static inline const char *take_string(const char *p, const char *last, size_t most,
                                      respub_slice *string) {
  const char *const stop = p + STRING_DIGITS;
  unsigned digit = (unsigned)(unsigned char)*p - '0';
  size_t len = 0;
  if (digit == 0)
    return NULL;
  for (; digit <= 9; digit = (unsigned)(unsigned char)*p - '0') {
    len = len * 10 + digit;
    if (++p == stop)
      break;
  }
  if (!is_line_end(p) || len - 1 >= most)
    return NULL;
  p += LINE_END;
  if (len > (size_t)(last + STRING_BYTES - LINE_END - p) || !is_line_end(p + len))
    return NULL;
  *string = respub_slice_of(p, len);
  return p + len + LINE_END;
}

static inline const char *take_message(const char *p, const char *last, char type, size_t most,
                                       respub__message *message) {
  if (last - p <= HEAD_BYTES || *p != type || memcmp(p + 1, message_head, HEAD_BYTES) != 0)
    return NULL;
  p = take_string(p + 1 + HEAD_BYTES, last, most, &message->channel);
  if (p == NULL || p >= last || *p != '$')
    return NULL;
  return take_string(p + 1, last, most, &message->payload);
}

size_t respub__conn_take_messages(respub_conn *conn, respub__message *messages, size_t max) {
  respub__buffer *in = &conn->input;
  size_t n = 0;
  /* With a status the decoder is in the middle of a value. */
  if (!respub__conn_is_ready(conn) || conn->decoder.status != RESPUB_OK ||
      respub_conn_untaken(conn) <= STRING_BYTES || !admits_messages(conn))
    return 0;
  const char *p = in->data + in->begin + conn->taken;
  const char *const last = in->data + in->end - STRING_BYTES;
  const char type = *p;
  if (type != '*' && (!RESPUB_RESP3 || type != '>'))
    return 0;
  size_t most = conn->decoder.limits.bulk_bytes;
  for (const char *next; n < max; n++, p = next) {
    next = take_message(p, last, type, most, &messages[n]);
    if (next == NULL)
      break;
  }
  conn->taken = 0;
  in->begin = (size_t)(p - in->data);
  if (type == '*')
    conn->due -= n < conn->due ? n : conn->due;
  return n;
}
