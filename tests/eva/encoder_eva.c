/* For frama-c -eva: the encoder that ENCODE names on texts of any bytes and lengths up to TEXT, any
 * number, any type, and any STEP-th room up to ROOM. */
#include "resp/resp.h"

#include "tests/eva/any.h"

enum {
  TEXT = 3,
  ARGS = 2,
  STEP = 7,
  ROOM = 112,
  DIGITS_MAX = 20
};

enum {
  ENCODE_COMMAND,
  ENCODE_NO_COMMAND,
  ENCODE_BULK_HEADER,
  ENCODE_TEXT,
  ENCODE_INTEGER,
  ENCODE_AGGREGATE,
  ENCODE_NULL,
  ENCODE_BOOLEAN,
  ENCODE_VERBATIM,
  ENCODE_NODES
};

/* What is analysed unless tools/eva says otherwise. */
#ifndef ENCODE
#define ENCODE ENCODE_COMMAND
#endif

/* A verbatim string's format stands in front of its text. */
static char bytes[4 + TEXT];
static char out[ROOM];

static respub_slice any_slice(void) {
  const size_t len = Frama_C_unsigned_long_interval(0, TEXT);
  /*@ split len; */
  return respub_slice_of(bytes + sizeof bytes - len, len);
}

/* Any number of so many digits: how many they are is kept exact. */
static uint64_t any_of(int digits) {
  uint64_t first = 1;
  for (int i = 1; i < digits; i++)
    first *= 10;
  return Frama_C_unsigned_long_interval(digits > 1 ? first : 0,
                                        digits < DIGITS_MAX ? first * 10 - 1 : UINT64_MAX);
}

static uint64_t any_number(void) {
  const int digits = Frama_C_interval(1, DIGITS_MAX);
  /*@ split digits; */
  return any_of(digits);
}

static int64_t any_integer(void) {
  const uint64_t magnitude = any_number();
  if (magnitude <= INT64_MAX)
    return Frama_C_interval(0, 1) != 0 ? (int64_t)magnitude : -(int64_t)magnitude;
  return INT64_MIN;
}

static respub_type any_type(void) {
  const int type = Frama_C_interval(0, RESPUB_ATTRIBUTE + 1);
  /*@ split type; */
  return (respub_type)type;
}

static size_t encode_any_node(char *room, size_t cap) {
  respub_node node;
  node.text = any_slice();
  node.integer = Frama_C_long_interval(-99, 99); /* others: ENCODE_INTEGER, _AGGREGATE */
  node.span = 1;
  node.type = (uint8_t)any_type();
  return respub_encode_nodes(room, cap, &node);
}

static size_t encode_any_command(char *room, size_t cap) {
  const respub_slice args[ARGS] = {any_slice(), any_slice()};
  const size_t n = Frama_C_unsigned_long_interval(0, ARGS);
  const int digits = 1 + 9 * Frama_C_interval(0, 2);
  /*@ split n; */
  /*@ split digits; */
  return respub_encode_command_prefix(room, cap, any_of(digits), args, n);
}

static size_t encode_any(char *room, size_t cap) {
  switch (ENCODE) {
  case ENCODE_COMMAND:
    return encode_any_command(room, cap);
  case ENCODE_NO_COMMAND:
    return respub_encode_command(room, cap, NULL, 0);
  case ENCODE_BULK_HEADER:
    return respub_encode_bulk_header(room, cap, any_number());
  case ENCODE_TEXT:
    return respub_encode_text(room, cap, any_type(), any_slice());
  case ENCODE_INTEGER:
    return respub_encode_integer(room, cap, any_integer());
  case ENCODE_AGGREGATE:
    return respub_encode_aggregate(room, cap, any_type(), any_number());
  case ENCODE_NULL:
    return respub_encode_null(room, cap, any_type());
  case ENCODE_BOOLEAN:
    return respub_encode_boolean(room, cap, Frama_C_interval(0, 1) != 0);
  case ENCODE_VERBATIM:
    return respub_encode_verbatim(room, cap, any_slice(), any_slice());
  default:
    return encode_any_node(room, cap);
  }
}

int main(void) {
  const size_t steps = Frama_C_unsigned_long_interval(0, ROOM / STEP);
  /*@ split steps; */
  const size_t cap = steps * STEP;
  Frama_C_make_unknown(bytes, sizeof bytes);
  return encode_any(out + (ROOM - cap), cap) > 0; /* the room ends where out ends */
}
