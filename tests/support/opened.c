#include "tests/support/opened.h"

#include <CUnit/CUnit.h>
#include <string.h>

void respub_test_opened_init(respub_test_opened *o) {
  memset(o, 0, sizeof *o);
  respub_test_script_init(&o->script);
  respub_options_init(&o->options);
  o->options.dial = respub_test_script_dial;
  o->options.dial_ctx = &o->script;
}

void respub_test_opened_open(respub_test_opened *o) {
  respub_test_script *s = &o->script;
  respub_test_scene scenes[RESPUB_TEST_SCRIPT_SCENES];
  size_t count = s->scene_count;
  memcpy(scenes, s->scenes, sizeof scenes);
  s->scene_count = 0;
  respub_test_script_say(s, RESPUB_TEST_GREETING);
  memcpy(s->scenes + 1, scenes, count * sizeof scenes[0]);
  s->scene_count += count;
  respub_status status = respub_conn_open(&o->conn, &o->options, &o->error);
  CU_ASSERT_EQUAL_FATAL(status, RESPUB_OK);
  respub_test_script_forget(s);
}

void respub_test_opened_close(respub_test_opened *o) {
  respub_conn_close(o->conn);
  CU_ASSERT_EQUAL(o->script.closes, o->script.refuse_dial ? 0 : o->script.dials);
  respub_test_script_free(&o->script);
  memset(o, 0, sizeof *o);
}
