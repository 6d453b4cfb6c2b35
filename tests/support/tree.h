/* tree.h - grows value trees of every type from a source of choices: a seeded generator, or a
 * fuzzer's input. */
#ifndef RESPUB_TESTS_SUPPORT_TREE_H
#define RESPUB_TESTS_SUPPORT_TREE_H

#include "resp/resp.h"

enum {
  RESPUB_TREE_NODES = 512,
  RESPUB_TREE_TEXT = 32 * 1024
};

typedef struct respub_tree {
  respub_node nodes[RESPUB_TREE_NODES]; /* nodes[0] is the root */
  size_t node_count;
  char text[RESPUB_TREE_TEXT]; /* what the nodes point to */
  size_t text_len;
  uint32_t (*choose)(void *ctx, uint32_t n); /* a number below n; n >= 1 */
  void *ctx;
} respub_tree;

/* Grows a new tree. Its texts hold any byte that their type may hold. */
void respub_tree_grow(respub_tree *tree, uint32_t (*choice)(void *ctx, uint32_t n), void *ctx);

/* A choice from a splitmix64 generator; ctx is its uint64_t state, any seed will do. */
uint32_t respub_tree_choose_random(void *ctx, uint32_t n);

#endif
