/* Sentences in fixed memory: whole, or cut between characters with "..." at the end, never beyond
 * it. */
#include "schema/text.h"
#include "tests/support/check.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum {
  ROOM = 16
};

/* What adding len letters to a text of ROOM bytes must give. */
static void check_letters(const char *out, size_t len) {
  char wanted[64] = "";
  memset(wanted, 'x', len < ROOM ? len : ROOM - 4);
  if (len >= ROOM)
    memcpy(wanted + ROOM - 4, "...", 4);
  RESPUB_CHECK(strcmp(out, wanted) == 0, "%zu: %s", len, out);
}

static void what_fits_is_whole_and_what_does_not_is_cut(void) {
  respub_guard guard = respub_guard_open(ROOM);
  char letters[64];
  for (size_t len = 0; len < sizeof letters - 1; len++) {
    char *out = guard.end - ROOM;
    memset(letters, 'x', len);
    letters[len] = '\0';
    respub__text t = respub__text_in(out, ROOM);
    respub__text_add(&t, letters);
    check_letters(out, len);
    t = respub__text_in(out, ROOM);
    for (size_t i = 0; i < len; i++)
      respub__text_add(&t, "x");
    check_letters(out, len);
  }
  respub_guard_close(&guard);
}

static void nothing_follows_a_cut(void) {
  char out[8];
  respub__text t = respub__text_in(out, sizeof out);
  respub__text_add(&t, "abcdefgh");
  respub__text_add(&t, "i");
  respub__text_count(&t, 5);
  CU_ASSERT_STRING_EQUAL(out, "abcd...");
}

static void characters_are_not_cut_in_two(void) {
  static const char *const texts[] = {"a\xf0\x9f\x98\x80zzzz", "ab\xf0\x9f\x98\x80zzz",
                                      "abc\xe2\x82\xaczzz", "abcd\xc3\xa9zz"};
  static const char *const wanted[] = {"a...", "ab...", "abc...", "abcd..."};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    char out[8];
    respub__text t = respub__text_in(out, sizeof out);
    respub__text_add(&t, texts[i]);
    RESPUB_CHECK(strcmp(out, wanted[i]) == 0, "%s: %s", texts[i], out);
    t = respub__text_in(out, sizeof out);
    for (const char *c = texts[i]; *c != '\0'; c++) {
      char one[] = {*c, '\0'};
      respub__text_add(&t, one);
    }
    RESPUB_CHECK(strcmp(out, wanted[i]) == 0, "%s: %s", texts[i], out);
  }
}

static void check_value(const char *json, const char *wanted) {
  char out[128];
  respub__text t = respub__text_in(out, sizeof out);
  cJSON *value = NULL;
  CU_ASSERT_EQUAL_FATAL(respub_json_parse(&value, json, strlen(json), NULL), RESPUB_OK);
  respub__text_value(&t, value);
  RESPUB_CHECK(strcmp(out, wanted) == 0, "%s: %s", json, out);
  cJSON_Delete(value);
}

static void values_are_shown_as_people_know_them(void) {
  check_value("null", "null");
  check_value("true", "true");
  check_value("false", "false");
  check_value("150.00", "150");
  check_value("[1]", "an array");
  check_value("{}", "an object");
  check_value("\"a\\\"\\\\\\n\\u007f\"", "\"a\\\"\\\\\\u000a\\u007f\"");
  check_value("\"012345678901234567890123456789012345678901234567890123456789\"",
              "\"012345678901234567890123456789012345678901234567890123456789\"");
  check_value("\"0123456789012345678901234567890123456789012345678901234567890\"",
              "\"012345678901234567890123456789012345678901234567890123456789...\"");
  check_value("\"01234567890123456789012345678901234567890123456789012345678\xc3\xa9\"",
              "\"01234567890123456789012345678901234567890123456789012345678...\"");
}

static void errors_are_one_line(void) {
  respub_error error = {.text = ""};
  CU_ASSERT_EQUAL(respub__schema_fail(&error, RESPUB_EIO, "a\n%s\x7f%d", "\tb", 5), RESPUB_EIO);
  CU_ASSERT_EQUAL(error.status, RESPUB_EIO);
  CU_ASSERT_STRING_EQUAL(error.text, "a??b?5");
  CU_ASSERT_EQUAL(respub__schema_fail(NULL, RESPUB_EIO, "%s", "x"), RESPUB_EIO);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(what_fits_is_whole_and_what_does_not_is_cut),
      RESPUB_TEST(nothing_follows_a_cut),
      RESPUB_TEST(characters_are_not_cut_in_two),
      RESPUB_TEST(values_are_shown_as_people_know_them),
      RESPUB_TEST(errors_are_one_line),
  };
  return respub_test_main("schema_text", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
