#include "tests/support/pieces.h"

#include <stdlib.h>
#include <string.h>

void respub_pieces_open(respub_pieces *p, const respub_limits *limits, size_t size, size_t nodes) {
  memset(p, 0, sizeof *p);
  p->first_capacity = nodes;
  p->guards[0] = respub_guard_open(size);
  p->guards[1] = respub_guard_open(size);
  respub_decoder_init(&p->decoder, limits, NULL, 0);
}

void respub_pieces_close(respub_pieces *p) {
  respub_guard_close(&p->guards[0]);
  respub_guard_close(&p->guards[1]);
  free(p->nodes);
}

static void resize(respub_pieces *p, size_t capacity) {
  respub_node *nodes = (respub_node *)malloc(capacity * sizeof *nodes + 1);
  if (nodes == NULL)
    abort();
  if (p->node_capacity > 0)
    memcpy(nodes, p->nodes, p->node_capacity * sizeof *nodes);
  free(p->nodes);
  p->nodes = nodes;
  p->node_capacity = capacity;
  respub_decoder_grow(&p->decoder, p->nodes, p->node_capacity);
}

void respub_pieces_begin(respub_pieces *p) {
  p->node_capacity = 0;
  resize(p, p->first_capacity);
  respub_decoder_reset(&p->decoder);
}

static const char *move(respub_pieces *p, const char *input, size_t len) {
  respub_guard *guard = &p->guards[p->calls % 2];
  respub_guard *other = &p->guards[(p->calls + 1) % 2];
  const bool last = p->calls / 2 % 2 == 0;
  memset(other->start, '#', (size_t)(other->end - other->start));
  p->calls++;
  return last ? respub_guard_put_last(guard, input, len)
              : respub_guard_put_first(guard, input, len);
}

respub_outcome respub_pieces_show(respub_pieces *p, const char *input, size_t len) {
  respub_outcome outcome = {RESPUB_NODES, 0};
  while (outcome.status == RESPUB_NODES) {
    p->input = move(p, input, len);
    outcome.status = respub_decode(&p->decoder, p->input, len, &outcome.offset);
    if (outcome.status == RESPUB_NODES)
      resize(p, p->node_capacity + 1);
  }
  if (outcome.status < 0)
    outcome.offset = p->decoder.position;
  return outcome;
}

respub_outcome respub_pieces_decode(respub_pieces *p, const char *input, size_t len,
                                    const size_t *cuts, size_t n_cuts) {
  respub_pieces_begin(p);
  for (size_t i = 0; i < n_cuts; i++) {
    const respub_outcome outcome = respub_pieces_show(p, input, cuts[i]);
    if (outcome.status != RESPUB_MORE)
      return outcome;
  }
  return respub_pieces_show(p, input, len);
}
