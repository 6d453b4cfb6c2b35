/* request.h - from the bytes of one client to commands.
 *
 * No socket is known here: bytes are read into respub__broker_request_room, and commands taken out
 * until none is whole. */
#ifndef RESPUB_BROKER_REQUEST_H
#define RESPUB_BROKER_REQUEST_H

#include "broker/complaint.h"
#include "net/memory.h"

#define RESPUB__BROKER_REQUEST_NODES 8

typedef struct respub__broker_request {
  const respub_allocator *allocator;
  size_t max_bytes; /* of one command */
  char *buffer;
  size_t start; /* bytes [start, end) of buffer are not yet consumed */
  size_t end;
  size_t capacity;
  respub_decoder decoder;
  bool decoding;      /* a value has been begun and is not finished */
  size_t judged;      /* so many nodes of it, its own included, are what they should be */
  respub_node *nodes; /* own, or one of the heap after a large command */
  size_t node_capacity;
  respub_node own[RESPUB__BROKER_REQUEST_NODES];
  respub__broker_complaint
      complaint; /* after EPROTOCOL: Redis's sentence behind "-ERR Protocol error: " */
} respub__broker_request;

/* A command's words, the first being its name. */
typedef struct respub__broker_words {
  const respub_node *at; /* each of type BULK, one behind the other */
  size_t count;
} respub__broker_words;

/* *request must not move afterwards. */
void respub__broker_request_init(respub__broker_request *request, const respub_allocator *allocator,
                                 size_t max_bytes);
void respub__broker_request_free(respub__broker_request *request);

/* Where the next bytes are to be read to: *len >= 1. Valid until the next call; words taken before
 * are not any longer. ENOMEM. */
RESPUB_MUST_USE respub_status respub__broker_request_room(respub__broker_request *request,
                                                          char **place, size_t *len);

/* n bytes have been read to that place. */
void respub__broker_request_filled(respub__broker_request *request, size_t n);

/* The next command. A trusted client may send what max_bytes allows; before that, ten words of 16
 * KiB.
 *
 *   OK         words->count >= 1; valid until the next call
 *   MORE       read on
 *   EPROTOCOL  this stream cannot be understood any more; request->complaint says why
 *   ENOMEM
 *
 * Source of the sentences and the limits: processMultibulkBuffer and processInlineBuffer in Redis
 * 7.0's networking.c, and answers of redis-server 7.0. Stricter than that: the CR LF behind each
 * length and each word is checked. */
RESPUB_MUST_USE respub_status respub__broker_request_next(respub__broker_request *request,
                                                          bool trusted,
                                                          respub__broker_words *words);

#endif
