/* Every input of up to five bytes over the alphabet below, and every input of up to four between
 * certain bytes in front and behind: decoded at once and byte by byte, in a buffer that moves with
 * every byte and ends at an unreadable page. Both ways must agree in status, offset and tape. */
#include "resp/resp.h"
#include "tests/support/guard.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum {
  NODES = 16,
  INPUT_MAX = 80
};

static const char alphabet[] = {'$', '*', ':', '+', '-', '_',  ',',
                                '%', '|', '0', '1', 'a', '\r', '\n'};

typedef struct attempt {
  respub_status status;
  size_t offset;
  size_t node_count;
  const char *base;
  respub_node nodes[NODES];
} attempt;

static respub_guard guards[2];

static void finish(attempt *a, respub_status status, const respub_decoder *d, size_t used) {
  a->status = status;
  a->offset = status < 0 ? d->position : used;
  a->node_count = status == RESPUB_OK ? d->node_count : 0;
}

static void decode_at_once(attempt *a, const char *input, size_t len) {
  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, a->nodes, NODES);
  a->base = respub_guard_put_last(&guards[0], input, len);
  const respub_status status = respub_decode(&d, a->base, len, &used);
  finish(a, status, &d, used);
}

static void decode_byte_by_byte(attempt *a, const char *input, size_t len) {
  respub_decoder d;
  size_t used = 0;
  respub_status status = RESPUB_MORE;
  respub_decoder_init(&d, NULL, a->nodes, NODES);
  for (size_t shown = 0; shown <= len && status == RESPUB_MORE; shown++) {
    a->base = respub_guard_put_last(&guards[1], input, shown);
    status = respub_decode(&d, a->base, shown, &used);
  }
  finish(a, status, &d, used);
}

static bool both_ways_agree(const char *input, size_t len) {
  static attempt once, bytewise;
  decode_at_once(&once, input, len);
  decode_byte_by_byte(&bytewise, input, len);
  const bool agree =
      once.status == bytewise.status && once.offset == bytewise.offset &&
      once.node_count == bytewise.node_count &&
      respub_tape_same(once.nodes, once.base, bytewise.nodes, bytewise.base, once.node_count);
  if (!agree) {
    printf("\n   ");
    for (size_t i = 0; i < len; i++)
      printf(" %02x", (unsigned char)input[i]);
    printf(": %s at %zu at once, %s at %zu byte by byte\n", respub_status_name(once.status),
           once.offset, respub_status_name(bytewise.status), bytewise.offset);
  }
  return agree;
}

/* Goes on to the next of the n-letter words; false behind the last. */
static bool next_word(size_t *letters, size_t n) {
  for (size_t i = n; i-- > 0;) {
    if (++letters[i] < sizeof alphabet)
      return true;
    letters[i] = 0;
  }
  return false;
}

/* Returns the number of words tried, 0 after a disagreement. */
static size_t try_words(respub_slice front, size_t n, respub_slice behind) {
  char input[INPUT_MAX];
  size_t letters[8] = {0};
  size_t tried = 0;
  memcpy(input, front.ptr, front.len);
  memcpy(input + front.len + n, behind.ptr, behind.len);
  do {
    for (size_t i = 0; i < n; i++)
      input[front.len + i] = alphabet[letters[i]];
    if (!both_ways_agree(input, front.len + n + behind.len))
      return 0;
    tried++;
  } while (next_word(letters, n));
  return tried;
}

static void both_ways_agree_on_every_short_input(void) {
  size_t words = 1;
  for (size_t n = 0; n <= 5; n++, words *= sizeof alphabet)
    CU_ASSERT_EQUAL(try_words(RESPUB_LIT(""), n, RESPUB_LIT("")), words);
}

static void both_ways_agree_on_every_word_inside_of_a_frame(void) {
  static const struct {
    const char *front;
    const char *behind;
  } places[] = {{"", "\r\nabcdefghijklmnopqrst"},
                {"*2\r\n", "\r\nabcdefghijklmnopqrst\r\n"},
                {"*1", "\n$1\r\na\r\n$14\r\nabcdefghijklmn\r\n"},
                {"*2\r\n$7\r\nmessage", "$14\r\nabcdefghijklmn\r\n"},
                {"*2\r\n$1\r\na\r\n", "\r\nabcdefghijklmnopqrst\r\n"},
                {"|1\r\n+k\r\n", "\r\nabcdefghijklmnopqrst\r\n"}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    size_t words = 1;
    for (size_t n = 0; n <= 5; n++, words *= sizeof alphabet)
      CU_ASSERT_EQUAL(try_words(respub_slice_of_string(places[i].front), n,
                                respub_slice_of_string(places[i].behind)),
                      words);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(both_ways_agree_on_every_short_input),
      RESPUB_TEST(both_ways_agree_on_every_word_inside_of_a_frame),
  };
  guards[0] = respub_guard_open(INPUT_MAX);
  guards[1] = respub_guard_open(INPUT_MAX);
  return respub_test_main("decoder_exhaustive", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
