#include "tests/support/tree.h"

#include <string.h>

enum {
  DEPTH_MAX = 6,
  CHILDREN_MAX = 5,
  TEXT_MAX = 48,
  ENOUGH_NODES = RESPUB_TREE_NODES - (DEPTH_MAX + 1) * (2 * CHILDREN_MAX + 1),
  ENOUGH_TEXT = RESPUB_TREE_TEXT / 2
};

static uint32_t choose(respub_tree *tree, uint32_t n) {
  return tree->choose(tree->ctx, n);
}

static void add_byte(respub_tree *tree, char c) {
  tree->text[tree->text_len++] = c;
}

static void add_string(respub_tree *tree, const char *string) {
  while (*string != '\0')
    add_byte(tree, *string++);
}

static void add_digits(respub_tree *tree) {
  for (uint32_t n = 1 + choose(tree, 30); n > 0; n--)
    add_byte(tree, (char)('0' + choose(tree, 10)));
}

static void add_bytes(respub_tree *tree, bool line) {
  static const char notable[] = "\r\n$*:0-";
  for (uint32_t n = choose(tree, TEXT_MAX); n > 0; n--) {
    const char c = choose(tree, 4) == 0 ? notable[choose(tree, sizeof notable)]
                                        : (char)(unsigned char)choose(tree, 256);
    add_byte(tree, line && (c == '\r' || c == '\n') ? '.' : c);
  }
}

static void add_sign(respub_tree *tree) {
  static const char *const signs[] = {"", "-", "+"};
  add_string(tree, signs[choose(tree, 3)]);
}

static void add_double(respub_tree *tree) {
  static const char *const words[] = {"inf", "-inf", "nan", "-nan"};
  if (choose(tree, 4) == 0) {
    add_string(tree, words[choose(tree, 4)]);
    return;
  }
  add_sign(tree);
  add_digits(tree);
  if (choose(tree, 2) == 0) {
    add_byte(tree, '.');
    add_digits(tree);
  }
  if (choose(tree, 2) == 0) {
    add_byte(tree, choose(tree, 2) == 0 ? 'e' : 'E');
    add_sign(tree);
    add_digits(tree);
  }
}

static void add_text(respub_tree *tree, respub_type type) {
  if (type == RESPUB_DOUBLE) {
    add_double(tree);
  } else if (type == RESPUB_BIGNUM) {
    add_sign(tree);
    add_digits(tree);
  } else {
    add_bytes(tree, type == RESPUB_SIMPLE || type == RESPUB_ERROR);
  }
}

static bool has_text(respub_type type) {
  return type == RESPUB_SIMPLE || type == RESPUB_ERROR || type == RESPUB_BULK ||
         type == RESPUB_DOUBLE || type == RESPUB_BIGNUM || type == RESPUB_VERBATIM ||
         type == RESPUB_BLOB_ERROR;
}

static int64_t integer(respub_tree *tree) {
  static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0, -1, 9, 10, 999999999, 1000000000};
  if (choose(tree, 2) == 0)
    return ends[choose(tree, 8)];
  return ((int64_t)choose(tree, UINT32_MAX) - INT32_MAX) * choose(tree, 1000000);
}

static respub_node *add_node(respub_tree *tree, respub_type type) {
  respub_node *node = &tree->nodes[tree->node_count++];
  memset(node, 0, sizeof *node);
  node->type = (uint8_t)type;
  node->span = 1;
  return node;
}

static void grow_leaf(respub_tree *tree, respub_type type) {
  respub_node *node = add_node(tree, type);
  if (type == RESPUB_INTEGER)
    node->integer = integer(tree);
  if (type == RESPUB_BOOLEAN)
    node->integer = choose(tree, 2);
  if (!has_text(type))
    return;
  if (type == RESPUB_VERBATIM)
    add_string(tree, choose(tree, 2) == 0 ? "txt:" : "mkd:");
  const size_t start = tree->text_len;
  add_text(tree, type);
  node->text = respub_slice_of(tree->text + start, tree->text_len - start);
}

static bool is_aggregate(respub_type type) {
  return type == RESPUB_ARRAY || type == RESPUB_MAP || type == RESPUB_SET || type == RESPUB_PUSH ||
         type == RESPUB_ATTRIBUTE;
}

static respub_type any_type(respub_tree *tree) {
  return (respub_type)(1 + choose(tree, RESPUB_RESP3 ? RESPUB_ATTRIBUTE : RESPUB_ARRAY));
}

static void grow_value(respub_tree *tree, respub_type type, unsigned depth) {
  const bool full =
      depth == DEPTH_MAX || tree->node_count >= ENOUGH_NODES || tree->text_len >= ENOUGH_TEXT;
  if (!is_aggregate(type) || full) {
    grow_leaf(tree, is_aggregate(type) ? RESPUB_NULL : type);
    return;
  }
  respub_node *node = add_node(tree, type);
  node->integer = choose(tree, CHILDREN_MAX + 1);
  for (size_t left = respub_node_count(node); left > 0; left--)
    grow_value(tree, any_type(tree), depth + 1);
  node->span = (uint32_t)(&tree->nodes[tree->node_count] - node);
}

void respub_tree_grow(respub_tree *tree, uint32_t (*choice)(void *ctx, uint32_t n), void *ctx) {
  tree->node_count = 0;
  tree->text_len = 0;
  tree->choose = choice;
  tree->ctx = ctx;
  grow_value(tree, choose(tree, 2) == 0 ? RESPUB_ARRAY : any_type(tree), 0);
}

uint32_t respub_tree_choose_random(void *ctx, uint32_t n) {
  uint64_t *state = (uint64_t *)ctx;
  *state += 0x9e3779b97f4a7c15u;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) % n);
}
