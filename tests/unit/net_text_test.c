#include "net/text.h"
#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

static void a_failure_is_one_sentence_and_its_status(void) {
  respub_error e = {RESPUB_OK, "old"};
  CU_ASSERT_EQUAL(respub__fail(&e, RESPUB_EURL, "%s %d", "part", 7), RESPUB_EURL);
  CU_ASSERT_EQUAL(e.status, RESPUB_EURL);
  CU_ASSERT_STRING_EQUAL(e.text, "part 7");
  CU_ASSERT_EQUAL(respub__fail(NULL, RESPUB_EIO, "%s", "x"), RESPUB_EIO);
}

static void a_long_sentence_is_cut_at_its_end(void) {
  respub_error e;
  char text[1000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  (void)respub__fail(&e, RESPUB_EIO, "%s", text);
  CU_ASSERT_EQUAL(strlen(e.text), sizeof e.text - 1);
}

static void control_characters_do_not_reach_a_terminal(void) {
  respub_error e;
  (void)respub__fail(&e, RESPUB_EIO, "a%cb%cc%cd", '\n', '\x1b', '\x7f');
  CU_ASSERT_STRING_EQUAL(e.text, "a?b?c?d");
  (void)respub__fail(&e, RESPUB_EIO, "%s", "gr\xc3\xbc\xc3\x9f");
  CU_ASSERT_STRING_EQUAL(e.text, "gr\xc3\xbc\xc3\x9f");
}

typedef struct lines {
  int count;
  respub_log_level level;
  char last[600];
} lines;

static void keep_line(void *ctx, respub_log_level level, const char *line) {
  lines *l = ctx;
  l->count++;
  l->level = level;
  memcpy(l->last, line, strlen(line) + 1);
}

static void a_log_gets_whole_lines_and_nothing_without_a_hook(void) {
  lines l = {0, RESPUB_LOG_DEBUG, ""};
  respub_log log = {&l, keep_line};
  respub_log none = {&l, NULL};
  respub__log(&log, RESPUB_LOG_WARNING, "%s\n%d", "a", 1);
  CU_ASSERT_EQUAL(l.count, 1);
  CU_ASSERT_EQUAL(l.level, RESPUB_LOG_WARNING);
  CU_ASSERT_STRING_EQUAL(l.last, "a?1");
  respub__log(&none, RESPUB_LOG_WARNING, "x");
  respub__log(NULL, RESPUB_LOG_WARNING, "x");
  CU_ASSERT_EQUAL(l.count, 1);
}

static void errno_has_the_systems_text(void) {
  char out[RESPUB__ERRNO_TEXT];
  CU_ASSERT_STRING_EQUAL(respub__errno_text(ECONNREFUSED, out, sizeof out), strerror(ECONNREFUSED));
  CU_ASSERT(strlen(respub__errno_text(123456, out, sizeof out)) > 0);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_failure_is_one_sentence_and_its_status),
      RESPUB_TEST(a_long_sentence_is_cut_at_its_end),
      RESPUB_TEST(control_characters_do_not_reach_a_terminal),
      RESPUB_TEST(a_log_gets_whole_lines_and_nothing_without_a_hook),
      RESPUB_TEST(errno_has_the_systems_text),
  };
  return respub_test_main("net text", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
