/* tape.h - a tape as text, so that a test can say what it expects.
 *
 *     *2($"abc" :-5)   ="txt:abc"   %1(+"key" _)   |1(+"a" #t +"value")   ,"1.5"   !"ERR"
 *
 * Brackets show the spans. Bytes outside of printable ASCII are \xHH. */
#ifndef RESPUB_TESTS_SUPPORT_TAPE_H
#define RESPUB_TESTS_SUPPORT_TAPE_H

#include "resp/resp.h"

/* Writes the subtree of root and a NUL. Text that does not fit in cap bytes is cut off. */
void respub_tape_print(char *out, size_t cap, const respub_node *root);

/* Are the n nodes the same, where each tape's texts are compared by their offset from its base? */
bool respub_tape_same(const respub_node *a, const char *a_base, const respub_node *b,
                      const char *b_base, size_t n);

/* Are the n nodes the same values with the same texts, wherever these are? */
bool respub_tape_equal(const respub_node *a, const respub_node *b, size_t n);

#endif
