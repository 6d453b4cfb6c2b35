/* README.md: what it shows compiles and runs, what it names exists. */
#include "tests/support/check.h"
#include "tests/support/place.h"
#include "tests/support/temporary.h"
#include "tests/support/test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  DEADLINE_MS = 60000,
  TEXT_MOST = 1 << 20
};

static char readme[TEXT_MOST];
static char headers[TEXT_MOST];
static char
    folder[RESPUB_TEST_TEMPORARY]; /* where a reader would work: build and examples lie in it */
static char compiler[64];          /* what the libraries were built with */
static char compiler_flags[512];

/* Appends a file. False when it is not there or does not fit. */
static bool read_file(const char *path, char text[TEXT_MOST]) {
  size_t len = strlen(text);
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return false;
  len += fread(text + len, 1, TEXT_MOST - 1 - len, file);
  text[len] = '\0';
  bool whole = feof(file) && !ferror(file);
  fclose(file);
  return whole;
}

static bool write_file(const char *name, const char *text, size_t len) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  if (file == NULL)
    return false;
  size_t written = fwrite(text, 1, len, file);
  return fclose(file) == 0 && written == len;
}

/* Runs a shell command in the folder, with REDIS_URL, and "cc" meaning the compiler of the
 * libraries with their instrumentation. Prints what it said when it fails. */
static bool run(const char *command, const char *url, respub_test_output *r) {
  char script[4096];
  snprintf(script, sizeof script,
           "set -e; cd '%s'; export REDIS_URL='%s'; cc() { command %s %s \"$@\"; }\n%s", folder,
           url, compiler, compiler_flags, command);
  const char *argv[] = {"sh", "-c", script, NULL};
  bool right = respub_test_run(argv, NULL, 0, DEADLINE_MS, r) == 0;
  if (!right)
    fprintf(stderr, "%s\nended with %d\n%s%s", command, r->ended, r->out ? r->out : "",
            r->err ? r->err : "");
  return right;
}

static bool runs(const char *command, const char *url) {
  respub_test_output r;
  bool right = run(command, url, &r);
  respub_test_output_free(&r);
  return right;
}

/* The next block that opens with ``` and this language, from *at on; NULL at the end. */
static const char *next_block(const char **at, const char *language, size_t *len) {
  char fence[16];
  int width = snprintf(fence, sizeof fence, "\n```%s\n", language);
  const char *start = strstr(*at, fence);
  if (start == NULL)
    return NULL;
  start += width;
  const char *end = strstr(start, "\n```\n");
  if (end == NULL)
    return NULL;
  *len = (size_t)(end + 1 - start);
  *at = end;
  return start;
}

/* A block that begins with a comment that names a file is that file. */
static void name_of(const char *block, size_t n, char name[64]) {
  char found[48];
  if (sscanf(block, "/* %47[a-z_].c ", found) == 1)
    snprintf(name, 64, "%s", found);
  else
    snprintf(name, 64, "block%zu", n);
}

static bool has_main(const char *block, size_t len) {
  const char *found = strstr(block, "int main(");
  return found != NULL && found < block + len;
}

/* -- */

static void each_c_block_compiles_as_pasted(void) {
  static const char *const standards[] = {"", "-std=c11"};
  const char *at = readme, *block;
  size_t len, n = 0;
  for (; (block = next_block(&at, "c", &len)) != NULL; n++) {
    char name[64], command[512];
    name_of(block, n, name);
    for (size_t i = 0; i < 2; i++) {
      snprintf(command, sizeof command,
               "cc %s -Wall -Wextra -Wpedantic -Werror -Wno-unused-function -Ibuild/include "
               "-c -o %s.o %s.c",
               standards[i], name, name);
      RESPUB_CHECK(runs(command, ""), "block %zu", n);
    }
  }
  CU_ASSERT_TRUE(n >= 4);
}

static bool builds(const char *name) {
  char command[512];
  snprintf(command, sizeof command,
           "cc -o %s %s.c -Ibuild/include build/librespub_schema.a build/librespub.a "
           "-lcjson -lm -pthread",
           name, name);
  return runs(command, "");
}

static void each_program_runs(respub_test_kind kind) {
  const char *at = readme, *block;
  size_t len, programs = 0;
  respub_test_place place;
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, kind));
  for (size_t n = 0; (block = next_block(&at, "c", &len)) != NULL; n++) {
    char name[64], command[80];
    if (!has_main(block, len))
      continue;
    name_of(block, n, name);
    snprintf(command, sizeof command, "./%s", name);
    RESPUB_CHECK(builds(name) && runs(command, place.url), "block %zu", n);
    programs++;
  }
  CU_ASSERT_TRUE(programs >= 2);
  respub_test_place_close(&place);
}

static void each_program_runs_with_redis(void) {
  each_program_runs(RESPUB_TEST_REDIS);
}

static void each_program_runs_with_the_broker(void) {
  each_program_runs(RESPUB_TEST_BROKER);
}

static void the_first_program_receives_its_price(void) {
  respub_test_place place;
  respub_test_output r;
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, RESPUB_TEST_REDIS));
  CU_ASSERT_TRUE(builds("hello"));
  CU_ASSERT_TRUE(run("./hello", place.url, &r));
  CU_ASSERT_STRING_EQUAL(r.out, "hello: 150.00\n");
  respub_test_output_free(&r);
  respub_test_place_close(&place);
}

/* The examples stand in the comment at the top of resp.h; this is what they leave to the reader. */
static const char around_examples[] =
    "#include <respub/resp.h>\n"
    "#include <stdio.h>\n"
    "static void use(const respub_node *nodes) {\n"
    "  printf(\"%d %.*s\\n\", (int)nodes[0].span, (int)nodes[3].text.len, nodes[3].text.ptr);\n"
    "}\n"
    "static void send(int fd, const char *buf, size_t len, int flags) {\n"
    "  (void)fd, (void)flags;\n"
    "  fwrite(buf, 1, len, stdout);\n"
    "}\n"
    "static void decode(const char *buf, size_t len) {\n"
    "#include \"decode.inc\"\n"
    "}\n"
    "static void encode(int fd) {\n"
    "#include \"encode.inc\"\n"
    "}\n"
    "int main(void) {\n"
    "  static const char message[] = "
    "\"*3\\r\\n$7\\r\\nmessage\\r\\n$1\\r\\na\\r\\n$2\\r\\nhi\\r\\n\";\n"
    "  encode(1);\n"
    "  decode(message, sizeof message - 1);\n"
    "  return 0;\n"
    "}\n";

static void the_examples_of_the_codec_work(void) {
  respub_test_output r;
  CU_ASSERT_TRUE(write_file("codec.c", around_examples, sizeof around_examples - 1));
  CU_ASSERT_TRUE(
      run("take() { sed -n \"/^ \\* $1 a /,/^ \\* [^ ]/s/^ \\*     //p\" "
          "build/include/respub/resp.h; }\n"
          "take Decode >decode.inc; take Encode >encode.inc\n"
          "cc -std=c11 -Wall -Wextra -Wpedantic -Werror -o codec codec.c -Ibuild/include "
          "build/librespub.a\n./codec",
          "", &r));
  CU_ASSERT_STRING_EQUAL(r.out, "*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$5\r\nhello\r\n4 hi\n");
  respub_test_output_free(&r);
}

static void each_shell_block_runs_as_pasted(void) {
  const char *at = readme, *block;
  size_t len, n = 0;
  respub_test_place place;
  CU_ASSERT_TRUE_FATAL(respub_test_place_open(&place, RESPUB_TEST_REDIS));
  for (; (block = next_block(&at, "sh", &len)) != NULL; n++) {
    char command[2048];
    snprintf(command, sizeof command, "%.*s", (int)len, block);
    RESPUB_CHECK(runs(command, place.url), "block %zu", n);
  }
  CU_ASSERT_TRUE(n >= 2);
  respub_test_place_close(&place);
}

static bool is_word(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* A name that ends with _ stands for all that begin with it. */
static bool has_word(const char *name) {
  size_t len = strlen(name);
  for (const char *at = headers; (at = strstr(at, name)) != NULL; at += len)
    if (!is_word(at[-1]) && (name[len - 1] == '_' || !is_word(at[len])))
      return true;
  return false;
}

/* Statuses and events are rows of a table: X(GAP, ...). */
static bool is_declared(const char *word, size_t len) {
  static const char *const prefixes[] = {"RESPUB_EVENT_", "RESPUB_"};
  char name[128], row[140];
  snprintf(name, sizeof name, "%.*s", (int)len, word);
  for (size_t i = 0; i < 2; i++) {
    size_t prefix = strlen(prefixes[i]);
    snprintf(row, sizeof row, "X(%s,", strlen(name) > prefix ? name + prefix : name);
    if (strncmp(name, prefixes[i], prefix) == 0 && strstr(headers, row) != NULL)
      return true;
  }
  return has_word(name);
}

static bool is_of_the_build(const char *name, size_t len) {
  static const char *const names[] = {"respub_schema", "respub_USE_STATIC_LIBS"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
      return true;
  return false;
}

static void each_name_is_in_a_public_header(void) {
  size_t n = 0;
  for (const char *at = readme + 1; *at != '\0'; at++) {
    size_t len = 0;
    if (is_word(at[-1]) || (strncmp(at, "respub_", 7) != 0 && strncmp(at, "RESPUB_", 7) != 0))
      continue;
    while (is_word(at[len]))
      len++;
    RESPUB_CHECK(is_declared(at, len) || is_of_the_build(at, len), "%.*s", (int)len, at);
    n++;
  }
  CU_ASSERT_TRUE(n > 50);
}

static void each_link_leads_to_a_file(void) {
  size_t n = 0;
  for (const char *at = readme; (at = strstr(at, "](")) != NULL; n++) {
    char target[256], path[1024];
    at += 2;
    snprintf(target, sizeof target, "%.*s", (int)strcspn(at, ")#"), at);
    if (*target == '\0' || strncmp(target, "http", 4) == 0)
      continue;
    RESPUB_CHECK(access(respub_test_source(target, path, sizeof path), F_OK) == 0, "%s", target);
  }
  CU_ASSERT_TRUE(n > 5);
}

/* A keyword is an entry of a table: a line that begins with {"name", */
static void each_schema_keyword_is_listed(void) {
  static const char *const files[] = {"any",    "number", "string", "array",
                                      "object", "logic",  "note"};
  size_t n = 0;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    static char source[TEXT_MOST];
    char name[64], path[1024];
    source[0] = '\0';
    snprintf(name, sizeof name, "schema/keyword_%s.c", files[i]);
    CU_ASSERT_TRUE_FATAL(read_file(respub_test_source(name, path, sizeof path), source));
    for (const char *at = source; (at = strstr(at, "\n    {\"")) != NULL; n++) {
      char keyword[64];
      at += strlen("\n    {\"");
      snprintf(keyword, sizeof keyword, "`%.*s`", (int)strcspn(at, "\""), at);
      RESPUB_CHECK(strstr(readme, keyword) != NULL, "%s", keyword);
    }
  }
  CU_ASSERT_TRUE(n > 40);
}

static void every_name_of_the_python_library_has_a_row(void) {
  static const char *const names[] = {"`CHANNELS`",
                                      "`CHANNELS.BROKER_REGISTRATION`",
                                      "`CHANNELS.get_ticker_channel(ticker)`",
                                      "`CHANNELS.get_schema(channel)`",
                                      "`MESSAGE_SCHEMAS`",
                                      "`MESSAGE_SCHEMAS.BROKER_REGISTRATION`",
                                      "`MESSAGE_SCHEMAS.TICKER_UPDATES`",
                                      "`MESSAGE_SCHEMAS.get(channel)`",
                                      "`RedisConnection(host, port, db)`",
                                      "`RedisConnection.connection`",
                                      "`RedisConnection.disconnect()`",
                                      "`RedisPublisher(host, port, db)`",
                                      "`RedisPublisher.publish(channel, data, sender)`",
                                      "`RedisPublisher.close()`",
                                      "`RedisSubscriber(host, port, db)`",
                                      "`RedisSubscriber.subscribe(channel, handler)`",
                                      "`RedisSubscriber.start_listening()`",
                                      "`RedisSubscriber.unsubscribe(channel)`",
                                      "`RedisSubscriber.unsubscribe()`",
                                      "`RedisSubscriber.close()`",
                                      "`validate_message(",
                                      "`create_message(",
                                      "`format_for_channel(",
                                      "`parse_message(",
                                      "`extract_data(",
                                      "`MessageValidationError`"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char row[128];
    snprintf(row, sizeof row, "\n| %s", names[i]);
    RESPUB_CHECK(strstr(readme, row) != NULL, "%s", names[i]);
  }
}

/* -- */

/* $RESPUB_BUILD/flags is the compiler and its flags; those that instrument are needed again when
 * something is linked with the libraries. */
static bool read_compiler(void) {
  static char flags[TEXT_MOST];
  char path[1024];
  if (!read_file(respub_test_built("flags", path, sizeof path), flags))
    return false;
  size_t len = strcspn(flags, " \n");
  snprintf(compiler, sizeof compiler, "%.*s", (int)len, flags);
  for (const char *word = flags + len; *word != '\0'; word += len) {
    size_t used = strlen(compiler_flags);
    word += strspn(word, " \n");
    len = strcspn(word, " \n");
    if (strncmp(word, "-fsanitize", 10) == 0 || strncmp(word, "-m32", 4) == 0)
      snprintf(compiler_flags + used, sizeof compiler_flags - used, "%.*s ", (int)len, word);
  }
  return *compiler != '\0';
}

static bool make_folder(void) {
  static const char script[] = "ln -s \"$(cd \"$1\" && pwd)\" \"$3/build\" && "
                               "ln -s \"$(cd \"$2\" && pwd)\" \"$3/examples\"";
  char built[1024], examples[1024];
  respub_test_output r;
  if (mkdtemp(respub_test_temporary(folder, "readme")) == NULL)
    return false;
  respub_test_built("", built, sizeof built);
  respub_test_source("examples", examples, sizeof examples);
  const char *argv[] = {"sh", "-c", script, "sh", built, examples, folder, NULL};
  bool right = respub_test_run(argv, NULL, 0, DEADLINE_MS, &r) == 0;
  respub_test_output_free(&r);
  return right;
}

static bool write_blocks(void) {
  const char *at = readme, *block;
  size_t len;
  for (size_t n = 0; (block = next_block(&at, "c", &len)) != NULL; n++) {
    char name[64], path[80];
    name_of(block, n, name);
    snprintf(path, sizeof path, "%s.c", name);
    if (!write_file(path, block, len))
      return false;
  }
  return true;
}

static bool prepare(void) {
  static const char *const layers[] = {"resp", "net", "pubsub", "schema", "broker"};
  char path[1024], name[64];
  bool ok = read_file(respub_test_source("README.md", path, sizeof path), readme);
  for (size_t i = 0; i < 5; i++) {
    snprintf(name, sizeof name, "%s/%s.h", layers[i], layers[i]);
    ok = ok && read_file(respub_test_source(name, path, sizeof path), headers);
  }
  ok = ok && read_file(respub_test_source("resp/config.h", path, sizeof path), headers);
  return ok && read_compiler() && make_folder() && write_blocks();
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(each_c_block_compiles_as_pasted),
      RESPUB_TEST(each_shell_block_runs_as_pasted),
      RESPUB_TEST(each_program_runs_with_redis),
      RESPUB_TEST(each_program_runs_with_the_broker),
      RESPUB_TEST(the_first_program_receives_its_price),
      RESPUB_TEST(the_examples_of_the_codec_work),
      RESPUB_TEST(each_name_is_in_a_public_header),
      RESPUB_TEST(each_link_leads_to_a_file),
      RESPUB_TEST(each_schema_keyword_is_listed),
      RESPUB_TEST(every_name_of_the_python_library_has_a_row),
  };
  if (!prepare()) {
    fprintf(stderr, "README.md, headers or build are not there\n");
    return 1;
  }
  int code = respub_test_main("readme", tests, RESPUB_TEST_COUNT(tests), argc, argv);
  runs("rm -rf -- \"$PWD\"", "");
  return code;
}
