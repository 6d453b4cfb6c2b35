#include "tests/support/tape.h"

#include <stdio.h>
#include <string.h>

typedef struct sink {
  char *out;
  size_t room; /* with that of the NUL */
} sink;

static void put(sink *s, const char *string) {
  for (; *string != '\0' && s->room > 1; string++, s->room--)
    *s->out++ = *string;
  *s->out = '\0';
}

static void put_quoted(sink *s, respub_slice bytes) {
  put(s, "\"");
  for (size_t i = 0; i < bytes.len; i++) {
    const unsigned char c = (unsigned char)bytes.ptr[i];
    char escaped[8];
    snprintf(escaped, sizeof escaped, c < ' ' || c > '~' ? "\\x%02x" : "%c", c);
    put(s, escaped);
  }
  put(s, "\"");
}

static void put_integer(sink *s, int64_t value) {
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", (long long)value);
  put(s, digits);
}

static bool has_number(const respub_node *node) {
  return node->type == RESPUB_INTEGER || node->type == RESPUB_ARRAY || node->type == RESPUB_MAP ||
         node->type == RESPUB_SET || node->type == RESPUB_PUSH || node->type == RESPUB_ATTRIBUTE;
}

static void put_leaf(sink *s, const respub_node *node) {
  static const char *const signs[] = {"",  "+", "-", ":", "$", "*", "_", "%",
                                      "~", ">", ",", "#", "(", "=", "!", "|"};
  put(s, node->type < sizeof signs / sizeof signs[0] ? signs[node->type] : "?");
  if (node->type == RESPUB_VERBATIM)
    put_quoted(s, respub_slice_of(node->text.ptr - 4, node->text.len + 4));
  else if (node->type == RESPUB_BOOLEAN)
    put(s, node->integer != 0 ? "t" : "f");
  else if (has_number(node))
    put_integer(s, node->integer);
  else if (node->type != RESPUB_NULL)
    put_quoted(s, node->text);
}

static void put_node(sink *s, const respub_node *node) {
  put_leaf(s, node);
  if (node->span <= 1)
    return;
  const respub_node *end = respub_node_next(node);
  const char *before = "(";
  for (const respub_node *child = node + 1; child < end; child = respub_node_next(child)) {
    put(s, before);
    put_node(s, child);
    before = " ";
  }
  put(s, ")");
}

void respub_tape_print(char *out, size_t cap, const respub_node *root) {
  sink s = {out, cap};
  put_node(&s, root);
}

static bool same_text(const respub_node *a, const char *a_base, const respub_node *b,
                      const char *b_base) {
  if (a->text.len != b->text.len || (a->text.ptr == NULL) != (b->text.ptr == NULL))
    return false;
  return a->text.ptr == NULL || a->text.ptr - a_base == b->text.ptr - b_base;
}

bool respub_tape_same(const respub_node *a, const char *a_base, const respub_node *b,
                      const char *b_base, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (a[i].type != b[i].type || a[i].span != b[i].span || a[i].integer != b[i].integer ||
        !same_text(&a[i], a_base, &b[i], b_base))
      return false;
  }
  return true;
}

bool respub_tape_equal(const respub_node *a, const respub_node *b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (a[i].type != b[i].type || a[i].span != b[i].span || a[i].integer != b[i].integer ||
        !respub_slice_equal(a[i].text, b[i].text) ||
        !respub_slice_equal(respub_node_format(&a[i]), respub_node_format(&b[i])))
      return false;
  }
  return true;
}
