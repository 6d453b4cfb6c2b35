/* type.h - what the codec knows about each type. Private to resp/. */
#ifndef RESPUB_RESP_TYPE_H
#define RESPUB_RESP_TYPE_H

#include "resp/resp.h"

/* The first byte of a type on the wire, in the order of respub_type from 1. */
#if RESPUB_RESP3
#define RESPUB__TYPE_BYTES "+-:$*_%~>,#(=!|"
#else
#define RESPUB__TYPE_BYTES "+-:$*"
#endif
#define RESPUB__TYPE_COUNT (sizeof(RESPUB__TYPE_BYTES) - 1)

#define RESPUB__TYPE_BIT(type) (1u << (type))

/* The aggregates; the types whose nodes have a text; the lines that are numbers; all lines; what
 * has a null of its own. */
#if RESPUB_RESP3
#define RESPUB__AGGREGATES                                                                         \
  (RESPUB__TYPE_BIT(RESPUB_ARRAY) | RESPUB__TYPE_BIT(RESPUB_MAP) | RESPUB__TYPE_BIT(RESPUB_SET) |  \
   RESPUB__TYPE_BIT(RESPUB_PUSH) | RESPUB__TYPE_BIT(RESPUB_ATTRIBUTE))
#define RESPUB__TEXTS                                                                              \
  (RESPUB__TYPE_BIT(RESPUB_SIMPLE) | RESPUB__TYPE_BIT(RESPUB_ERROR) |                              \
   RESPUB__TYPE_BIT(RESPUB_BULK) | RESPUB__TYPE_BIT(RESPUB_DOUBLE) |                               \
   RESPUB__TYPE_BIT(RESPUB_BIGNUM) | RESPUB__TYPE_BIT(RESPUB_VERBATIM) |                           \
   RESPUB__TYPE_BIT(RESPUB_BLOB_ERROR))
#define RESPUB__NUMBERS                                                                            \
  (RESPUB__TYPE_BIT(RESPUB_INTEGER) | RESPUB__TYPE_BIT(RESPUB_DOUBLE) |                            \
   RESPUB__TYPE_BIT(RESPUB_BIGNUM))
#else
#define RESPUB__AGGREGATES RESPUB__TYPE_BIT(RESPUB_ARRAY)
#define RESPUB__TEXTS                                                                              \
  (RESPUB__TYPE_BIT(RESPUB_SIMPLE) | RESPUB__TYPE_BIT(RESPUB_ERROR) | RESPUB__TYPE_BIT(RESPUB_BULK))
#define RESPUB__NUMBERS RESPUB__TYPE_BIT(RESPUB_INTEGER)
#endif

#define RESPUB__LINES                                                                              \
  (RESPUB__TYPE_BIT(RESPUB_SIMPLE) | RESPUB__TYPE_BIT(RESPUB_ERROR) | RESPUB__NUMBERS)
#define RESPUB__NULLABLE (RESPUB__TYPE_BIT(RESPUB_BULK) | RESPUB__TYPE_BIT(RESPUB_ARRAY))

/* Is type, which is one of respub_type, in this set of RESPUB__TYPE_BIT? */
static inline bool respub__type_in(unsigned type, unsigned types) {
  return ((types >> type) & 1u) != 0;
}

/* The same for a node that a caller made, whose type may be anything. */
static inline bool respub__node_in(const respub_node *node, unsigned types) {
  return node->type < 32 && respub__type_in(node->type, types);
}

/* The wire's byte of type, 0 for what this build cannot send. */
static inline char respub__type_byte(unsigned type) {
  return type - 1 < RESPUB__TYPE_COUNT ? RESPUB__TYPE_BYTES[type - 1] : '\0';
}

/* The respub_type that byte begins, 0 for none. */
static inline uint8_t respub__type_of(char byte) {
  for (unsigned i = 0; i < RESPUB__TYPE_COUNT; i++) {
    if (RESPUB__TYPE_BYTES[i] == byte)
      return (uint8_t)(i + 1);
  }
  return 0;
}

/* The values that follow the header of an aggregate that announces count elements or pairs. */
static inline uint64_t respub__type_children(unsigned type, uint64_t count) {
  if (RESPUB_RESP3 && type == RESPUB_MAP)
    return 2 * count;
  if (RESPUB_RESP3 && type == RESPUB_ATTRIBUTE)
    return 2 * count + 1;
  return count;
}

#endif
