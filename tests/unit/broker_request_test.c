/* From bytes to commands, however they arrive. */
#include "broker/request.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_BYTES = 1 << 20
};

typedef struct fixture {
  respub_test_alloc alloc;
  respub_allocator allocator;
  respub__broker_request request;
  bool trusted;
  /* What came out: every word in [], a newline behind each command; or ! and the complaint. */
  char text[4096];
  size_t len;
  bool ended;
} fixture;

static void open_fixture(fixture *f, size_t max_bytes) {
  *f = (fixture){.alloc = RESPUB_TEST_ALLOC_COUNTING, .trusted = true};
  f->allocator = respub_test_allocator(&f->alloc);
  respub__broker_request_init(&f->request, &f->allocator, max_bytes);
}

static void close_fixture(fixture *f) {
  respub__broker_request_free(&f->request);
  CU_ASSERT_EQUAL(f->alloc.live, 0);
}

static void put(fixture *f, const char *bytes, size_t len) {
  CU_ASSERT_TRUE_FATAL(f->len + len < sizeof f->text);
  memcpy(f->text + f->len, bytes, len);
  f->len += len;
}

static void take_commands(fixture *f) {
  respub__broker_words words;
  while (!f->ended) {
    respub_status status = respub__broker_request_next(&f->request, f->trusted, &words);
    if (status == RESPUB_MORE)
      return;
    f->ended = status != RESPUB_OK;
    if (f->ended) {
      CU_ASSERT_EQUAL(status, RESPUB_EPROTOCOL);
      put(f, "!", 1);
      put(f, f->request.complaint.text, f->request.complaint.len);
      return;
    }
    CU_ASSERT_TRUE(words.count >= 1);
    for (size_t i = 0; i < words.count; i++) {
      put(f, "[", 1);
      put(f, words.at[i].text.ptr, words.at[i].text.len);
      put(f, "]", 1);
    }
    put(f, "\n", 1);
  }
}

static void feed(fixture *f, const char *bytes, size_t len) {
  while (len > 0 && !f->ended) {
    char *place;
    size_t room;
    CU_ASSERT_EQUAL_FATAL(respub__broker_request_room(&f->request, &place, &room), RESPUB_OK);
    CU_ASSERT_TRUE_FATAL(room >= 1);
    room = room < len ? room : len;
    memcpy(place, bytes, room);
    respub__broker_request_filled(&f->request, room);
    bytes += room;
    len -= room;
    take_commands(f);
  }
}

static bool gave(const fixture *f, respub_slice expected) {
  bool equal = respub_slice_equal(respub_slice_of(f->text, f->len), expected);
  if (!equal)
    fprintf(stderr, "expected \"%.*s\", got \"%.*s\"\n", (int)expected.len, expected.ptr,
            (int)f->len, f->text);
  return equal;
}

/* At once, byte by byte, and cut in two at every place. */
static void check_as(bool trusted, size_t max_bytes, respub_slice input, respub_slice expected) {
  for (size_t cut = 0; cut <= input.len; cut++) {
    fixture f;
    open_fixture(&f, max_bytes);
    f.trusted = trusted;
    feed(&f, input.ptr, cut);
    feed(&f, input.ptr + cut, input.len - cut);
    CU_ASSERT_TRUE(gave(&f, expected));
    close_fixture(&f);
  }
  fixture f;
  open_fixture(&f, max_bytes);
  f.trusted = trusted;
  for (size_t i = 0; i < input.len; i++)
    feed(&f, input.ptr + i, 1);
  CU_ASSERT_TRUE(gave(&f, expected));
  close_fixture(&f);
}

#define CHECK(input, expected) check_as(true, MAX_BYTES, RESPUB_LIT(input), RESPUB_LIT(expected))
#define CHECK_STRANGER(input, expected)                                                            \
  check_as(false, MAX_BYTES, RESPUB_LIT(input), RESPUB_LIT(expected))
#define CHECK_SMALL(max, input, expected)                                                          \
  check_as(true, max, RESPUB_LIT(input), RESPUB_LIT(expected))

static void arrays_and_lines_are_commands(void) {
  CHECK("*2\r\n$4\r\nECHO\r\n$3\r\na\0b\r\n", "[ECHO][a\0b]\n");
  CHECK("ECHO 'a b'\r\nPING\n*1\r\n$4\r\nPING\r\n", "[ECHO][a b]\n[PING]\n[PING]\n");
  CHECK("*2\r\n$0\r\n\r\n$0\r\n\r\n", "[][]\n");
  CHECK("*12\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\n"
        "h\r\n$1\r\ni\r\n$1\r\nj\r\n$1\r\nk\r\n$1\r\nl\r\nx\r\n",
        "[a][b][c][d][e][f][g][h][i][j][k][l]\n[x]\n");
  CHECK("1 2 3 4 5 6 7 8 9 10\r\n", "[1][2][3][4][5][6][7][8][9][10]\n");
}

static void commands_of_no_word_are_passed_over(void) {
  CHECK("\r\n\n  \r\n*0\r\n*-1\r\nPING\r\n", "[PING]\n");
  CHECK("*-5\r\n*-2147483649\r\n*1\r\n$4\r\nPING\r\n", "[PING]\n");
  CHECK("*-9223372036854775808\r\nPING\r\n", "[PING]\n");
  CHECK_STRANGER("*-5\r\nPING\r\n", "[PING]\n");
}

static void half_a_command_is_none(void) {
  CHECK("*2\r\n$4\r\nECHO\r\n$3\r\nab", "");
  CHECK("PING", "");
}

static void malformed_commands_are_named(void) {
  CHECK("*x\r\n", "!invalid multibulk length");
  CHECK("*-\r\n", "!invalid multibulk length");
  CHECK("*--5\r\n", "!invalid multibulk length");
  CHECK("*-05\r\n", "!invalid multibulk length");
  CHECK("*-5 \r\n", "!invalid multibulk length");
  CHECK("*-5\rPING", "!invalid multibulk length");
  CHECK("*-9223372036854775809\r\n", "!invalid multibulk length");
  CHECK("*-55555555555555555555555", "!invalid multibulk length");
  CHECK("PING\r\n*1\r\n:1\r\n", "[PING]\n!expected '$', got ':'");
  CHECK("*2\r\n$1\r\na\r\n*12\r\n", "!expected '$', got '*'");
  CHECK("*1\r\n:x\r\n", "!expected '$', got ':'");
  CHECK("*1\r\n=x\r\n", "!expected '$', got '='");
  CHECK("*1\r\n=5\r\ntxt:x\r\n", "!expected '$', got '='");
  CHECK("*1\r\n=5\r\ntxtxx\r\n", "!expected '$', got '='");
  CHECK("*1\r\n$x\r\n", "!invalid bulk length");
  CHECK("*1\r\n$-1\r\n", "!invalid bulk length");
  CHECK("*1\r\n$1\r\nabc", "!expected CR LF behind an argument");
  CHECK("\"a\r\n", "!unbalanced quotes in request");
}

/* Who waits for the answer to it sends nothing more. */
static void a_word_of_another_type_is_refused_before_the_rest_is_there(void) {
  CHECK("*2\r\n:1\r\n", "!expected '$', got ':'");
  CHECK("*3\r\n$1\r\na\r\n+b\r\n", "!expected '$', got '+'");
  CHECK("*2\r\n-3\r\nx y\r\n", "!expected '$', got '-'");
  CHECK("*2\r\n$-1\r\n", "!invalid bulk length");
  CHECK("*12\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n$1\r\n7\r\n"
        "$1\r\n8\r\n:9\r\n",
        "!expected '$', got ':'");
}

static void strangers_may_send_little(void) {
  CHECK_STRANGER("*10\r\n$1\r\na\r\n", "");
  CHECK_STRANGER("*11\r\n", "!unauthenticated multibulk length");
  CHECK_STRANGER("*1\r\n$16384\r\n", "");
  CHECK_STRANGER("*1\r\n$16385\r\n", "!unauthenticated bulk length");
}

static void trust_counts_from_the_next_command_on(void) {
  fixture f;
  open_fixture(&f, MAX_BYTES);
  f.trusted = false;
  feed(&f, "PING\r\n", 6);
  f.trusted = true;
  feed(&f, "*11\r\n", 5);
  CU_ASSERT_TRUE(gave(&f, RESPUB_LIT("[PING]\n")));
  close_fixture(&f);
}

static void a_command_has_a_largest_size(void) {
  CHECK_SMALL(20, "*1\r\n$10\r\n0123456789\r\n", "!too big request");
  CHECK_SMALL(21, "*1\r\n$10\r\n0123456789\r\n", "[0123456789]\n");
  CHECK_SMALL(21, "*1\r\n$22\r\n", "!invalid bulk length");
  CHECK_SMALL(21, "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n", "!too big request");
  CHECK_SMALL(20, "0123456789012345678", "");
  CHECK_SMALL(20, "01234567890123456789\r\n", "!too big inline request");
  CHECK_SMALL(20, "0123456789012345678\r\n", "[0123456789012345678]\n");
}

static void announced_sizes_reserve_nothing(void) {
  const char *const headers[] = {"*1048576\r\n", "*3\r\n$536870000\r\nabc", "*1000\r\n$0\r\n\r\n"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    fixture f;
    open_fixture(&f, 600u * 1024 * 1024);
    feed(&f, headers[i], strlen(headers[i]));
    CU_ASSERT_FALSE(f.ended);
    CU_ASSERT_TRUE(f.alloc.peak_bytes < 32768);
    close_fixture(&f);
  }
}

static void an_idle_client_holds_no_memory(void) {
  fixture f;
  open_fixture(&f, MAX_BYTES);
  feed(&f, "*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n", 21);
  CU_ASSERT_EQUAL(f.alloc.live, 0);
  close_fixture(&f);
}

/* Larger than every buffer begins with, and then small ones again. */
static void large_commands_pass_whole(void) {
  enum {
    WORDS = 20000,
    LARGE = 300000
  };
  fixture f;
  open_fixture(&f, MAX_BYTES);
  respub__broker_words words;
  char *bytes = malloc(MAX_BYTES);
  CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
  size_t len = (size_t)snprintf(bytes, MAX_BYTES, "*%d\r\n", WORDS);
  for (int i = 0; i < WORDS; i++)
    len += (size_t)snprintf(bytes + len, MAX_BYTES - len, "$6\r\n%06d\r\n", i);
  len += (size_t)snprintf(bytes + len, MAX_BYTES - len, "*1\r\n$%d\r\n", LARGE);
  memset(bytes + len, 'x', LARGE);
  len += LARGE;
  len += (size_t)snprintf(bytes + len, MAX_BYTES - len, "\r\nPING\r\n");
  size_t commands = 0;
  for (size_t at = 0; at < len;) {
    char *place;
    size_t room;
    CU_ASSERT_EQUAL_FATAL(respub__broker_request_room(&f.request, &place, &room), RESPUB_OK);
    room = room < len - at ? room : len - at;
    memcpy(place, bytes + at, room);
    respub__broker_request_filled(&f.request, room);
    at += room;
    while (respub__broker_request_next(&f.request, true, &words) == RESPUB_OK) {
      static const size_t counts[] = {WORDS, 1, 1};
      static const size_t last_lens[] = {6, LARGE, 4};
      CU_ASSERT_TRUE_FATAL(commands < 3);
      CU_ASSERT_EQUAL(words.count, counts[commands]);
      CU_ASSERT_EQUAL(words.at[words.count - 1].text.len, last_lens[commands]);
      if (commands == 0)
        CU_ASSERT_TRUE(respub_node_equals(&words.at[WORDS - 1], RESPUB_LIT("019999")));
      commands++;
    }
  }
  CU_ASSERT_EQUAL(commands, 3);
  CU_ASSERT_EQUAL(f.alloc.live, 0);
  free(bytes);
  close_fixture(&f);
}

static void without_memory_nothing_is_lost_but_the_call(void) {
  static const char command[] =
      "1 2 3 4 5 6 7 8 9\r\n*9\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n"
      "$1\r\n6\r\n$1\r\n7\r\n$1\r\n8\r\n$1\r\n9\r\n";
  size_t failures = 0;
  bool failed = true;
  for (size_t n = 0; failed; n++) {
    fixture f;
    char *place;
    size_t room;
    respub__broker_words words;
    size_t count = 0;
    open_fixture(&f, MAX_BYTES);
    f.alloc.fail_at = n;
    respub_status status = respub__broker_request_room(&f.request, &place, &room);
    if (status == RESPUB_OK) {
      memcpy(place, command, sizeof command - 1);
      respub__broker_request_filled(&f.request, sizeof command - 1);
      while ((status = respub__broker_request_next(&f.request, true, &words)) == RESPUB_OK)
        count++;
    }
    failed = f.alloc.failed > 0;
    failures += failed;
    CU_ASSERT_EQUAL(status, failed ? RESPUB_ENOMEM : RESPUB_MORE);
    CU_ASSERT_TRUE(failed || count == 2);
    close_fixture(&f);
  }
  CU_ASSERT_EQUAL(failures, 3);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(arrays_and_lines_are_commands),
      RESPUB_TEST(commands_of_no_word_are_passed_over),
      RESPUB_TEST(half_a_command_is_none),
      RESPUB_TEST(malformed_commands_are_named),
      RESPUB_TEST(a_word_of_another_type_is_refused_before_the_rest_is_there),
      RESPUB_TEST(strangers_may_send_little),
      RESPUB_TEST(trust_counts_from_the_next_command_on),
      RESPUB_TEST(a_command_has_a_largest_size),
      RESPUB_TEST(announced_sizes_reserve_nothing),
      RESPUB_TEST(an_idle_client_holds_no_memory),
      RESPUB_TEST(large_commands_pass_whole),
      RESPUB_TEST(without_memory_nothing_is_lost_but_the_call),
  };
  return respub_test_main("broker request", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
