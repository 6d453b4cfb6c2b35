/* examples/demo: it ends well, tells when it does not, and leaves nothing behind. */
#include "tests/support/place.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 30000
};

/* The demo's environment; its temporary files have a folder of their own. */
typedef struct stage {
  char folder[RESPUB_TEST_TEMPORARY];
  char temporary[80]; /* TMPDIR=... */
  char url[280];      /* REDIS_URL=... */
  char built[1030];   /* B=... */
  char script[1024];
  const char *argv[8];
} stage;

static void set_up(stage *s, const char *url, const char *built) {
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(respub_test_temporary(s->folder, "stage")));
  char folder[1024], working[1024] = "";
  snprintf(s->temporary, sizeof s->temporary, "TMPDIR=%s", s->folder);
  snprintf(s->url, sizeof s->url, "REDIS_URL=%s", url);
  respub_test_built("", folder, sizeof folder);
  if (folder[0] != '/' && getcwd(working, sizeof working) != NULL)
    snprintf(s->built, sizeof s->built, "B=%.500s/%.500s", working, folder);
  else
    snprintf(s->built, sizeof s->built, "B=%s", folder);
  if (built != NULL)
    snprintf(s->built, sizeof s->built, "B=%s", built);
  respub_test_source("examples/demo", s->script, sizeof s->script);
  const char *argv[] = {"env", s->temporary, s->url, s->built, s->script, NULL};
  memcpy(s->argv, argv, sizeof argv);
}

/* Every process that the demo starts inherits its TMPDIR. */
static void nothing_is_left(const stage *s) {
  char command[256];
  respub_test_output r;
  snprintf(command, sizeof command,
           "ls '%s'; grep -l -s -a '%s' /proc/[0-9]*/environ | grep -v \"/$$/\"", s->folder,
           s->temporary);
  const char *argv[] = {"sh", "-c", command, NULL};
  respub_test_run(argv, NULL, 0, DEADLINE_MS, &r);
  CU_ASSERT_STRING_EQUAL(r.out, "");
  respub_test_output_free(&r);
  CU_ASSERT_EQUAL(rmdir(s->folder), 0);
}

static void ends_with(const char *url, const char *built, int code, const char *out,
                      const char *err) {
  stage s = {.folder = ""};
  respub_test_output r;
  set_up(&s, url, built);
  respub_test_run(s.argv, NULL, 0, DEADLINE_MS, &r);
  bool right = r.ended == code && strstr(r.out, out) != NULL && strstr(r.err, err) != NULL;
  if (!right)
    fprintf(stderr, "demo ended with %d\n%s%s", r.ended, r.out, r.err);
  CU_ASSERT_TRUE(right);
  respub_test_output_free(&r);
  nothing_is_left(&s);
}

static void all_counts_match_with_the_broker(void) {
  ends_with("", NULL, 0, "All counts match.", "");
}

static void all_counts_match_with_redis(void) {
  respub_test_place place;
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, RESPUB_TEST_REDIS));
  ends_with(place.url, NULL, 0, "All counts match.", "");
  respub_test_place_close(&place);
}

static void a_build_that_is_not_there_is_told(void) {
  ends_with("", "/nowhere/at/all", 1, "", "demo: the broker did not start");
}

/* -- */

static void a_server_that_is_not_there_is_told(void) {
  ends_with("redis://127.0.0.1:1", NULL, 1, "", "demo: the service does not reach the server");
}

/* True once both bots and the service are on their channels. */
static bool is_under_way(void *ctx) {
  const respub_test_place *place = ctx;
  return respub_test_server_says(place->server, "PUBSUB NUMSUB TICKER_UPDATES_GOOG",
                                 "*2\r\n$19\r\nTICKER_UPDATES_GOOG\r\n:2\r\n");
}

static respub_test_process *start_demo(stage *s, respub_test_place *place) {
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(place, RESPUB_TEST_REDIS));
  set_up(s, place->url, NULL);
  respub_test_process *p = respub_test_process_start(s->argv);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p);
  CU_ASSERT_TRUE(respub_test_wait(is_under_way, place, DEADLINE_MS));
  return p;
}

static void a_price_of_somebody_else_is_noticed(void) {
  stage s = {.folder = ""};
  respub_test_place place;
  respub_test_process *p = start_demo(&s, &place);
  CU_ASSERT_TRUE(respub_test_place_publish(
      &place, "TICKER_UPDATES_GOOG",
      "{\"type\":\"price\",\"timestamp\":\"t\",\"symbol\":\"GOOG\",\"price\":1}", "2\n"));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_process_errors(p), "GOOG"));
  CU_ASSERT_PTR_NOT_NULL(strstr(respub_test_process_errors(p), "differ"));
  respub_test_process_end(p);
  nothing_is_left(&s);
  respub_test_place_close(&place);
}

static void a_signal_ends_it_and_all_that_it_started(int signal_number, int code) {
  stage s = {.folder = ""};
  respub_test_place place;
  respub_test_process *p = start_demo(&s, &place);
  CU_ASSERT_TRUE(respub_test_process_signal(p, signal_number));
  CU_ASSERT_EQUAL(respub_test_process_wait(p, DEADLINE_MS), code);
  respub_test_process_end(p);
  nothing_is_left(&s);
  respub_test_place_close(&place);
}

static void ctrl_c_ends_it_and_all_that_it_started(void) {
  a_signal_ends_it_and_all_that_it_started(SIGINT, 130);
}

static void sigterm_ends_it_and_all_that_it_started(void) {
  a_signal_ends_it_and_all_that_it_started(SIGTERM, 143);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(all_counts_match_with_the_broker),
      RESPUB_TEST(all_counts_match_with_redis),
      RESPUB_TEST(a_build_that_is_not_there_is_told),
      RESPUB_TEST(a_server_that_is_not_there_is_told),
      RESPUB_TEST(a_price_of_somebody_else_is_noticed),
      RESPUB_TEST(ctrl_c_ends_it_and_all_that_it_started),
      RESPUB_TEST(sigterm_ends_it_and_all_that_it_started),
  };
  return respub_test_main("demo", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
