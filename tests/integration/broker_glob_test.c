/* The broker's pattern matcher against that of redis-server, asked by PUBSUB CHANNELS. */
#include "broker/glob.h"
#include "tests/support/peer.h"
#include "tests/support/server.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum {
  DEADLINE_MS = 20000,
  CHANNELS = 400,
  PATTERNS = 4000,
  MAX_NAME = 8,
  MAX_PATTERN = 10
};

typedef struct name {
  size_t len;
  char bytes[MAX_PATTERN];
} name;

static name channels[CHANNELS];

/* Fixed, so that a failure comes again. */
static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static name random_name(uint32_t *state, respub_slice alphabet, size_t max) {
  name n = {.len = next_random(state) % (max + 1)};
  for (size_t i = 0; i < n.len; i++)
    n.bytes[i] = alphabet.ptr[next_random(state) % alphabet.len];
  return n;
}

static respub_slice slice_of(const name *n) {
  return respub_slice_of(n->bytes, n->len);
}

static bool send_command(respub_test_peer *p, const respub_slice *args, size_t n) {
  char bytes[CHANNELS * (MAX_NAME + 16)];
  size_t size = respub_encode_command(bytes, sizeof bytes, args, n);
  return size <= sizeof bytes && respub_test_peer_send(p, bytes, size, DEADLINE_MS);
}

/* Decodes the next value; forgets it when `keep` is false. */
static bool next_value(respub_test_peer *p, respub_node *nodes, size_t n, size_t *used) {
  respub_decoder d;
  respub_decoder_init(&d, NULL, nodes, n);
  while (respub_decode(&d, p->bytes, p->len, used) == RESPUB_MORE) {
    if (!respub_test_peer_receive(p, p->len + 1, DEADLINE_MS))
      return false;
  }
  return d.status == RESPUB_OK;
}

static bool subscribe_all(respub_test_peer *p) {
  respub_slice args[CHANNELS + 1];
  args[0] = RESPUB_LIT("SUBSCRIBE");
  for (size_t i = 0; i < CHANNELS; i++)
    args[i + 1] = slice_of(&channels[i]);
  if (!send_command(p, args, CHANNELS + 1))
    return false;
  respub_node nodes[4];
  for (size_t i = 0; i < CHANNELS; i++) {
    size_t used = 0;
    if (!next_value(p, nodes, 4, &used))
      return false;
    respub_test_peer_forget(p, used);
  }
  return true;
}

static bool listed(const respub_node *list, respub_slice channel) {
  for (size_t i = 0; i < (size_t)list->integer; i++) {
    if (respub_node_equals(list + 1 + i, channel))
      return true;
  }
  return false;
}

static size_t disagreements(const name *pattern, const respub_node *list) {
  size_t found = 0;
  for (size_t i = 0; i < CHANNELS; i++) {
    bool theirs = listed(list, slice_of(&channels[i]));
    bool ours = respub__broker_glob_match(slice_of(pattern), slice_of(&channels[i]));
    if (ours == theirs)
      continue;
    fprintf(stderr, "pattern \"%.*s\", channel \"%.*s\": redis-server says %s\n", (int)pattern->len,
            pattern->bytes, (int)channels[i].len, channels[i].bytes, theirs ? "yes" : "no");
    found++;
  }
  return found;
}

static size_t compare(respub_test_peer *p, const name *pattern, size_t *matched) {
  respub_slice args[] = {RESPUB_LIT("PUBSUB"), RESPUB_LIT("CHANNELS"), slice_of(pattern)};
  respub_node list[CHANNELS + 1];
  size_t used = 0;
  if (!send_command(p, args, 3) || !next_value(p, list, CHANNELS + 1, &used))
    return 1;
  *matched += (size_t)list->integer;
  size_t found = disagreements(pattern, list);
  respub_test_peer_forget(p, used);
  return found;
}

static void patterns_match_what_they_match_in_redis(void) {
  respub_test_server *server = respub_test_server_start(NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  respub_test_peer subscriber;
  respub_test_peer asker;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&subscriber, respub_test_server_port(server)));
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&asker, respub_test_server_port(server)));
  uint32_t state = 20221122;
  for (size_t i = 0; i < CHANNELS; i++)
    channels[i] = random_name(&state, RESPUB_LIT("aabbc-]^\\*[?\x80\xff\x00"), MAX_NAME);
  CU_ASSERT_TRUE_FATAL(subscribe_all(&subscriber));
  size_t wrong = 0;
  size_t matched = 0;
  for (size_t i = 0; i < PATTERNS && wrong < 10; i++) {
    name pattern =
        random_name(&state, RESPUB_LIT("aabbc***??[[[]]^--\\\\\x80\xff\x00"), MAX_PATTERN);
    wrong += compare(&asker, &pattern, &matched);
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_TRUE(matched > PATTERNS); /* or the names would say nothing */
  respub_test_peer_close(&asker);
  respub_test_peer_close(&subscriber);
  respub_test_server_free(server);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {RESPUB_TEST(patterns_match_what_they_match_in_redis)};
  return respub_test_main("broker glob against redis-server", tests, RESPUB_TEST_COUNT(tests), argc,
                          argv);
}
