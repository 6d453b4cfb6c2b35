/* Encode then decode gives the same tree, and encode again the same bytes, for generated trees. */
#include "resp/resp.h"
#include "tests/support/pieces.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"
#include "tests/support/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SEEDS = 3000,
  OUT_MAX = 64 * 1024,
  CUTS_MAX = 4096
};

static respub_tree tree;

static bool decodes_to_the_tree(respub_pieces *p, const char *bytes, size_t size, uint64_t *seed) {
  static size_t cuts[CUTS_MAX];
  size_t n = 0;
  const uint32_t step = 1 + respub_tree_choose_random(seed, 200);
  for (size_t at = 0; at < size && n < CUTS_MAX; at += 1 + respub_tree_choose_random(seed, step))
    cuts[n++] = at;
  const respub_outcome got =
      respub_pieces_decode(p, bytes, size, cuts, respub_tree_choose_random(seed, 4) == 0 ? 0 : n);
  return got.status == RESPUB_OK && got.offset == size &&
         p->decoder.node_count == tree.node_count &&
         respub_tape_equal(p->nodes, tree.nodes, tree.node_count);
}

static bool survives(uint64_t seed, size_t nodes) {
  static char bytes[OUT_MAX], again[OUT_MAX];
  respub_pieces p;
  respub_tree_grow(&tree, respub_tree_choose_random, &seed);
  const size_t size = respub_encode_nodes(NULL, 0, tree.nodes);
  if (size > OUT_MAX || respub_encode_nodes(bytes, size, tree.nodes) != size)
    return false;
  respub_pieces_open(&p, NULL, size, nodes);
  const bool same = decodes_to_the_tree(&p, bytes, size, &seed) &&
                    respub_encode_nodes(again, sizeof again, p.nodes) == size &&
                    memcmp(bytes, again, size) == 0;
  respub_pieces_close(&p);
  return same;
}

static void a_generated_tree_survives_encode_and_decode(void) {
  size_t nodes = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    const bool same = survives(seed, seed % 8 == 0 ? 0 : RESPUB_TREE_NODES);
    if (!same)
      printf("\n    seed %llu\n", (unsigned long long)seed);
    CU_ASSERT_FATAL(same);
    nodes += tree.node_count;
  }
  CU_ASSERT(nodes > SEEDS * 3); /* the trees are not all leaves */
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_generated_tree_survives_encode_and_decode),
  };
  return respub_test_main("round_trip", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
