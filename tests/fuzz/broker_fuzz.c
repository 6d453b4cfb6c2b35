/* What a client sends to the broker, in pieces of sizes that the input chooses and again all at
 * once: replies and messages must be the same, and well-formed, and nothing may be left behind.
 *
 * The input: its first byte chooses the settings, the second is the number n of piece sizes, n
 * bytes are these sizes (used in turn), the rest is what the client sends. */
#include "broker/client.h"
#include "tests/support/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  OUTPUT_BYTES = 200000,
  REQUEST_BYTES = 3000,
  NODES = 20000
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds)
    abort();
}

/* One who speaks and one who listens to everything. */
typedef struct scene {
  respub_test_alloc alloc;
  respub__broker_hub hub;
  respub__broker_client speaker;
  respub__broker_client listener;
} scene;

static void hear(respub__broker_client *client, const char *bytes, size_t len) {
  while (len > 0) {
    char *place;
    size_t room;
    require(respub__broker_request_room(&client->request, &place, &room) == RESPUB_OK);
    room = room < len ? room : len;
    memcpy(place, bytes, room);
    respub__broker_request_filled(&client->request, room);
    bytes += room;
    len -= room;
    /* A little work at a time, as a busy loop has it. */
    while (respub__broker_client_execute(client, client->hub->work + 3))
      continue;
  }
}

static void open_scene(scene *s, uint8_t choice) {
  static const char listen[] = "AUTH secret\r\nPSUBSCRIBE * [a-c]?\\* a\r\nSUBSCRIBE a b\r\n";
  s->alloc = (respub_test_alloc)RESPUB_TEST_ALLOC_COUNTING;
  respub_broker_options options = {
      .password = (choice & 1) != 0 ? "secret" : NULL,
      .client_output_bytes = (choice & 2) != 0 ? 500 : OUTPUT_BYTES / 2,
      .request_bytes = (choice & 4) != 0 ? 100 : REQUEST_BYTES,
      .allocator = respub_test_allocator(&s->alloc),
  };
  respub__broker_hub_init(&s->hub, &options);
  respub__broker_client_init(&s->listener, &s->hub);
  respub__broker_client_init(&s->speaker, &s->hub);
  hear(&s->listener, listen, sizeof listen - 1);
}

static void close_scene(scene *s) {
  respub__broker_client_free(&s->speaker);
  respub__broker_client_free(&s->listener);
  require(s->hub.clients.count == 0 && s->hub.touched.count == 0);
  require(s->hub.topics.pairs.count == 0);
  respub__broker_hub_free(&s->hub);
  require(s->alloc.live == 0);
}

static void speak(scene *s, const uint8_t *sizes, size_t n, const char *bytes, size_t len) {
  for (size_t i = 0; len > 0; i++) {
    size_t piece = n == 0 ? len : (size_t)sizes[i % n] + 1;
    piece = piece < len ? piece : len;
    hear(&s->speaker, bytes, piece);
    bytes += piece;
    len -= piece;
  }
}

static size_t collect(respub__broker_client *client, char *out) {
  size_t len = 0;
  while (client->output.bytes > 0) {
    respub_slice parts[4];
    size_t n = respub__broker_output_parts(&client->output, parts, 4);
    size_t sent = 0;
    for (size_t i = 0; i < n; i++) {
      require(len + parts[i].len <= OUTPUT_BYTES);
      memcpy(out + len, parts[i].ptr, parts[i].len);
      len += parts[i].len;
      sent += parts[i].len;
    }
    respub__broker_output_sent(&client->output, sent);
  }
  return len;
}

static void check_well_formed(const char *bytes, size_t len) {
  static respub_node nodes[NODES];
  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, nodes, NODES);
  for (; len > 0; bytes += used, len -= used)
    require(respub_decode(&d, bytes, len, &used) == RESPUB_OK);
}

static void check_same(respub__broker_client *pieces, respub__broker_client *whole) {
  static char a[OUTPUT_BYTES];
  static char b[OUTPUT_BYTES];
  require(pieces->state == whole->state);
  bool lost = pieces->state == RESPUB__BROKER_CLIENT_LOST;
  size_t a_len = collect(pieces, a);
  size_t b_len = collect(whole, b);
  require(a_len == b_len && memcmp(a, b, a_len) == 0);
  /* Who is lost for what it did not read may have been lost in the middle of a reply. */
  if (!lost)
    check_well_formed(a, a_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static scene pieces;
  static scene whole;
  if (size < 2 || size - 2 < data[1])
    return 0;
  const uint8_t *sizes = data + 2;
  size_t n = data[1];
  const char *bytes = (const char *)sizes + n;
  size_t len = size - 2 - n;
  open_scene(&pieces, data[0]);
  open_scene(&whole, data[0]);
  speak(&pieces, sizes, n, bytes, len);
  speak(&whole, NULL, 0, bytes, len);
  check_same(&pieces.speaker, &whole.speaker);
  check_same(&pieces.listener, &whole.listener);
  close_scene(&pieces);
  close_scene(&whole);
  return 0;
}
