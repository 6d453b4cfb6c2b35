/* Every vector is decoded at once, byte by byte, at every two-way split and at random splits. */
#include "resp/resp.h"
#include "tests/support/pieces.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct vector {
  respub_slice input;
  respub_status status;
  size_t offset;    /* of the byte behind the value, or of the byte at fault */
  const char *tape; /* as respub_tape_print writes it; NULL unless status is OK */
} vector;

#define VALUE(input, tape)                                                                         \
  { {"" input, sizeof(input) - 1}, RESPUB_OK, sizeof(input) - 1, tape }
#define FAULT(input, status, offset)                                                               \
  { {"" input, sizeof(input) - 1}, RESPUB_##status, offset, NULL }
#define CUT(input)                                                                                 \
  { {"" input, sizeof(input) - 1}, RESPUB_MORE, 0, NULL }

enum {
  NODES = 64,
  RANDOM_SPLITS = 200,
  CUTS_MAX = 512
};

static uint64_t next_random(uint64_t *state) {
  *state += 0x9e3779b97f4a7c15u;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void report(const vector *v, const char *how, respub_outcome got, const char *tape) {
  printf("\n    input \"");
  for (size_t i = 0; i < v->input.len && i < 60; i++) {
    const unsigned char c = (unsigned char)v->input.ptr[i];
    printf(c < ' ' || c > '~' ? "\\x%02x" : "%c", c);
  }
  printf("\" %s: got %s at %zu, want %s at %zu; tape %s\n", how, respub_status_name(got.status),
         got.offset, respub_status_name(v->status), v->offset, tape);
}

static bool holds(const vector *v, const char *how, respub_pieces *p, respub_outcome got) {
  char tape[2048] = "";
  bool same = got.status == v->status && got.offset == v->offset;
  if (got.status == RESPUB_OK)
    respub_tape_print(tape, sizeof tape, p->nodes);
  if (v->tape != NULL)
    same = same && strcmp(tape, v->tape) == 0 && p->decoder.node_count == p->nodes[0].span;
  if (!same)
    report(v, how, got, tape);
  return same;
}

static bool holds_byte_by_byte(const vector *v, respub_pieces *p) {
  respub_pieces_begin(p);
  respub_outcome got = {RESPUB_MORE, 0};
  for (size_t len = 0; len <= v->input.len && got.status == RESPUB_MORE; len++)
    got = respub_pieces_show(p, v->input.ptr, len);
  return holds(v, "byte by byte", p, got);
}

static bool holds_at_splits_in_two(const vector *v, respub_pieces *p) {
  for (size_t cut = 0; cut <= v->input.len; cut++) {
    if (!holds(v, "at a split in two", p,
               respub_pieces_decode(p, v->input.ptr, v->input.len, &cut, 1)))
      return false;
  }
  return true;
}

static bool holds_at_random_splits(const vector *v, respub_pieces *p) {
  uint64_t seed = v->input.len;
  for (int round = 0; round < RANDOM_SPLITS; round++) {
    size_t cuts[CUTS_MAX];
    size_t n = 0;
    for (size_t at = 0; at < v->input.len && n < CUTS_MAX; n++) {
      cuts[n] = at;
      at += 1 + (size_t)(next_random(&seed) % 16);
    }
    if (!holds(v, "at random splits", p,
               respub_pieces_decode(p, v->input.ptr, v->input.len, cuts, n)))
      return false;
  }
  return true;
}

static void check_vector(const vector *v, size_t nodes) {
  respub_pieces p;
  respub_pieces_open(&p, NULL, v->input.len, nodes);
  CU_ASSERT(holds(v, "at once", &p, respub_pieces_decode(&p, v->input.ptr, v->input.len, NULL, 0)));
  CU_ASSERT(holds_byte_by_byte(v, &p));
  CU_ASSERT(holds_at_splits_in_two(v, &p));
  CU_ASSERT(holds_at_random_splits(v, &p));
  respub_pieces_close(&p);
}

static void check_vectors(const vector *vectors, size_t n) {
  for (size_t i = 0; i < n; i++) {
    check_vector(&vectors[i], 0);
    check_vector(&vectors[i], NODES);
  }
}

#define CHECK_VECTORS(...)                                                                         \
  do {                                                                                             \
    static const vector vectors[] = {__VA_ARGS__};                                                 \
    check_vectors(vectors, sizeof vectors / sizeof vectors[0]);                                    \
  } while (0)

static void decodes_every_resp2_type(void) {
  CHECK_VECTORS(
      VALUE("+OK\r\n", "+\"OK\""), VALUE("+\r\n", "+\"\""),
      VALUE("-ERR unknown command\r\n", "-\"ERR unknown command\""), VALUE("-\r\n", "-\"\""),
      VALUE(":0\r\n", ":0"), VALUE(":1000\r\n", ":1000"), VALUE("$5\r\nhello\r\n", "$\"hello\""),
      VALUE("$0\r\n\r\n", "$\"\""), VALUE("$-1\r\n", "_"), VALUE("*-1\r\n", "_"),
      VALUE("*0\r\n", "*0"), VALUE("*1\r\n*0\r\n", "*1(*0)"),
      VALUE("*2\r\n$3\r\nfoo\r\n$3\r\nbar\r\n", "*2($\"foo\" $\"bar\")"),
      VALUE("*3\r\n:1\r\n*2\r\n+a\r\n*1\r\n$-1\r\n-e\r\n", "*3(:1 *2(+\"a\" *1(_)) -\"e\")"));
}

static void decodes_the_frames_of_pubsub(void) {
  CHECK_VECTORS(
      VALUE("*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n", "*3($\"subscribe\" $\"news\" :1)"),
      VALUE("*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n", "*3($\"unsubscribe\" _ :0)"),
      VALUE("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$12\r\nhello, world\r\n",
            "*3($\"message\" $\"news\" $\"hello, world\")"),
      VALUE("*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$0\r\n\r\n",
            "*4($\"pmessage\" $\"n*\" $\"news\" $\"\")"),
      VALUE("*2\r\n$4\r\npong\r\n$0\r\n\r\n", "*2($\"pong\" $\"\")"));
}

static void strings_may_hold_every_byte(void) {
  CHECK_VECTORS(VALUE("$6\r\n\r\n\0\xff$1\r\n", "$\"\\x0d\\x0a\\x00\\xff$1\""),
                VALUE("+\0\x7f\xff\t\r\n", "+\"\\x00\\x7f\\xff\\x09\""));
}

static void every_fault_of_framing_has_its_byte(void) {
  CHECK_VECTORS(FAULT("x", ETYPE, 0), FAULT("\r\n", ETYPE, 0), FAULT("\0", ETYPE, 0),
                FAULT("*1\r\n?\r\n", ETYPE, 4), FAULT(";1\r\n", ETYPE, 0), FAULT(".\r\n", ETYPE, 0),
                FAULT("+a\n", ECRLF, 2), FAULT("+a\rb", ECRLF, 3), FAULT("+a\r\r", ECRLF, 3),
                FAULT("-a\nb\r\n", ECRLF, 2), FAULT(":1\rx", ECRLF, 3), FAULT("$3\r\r", ECRLF, 3),
                FAULT("$3\r\nabcd", ECRLF, 7), FAULT("$3\r\nabc\r\r", ECRLF, 8),
                FAULT("$3\r\nabc\n", ECRLF, 7), FAULT("$0\r\nx", ECRLF, 4),
                FAULT("$-1\r\r", ECRLF, 4), FAULT("*2\r\n$1\r\na\r\n$1\r\nbc\r\n", ECRLF, 16),
                FAULT("*1\rx", ECRLF, 3), FAULT("*3\r\n:1\r\n:2\n", ENUMBER, 10));
}

static void a_fault_inside_of_a_whole_frame_has_its_byte(void) {
  CHECK_VECTORS(FAULT("*2\r\n$7\r\nmessage--$20\r\nabcdefghijklmnopqrst\r\n", ECRLF, 15),
                FAULT("*2\r\n$7\r\nmessage\r-$20\r\nabcdefghijklmnopqrst\r\n", ECRLF, 16),
                FAULT("*2\r\n$07\r\nmessage\r\n$20\r\nabcdefghijklmnopqrst\r\n", ELENGTH, 6),
                FAULT("*2\r\n$7\n\nmessage\r\n$20\r\nabcdefghijklmnopqrst\r\n", ELENGTH, 6),
                FAULT("*2\r\n$7\r\rmessage\r\n$20\r\nabcdefghijklmnopqrst\r\n", ECRLF, 7),
                FAULT("*2\r\n$7x\r\nmessage\r\n$20\r\nabcdefghijklmnopqrst\r\n", ELENGTH, 6),
                FAULT("*2\r\n$7777777777\r\nmessage\r\n$20\r\nabcdefghijkl", EBULK, 13),
                FAULT("*1234567890\r\n$7\r\nmessage\r\n", EELEMENTS, 7),
                FAULT("*2\r\n$7\r\nmessage\r\n?20\r\nabcdefghijklmnopqrst\r\n", ETYPE, 17),
                FAULT("*2x\n$7\r\nmessage\r\n$20\r\nabcdefghijklmnopqrst\r\n", ELENGTH, 2));
}

static void decodes_frames_of_mixed_and_nested_values(void) {
  CHECK_VECTORS(
      VALUE("*3\r\n$7\r\nmessage\r\n*2\r\n$3\r\nkey\r\n$1\r\nk\r\n$20\r\nabcdefghijklmnopqrst\r\n",
            "*3($\"message\" *2($\"key\" $\"k\") $\"abcdefghijklmnopqrst\")"),
      VALUE("*3\r\n$7\r\nmessage\r\n$-1\r\n$20\r\nabcdefghijklmnopqrst\r\n",
            "*3($\"message\" _ $\"abcdefghijklmnopqrst\")"),
      VALUE("*4\r\n$7\r\nmessage\r\n:12345678901\r\n+a simple string\r\n$12\r\nabcdefghijkl\r\n",
            "*4($\"message\" :12345678901 +\"a simple string\" $\"abcdefghijkl\")"),
      VALUE("*2\r\n*2\r\n*-1\r\n*0\r\n*1\r\n$12\r\nabcdefghijkl\r\n",
            "*2(*2(_ *0) *1($\"abcdefghijkl\"))"),
      VALUE("+a line of more than sixty-four bytes, which is where the short path gives up\r\n",
            "+\"a line of more than sixty-four bytes, which is where the short path gives up\""),
      VALUE("-ERR\twith a control byte in the middle\r\n",
            "-\"ERR\\x09with a control byte in the middle\""));
}

static void every_fault_of_an_integer_has_its_byte(void) {
  CHECK_VECTORS(
      FAULT(":\r\n", ENUMBER, 1), FAULT(":-\r\n", ENUMBER, 2), FAULT(":+\r", ENUMBER, 2),
      FAULT(":1x", ENUMBER, 2), FAULT(":x", ENUMBER, 1), FAULT(":--1", ENUMBER, 2),
      FAULT(":+-1", ENUMBER, 2), FAULT(":1-", ENUMBER, 2), FAULT(": 1\r\n", ENUMBER, 1),
      FAULT(":1 \r\n", ENUMBER, 2), FAULT(":1.0\r\n", ENUMBER, 2), FAULT(":12\n", ENUMBER, 3),
      FAULT(":0x10\r\n", ENUMBER, 2), FAULT(":9223372036854775808", ERANGE, 19),
      FAULT(":-9223372036854775809\r\n", ERANGE, 20), FAULT(":18446744073709551616", ERANGE, 20),
      FAULT(":99999999999999999999999", ERANGE, 19));
}

static void integers_reach_the_ends_of_64_bits(void) {
  CHECK_VECTORS(VALUE(":9223372036854775807\r\n", ":9223372036854775807"),
                VALUE(":-9223372036854775808\r\n", ":-9223372036854775808"),
                VALUE(":+9223372036854775807\r\n", ":9223372036854775807"), VALUE(":-0\r\n", ":0"),
                VALUE(":+0\r\n", ":0"), VALUE(":007\r\n", ":7"), VALUE(":-1\r\n", ":-1"),
                VALUE(":999999999\r\n", ":999999999"), VALUE(":9999999999\r\n", ":9999999999"),
                VALUE(":123456789012\r\n", ":123456789012"),
                VALUE(":00000000000000000000000000000012\r\n", ":12"));
}

static void every_fault_of_a_length_has_its_byte(void) {
  CHECK_VECTORS(FAULT("$\r\n", ELENGTH, 1), FAULT("$-\r\n", ELENGTH, 2), FAULT("$-2", ELENGTH, 2),
                FAULT("$-0\r\n", ELENGTH, 2), FAULT("$-11", ELENGTH, 3), FAULT("$--1", ELENGTH, 2),
                FAULT("$-1x", ELENGTH, 3), FAULT("$+1", ELENGTH, 1), FAULT("$01", ELENGTH, 2),
                FAULT("$00", ELENGTH, 2), FAULT("$0-", ELENGTH, 2), FAULT("$1-", ELENGTH, 2),
                FAULT("$ 1", ELENGTH, 1), FAULT("$1 ", ELENGTH, 2), FAULT("$1\n", ELENGTH, 2),
                FAULT("$a", ELENGTH, 1), FAULT("*\r", ELENGTH, 1), FAULT("*-2", ELENGTH, 2),
                FAULT("*+1", ELENGTH, 1), FAULT("*02", ELENGTH, 2), FAULT("*1a", ELENGTH, 2),
                FAULT("$5?", ELENGTH, 2), FAULT("$-?", ELENGTH, 2),
                FAULT("$123456789012", EBULK, 10));
}

static void streamed_values_are_refused_by_name(void) {
  CHECK_VECTORS(FAULT("*?\r\n", ESTREAMED, 1), FAULT("$?\r\n", ESTREAMED, 1));
#if RESPUB_RESP3
  CHECK_VECTORS(FAULT("%?\r\n", ESTREAMED, 1), FAULT("~?\r\n", ESTREAMED, 1),
                FAULT(">?\r\n", ESTREAMED, 1), FAULT("|?\r\n", ESTREAMED, 1),
                FAULT("=?\r\n", ESTREAMED, 1), FAULT("!?\r\n", ESTREAMED, 1));
#endif
}

#if RESPUB_RESP3

static void decodes_every_resp3_type(void) {
  CHECK_VECTORS(
      VALUE("_\r\n", "_"), VALUE("#t\r\n", "#t"), VALUE("#f\r\n", "#f"),
      VALUE("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2(+\"a\" :1 +\"b\" :2)"), VALUE("%0\r\n", "%0"),
      VALUE("~2\r\n:1\r\n:2\r\n", "~2(:1 :2)"), VALUE("~0\r\n", "~0"),
      VALUE(">2\r\n+message\r\n+x\r\n", ">2(+\"message\" +\"x\")"), VALUE(">0\r\n", ">0"),
      VALUE("(3492890328409238509324850943850943825024385\r\n",
            "(\"3492890328409238509324850943850943825024385\""),
      VALUE("(-0\r\n", "(\"-0\""), VALUE("(+12\r\n", "(\"+12\""),
      VALUE("=8\r\ntxt:Some\r\n", "=\"txt:Some\""), VALUE("=4\r\nmkd:\r\n", "=\"mkd:\""),
      VALUE("!9\r\nERR a\r\nbc\r\n", "!\"ERR a\\x0d\\x0abc\""), VALUE("!0\r\n\r\n", "!\"\""),
      VALUE("%1\r\n*1\r\n_\r\n~1\r\n#t\r\n", "%1(*1(_) ~1(#t))"));
}

static void doubles_are_checked_against_their_grammar(void) {
  CHECK_VECTORS(VALUE(",1.23\r\n", ",\"1.23\""), VALUE(",10\r\n", ",\"10\""),
                VALUE(",-0.5\r\n", ",\"-0.5\""), VALUE(",+1e5\r\n", ",\"+1e5\""),
                VALUE(",1E-10\r\n", ",\"1E-10\""), VALUE(",1.5e+10\r\n", ",\"1.5e+10\""),
                VALUE(",inf\r\n", ",\"inf\""), VALUE(",-inf\r\n", ",\"-inf\""),
                VALUE(",nan\r\n", ",\"nan\""), VALUE(",-nan\r\n", ",\"-nan\""),
                FAULT(",\r", EDOUBLE, 1), FAULT(",.5", EDOUBLE, 1), FAULT(",1.\r", EDOUBLE, 3),
                FAULT(",1..", EDOUBLE, 3), FAULT(",1e\r", EDOUBLE, 3), FAULT(",1e+\r", EDOUBLE, 4),
                FAULT(",1e5.", EDOUBLE, 4), FAULT(",1e5e", EDOUBLE, 4), FAULT(",e5", EDOUBLE, 1),
                FAULT(",+inf", EDOUBLE, 2), FAULT(",+nan", EDOUBLE, 2), FAULT(",in\r", EDOUBLE, 3),
                FAULT(",infi", EDOUBLE, 4), FAULT(",inf\0", EDOUBLE, 4), FAULT(",Inf", EDOUBLE, 1),
                FAULT(",nax", EDOUBLE, 3), FAULT(",nan1", EDOUBLE, 4), FAULT(",--1", EDOUBLE, 2),
                FAULT(",1-", EDOUBLE, 2), FAULT(",-\r", EDOUBLE, 2), FAULT(",1\n", EDOUBLE, 2),
                FAULT(",0x1", EDOUBLE, 2), FAULT(",1i", EDOUBLE, 2), FAULT(",1n", EDOUBLE, 2),
                FAULT(",1.e", EDOUBLE, 3), FAULT(",1e-+", EDOUBLE, 4), FAULT(",1\rx", ECRLF, 3));
}

static void every_fault_of_resp3_has_its_byte(void) {
  CHECK_VECTORS(FAULT("#x", EBOOLEAN, 1), FAULT("#T", EBOOLEAN, 1), FAULT("#\r\n", EBOOLEAN, 1),
                FAULT("#tt", ECRLF, 2), FAULT("#t\rx", ECRLF, 3), FAULT("_x", ECRLF, 1),
                FAULT("_\rx", ECRLF, 2), FAULT("(\r\n", ENUMBER, 1), FAULT("(-\r\n", ENUMBER, 2),
                FAULT("(1.0", ENUMBER, 2), FAULT("(12a", ENUMBER, 3), FAULT("(+-1", ENUMBER, 2),
                FAULT("=3\r\n", EVERBATIM, 2), FAULT("=0\r\n", EVERBATIM, 2),
                FAULT("=4\r\ntxtx", EVERBATIM, 7), FAULT("=9\r\n:::.", EVERBATIM, 7),
                FAULT("=-1\r\n", ELENGTH, 1), FAULT("!-1\r\n", ELENGTH, 1),
                FAULT("%-1\r\n", ELENGTH, 1), FAULT("~-1\r\n", ELENGTH, 1),
                FAULT(">-1\r\n", ELENGTH, 1), FAULT("|-1\r\n", ELENGTH, 1),
                FAULT("%1\r\n:1\r\n:x", ENUMBER, 9), FAULT("!3\r\nabcx", ECRLF, 7),
                FAULT("=4\r\ntxt:x", ECRLF, 8));
}

static void an_attribute_takes_the_value_behind_it(void) {
  CHECK_VECTORS(VALUE("|1\r\n+k\r\n:1\r\n+v\r\n", "|1(+\"k\" :1 +\"v\")"),
                VALUE("|0\r\n+v\r\n", "|0(+\"v\")"),
                VALUE("*2\r\n|1\r\n+k\r\n:1\r\n:2\r\n:3\r\n", "*2(|1(+\"k\" :1 :2) :3)"),
                VALUE("|1\r\n+a\r\n+b\r\n|1\r\n+c\r\n+d\r\n*1\r\n|0\r\n_\r\n",
                      "|1(+\"a\" +\"b\" |1(+\"c\" +\"d\" *1(|0(_))))"),
                VALUE("%1\r\n|0\r\n+k\r\n|0\r\n+v\r\n", "%1(|0(+\"k\") |0(+\"v\"))"),
                VALUE("|1\r\n|0\r\n+k\r\n*0\r\n*0\r\n", "|1(|0(+\"k\") *0 *0)"), CUT("|0\r\n"),
                CUT("|1\r\n+k\r\n+v\r\n"), CUT("*1\r\n|1\r\n+k\r\n+v\r\n"));
}

#else

static void resp3_types_are_refused_when_switched_off(void) {
  CHECK_VECTORS(FAULT("_\r\n", ETYPE, 0), FAULT("#t\r\n", ETYPE, 0), FAULT("%0\r\n", ETYPE, 0),
                FAULT("~0\r\n", ETYPE, 0), FAULT(">0\r\n", ETYPE, 0), FAULT(",1\r\n", ETYPE, 0),
                FAULT("(1\r\n", ETYPE, 0), FAULT("=4\r\ntxt:\r\n", ETYPE, 0),
                FAULT("!0\r\n\r\n", ETYPE, 0), FAULT("|0\r\n", ETYPE, 0));
}

#endif

static void incomplete_input_asks_for_more(void) {
  CHECK_VECTORS(CUT(""), CUT("+"), CUT("+OK"), CUT("+OK\r"), CUT(":"), CUT(":-"), CUT(":12"),
                CUT(":12\r"), CUT("$"), CUT("$-"), CUT("$-1"), CUT("$-1\r"), CUT("$5"), CUT("$5\r"),
                CUT("$5\r\n"), CUT("$5\r\nhell"), CUT("$5\r\nhello"), CUT("$5\r\nhello\r"),
                CUT("*"), CUT("*2\r\n"), CUT("*2\r\n:1\r\n"), CUT("*1\r\n*1\r\n*1\r\n"),
                CUT("*2\r\n$1\r\na\r\n$536870912\r\nxyz"));
}

static void one_call_takes_one_value_and_says_its_size(void) {
  const respub_slice input = RESPUB_LIT("+a\r\n$1\r\nb\r\n*1\r\n:3\r\n");
  respub_node nodes[4];
  respub_decoder d;
  size_t used;
  char tape[32];
  static const char *const tapes[] = {"+\"a\"", "$\"b\"", "*1(:3)"};
  respub_decoder_init(&d, NULL, nodes, 4);
  size_t at = 0;
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_EQUAL_FATAL(respub_decode(&d, input.ptr + at, input.len - at, &used), RESPUB_OK);
    respub_tape_print(tape, sizeof tape, nodes);
    CU_ASSERT_STRING_EQUAL(tape, tapes[i]);
    CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_OK);
    at += used;
  }
  CU_ASSERT_EQUAL(at, input.len);
  CU_ASSERT_EQUAL(respub_decode(&d, input.ptr + at, 0, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_OK);
}

static void an_error_stays_until_reset(void) {
  respub_node node;
  respub_decoder d;
  size_t used = 7;
  respub_decoder_init(&d, NULL, &node, 1);
  CU_ASSERT_EQUAL(respub_decode(&d, "$x", 2, &used), RESPUB_ELENGTH);
  CU_ASSERT_EQUAL(used, 0);
  CU_ASSERT_EQUAL(d.position, 1);
  CU_ASSERT_EQUAL(respub_decode(&d, "+OK\r\n", 5, &used), RESPUB_ELENGTH);
  CU_ASSERT_EQUAL(d.position, 1);
  CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_ELENGTH);
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_decode(&d, "+OK\r\n", 5, &used), RESPUB_OK);
}

static void input_may_end_only_between_two_values(void) {
  const respub_slice input = RESPUB_LIT("*2\r\n$1\r\na\r\n:-1\r\n");
  respub_node nodes[3];
  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, nodes, 3);
  CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_OK);
  for (size_t len = 0; len < input.len; len++) {
    CU_ASSERT_EQUAL(respub_decode(&d, input.ptr, len, &used), RESPUB_MORE);
    CU_ASSERT_EQUAL(used, 0);
    CU_ASSERT_EQUAL(respub_decode_end(&d), len == 0 ? RESPUB_OK : RESPUB_ETRUNCATED);
  }
  CU_ASSERT_EQUAL(respub_decode(&d, input.ptr, input.len, &used), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_OK);
}

static void a_reset_forgets_the_value_in_progress(void) {
  respub_node nodes[3];
  respub_decoder d;
  size_t used;
  char tape[32];
  respub_decoder_init(&d, NULL, nodes, 3);
  CU_ASSERT_EQUAL(respub_decode(&d, "*2\r\n$1\r\na\r\n$5\r\nab", 17, &used), RESPUB_MORE);
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL_FATAL(respub_decode(&d, "*1\r\n:5\r\n", 8, &used), RESPUB_OK);
  respub_tape_print(tape, sizeof tape, nodes);
  CU_ASSERT_STRING_EQUAL(tape, "*1(:5)");
}

static void a_full_array_keeps_the_place_and_writes_no_further(void) {
  const respub_slice input = RESPUB_LIT("*2\r\n$1\r\na\r\n*1\r\n+b\r\n");
  respub_node nodes[5];
  respub_decoder d;
  size_t used;
  char tape[32];
  memset(nodes, 0x5a, sizeof nodes);
  const respub_node untouched = nodes[4];
  respub_decoder_init(&d, NULL, nodes, 0);
  for (size_t room = 0; room < 4; room++) {
    respub_decoder_grow(&d, nodes, room);
    CU_ASSERT_EQUAL(respub_decode(&d, input.ptr, input.len, &used), RESPUB_NODES);
    CU_ASSERT_EQUAL(used, 0);
    CU_ASSERT_EQUAL(memcmp(&nodes[room], &untouched, sizeof untouched), 0);
    CU_ASSERT_EQUAL(respub_decode_end(&d), RESPUB_ETRUNCATED);
  }
  respub_decoder_grow(&d, nodes, 4);
  CU_ASSERT_EQUAL_FATAL(respub_decode(&d, input.ptr, input.len, &used), RESPUB_OK);
  respub_tape_print(tape, sizeof tape, nodes);
  CU_ASSERT_STRING_EQUAL(tape, "*2($\"a\" *1(+\"b\"))");
  CU_ASSERT_EQUAL(memcmp(&nodes[4], &untouched, sizeof untouched), 0);
}

static void a_call_with_fewer_bytes_than_before_is_harmless(void) {
  respub_node nodes[2];
  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, nodes, 2);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n$3\r\nab", 10, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n", 4, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n$3\r\nabc\r\n", 13, &used), RESPUB_OK);
}

static void says_how_many_bytes_a_string_wants(void) {
  respub_node nodes[2];
  respub_decoder d;
  size_t used;
  respub_decoder_init(&d, NULL, nodes, 2);
  CU_ASSERT_EQUAL(respub_decoder_wants(&d), 0);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n$1000\r\n", 11, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decoder_wants(&d), 1013);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n$1000\r\nabc", 14, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decoder_wants(&d), 1013);
#if RESPUB_RESP3
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n=1000\r\nt", 12, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decoder_wants(&d), 1013);
#endif
  respub_decoder_reset(&d);
  CU_ASSERT_EQUAL(respub_decoder_wants(&d), 0);
  CU_ASSERT_EQUAL(respub_decode(&d, "*1\r\n$10", 7, &used), RESPUB_MORE);
  CU_ASSERT_EQUAL(respub_decoder_wants(&d), 7);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
    RESPUB_TEST(decodes_every_resp2_type),
    RESPUB_TEST(decodes_the_frames_of_pubsub),
    RESPUB_TEST(strings_may_hold_every_byte),
    RESPUB_TEST(every_fault_of_framing_has_its_byte),
    RESPUB_TEST(a_fault_inside_of_a_whole_frame_has_its_byte),
    RESPUB_TEST(decodes_frames_of_mixed_and_nested_values),
    RESPUB_TEST(every_fault_of_an_integer_has_its_byte),
    RESPUB_TEST(integers_reach_the_ends_of_64_bits),
    RESPUB_TEST(every_fault_of_a_length_has_its_byte),
    RESPUB_TEST(streamed_values_are_refused_by_name),
#if RESPUB_RESP3
    RESPUB_TEST(decodes_every_resp3_type),
    RESPUB_TEST(doubles_are_checked_against_their_grammar),
    RESPUB_TEST(every_fault_of_resp3_has_its_byte),
    RESPUB_TEST(an_attribute_takes_the_value_behind_it),
#else
    RESPUB_TEST(resp3_types_are_refused_when_switched_off),
#endif
    RESPUB_TEST(incomplete_input_asks_for_more),
    RESPUB_TEST(one_call_takes_one_value_and_says_its_size),
    RESPUB_TEST(an_error_stays_until_reset),
    RESPUB_TEST(input_may_end_only_between_two_values),
    RESPUB_TEST(a_reset_forgets_the_value_in_progress),
    RESPUB_TEST(a_full_array_keeps_the_place_and_writes_no_further),
    RESPUB_TEST(a_call_with_fewer_bytes_than_before_is_harmless),
    RESPUB_TEST(says_how_many_bytes_a_string_wants),
  };
  return respub_test_main("decoder", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
