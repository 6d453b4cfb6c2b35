/* respub decode: RESP bytes in, a JSON value a line out. */
#include "tools/command.h"
#include "tools/input.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/say.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
  FIRST_NODES = 256
};

static const usage help = {
    .command = "decode",
    .synopsis = "<BYTES",
    .purpose =
        "Reads RESP2 or RESP3 from standard input and prints each value as one line of JSON,\n"
        "{\"type\":T,\"value\":V}. A string that is not UTF-8 is base64 with "
        "\"encoding\":\"base64\"\n"
        "beside it. Malformed or truncated input ends it with the offset and exit code 1, after\n"
        "every whole value before it has been printed.",
    .example = "printf '*2\\r\\n$2\\r\\nhi\\r\\n:1\\r\\n' | respub decode",
    .operands_max = 0,
};

/* --- printing --- */

/* Everything before the value. */
static void print_type(respub_type type) {
#define PRINT_TYPE(name) OUTPUT_LIT("{\"type\":\"" name "\",\"value\":")
  switch (type) {
  case RESPUB_SIMPLE:
    PRINT_TYPE("simple");
    return;
  case RESPUB_ERROR:
  case RESPUB_BLOB_ERROR:
    PRINT_TYPE("error");
    return;
  case RESPUB_INTEGER:
    PRINT_TYPE("integer");
    return;
  case RESPUB_BULK:
    PRINT_TYPE("bulk");
    return;
  case RESPUB_ARRAY:
    PRINT_TYPE("array");
    return;
  case RESPUB_NULL:
    PRINT_TYPE("null");
    return;
  case RESPUB_MAP:
    PRINT_TYPE("map");
    return;
  case RESPUB_SET:
    PRINT_TYPE("set");
    return;
  case RESPUB_PUSH:
    PRINT_TYPE("push");
    return;
  case RESPUB_DOUBLE:
    PRINT_TYPE("double");
    return;
  case RESPUB_BOOLEAN:
    PRINT_TYPE("boolean");
    return;
  case RESPUB_BIGNUM:
    PRINT_TYPE("bignum");
    return;
  case RESPUB_VERBATIM:
    PRINT_TYPE("verbatim");
    return;
  case RESPUB_ATTRIBUTE: /* print_value has gone past it */
    return;
  }
#undef PRINT_TYPE
}

static const respub_node *print_value(const respub_node *node);

/* All three print what starts at node and return the node behind it. */
static const respub_node *print_list(const respub_node *node, int64_t count) {
  const respub_node *next = node;
  output_char('[');
  for (int64_t i = 0; i < count; i++) {
    if (i > 0)
      output_char(',');
    next = print_value(next);
  }
  output_char(']');
  return next;
}

/* Pairs without the brackets around them all; *first tells whether one stands before them. */
static const respub_node *print_pairs(const respub_node *node, int64_t count, bool *first) {
  const respub_node *next = node;
  for (int64_t i = 0; i < count; i++, *first = false) {
    if (!*first)
      output_char(',');
    next = print_list(next, 2);
  }
  return next;
}

static void print_text(const respub_node *node) {
  if (!json_string(node->text))
    json_base64_mark("encoding");
  if (node->type != RESPUB_VERBATIM)
    return;
  output_char(',');
  json_member("format", respub_node_format(node), "format_encoding");
}

static void print_map(const respub_node *node) {
  bool first = true;
  output_char('[');
  print_pairs(node + 1, node->integer, &first);
  output_char(']');
}

static void print_content(const respub_node *node) {
  switch ((respub_type)node->type) {
  case RESPUB_INTEGER:
    json_integer(node->integer);
    return;
  case RESPUB_BOOLEAN:
    output_text(node->integer != 0 ? "true" : "false");
    return;
  case RESPUB_NULL:
    OUTPUT_LIT("null");
    return;
  case RESPUB_ARRAY:
  case RESPUB_SET:
  case RESPUB_PUSH:
    print_list(node + 1, node->integer);
    return;
  case RESPUB_MAP:
    print_map(node);
    return;
  case RESPUB_SIMPLE:
  case RESPUB_ERROR:
  case RESPUB_BULK:
  case RESPUB_DOUBLE:
  case RESPUB_BIGNUM:
  case RESPUB_VERBATIM:
  case RESPUB_BLOB_ERROR:
  case RESPUB_ATTRIBUTE: /* print_value has gone past it */
    print_text(node);
    return;
  }
}

/* Attributes in front of attributes all belong to the value behind them. */
static void print_attributes(const respub_node *node) {
  bool first = true;
  output_text(",\"attributes\":[");
  while (node->type == RESPUB_ATTRIBUTE)
    node = print_pairs(node + 1, node->integer, &first);
  output_char(']');
}

/* Recursion is bounded by the decoder's limit on depth. */
static const respub_node *print_value(const respub_node *node) {
  const respub_node *value = respub_node_value(node);
  print_type((respub_type)value->type);
  print_content(value);
  if (value != node)
    print_attributes(node);
  output_char('}');
  return respub_node_next(node);
}

/* --- reading --- */

typedef struct reader {
  input in;
  respub_decoder decoder;
  respub_node *nodes;
  size_t node_capacity;
} reader;

static int fail(const reader *r, uint64_t in_value, const char *reason) {
  output_flush();
  say("offset %" PRIu64 ": %s", r->in.consumed + in_value, reason);
  return EXIT_MALFORMED;
}

static bool grow_nodes(reader *r) {
  size_t capacity = r->node_capacity * 2;
  respub_node *nodes =
      capacity <= SIZE_MAX / sizeof *nodes ? realloc(r->nodes, capacity * sizeof *nodes) : NULL;
  if (nodes == NULL)
    return false;
  r->nodes = nodes;
  r->node_capacity = capacity;
  respub_decoder_grow(&r->decoder, nodes, capacity);
  return true;
}

static int at_end(const reader *r) {
  if (respub_decode_end(&r->decoder) == RESPUB_OK)
    return EXIT_DONE;
  return fail(r, input_bytes(&r->in).len, respub_status_text(respub_decode_end(&r->decoder)));
}

/* Prints the values that are in the buffer. RESPUB_MORE when it wants more input. */
static respub_status decode_buffered(reader *r) {
  for (;;) {
    respub_slice bytes = input_bytes(&r->in);
    size_t used;
    if (bytes.len == 0)
      return RESPUB_MORE;
    respub_status status = respub_decode(&r->decoder, bytes.ptr, bytes.len, &used);
    if (status == RESPUB_NODES && grow_nodes(r))
      continue;
    if (status != RESPUB_OK)
      return status == RESPUB_NODES ? RESPUB_ENOMEM : status;
    print_value(r->nodes);
    output_char('\n');
    input_consume(&r->in, used);
  }
}

static int decode_all(reader *r) {
  while (output_works()) {
    respub_status status = decode_buffered(r);
    if (status == RESPUB_ENOMEM) {
      say("out of memory");
      return EXIT_IO;
    }
    if (status != RESPUB_MORE)
      return fail(r, r->decoder.position, respub_status_text(status));
    output_flush();
    switch (input_fill(&r->in, respub_decoder_wants(&r->decoder))) {
    case INPUT_MORE:
      break;
    case INPUT_END:
      return at_end(r);
    case INPUT_FAILED:
      return EXIT_IO;
    }
  }
  return EXIT_IO;
}

static int run(int argc, char **argv) {
  int first, code;
  if (!options_parse(&help, argc, argv, &first, &code))
    return code;
  reader r = {.node_capacity = FIRST_NODES};
  r.nodes = calloc(FIRST_NODES, sizeof *r.nodes);
  if (r.nodes == NULL || !input_open(&r.in, STDIN_FILENO, "standard input")) {
    say("out of memory");
    code = EXIT_IO;
  } else {
    respub_decoder_init(&r.decoder, NULL, r.nodes, r.node_capacity);
    code = decode_all(&r);
  }
  input_close(&r.in);
  free(r.nodes);
  return code;
}

const command command_decode = {"decode", "print RESP bytes as JSON, a value a line", run};
