/* For frama-c -eva: the decoder on any BYTES bytes behind the prefix of that number, with the
 * default limits or TIGHT ones, and any number of nodes up to NODES. With SPLIT, a first call sees
 * any part of the bytes, at another address and with other values: the decoder must not rely on
 * getting the same again. What it makes of them is read to the last byte. */
#include "resp/resp.h"

#include "tests/eva/any.h"

/* What is analysed unless tools/eva says otherwise. */
#ifndef BYTES
#define PREFIX 0
#define BYTES 4
#define NODES 3
#endif

#if PREFIX == 0
static const char prefix[] = "";
#elif PREFIX == 1
static const char prefix[] = "*2\r\n";
#elif PREFIX == 2
static const char prefix[] = "*1\r\n*1\r";
#elif PREFIX == 3
static const char prefix[] = "%1\r\n:1";
#elif PREFIX == 4
static const char prefix[] = "|1\r\n:1";
#else
static const char prefix[] = "=7\r\n";
#endif

enum {
  PREFIX_SIZE = sizeof prefix - 1,
  SIZE = PREFIX_SIZE + BYTES
};

static char buf[SIZE], moved[SIZE];
static respub_node nodes[NODES];

#ifdef TIGHT
static const respub_limits *const limits = &(const respub_limits){2, 2, 2, 2, 1, 5};
#else
static const respub_limits *const limits = NULL;
#endif

/* Fills the last len bytes of memory, so that the first byte that must not be read is none of it.
 */
static char *input(char *memory, size_t len) {
  char *const first = memory + (SIZE - len);
  Frama_C_make_unknown(memory, SIZE);
  for (size_t i = 0; i < len && i < PREFIX_SIZE; i++)
    first[i] = prefix[i];
  return first;
}

/* Takes what is read, so that no state depends on it. */
static volatile unsigned sink;

static void read_bytes(respub_slice bytes) {
  for (size_t i = 0; i < bytes.len; i++)
    sink = (unsigned char)bytes.ptr[i];
}

static void read_node(const respub_node *node) {
  int64_t integer = 0;
  sink = respub_node_integer(node, &integer) == RESPUB_OK;
  read_bytes(node->text);
  read_bytes(respub_node_format(node));
}

static void read_tape(void) {
  /*@ split nodes[0].type; */
  /*@ split nodes[0].span; */
  for (size_t i = 0; i < nodes[0].span; i++)
    read_node(nodes + i);
  for (size_t k = 0; k < NODES; k++) {
    const respub_node *child = respub_node_at(nodes, k);
    sink = child != NULL ? child->type : 0;
  }
  sink = respub_node_value(nodes)->type;
}

int main(void) {
  respub_decoder d;
  size_t used;
  respub_status status;
  size_t n = Frama_C_unsigned_long_interval(0, NODES);
  /*@ split n; */
  respub_decoder_init(&d, limits, nodes, n);
  size_t len = SIZE;
#ifdef SPLIT
  len = Frama_C_unsigned_long_interval(0, SIZE);
  /*@ split len; */
#endif
  status = respub_decode(&d, input(buf, len), len, &used);
  if (status == RESPUB_MORE && len < SIZE)
    status = respub_decode(&d, input(moved, SIZE), SIZE, &used);
  if (status == RESPUB_OK)
    read_tape();
  sink = (unsigned)respub_decode_end(&d);
  sink = (unsigned)respub_decoder_wants(&d);
  return 0;
}
