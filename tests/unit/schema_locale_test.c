/* A decimal comma in the program's locale changes nothing about JSON. No machine need have such a
 * locale: one is made with localedef, which comes with glibc. Other C libraries of interest know no
 * decimal comma. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__

static char folder[RESPUB_TEST_TEMPORARY];

static const char *path_of(const char *name) {
  static char path[128];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void write_locale(void) {
  FILE *file = fopen(path_of("comma"), "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  (void)fprintf(file, "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\n"
                      "END LC_NUMERIC\n");
  CU_ASSERT_EQUAL(fclose(file), 0);
}

static void write_charmap(void) {
  FILE *file = fopen(path_of("ascii"), "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  (void)fprintf(file,
                "<code_set_name> ANSI_X3.4-1968\n<comment_char> %%\n<escape_char> /\nCHARMAP\n");
  for (int i = 0; i < 128; i++)
    (void)fprintf(file, "<U%04X> /x%02x\n", (unsigned)i, (unsigned)i);
  (void)fprintf(file, "END CHARMAP\n");
  CU_ASSERT_EQUAL(fclose(file), 0);
}

static void enter_comma_locale(void) {
  char source[128];
  char charmap[128];
  char output[128];
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(respub_test_temporary(folder, "locale")));
  write_locale();
  write_charmap();
  (void)snprintf(source, sizeof source, "%s", path_of("comma"));
  (void)snprintf(charmap, sizeof charmap, "%s", path_of("ascii"));
  (void)snprintf(output, sizeof output, "%s", path_of("xx"));
  const char *const argv[] = {"localedef", "-c", "-f", charmap, "-i", source, output, NULL};
  respub_test_output said;
  (void)respub_test_run(argv, NULL, 0, 20000, &said);
  respub_test_output_free(&said);
  CU_ASSERT_EQUAL(setenv("LOCPATH", folder, 1), 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(setlocale(LC_NUMERIC, "xx"));
  char shown[16];
  (void)snprintf(shown, sizeof shown, "%.1f", 1.5);
  CU_ASSERT_STRING_EQUAL(shown, "1,5");
}

static void leave_comma_locale(void) {
  const char *const argv[] = {"rm", "-r", folder, NULL};
  respub_test_output said;
  CU_ASSERT_PTR_NOT_NULL(setlocale(LC_NUMERIC, "C"));
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, 20000, &said), 0);
  respub_test_output_free(&said);
}

#else

static void enter_comma_locale(void) {
}

static void leave_comma_locale(void) {
}

#endif

static void check_same(const char *text) {
  char *printed = NULL;
  cJSON *value = respub_test_value(text);
  CU_ASSERT_EQUAL(respub_json_text(value, &printed, NULL), RESPUB_OK);
  RESPUB_CHECK(printed != NULL && strcmp(printed, text) == 0, "%s: %s", text,
               printed != NULL ? printed : "nothing");
  respub_text_free(printed);
  cJSON_Delete(value);
}

static void numbers_have_a_point_whatever_the_locale(void) {
  enter_comma_locale();
  static const char *const texts[] = {"0.1",       "1.5e300", "0.30000000000000004",
                                      "-19.99",    "1.25e-7", "1.7976931348623157e308",
                                      "[1.5,2.5]", "5e-324"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    check_same(texts[i]);
  cJSON *value = NULL;
  CU_ASSERT_EQUAL(respub_json_parse(&value, "1,5", 3, NULL), RESPUB_EJSON);
  CU_ASSERT_EQUAL(respub_json_parse(&value, "1.5e400", 7, NULL), RESPUB_EJSON);
  RESPUB_VERDICTS({"{'multipleOf':0.01,'maximum':20.5}", "19.99", NULL},
                  {NULL, "20.51", "expected at most 20.5, got 20.51 (maximum)"},
                  {NULL, "0.123456789012345678",
                   "expected a multiple of 0.01, got 0.12345678901234568 (multipleOf)"});
  leave_comma_locale();
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(numbers_have_a_point_whatever_the_locale),
  };
  return respub_test_main("schema_locale", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
