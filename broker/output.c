#include "broker/output.h"

#include <string.h>

#define MIN_CHUNK 512u
#define MAX_CHUNK 4096u
#define COPY_BELOW 512u
#define MIN_PIECES 8u

/* ------------------------------------------------------------------------------------------------
 * Blocks */

respub__broker_block *respub__broker_block_new(const respub_allocator *allocator, size_t size) {
  if (size > SIZE_MAX - sizeof(respub__broker_block))
    return NULL;
  respub__broker_block *block = respub__alloc(allocator, sizeof *block + size);
  if (block != NULL)
    *block = (respub__broker_block){.holders = 1, .capacity = size};
  return block;
}

void respub__broker_block_release(const respub_allocator *allocator, respub__broker_block *block) {
  if (block != NULL && --block->holders == 0)
    respub__free(allocator, block);
}

/* ------------------------------------------------------------------------------------------------
 * The ring of pieces */

static respub__broker_piece *piece_at(const respub__broker_output *output, size_t index) {
  return &output->pieces[(output->first + index) & (output->capacity - 1)];
}

static respub_status make_output_place(respub__broker_output *output) {
  if (output->count < output->capacity)
    return RESPUB_OK;
  size_t capacity = output->capacity == 0 ? MIN_PIECES : output->capacity * 2;
  if (capacity > SIZE_MAX / sizeof(respub__broker_piece))
    return RESPUB_ENOMEM;
  respub__broker_piece *pieces = respub__alloc(output->allocator, capacity * sizeof *pieces);
  if (pieces == NULL)
    return RESPUB_ENOMEM;
  for (size_t i = 0; i < output->count; i++)
    pieces[i] = *piece_at(output, i);
  respub__free(output->allocator, output->pieces);
  output->pieces = pieces;
  output->capacity = capacity;
  output->first = 0;
  return RESPUB_OK;
}

/* There is a place. The output becomes a holder of block. */
static void append_piece(respub__broker_output *output, respub__broker_block *block, size_t size) {
  *piece_at(output, output->count++) = (respub__broker_piece){block, 0, size};
  output->bytes += size;
}

static void drop_first(respub__broker_output *output) {
  respub__broker_block_release(output->allocator, piece_at(output, 0)->block);
  output->first = (output->first + 1) & (output->capacity - 1);
  output->count--;
}

void respub__broker_output_free(respub__broker_output *output) {
  while (output->count > 0)
    drop_first(output);
  respub__free(output->allocator, output->pieces);
  *output = (respub__broker_output){.allocator = output->allocator};
}

/* ------------------------------------------------------------------------------------------------
 * Adding */

/* The rest of the last block, if it is this output's own. A shared block has no rest: it was made
 * as large as its content. */
static char *in_last_block(respub__broker_output *output, size_t size) {
  if (output->count == 0)
    return NULL;
  respub__broker_piece *last = piece_at(output, output->count - 1);
  if (last->block->capacity - last->end < size)
    return NULL;
  char *place = last->block->bytes + last->end;
  last->end += size;
  output->bytes += size;
  return place;
}

/* Twice the block before it: little for one reply, fewer blocks for many, and never more unused
 * room than there are bytes waiting. */
static size_t chunk_for(const respub__broker_output *output, size_t size) {
  size_t chunk = MIN_CHUNK;
  if (output->count > 0) {
    size_t before = piece_at(output, output->count - 1)->block->capacity;
    chunk = before < MAX_CHUNK / 2 ? before * 2 : MAX_CHUNK;
  }
  return chunk > size ? chunk : size;
}

char *respub__broker_output_add(respub__broker_output *output, size_t size) {
  char *place = in_last_block(output, size);
  if (place != NULL || make_output_place(output) != RESPUB_OK)
    return place;
  respub__broker_block *block =
      respub__broker_block_new(output->allocator, chunk_for(output, size));
  if (block == NULL)
    return NULL;
  append_piece(output, block, size);
  return block->bytes;
}

respub_status respub__broker_output_share(respub__broker_output *output,
                                          respub__broker_block *block) {
  if (block->capacity < COPY_BELOW) {
    char *place = respub__broker_output_add(output, block->capacity);
    if (place == NULL)
      return RESPUB_ENOMEM;
    memcpy(place, block->bytes, block->capacity);
    return RESPUB_OK;
  }
  if (make_output_place(output) != RESPUB_OK)
    return RESPUB_ENOMEM;
  block->holders++;
  append_piece(output, block, block->capacity);
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Sending */

size_t respub__broker_output_parts(const respub__broker_output *output, respub_slice *parts,
                                   size_t max) {
  size_t n = output->count < max ? output->count : max;
  for (size_t i = 0; i < n; i++) {
    const respub__broker_piece *piece = piece_at(output, i);
    parts[i] = respub_slice_of(piece->block->bytes + piece->start, piece->end - piece->start);
  }
  return n;
}

void respub__broker_output_sent(respub__broker_output *output, size_t n) {
  output->bytes -= n;
  while (n > 0) {
    respub__broker_piece *piece = piece_at(output, 0);
    size_t here = piece->end - piece->start;
    if (n < here) {
      piece->start += n;
      return;
    }
    n -= here;
    drop_first(output);
  }
  if (output->count == 0)
    respub__broker_output_free(output);
}
