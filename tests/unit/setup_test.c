/* tools/setup, with package managers that only write down how they were called. */
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEADLINE_MS = 30000
};

/* A folder with package managers and sudo that log and fail (dnf succeeds), and an id that says $2;
 * with just the tools that the script itself uses, so that everything else is missing. */
static const char fakes[] =
    "set -e; cd \"$1\"; mkdir bin only; "
    "for name in apt-get apk dnf brew sudo; do "
    "  printf '#!/bin/sh\\necho \"%s $*\" >>%s/log\\nexit 1\\n' $name \"$1\" >bin/$name; done; "
    "printf '#!/bin/sh\\necho \"dnf $*\" >>%s/log\\n' \"$1\" >bin/dnf; "
    "printf '#!/bin/sh\\necho %s\\n' \"$2\" >bin/id; chmod +x bin/*; "
    "for name in sh mktemp rm cat sort tr sed cut env; do "
    "  ln -s \"$(command -v $name)\" only/$name; done; "
    "cp bin/id only/id; : >log";

typedef struct fixture {
  char folder[RESPUB_TEST_TEMPORARY];
  char path[8192];           /* PATH=...: what is there, no more than the script itself uses */
  respub_test_output result; /* of the script */
} fixture;

static void shell(const char *script, const char *first, const char *second) {
  const char *argv[] = {"sh", "-c", script, "sh", first, second, NULL};
  respub_test_output result;
  CU_ASSERT_EQUAL(respub_test_run(argv, NULL, 0, DEADLINE_MS, &result), 0);
  CU_ASSERT_STRING_EQUAL(result.err, "");
  respub_test_output_free(&result);
}

static void set_up(fixture *f, const char *user_id) {
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(respub_test_temporary(f->folder, "setup")));
  shell(fakes, f->folder, user_id);
  snprintf(f->path, sizeof f->path, "PATH=%s/only", f->folder);
}

static void tear_down(fixture *f) {
  respub_test_output_free(&f->result);
  shell("rm -rf \"$1\"", f->folder, NULL);
}

static int setup(fixture *f, const char *purpose) {
  char script[4096];
  const char *argv[] = {"env",   "-i", f->path, respub_test_source("tools/setup", script, 4096),
                        purpose, NULL};
  return respub_test_run(argv, NULL, 0, DEADLINE_MS, &f->result);
}

/* True when the log of the fakes holds text; an empty text asks whether it is empty. */
static bool logged(const fixture *f, const char *text) {
  char name[80];
  char log[4096] = {0};
  snprintf(name, sizeof name, "%s/log", f->folder);
  FILE *file = fopen(name, "r");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  size_t len = fread(log, 1, sizeof log - 1, file);
  fclose(file);
  return text[0] == '\0' ? len == 0 : strstr(log, text) != NULL;
}

static void nothing_missing_starts_no_package_manager(void) {
  fixture f;
  set_up(&f, "0");
  snprintf(f.path, sizeof f.path, "PATH=%s/bin:%s", f.folder, getenv("PATH"));
  CU_ASSERT_EQUAL(setup(&f, "test"), 0);
  CU_ASSERT_STRING_EQUAL(f.result.out, "");
  CU_ASSERT_STRING_EQUAL(f.result.err, "");
  CU_ASSERT_TRUE(logged(&f, ""));
  tear_down(&f);
}

static void without_root_it_says_what_to_install(void) {
  fixture f;
  set_up(&f, "1000");
  shell("ln -s ../bin/apt-get \"$1/only/apt-get\"", f.folder, NULL);
  CU_ASSERT_EQUAL(setup(&f, "build"), 1);
  CU_ASSERT_STRING_EQUAL(f.result.out, "");
  CU_ASSERT_STRING_EQUAL(
      f.result.err,
      "respub needs: make cc pkg-config cjson \n"
      "Only root can install, and sudo is not at hand.\n"
      "Please install gcc libc6-dev libcjson-dev make pkg-config (apt), then try again.\n");
  CU_ASSERT_TRUE(logged(&f, ""));
  tear_down(&f);
}

/* sudo that would ask for a password hangs where nobody can answer, so it is not asked. */
static void a_sudo_that_wants_a_password_is_not_used(void) {
  fixture f;
  set_up(&f, "1000");
  shell("cd \"$1/only\" && ln -s ../bin/dnf ../bin/sudo .", f.folder, NULL);
  CU_ASSERT_EQUAL(setup(&f, "build"), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(f.result.err, "cjson-devel"));
  CU_ASSERT_TRUE(logged(&f, "sudo -n true"));
  CU_ASSERT_FALSE(logged(&f, "install"));
  tear_down(&f);
}

static void an_unknown_system_gets_a_sentence(void) {
  fixture f;
  set_up(&f, "0");
  CU_ASSERT_EQUAL(setup(&f, "test"), 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(f.result.err, "None of apt, apk, dnf and brew is here."));
  CU_ASSERT_PTR_NOT_NULL(strstr(f.result.err, "redis-server"));
  tear_down(&f);
}

static void what_is_missing_is_installed_by_the_names_of_the_system(void) {
  fixture f;
  set_up(&f, "0");
  shell("ln -s ../bin/dnf \"$1/only/dnf\"", f.folder, NULL);
  CU_ASSERT_EQUAL(setup(&f, "bench"), 1);
  CU_ASSERT_TRUE(logged(&f, "dnf install -y"));
  CU_ASSERT_TRUE(logged(&f, " hiredis-devel"));
  CU_ASSERT_TRUE(logged(&f, " /usr/bin/redis-server"));
  CU_ASSERT_FALSE(logged(&f, "CUnit"));
  CU_ASSERT_PTR_NOT_NULL(strstr(f.result.err, "still not found although it was installed"));
  tear_down(&f);
}

/* clang's package does not bring its run-time along, and that of another version is of no use. */
static void the_run_time_of_clang_is_of_its_version(void) {
  fixture f;
  set_up(&f, "1000");
  shell("cd \"$1/only\" && ln -s ../bin/apt-get . && "
        "printf '#!/bin/sh\\necho \"sudo $*\" >>%s/log\\n' \"$1\" >sudo && "
        "printf '#!/bin/sh\\n[ \"$1\" = -dumpversion ] && echo 14.0.6\\n' >clang && chmod +x sudo "
        "clang",
        f.folder, NULL);
  CU_ASSERT_EQUAL(setup(&f, "fuzz"), 1);
  CU_ASSERT_TRUE(logged(&f, "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y"));
  CU_ASSERT_TRUE(logged(&f, " libclang-rt-14-dev"));
  CU_ASSERT_FALSE(logged(&f, " clang"));
  tear_down(&f);
}

static void an_unknown_purpose_is_a_wrong_call(void) {
  fixture f;
  set_up(&f, "0");
  CU_ASSERT_EQUAL(setup(&f, "everything"), 2);
  CU_ASSERT_EQUAL(strncmp(f.result.err, "usage: ", 7), 0);
  tear_down(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(nothing_missing_starts_no_package_manager),
      RESPUB_TEST(without_root_it_says_what_to_install),
      RESPUB_TEST(a_sudo_that_wants_a_password_is_not_used),
      RESPUB_TEST(an_unknown_system_gets_a_sentence),
      RESPUB_TEST(what_is_missing_is_installed_by_the_names_of_the_system),
      RESPUB_TEST(the_run_time_of_clang_is_of_its_version),
      RESPUB_TEST(an_unknown_purpose_is_a_wrong_call),
  };
  return respub_test_main("setup", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
