#include "tests/support/command.h"

#include <stdio.h>
#include <string.h>

enum {
  WORDS_MOST = 200,
  DEADLINE_MS = 20000
};

/* argv as process.h wants it: path of the command, then the words. */
static bool fill(const char *argv[WORDS_MOST], char path[1024], const char *const words[]) {
  size_t n = 0;
  argv[n++] = respub_test_built("respub", path, 1024);
  for (size_t i = 0; words[i] != NULL && n < WORDS_MOST - 1; i++)
    argv[n++] = words[i];
  argv[n] = NULL;
  return n < WORDS_MOST - 1;
}

int respub_test_command(const char *const words[], const void *input, size_t input_len,
                        respub_test_output *result) {
  const char *argv[WORDS_MOST];
  char path[1024];
  *result = (respub_test_output){.ended = RESPUB_TEST_BROKEN};
  if (!fill(argv, path, words))
    return RESPUB_TEST_BROKEN;
  return respub_test_run(argv, input, input_len, DEADLINE_MS, result);
}

static bool says(const respub_test_output *r, const char *out, const char *err) {
  bool out_is_right = r->out != NULL && strcmp(r->out, out) == 0;
  bool err_is_right =
      r->err != NULL && (err[0] == '\0' ? r->err[0] == '\0' : strstr(r->err, err) != NULL);
  return out_is_right && err_is_right;
}

bool respub_test_command_does(const char *const words[], const char *input, int code,
                              const char *out, const char *err) {
  respub_test_output r;
  size_t len = input == NULL ? 0 : strlen(input);
  respub_test_command(words, input, len, &r);
  bool right = r.ended == code && says(&r, out, err);
  if (!right)
    fprintf(stderr, "respub %s: ended with %d, wanted %d\n--- out:\n%s\n--- err:\n%s\n", words[0],
            r.ended, code, r.out != NULL ? r.out : "", r.err != NULL ? r.err : "");
  respub_test_output_free(&r);
  return right;
}

/* The loop ends when the reader is surely gone. */
int respub_test_command_unread(const char *line, const char *url, respub_test_output *result) {
  char path[1024], script[1024];
  const char *argv[] = {"sh", "-c", script, respub_test_built("respub", path, sizeof path),
                        url,  NULL};
  (void)snprintf(script, sizeof script,
                 "{ (trap '' PIPE; while printf .; do :; done) 2>/dev/null; "
                 "%s; echo \"code $?\" >&2; } | :",
                 line);
  return respub_test_run(argv, NULL, 0, DEADLINE_MS, result);
}

respub_test_process *respub_test_command_start(const char *const words[]) {
  const char *argv[WORDS_MOST];
  char path[1024];
  return fill(argv, path, words) ? respub_test_process_start(argv) : NULL;
}

respub_test_process *respub_test_command_broker(char *url, size_t cap) {
  static const char prefix[] = "listening on ";
  respub_test_process *p = respub_test_command_start(RESPUB_TEST_WORDS("broker", "--port", "0"));
  const char *line = p == NULL ? NULL : respub_test_process_line(p, DEADLINE_MS);
  if (line == NULL || strncmp(line, prefix, sizeof prefix - 1) != 0) {
    respub_test_process_end(p);
    return NULL;
  }
  snprintf(url, cap, "redis://%s", line + sizeof prefix - 1);
  return p;
}

size_t respub_test_count_lines(const char *text) {
  size_t n = 0;
  for (; (text = strchr(text, '\n')) != NULL; text++)
    n++;
  return n;
}
