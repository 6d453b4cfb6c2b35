/* A stream of values, decoded in reads of sizes that the input chooses and again with all of it at
 * once: status, offset and tape must agree, and what decodes must encode and decode to itself.
 *
 * The input: its first byte is the number n of read sizes, n bytes are these sizes (used in turn),
 * one byte chooses the limits, the rest is the stream. */
#include "resp/resp.h"
#include "tests/support/tape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  NODES = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct reads {
  const uint8_t *sizes;
  size_t n;
  size_t next;
} reads;

static void require(bool holds) {
  if (!holds)
    abort();
}

static size_t next_read(reads *r) {
  return r->n == 0 ? 1 : (size_t)r->sizes[r->next++ % r->n] + 1;
}

static respub_limits limits_of(uint8_t choice) {
  respub_limits limits = {0, 0, 0, 0, 0, 0};
  limits.line_bytes = (choice & 1) != 0 ? 20 : 0;
  limits.bulk_bytes = (choice & 2) != 0 ? 30 : 0;
  limits.elements = (choice & 4) != 0 ? 3 : 0;
  limits.total = (choice & 8) != 0 ? 6 : NODES - 1;
  limits.depth = (choice & 16) != 0 ? 2 : 0;
  limits.bytes = (choice & 32) != 0 ? 60 : 0;
  return limits;
}

/* The buffer is of exactly the bytes shown, and a new one each time, so that a sanitizer sees both
 * a read too far and a pointer that was kept. */
static respub_status decode_in_reads(respub_decoder *d, reads *r, const char *stream, size_t len,
                                     size_t *used, char **buf) {
  respub_status status = RESPUB_MORE;
  for (size_t shown = 0; status == RESPUB_MORE;) {
    shown += next_read(r);
    shown = shown < len ? shown : len;
    free(*buf);
    *buf = (char *)malloc(shown != 0 ? shown : 1);
    require(*buf != NULL);
    memcpy(*buf, stream, shown);
    status = respub_decode(d, *buf, shown, used);
    if (shown == len)
      break;
  }
  return status;
}

static void check_round_trip(const respub_node *nodes, size_t count) {
  static respub_node again[NODES];
  const size_t size = respub_encode_nodes(NULL, 0, nodes);
  require(size != RESPUB_UNENCODABLE);
  char *bytes = (char *)malloc(size);
  respub_decoder d;
  size_t used;
  require(bytes != NULL && respub_encode_nodes(bytes, size, nodes) == size);
  respub_decoder_init(&d, NULL, again, NODES);
  require(respub_decode(&d, bytes, size, &used) == RESPUB_OK && used == size);
  require(d.node_count == count && respub_tape_equal(nodes, again, count));
  free(bytes);
}

/* Returns the size of the value, 0 when there is none. */
static size_t decode_both_ways(respub_decoder *once, respub_decoder *apart, reads *r,
                               const char *stream, size_t len) {
  size_t used, used_apart;
  char *buf = NULL;
  const respub_status status = respub_decode(once, stream, len, &used);
  const respub_status status_apart = decode_in_reads(apart, r, stream, len, &used_apart, &buf);
  require(status == status_apart && used == used_apart);
  require(respub_decode_end(once) == respub_decode_end(apart));
  if (status < 0)
    require(once->position == apart->position && once->position < len);
  if (status == RESPUB_MORE)
    require(respub_decoder_wants(apart) <= apart->limits.bytes);
  if (status == RESPUB_OK) {
    require(once->node_count == apart->node_count && once->nodes[0].span == once->node_count);
    require(respub_tape_same(once->nodes, stream, apart->nodes, buf, once->node_count));
    check_round_trip(once->nodes, once->node_count);
  }
  free(buf);
  return status == RESPUB_OK ? used : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static respub_node nodes[2][NODES];
  if (size < 2 || size < (size_t)data[0] + 2)
    return 0;
  reads r = {data + 1, data[0], 0};
  const respub_limits limits = limits_of(data[1 + r.n]);
  respub_decoder once, apart;
  respub_decoder_init(&once, &limits, nodes[0], NODES);
  respub_decoder_init(&apart, &limits, nodes[1], NODES);
  const char *stream = (const char *)data + r.n + 2;
  size_t left = size - r.n - 2;
  for (size_t used = 1; left > 0 && used > 0; stream += used, left -= used)
    used = decode_both_ways(&once, &apart, &r, stream, left);
  return 0;
}
