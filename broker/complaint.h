/* complaint.h - Redis's sentences for requests that it cannot understand. */
#ifndef RESPUB_BROKER_COMPLAINT_H
#define RESPUB_BROKER_COMPLAINT_H

#include "resp/resp.h"

/* Bytes with a length, because one of them may be the client's. */
typedef struct respub__broker_complaint {
  size_t len;
  char text[48];
} respub__broker_complaint;

void respub__broker_complain(respub__broker_complaint *complaint, respub_slice text);

/* Why the decoder, at rest after an error, refused the command that starts at request. */
void respub__broker_complain_of_bytes(respub__broker_complaint *complaint, const respub_decoder *d,
                                      const char *request, bool trusted);

/* Why this word, well-formed but no bulk string, cannot be part of a command. */
void respub__broker_complain_of_word(respub__broker_complaint *complaint, const respub_node *word);

#endif
