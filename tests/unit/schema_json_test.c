/* What counts as JSON on the way in, and what leaves on the way out. Every input lies in front of
 * an unreadable page. */
#include "schema/schema.h"
#include "tests/support/check.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static respub_status parse_guarded(const char *text, size_t len, cJSON **root,
                                   respub_error *error) {
  respub_guard guard = respub_guard_open(len);
  const char *last = respub_guard_put_last(&guard, text, len);
  respub_status status = respub_json_parse(root, last, len, error);
  respub_guard_close(&guard);
  return status;
}

/* ---- in ---- */

typedef struct input {
  respub_slice text;
  const char *fault; /* NULL: accepted */
} input;

static void check_inputs(const input *rows, size_t n) {
  for (size_t i = 0; i < n; i++) {
    respub_slice text = rows[i].text;
    int shown = (int)(text.len < 100 ? text.len : 100);
    cJSON *root = NULL;
    respub_error error = {.text = ""};
    respub_status status = parse_guarded(text.ptr, text.len, &root, &error);
    bool accepted = rows[i].fault == NULL;
    RESPUB_CHECK(status == (accepted ? RESPUB_OK : RESPUB_EJSON), "%.*s: %s", shown, text.ptr,
                 error.text);
    RESPUB_CHECK((root != NULL) == accepted, "%.*s", shown, text.ptr);
    RESPUB_CHECK(accepted || error.status == RESPUB_EJSON, "%.*s", shown, text.ptr);
    RESPUB_CHECK(accepted || strcmp(error.text, rows[i].fault) == 0, "%.*s: %s", shown, text.ptr,
                 error.text);
    cJSON_Delete(root);
  }
}

#define IN(text, fault)                                                                            \
  { {"" text, sizeof(text) - 1}, fault }
#define INPUTS(...)                                                                                \
  do {                                                                                             \
    static const input rows[] = {__VA_ARGS__};                                                     \
    check_inputs(rows, sizeof rows / sizeof rows[0]);                                              \
  } while (0)

static void json_of_every_kind_is_taken(void) {
  INPUTS(IN("null", NULL), IN("true", NULL), IN("false", NULL), IN("0", NULL), IN("-0", NULL),
         IN("-1.50e+07", NULL), IN("1E5", NULL), IN("0.0", NULL), IN("1e-400", NULL),
         IN("0e999999999999999999999", NULL), IN("1.7976931348623157e308", NULL), IN("\"\"", NULL),
         IN("[]", NULL), IN("{}", NULL), IN(" \t\r\n[ 1 , {\"a\" : [ ] } ]\n", NULL),
         IN("{\"\":{\"\":[[],{}]}}", NULL),
         IN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"", NULL),
         IN("\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80"
            "\xf4\x8f\xbf\xbf\"",
            NULL));
}

static void an_end_too_early_is_named(void) {
  INPUTS(IN("", "offset 0: the text ends where a value is due"),
         IN("  ", "offset 2: the text ends where a value is due"),
         IN("[", "offset 1: the text ends where a value is due"),
         IN("[1", "offset 2: a comma or a closing bracket expected"),
         IN("[1,", "offset 3: the text ends where a value is due"),
         IN("{", "offset 1: a field name in quotes expected"),
         IN("{\"a\"", "offset 4: a colon expected"),
         IN("{\"a\":", "offset 5: the text ends where a value is due"),
         IN("{\"a\":1", "offset 6: a comma or a closing brace expected"),
         IN("{\"a\":1,", "offset 7: a field name in quotes expected"),
         IN("\"", "offset 1: the text ends inside a string"),
         IN("\"ab", "offset 3: the text ends inside a string"),
         IN("\"a\\", "offset 2: an escape that JSON does not have"),
         IN("\"\\u00", "offset 1: \\u needs four hexadecimal digits"),
         IN("-", "offset 1: a digit expected"),
         IN("1.", "offset 2: a digit expected behind the point"),
         IN("1e", "offset 2: a digit expected in the exponent"),
         IN("1e+", "offset 3: a digit expected in the exponent"),
         IN("tru", "offset 0: a value expected"));
}

static void what_other_readers_let_pass_is_refused(void) {
  INPUTS(
      IN("[1,]", "offset 3: a value expected"), IN("[,1]", "offset 1: a value expected"),
      IN("{\"a\":1,}", "offset 7: a field name in quotes expected"),
      IN("{a:1}", "offset 1: a field name in quotes expected"),
      IN("{'a':1}", "offset 1: a field name in quotes expected"),
      IN("{\"a\" 1}", "offset 5: a colon expected"),
      IN("[1 2]", "offset 3: a comma or a closing bracket expected"),
      IN("[1}", "offset 2: a comma or a closing bracket expected"),
      IN("{\"a\":1]", "offset 6: a comma or a closing brace expected"),
      IN("]", "offset 0: a value expected"), IN("1 2", "offset 2: more behind the value"),
      IN("{}{}", "offset 2: more behind the value"), IN("{}\0", "offset 2: more behind the value"),
      IN("null x", "offset 5: more behind the value"),
      IN("nullx", "offset 4: more behind the value"), IN("NULL", "offset 0: a value expected"),
      IN("NaN", "offset 0: a value expected"), IN("-Infinity", "offset 1: a digit expected"),
      IN("Infinity", "offset 0: a value expected"), IN("+1", "offset 0: a value expected"),
      IN(".5", "offset 0: a value expected"), IN("01", "offset 0: a number that starts with 0"),
      IN("-00", "offset 1: a number that starts with 0"),
      IN("0x10", "offset 1: more behind the value"), IN("1_0", "offset 1: more behind the value"),
      IN("1.e5", "offset 2: a digit expected behind the point"),
      IN("/**/1", "offset 0: a value expected"), IN("1//", "offset 1: more behind the value"),
      IN("\xef\xbb\xbf{}", "offset 0: a value expected"), IN("\v1", "offset 0: a value expected"),
      IN("\xc2\xa0"
         "1",
         "offset 0: a value expected"),
      IN("[\x01]", "offset 1: a value expected"));
}

static void strings_hold_characters_only(void) {
  INPUTS(IN("\"\n\"", "offset 1: a control character in a string"),
         IN("\"a\tb\"", "offset 2: a control character in a string"),
         IN("\"\x1f\"", "offset 1: a control character in a string"),
         IN("\"a\0b\"", "offset 2: a control character in a string"),
         IN("{\"a\0\":1}", "offset 3: a control character in a string"),
         IN("\"\\u0000\"", "offset 1: \\u0000 is not allowed"),
         IN("{\"x\\u0000\":1}", "offset 3: \\u0000 is not allowed"),
         IN("\"\\x41\"", "offset 1: an escape that JSON does not have"),
         IN("\"\\'\"", "offset 1: an escape that JSON does not have"),
         IN("\"\\\0\"", "offset 1: an escape that JSON does not have"),
         IN("\"\\U00e9\"", "offset 1: an escape that JSON does not have"),
         IN("\"\\u00g9\"", "offset 1: \\u needs four hexadecimal digits"),
         IN("\"\\u+123\"", "offset 1: \\u needs four hexadecimal digits"),
         IN("\"\\ud800\"", "offset 1: half of a surrogate pair"),
         IN("\"\\ud83dx\"", "offset 1: half of a surrogate pair"),
         IN("\"\\ud83d\\n\"", "offset 1: half of a surrogate pair"),
         IN("\"\\ud83d\\ud83d\"", "offset 1: half of a surrogate pair"),
         IN("\"a\\ude00\"", "offset 2: half of a surrogate pair"));
}

static void strings_are_utf_8(void) {
  INPUTS(IN("\"\x80\"", "offset 1: not UTF-8"), IN("\"\xff\"", "offset 1: not UTF-8"),
         IN("\"\xc0\x80\"", "offset 1: not UTF-8"), IN("\"\xc1\xbf\"", "offset 1: not UTF-8"),
         IN("\"\xe0\x9f\xbf\"", "offset 1: not UTF-8"),
         IN("\"\xed\xa0\x80\"", "offset 1: not UTF-8"),
         IN("\"\xed\xbf\xbf\"", "offset 1: not UTF-8"),
         IN("\"\xf0\x8f\xbf\xbf\"", "offset 1: not UTF-8"),
         IN("\"\xf4\x90\x80\x80\"", "offset 1: not UTF-8"),
         IN("\"\xf5\x80\x80\x80\"", "offset 1: not UTF-8"), IN("\"ab\xc3\"", "offset 3: not UTF-8"),
         IN("\"\xe2\x82\"", "offset 1: not UTF-8"), IN("\"\xc3", "offset 1: not UTF-8"),
         IN("\"\xf0\x9f\x98", "offset 1: not UTF-8"), IN("{\"\xfe\":1}", "offset 2: not UTF-8"));
}

static void numbers_fit_a_double_and_63_characters(void) {
  INPUTS(IN("1e309", "offset 0: a number too large for a double"),
         IN("[-1e400]", "offset 1: a number too large for a double"),
         IN("1.7976931348623159e308", "offset 0: a number too large for a double"),
         IN("179769313486231590000000000000000000000.0e270",
            "offset 0: a number too large for a double"),
         IN("17976931348623157000000000000000000000.0e271", NULL),
         IN("1e99999999999999999999", "offset 0: a number too large for a double"),
         IN("0.00001e310", NULL),
         IN("123456789012345678901234567890123456789012345678901234567890123", NULL),
         IN("[1234567890123456789012345678901234567890123456789012345678901234]",
            "offset 1: a number longer than 63 characters"),
         IN("1e0000000000000000000000000000000000000000000000000000000000005", NULL));
}

static void a_field_stands_there_once(void) {
  INPUTS(IN("{\"a\":1,\"a\":2}", "offset 7: a field that stands there twice: \"a\""),
         IN("{\"a\":1,\"b\":{\"a\":2}}", NULL), IN("[{\"a\":1},{\"a\":1}]", NULL),
         IN("{\"a\":{\"x\":1,\"y\":2},\"b\":1,\"a\":3}",
            "offset 25: a field that stands there twice: \"a\""),
         IN("{\"a\":1,\"\\u0061\":2}", "offset 7: a field that stands there twice: \"\\u0061\""),
         IN("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}",
            "offset 18: a field that stands there twice: \"\xf0\x9f\x98\x80\""),
         IN("{\"\\u00e9\":1,\"\xc3\xa9\":2}",
            "offset 12: a field that stands there twice: \"\xc3\xa9\""),
         IN("{\"\\n\":1,\"\\u000A\":2}", "offset 8: a field that stands there twice: \"\\u000A\""),
         IN("{\"\\u0080\":1,\"\xc2\x80\":2}",
            "offset 12: a field that stands there twice: \"\xc2\x80\""),
         IN("{\"\\u07ff\":1,\"\xdf\xbf\":2}",
            "offset 12: a field that stands there twice: \"\xdf\xbf\""),
         IN("{\"\\u0800\":1,\"\xe0\xa0\x80\":2}",
            "offset 12: a field that stands there twice: \"\xe0\xa0\x80\""),
         IN("{\"\\uffff\":1,\"\xef\xbf\xbf\":2}",
            "offset 12: a field that stands there twice: \"\xef\xbf\xbf\""),
         IN("{\"\\ud800\\udc00\":1,\"\xf0\x90\x80\x80\":2}",
            "offset 18: a field that stands there twice: \"\xf0\x90\x80\x80\""),
         IN("{\"\\/\":1,\"/\":2}", "offset 8: a field that stands there twice: \"/\""),
         IN("{\"\":1,\"\":2}", "offset 6: a field that stands there twice: \"\""),
         IN("{\"a\":1,\"A\":2,\"aa\":3,\"\\\\u0061\":4,\"b\\tc\":5,\"b\\\\tc\":6}", NULL));
}

/* "{"k0":0,"k1":0,...}" with n fields in an order that looks like none; one more "k7" at the end
 * when twice is true. */
static char *many_fields(size_t n, bool twice, size_t *len, size_t *last) {
  size_t room = n * 20 + 64;
  char *text = malloc(room);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  *len = 0;
  for (size_t i = 0; i < n; i++)
    *len += (size_t)snprintf(text + *len, room - *len, "%s\"k%zu\":0", i == 0 ? "{" : ",",
                             i * 7919 % n);
  *last = *len + 1;
  *len += (size_t)snprintf(text + *len, room - *len, "%s}", twice ? ",\"k\\u0037\":1" : "");
  return text;
}

/* Comparing each with each would take minutes. */
static void duplicates_are_found_among_many(void) {
  size_t len;
  size_t last;
  static const size_t sizes[] = {16, 17, 33, 100, 200000};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    cJSON *root;
    char wanted[128];
    respub_error error = {.text = ""};
    char *text = many_fields(sizes[i], false, &len, &last);
    RESPUB_CHECK(respub_json_parse(&root, text, len, &error) == RESPUB_OK, "%s", error.text);
    cJSON_Delete(root);
    free(text);
    text = many_fields(sizes[i], true, &len, &last);
    CU_ASSERT_EQUAL(respub_json_parse(&root, text, len, &error), RESPUB_EJSON);
    (void)snprintf(wanted, sizeof wanted,
                   "offset %zu: a field that stands there twice: \"k\\u0037\"", last);
    CU_ASSERT_STRING_EQUAL(error.text, wanted);
    free(text);
  }
}

static void nesting_ends_at_100_levels(void) {
  char text[402];
  cJSON *root;
  respub_error error;
  memset(text, '[', 200);
  memset(text + 100, ']', 100);
  CU_ASSERT_EQUAL(parse_guarded(text, 200, &root, &error), RESPUB_OK);
  cJSON_Delete(root);
  memset(text, '[', 101);
  memset(text + 101, ']', 101);
  CU_ASSERT_EQUAL(parse_guarded(text, 202, &root, &error), RESPUB_EJSON);
  CU_ASSERT_STRING_EQUAL(error.text, "offset 100: nested deeper than 100 levels");
  size_t million = 1000000;
  char *deep = malloc(million);
  CU_ASSERT_PTR_NOT_NULL_FATAL(deep);
  memset(deep, '[', million);
  CU_ASSERT_EQUAL(respub_json_parse(&root, deep, million, &error), RESPUB_EJSON);
  CU_ASSERT_PTR_NULL(root);
  free(deep);
}

static const char sample[] = "{\"data\": {\"a\": [1, -2.5e-3, true, null], \"\\u00e9\\n\": "
                             "\"x\\ud83d\\ude00\\\\\"}, \"sender\": \"b\xc3\xa9\"}";

static void every_cut_is_refused_without_reading_on(void) {
  cJSON *root = NULL;
  for (size_t len = 0; len < sizeof sample - 1; len++)
    RESPUB_CHECK(parse_guarded(sample, len, &root, NULL) == RESPUB_EJSON, "%zu", len);
  CU_ASSERT_EQUAL(parse_guarded(sample, sizeof sample - 1, &root, NULL), RESPUB_OK);
  cJSON_Delete(root);
}

/* No byte in any place may crash; what is accepted can be printed and read again. */
static void every_change_of_a_byte_is_refused_or_survives_a_round_trip(void) {
  char text[sizeof sample];
  for (size_t at = 0; at < sizeof sample - 1; at++) {
    for (int byte = 0; byte < 256; byte++) {
      cJSON *root = NULL;
      char *printed = NULL;
      memcpy(text, sample, sizeof sample);
      text[at] = (char)byte;
      if (respub_json_parse(&root, text, sizeof sample - 1, NULL) != RESPUB_OK)
        continue;
      RESPUB_CHECK(respub_json_text(root, &printed, NULL) == RESPUB_OK, "%zu %d", at, byte);
      cJSON_Delete(root);
      root = NULL;
      RESPUB_CHECK(respub_json_parse(&root, printed, strlen(printed), NULL) == RESPUB_OK, "%s",
                   printed);
      cJSON_Delete(root);
      respub_text_free(printed);
    }
  }
}

/* ---- out ---- */

static void check_number(double number, const char *wanted) {
  cJSON *value = cJSON_CreateNumber(number);
  char *text = NULL;
  size_t len = 0;
  CU_ASSERT_EQUAL(respub_json_text(value, &text, &len), RESPUB_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  RESPUB_CHECK(strcmp(text, wanted) == 0, "%.17g: %s", number, text);
  CU_ASSERT_EQUAL(len, strlen(wanted));
  respub_text_free(text);
  cJSON_Delete(value);
}

static void numbers_are_printed_in_the_fewest_digits_that_read_back(void) {
  check_number(150.00, "150");
  check_number(0.1, "0.1");
  check_number(0.30000000000000004, "0.30000000000000004");
  check_number(19.99, "19.99");
  check_number(-1.5, "-1.5");
  check_number(0, "0");
  check_number(-0.0, "-0");
  check_number(9007199254740991.0, "9007199254740991");
  check_number(8999999999999999.0, "8999999999999999");
  check_number(-9007199254740992.0, "-9007199254740992");
  check_number(1e15, "1000000000000000");
  check_number(1e16, "1e16");
  check_number(1.5e300, "1.5e300");
  check_number(1e-6, "0.000001");
  check_number(1.25e-7, "1.25e-7");
  check_number(1.0 / 3, "0.3333333333333333");
  check_number(DBL_MAX, "1.7976931348623157e308");
  check_number(DBL_MIN, "2.2250738585072014e-308");
  check_number(5e-324, "5e-324");
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void check_reads_back(double number) {
  cJSON *value = cJSON_CreateNumber(number);
  cJSON *again = NULL;
  char *text = NULL;
  CU_ASSERT_EQUAL(respub_json_text(value, &text, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_json_parse(&again, text, strlen(text), NULL), RESPUB_OK);
  RESPUB_CHECK(again != NULL && memcmp(&again->valuedouble, &number, sizeof number) == 0,
               "%.17g: %s", number, text);
  respub_text_free(text);
  cJSON_Delete(value);
  cJSON_Delete(again);
}

static void every_double_reads_back_to_the_last_bit(void) {
  uint64_t state = 88172645463325252u;
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = next_random(&state);
    double any;
    memcpy(&any, &bits, sizeof any);
    if (isfinite(any))
      check_reads_back(any);
    check_reads_back((double)(bits % 100000000) / 100);
    check_reads_back((double)(bits % 10000000000) / 10000);
    check_reads_back((double)(bits >> 11));
  }
}

static void strings_are_escaped_where_json_asks_for_it(void) {
  cJSON *value = cJSON_CreateObject();
  char *text = NULL;
  size_t len = 0;
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddStringToObject(
      value, "k\"\n", " \x01\x1f\b\f\n\r\t\"\\/\x7f\xc3\xa9\xf0\x9f\x98\x80"));
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddArrayToObject(value, ""));
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddTrueToObject(value, "t"));
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddFalseToObject(value, "f"));
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddNullToObject(value, "n"));
  CU_ASSERT_EQUAL(respub_json_text(value, &text, &len), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(text, "{\"k\\\"\\n\":\" \\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\x7f\xc3\xa9"
                               "\xf0\x9f\x98\x80\",\"\":[],\"t\":true,\"f\":false,\"n\":null}");
  CU_ASSERT_EQUAL(len, strlen(text));
  respub_text_free(text);
  cJSON_Delete(value);
  respub_text_free(NULL);
}

/* What takes more room in print than in memory. */
static void room_is_made_for_every_escape(void) {
  enum {
    MANY = 20000
  };
  static const char characters[] = "\"\\\n\x01/ ";
  static const size_t printed[] = {2, 2, 2, 6, 1, 1};
  char *filler = malloc(MANY + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(filler);
  filler[MANY] = '\0';
  for (size_t i = 0; characters[i] != '\0'; i++) {
    char *text = NULL;
    size_t len = 0;
    memset(filler, characters[i], MANY);
    cJSON *value = cJSON_CreateString(filler);
    CU_ASSERT_EQUAL(respub_json_text(value, &text, &len), RESPUB_OK);
    CU_ASSERT_EQUAL(len, MANY * printed[i] + 2);
    respub_text_free(text);
    cJSON_Delete(value);
  }
  free(filler);
}

static void check_unprintable(cJSON *value) {
  char *text = (char *)value;
  size_t len = 7;
  CU_ASSERT_EQUAL(respub_json_text(value, &text, &len), RESPUB_EARGUMENT);
  CU_ASSERT_PTR_NULL(text);
  cJSON_Delete(value);
}

static cJSON *array_of(cJSON *item) {
  cJSON *array = cJSON_CreateArray();
  CU_ASSERT_TRUE(cJSON_AddItemToArray(array, item));
  return array;
}

static cJSON *object_of(const char *name, cJSON *value) {
  cJSON *object = cJSON_CreateObject();
  CU_ASSERT_TRUE(cJSON_AddItemToObject(object, name, value));
  return object;
}

static cJSON *nested_arrays(int n) {
  cJSON *value = cJSON_CreateArray();
  for (int i = 1; i < n; i++)
    value = array_of(value);
  return value;
}

static cJSON *number_of(double number) {
  cJSON *value = cJSON_CreateNumber(0);
  value->valuedouble = number;
  return value;
}

static void what_json_cannot_say_is_not_printed(void) {
  check_unprintable(NULL);
  check_unprintable(array_of(number_of((double)NAN)));
  check_unprintable(object_of("x", number_of((double)INFINITY)));
  check_unprintable(number_of(-(double)INFINITY));
  check_unprintable(cJSON_CreateString("\xff"));
  check_unprintable(array_of(cJSON_CreateString("a\xc3")));
  check_unprintable(object_of("\xc0\x80", cJSON_CreateNull()));
  check_unprintable(array_of(cJSON_CreateRaw("1")));
  check_unprintable(nested_arrays(101));
  check_unprintable(nested_arrays(5000));
  cJSON *twice = object_of("a", cJSON_CreateNull());
  CU_ASSERT_PTR_NOT_NULL(cJSON_AddNullToObject(twice, "a"));
  check_unprintable(array_of(array_of(twice)));
  cJSON *broken = cJSON_CreateString("x");
  broken->type = cJSON_Invalid;
  check_unprintable(array_of(broken));
  char *text = NULL;
  cJSON *deep = nested_arrays(100);
  CU_ASSERT_EQUAL(respub_json_text(deep, &text, NULL), RESPUB_OK);
  respub_text_free(text);
  cJSON_Delete(deep);
}

static void a_part_of_a_tree_is_printed_without_what_follows(void) {
  cJSON *root = NULL;
  char *text = NULL;
  CU_ASSERT_EQUAL(respub_json_parse(&root, "[[1,{\"a\":2}],3]", 15, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_json_text(root->child, &text, NULL), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(text, "[1,{\"a\":2}]");
  respub_text_free(text);
  cJSON_Delete(root);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(json_of_every_kind_is_taken),
      RESPUB_TEST(an_end_too_early_is_named),
      RESPUB_TEST(what_other_readers_let_pass_is_refused),
      RESPUB_TEST(strings_hold_characters_only),
      RESPUB_TEST(strings_are_utf_8),
      RESPUB_TEST(numbers_fit_a_double_and_63_characters),
      RESPUB_TEST(a_field_stands_there_once),
      RESPUB_TEST(duplicates_are_found_among_many),
      RESPUB_TEST(nesting_ends_at_100_levels),
      RESPUB_TEST(every_cut_is_refused_without_reading_on),
      RESPUB_TEST(every_change_of_a_byte_is_refused_or_survives_a_round_trip),
      RESPUB_TEST(numbers_are_printed_in_the_fewest_digits_that_read_back),
      RESPUB_TEST(every_double_reads_back_to_the_last_bit),
      RESPUB_TEST(strings_are_escaped_where_json_asks_for_it),
      RESPUB_TEST(room_is_made_for_every_escape),
      RESPUB_TEST(what_json_cannot_say_is_not_printed),
      RESPUB_TEST(a_part_of_a_tree_is_printed_without_what_follows),
  };
  return respub_test_main("schema_json", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
