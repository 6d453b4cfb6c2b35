#include "broker/request.h"

#include "broker/inline.h"

#include <string.h>

#define REQUEST_FIRST_BYTES 16384u
#define INLINE_BYTES 65536u
#define STRANGER_WORDS 10u
#define STRANGER_WORD_BYTES 16384u
#define LONGEST_COUNT sizeof "*-9223372036854775808"

void respub__broker_request_init(respub__broker_request *request, const respub_allocator *allocator,
                                 size_t max_bytes) {
  *request = (respub__broker_request){.allocator = allocator, .max_bytes = max_bytes};
  request->nodes = request->own;
  request->node_capacity = RESPUB__BROKER_REQUEST_NODES;
}

static void release_nodes(respub__broker_request *request) {
  if (request->nodes != request->own)
    respub__free(request->allocator, request->nodes);
  request->nodes = request->own;
  request->node_capacity = RESPUB__BROKER_REQUEST_NODES;
}

static void release_buffer(respub__broker_request *request) {
  respub__free(request->allocator, request->buffer);
  request->buffer = NULL;
  request->start = request->end = request->capacity = 0;
}

void respub__broker_request_free(respub__broker_request *request) {
  release_nodes(request);
  release_buffer(request);
}

/* ------------------------------------------------------------------------------------------------
 * Bytes in */

/* Moves what is left to the front, if that gains something. */
static void compact(respub__broker_request *request) {
  if (request->start == 0)
    return;
  memmove(request->buffer, request->buffer + request->start, request->end - request->start);
  request->end -= request->start;
  request->start = 0;
}

respub_status respub__broker_request_room(respub__broker_request *request, char **place,
                                          size_t *len) {
  compact(request);
  if (request->end == request->capacity) {
    if (request->capacity > SIZE_MAX / 2)
      return RESPUB_ENOMEM;
    size_t capacity = request->capacity == 0 ? REQUEST_FIRST_BYTES : request->capacity * 2;
    char *buffer = respub__resize(request->allocator, request->buffer, capacity);
    if (buffer == NULL)
      return RESPUB_ENOMEM;
    request->buffer = buffer;
    request->capacity = capacity;
  }
  *place = request->buffer + request->end;
  *len = request->capacity - request->end;
  return RESPUB_OK;
}

void respub__broker_request_filled(respub__broker_request *request, size_t n) {
  request->end += n;
}

/* ------------------------------------------------------------------------------------------------
 * Commands out */

/* A larger tape with the old one at its front. */
static respub_status grow_request_nodes(respub__broker_request *request) {
  if (request->node_capacity > SIZE_MAX / sizeof(respub_node) / 2)
    return RESPUB_ENOMEM;
  size_t capacity = request->node_capacity * 2;
  bool own = request->nodes == request->own;
  respub_node *nodes =
      respub__resize(request->allocator, own ? NULL : request->nodes, capacity * sizeof *nodes);
  if (nodes == NULL)
    return RESPUB_ENOMEM;
  if (own)
    memcpy(nodes, request->own, sizeof request->own);
  request->nodes = nodes;
  request->node_capacity = capacity;
  return RESPUB_OK;
}

static respub_status refuse_inline(respub__broker_request *request, respub_slice why) {
  respub__broker_complain(&request->complaint, why);
  return RESPUB_EPROTOCOL;
}

static respub_status take_inline(respub__broker_request *request, size_t *used,
                                 respub__broker_words *words) {
  char *line = request->buffer + request->start;
  size_t len = request->end - request->start;
  size_t most = request->max_bytes < INLINE_BYTES ? request->max_bytes : INLINE_BYTES;
  char *newline = memchr(line, '\n', len);
  size_t line_len = newline == NULL ? len : (size_t)(newline - line);
  if (line_len > most)
    return refuse_inline(request, RESPUB_LIT("too big inline request"));
  if (newline == NULL)
    return RESPUB_MORE;
  *used = line_len + 1;
  respub__broker_inline rest = {line, newline};
  respub_slice word;
  respub_status status;
  size_t count = 0;
  while ((status = respub__broker_inline_word(&rest, &word)) == RESPUB_OK) {
    if (count == request->node_capacity && grow_request_nodes(request) != RESPUB_OK)
      return RESPUB_ENOMEM;
    request->nodes[count++] = (respub_node){.text = word, .span = 1, .type = RESPUB_BULK};
  }
  if (status != RESPUB_MORE)
    return refuse_inline(request, RESPUB_LIT("unbalanced quotes in request"));
  *words = (respub__broker_words){request->nodes, count};
  return RESPUB_OK;
}

static respub_limits limits_of(const respub__broker_request *request, bool trusted) {
  respub_limits limits = {
      .depth = 1, .bytes = request->max_bytes, .bulk_bytes = request->max_bytes};
  if (!trusted) {
    limits.elements = STRANGER_WORDS;
    if (limits.bulk_bytes > STRANGER_WORD_BYTES)
      limits.bulk_bytes = STRANGER_WORD_BYTES;
  }
  return limits;
}

static respub_status decode_request(respub__broker_request *request, bool trusted, size_t *used) {
  if (!request->decoding) {
    respub_limits limits = limits_of(request, trusted);
    respub_decoder_init(&request->decoder, &limits, request->nodes, request->node_capacity);
    request->decoding = true;
    request->judged = 1;
  }
  for (;;) {
    respub_status status = respub_decode(&request->decoder, request->buffer + request->start,
                                         request->end - request->start, used);
    if (status != RESPUB_NODES) {
      request->decoding = status == RESPUB_MORE;
      return status;
    }
    if (grow_request_nodes(request) != RESPUB_OK)
      return RESPUB_ENOMEM;
    respub_decoder_grow(&request->decoder, request->nodes, request->node_capacity);
  }
}

/* The first of the words that have come since the last call that is no bulk string; NULL: none. */
static const respub_node *strange_word(respub__broker_request *request) {
  for (; request->judged < request->decoder.node_count; request->judged++) {
    const respub_node *word = &request->nodes[request->judged];
    if (word->type != RESPUB_BULK)
      return word;
  }
  return NULL;
}

/* Is this line, without its CR LF, a count below zero as Redis reads numbers? */
static bool is_negative_count(respub_slice line) {
  int64_t count;
  respub_node number = {.text = respub_slice_of(line.ptr + 1, line.len - 1), .type = RESPUB_BULK};
  return line.len > 2 && line.ptr[1] == '-' && line.ptr[2] != '0' &&
         respub_node_integer(&number, &count) == RESPUB_OK;
}

/* Redis passes over a count below zero, whichever it is; to the decoder only -1 means something.
 * OK; MORE; ELENGTH: the line is another one. */
static respub_status pass_negative_count(const respub__broker_request *request, size_t *used) {
  const char *line = request->buffer + request->start;
  size_t len = request->end - request->start;
  if (len > 1 && line[1] != '-')
    return RESPUB_ELENGTH;
  const char *cr = memchr(line, '\r', len < LONGEST_COUNT ? len : LONGEST_COUNT);
  size_t line_len = cr == NULL ? len : (size_t)(cr - line);
  if (line_len + 2 > len && line_len < LONGEST_COUNT)
    return RESPUB_MORE;
  if (cr == NULL || cr[1] != '\n' || !is_negative_count(respub_slice_of(line, line_len)))
    return RESPUB_ELENGTH;
  *used = line_len + 2;
  return RESPUB_OK;
}

static respub_status take_array_request(respub__broker_request *request, bool trusted, size_t *used,
                                        respub__broker_words *words) {
  respub_status status = pass_negative_count(request, used);
  if (status != RESPUB_ELENGTH)
    return status;
  status = decode_request(request, trusted, used);
  if (status == RESPUB_ENOMEM)
    return status;
  /* Refused as soon as it is there: whoever sent it may be waiting for the answer. */
  const respub_node *strange = strange_word(request);
  if (strange != NULL) {
    respub__broker_complain_of_word(&request->complaint, strange);
    return RESPUB_EPROTOCOL;
  }
  if (status == RESPUB_MORE)
    return status;
  if (status != RESPUB_OK) {
    respub__broker_complain_of_bytes(&request->complaint, &request->decoder,
                                     request->buffer + request->start, trusted);
    return RESPUB_EPROTOCOL;
  }
  /* "*0" is a command of no word. */
  *words = (respub__broker_words){request->nodes + 1, request->decoder.node_count - 1};
  return RESPUB_OK;
}

/* What a large command has grown goes back once it has been executed. */
static void tidy(respub__broker_request *request) {
  if (!request->decoding && request->node_capacity > RESPUB__BROKER_REQUEST_NODES)
    release_nodes(request);
  if (request->start == request->end)
    release_buffer(request);
}

respub_status respub__broker_request_next(respub__broker_request *request, bool trusted,
                                          respub__broker_words *words) {
  tidy(request);
  while (request->start < request->end) {
    size_t used = 0;
    words->count = 0;
    bool array = request->buffer[request->start] == '*';
    respub_status status = array ? take_array_request(request, trusted, &used, words)
                                 : take_inline(request, &used, words);
    if (status != RESPUB_OK)
      return status;
    request->start += used;
    if (words->count > 0)
      return RESPUB_OK;
  }
  return RESPUB_MORE;
}
