/* The input grows a value tree: it must survive encode and decode, with too little memory nothing
 * may be written, and one byte less must be incomplete. */
#include "resp/resp.h"
#include "tests/support/tape.h"
#include "tests/support/tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct source {
  const uint8_t *data;
  size_t size;
} source;

static void require(bool holds) {
  if (!holds)
    abort();
}

/* Chooses 0 when the input is used up, so that every tree ends. */
static uint32_t choose(void *ctx, uint32_t n) {
  source *s = (source *)ctx;
  uint32_t number = 0;
  for (uint32_t width = n - 1; width > 0 && s->size > 0; width >>= 8) {
    number = number << 8 | *s->data++;
    s->size--;
  }
  return number % n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static respub_tree tree;
  static respub_node nodes[RESPUB_TREE_NODES];
  source s = {data, size};
  respub_tree_grow(&tree, choose, &s);

  const size_t want = respub_encode_nodes(NULL, 0, tree.nodes);
  require(want != RESPUB_UNENCODABLE);
  char *bytes = (char *)malloc(want);
  require(bytes != NULL);
  memset(bytes, '#', want);
  require(respub_encode_nodes(bytes, want - 1, tree.nodes) == want);
  for (size_t i = 0; i < want; i++)
    require(bytes[i] == '#');
  require(respub_encode_nodes(bytes, want, tree.nodes) == want);

  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, nodes, RESPUB_TREE_NODES);
  require(respub_decode(&d, bytes, want - 1, &used) == RESPUB_MORE);
  require(respub_decode_end(&d) == RESPUB_ETRUNCATED);
  require(respub_decode(&d, bytes, want, &used) == RESPUB_OK && used == want);
  require(d.node_count == tree.node_count);
  require(respub_tape_equal(nodes, tree.nodes, tree.node_count));
  free(bytes);
  return 0;
}
