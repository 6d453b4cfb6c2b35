#include "broker/complaint.h"

#include <string.h>

void respub__broker_complain(respub__broker_complaint *complaint, respub_slice text) {
  size_t room = sizeof complaint->text;
  complaint->len = text.len < room ? text.len : room;
  memcpy(complaint->text, text.ptr, complaint->len);
}

static void complain_of_type(respub__broker_complaint *complaint, char byte) {
  respub__broker_complain(complaint, RESPUB_LIT("expected '$', got '?'"));
  complaint->text[complaint->len - 2] = byte;
}

/* The type byte of the line that position lies in; there is a line before it. */
static char type_byte(const char *request, size_t position) {
  while (request[position - 1] != '\n')
    position--;
  return request[position];
}

static respub_slice about_count(respub_status error, bool trusted) {
  return error == RESPUB_EELEMENTS && !trusted ? RESPUB_LIT("unauthenticated multibulk length")
                                               : RESPUB_LIT("invalid multibulk length");
}

static respub_slice about_word(respub_status error, bool trusted) {
  if (error == RESPUB_EBULK && !trusted)
    return RESPUB_LIT("unauthenticated bulk length");
  if (error == RESPUB_EBYTES)
    return RESPUB_LIT("too big request");
  if (error == RESPUB_ECRLF)
    return RESPUB_LIT("expected CR LF behind an argument");
  return RESPUB_LIT("invalid bulk length");
}

void respub__broker_complain_of_bytes(respub__broker_complaint *complaint, const respub_decoder *d,
                                      const char *request, bool trusted) {
  bool in_first_line = memchr(request, '\n', d->position) == NULL;
  /* Of these two the position may lie in a word's bytes, and no type stands in front of them. */
  bool in_header = d->status != RESPUB_ECRLF && d->status != RESPUB_EVERBATIM;
  char type = in_header && !in_first_line ? type_byte(request, d->position) : '$';
  if (in_first_line)
    respub__broker_complain(complaint, about_count(d->status, trusted));
  else if (d->status == RESPUB_EVERBATIM)
    complain_of_type(complaint, '=');
  else if (type != '$')
    complain_of_type(complaint, type);
  else
    respub__broker_complain(complaint, about_word(d->status, trusted));
}

void respub__broker_complain_of_word(respub__broker_complaint *complaint, const respub_node *word) {
  static const char bytes[] = {
      [RESPUB_SIMPLE] = '+',   [RESPUB_ERROR] = '-',      [RESPUB_INTEGER] = ':',
      [RESPUB_DOUBLE] = ',',   [RESPUB_BOOLEAN] = '#',    [RESPUB_BIGNUM] = '(',
      [RESPUB_VERBATIM] = '=', [RESPUB_BLOB_ERROR] = '!',
  };
  char byte = word->type < sizeof bytes ? bytes[word->type] : '\0';
  /* A null is nearly always "$-1". */
  if (byte == '\0')
    respub__broker_complain(complaint, RESPUB_LIT("invalid bulk length"));
  else
    complain_of_type(complaint, byte);
}
