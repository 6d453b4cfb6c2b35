/* Schemas that cannot be used, and what is said about them; schemas as text and as files. */
#include "tests/support/check.h"
#include "tests/support/folder.h"
#include "tests/support/guard.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct refused {
  const char *schema;
  const char *text;
} refused;

static void check_refused(const refused *rows, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char mark;
    respub_schema *schema = (respub_schema *)&mark;
    respub_error error = {.status = RESPUB_OK};
    char *json = respub_test_quotes(rows[i].schema);
    respub_status status = respub_schema_compile(&schema, json, strlen(json), &error);
    RESPUB_CHECK(status == RESPUB_ESCHEMA, "%s", rows[i].schema);
    RESPUB_CHECK(error.status == status, "%s", rows[i].schema);
    RESPUB_CHECK(strcmp(error.text, rows[i].text) == 0, "%s: %s", rows[i].schema, error.text);
    RESPUB_CHECK(schema == NULL, "%s", rows[i].schema);
    status = respub_schema_compile(&schema, json, strlen(json), NULL);
    RESPUB_CHECK(status == RESPUB_ESCHEMA, "%s", rows[i].schema);
    free(json);
  }
}

#define REFUSED(...)                                                                               \
  do {                                                                                             \
    static const refused rows[] = {__VA_ARGS__};                                                   \
    check_refused(rows, sizeof rows / sizeof rows[0]);                                             \
  } while (0)

#define UNKNOWN(name) ": the keyword \"" name "\" is not known or not supported"

static void what_is_no_schema_is_refused(void) {
  REFUSED(
      {"", "not JSON: offset 0: the text ends where a value is due"},
      {"{'type':'string'", "not JSON: offset 16: a comma or a closing brace expected"},
      {"{'type':'string','type':'number'}",
       "not JSON: offset 17: a field that stands there twice: \"type\""},
      {"5", "at the root: a schema (an object or a boolean) expected"},
      {"[]", "at the root: a schema (an object or a boolean) expected"},
      {"{'properties':{'a':5}}", "at /properties/a: a schema (an object or a boolean) expected"},
      {"{'items':[{}]}", "at /items: a schema (an object or a boolean) expected"});
}

/* Ignored in silence they would accept what their author wanted refused. */
static void keywords_that_are_not_known_are_refused_by_name(void) {
  REFUSED({"{'maxium':1}", "at the root" UNKNOWN("maxium")},
          {"{'Type':'string'}", "at the root" UNKNOWN("Type")},
          {"{'unevaluatedProperties':false}", "at the root" UNKNOWN("unevaluatedProperties")},
          {"{'unevaluatedItems':false}", "at the root" UNKNOWN("unevaluatedItems")},
          {"{'$dynamicRef':'#a'}", "at the root" UNKNOWN("$dynamicRef")},
          {"{'$dynamicAnchor':'a'}", "at the root" UNKNOWN("$dynamicAnchor")},
          {"{'$vocabulary':{}}", "at the root" UNKNOWN("$vocabulary")},
          {"{'dependencies':{}}", "at the root" UNKNOWN("dependencies")},
          {"{'additionalItems':false}", "at the root" UNKNOWN("additionalItems")},
          {"{'properties':{'a':{'items':{'reqired':['x']}}}}",
           "at /properties/a/items" UNKNOWN("reqired")},
          {"{'$defs':{'unused':{'foo':1}}}", "at /$defs/unused" UNKNOWN("foo")},
          {"{'then':{'foo':1}}", "at /then" UNKNOWN("foo")});
}

static void values_of_keywords_have_a_form(void) {
  REFUSED(
      {"{'type':'text'}", "at /type: no type's name: null, boolean, integer, number, string, "
                          "array or object expected"},
      {"{'type':[]}", "at /type: the list of types is empty"},
      {"{'type':['string','string']}", "at /type/1: this name stands there twice"},
      {"{'type':['string',1]}", "at /type/1: a name expected"},
      {"{'enum':'a'}", "at /enum: an array expected"},
      {"{'maximum':'5'}", "at /maximum: a number expected"},
      {"{'multipleOf':0}", "at /multipleOf: a number above 0 expected"},
      {"{'multipleOf':-0.5}", "at /multipleOf: a number above 0 expected"},
      {"{'maxLength':-1}", "at /maxLength: a whole number from 0 on expected"},
      {"{'maxLength':1.5}", "at /maxLength: a whole number from 0 on expected"},
      {"{'minItems':'1'}", "at /minItems: a whole number from 0 on expected"},
      {"{'contains':{},'minContains':null}", "at /minContains: a whole number from 0 on expected"},
      {"{'maxContains':-1}", "at /maxContains: a whole number from 0 on expected"},
      {"{'uniqueItems':1}", "at /uniqueItems: true or false expected"},
      {"{'prefixItems':{}}", "at /prefixItems: an array of schemas expected"},
      {"{'prefixItems':[]}", "at /prefixItems: at least one schema expected"},
      {"{'properties':[]}", "at /properties: an object of schemas expected"},
      {"{'patternProperties':1}", "at /patternProperties: an object of schemas expected"},
      {"{'required':'a'}", "at /required: an array of names expected"},
      {"{'required':['a','b','a']}", "at /required/2: this name stands there twice"},
      {"{'dependentRequired':{'a':'b'}}", "at /dependentRequired/a: an array of names expected"},
      {"{'dependentRequired':[]}", "at /dependentRequired: an object of lists of names expected"},
      {"{'dependentSchemas':[]}", "at /dependentSchemas: an object of schemas expected"},
      {"{'allOf':[]}", "at /allOf: at least one schema expected"},
      {"{'anyOf':{}}", "at /anyOf: an array of schemas expected"},
      {"{'oneOf':[1]}", "at /oneOf/0: a schema (an object or a boolean) expected"},
      {"{'not':null}", "at /not: a schema (an object or a boolean) expected"},
      {"{'if':1}", "at /if: a schema (an object or a boolean) expected"},
      {"{'$defs':[]}", "at /$defs: an object of schemas expected"},
      {"{'title':1}", "at /title: a string expected"},
      {"{'examples':1}", "at /examples: an array expected"},
      {"{'readOnly':'yes'}", "at /readOnly: true or false expected"},
      {"{'format':1}", "at /format: a string expected"});
}

static void other_dialects_and_identities_are_refused(void) {
  REFUSED({"{'$schema':'http://json-schema.org/draft-07/schema#'}",
           "at /$schema: only https://json-schema.org/draft/2020-12/schema is understood"},
          {"{'$schema':1}",
           "at /$schema: only https://json-schema.org/draft/2020-12/schema is understood"},
          {"{'items':{'$id':'x'}}", "at /items/$id: \"$id\" is supported at the root only"},
          {"{'$id':1}", "at /$id: a string expected"},
          {"{'$anchor':'1a'}",
           "at /$anchor: a name of letters, digits, \"-\", \"_\" and \".\" expected"},
          {"{'$anchor':'a b'}",
           "at /$anchor: a name of letters, digits, \"-\", \"_\" and \".\" expected"},
          {"{'$anchor':'a','items':{'$anchor':'a'}}",
           "at /items/$anchor: this anchor stands there twice"});
}

#define NOWHERE ": this reference leads to no schema"

static void references_lead_somewhere(void) {
  REFUSED({"{'$ref':1}", "at /$ref: a string expected"},
          {"{'$ref':'other.json'}", "at /$ref: only references into this schema are supported, "
                                    "such as #/$defs/x"},
          {"{'$ref':''}", "at /$ref: only references into this schema are supported, such as "
                          "#/$defs/x"},
          {"{'$ref':'#/$defs/a'}", "at /$ref" NOWHERE},
          {"{'$ref':'#a','$defs':{'a':{}}}", "at /$ref" NOWHERE},
          {"{'$ref':'#/type','type':'string'}", "at /$ref" NOWHERE},
          {"{'items':{'$ref':'#/prefixItems/1'},'prefixItems':[{}]}", "at /items/$ref" NOWHERE},
          {"{'items':{'$ref':'#/prefixItems/00'},'prefixItems':[{}]}", "at /items/$ref" NOWHERE},
          {"{'items':{'$ref':'#/prefixItems/01'},'prefixItems':[{},{}]}", "at /items/$ref" NOWHERE},
          {"{'items':{'$ref':'#/$defs/a%zz'},'$defs':{'a%zz':{}}}", "at /items/$ref" NOWHERE},
          {"{'items':{'$ref':'#/prefixItems/-'},'prefixItems':[{}]}", "at /items/$ref" NOWHERE},
          {"{'items':{'$ref':'#/prefixItems/99999999999999999999'},'prefixItems':[{}]}",
           "at /items/$ref" NOWHERE},
          {"{'$ref':'#/$defs/%4','$defs':{'@':{}}}", "at /$ref" NOWHERE},
          {"{'$ref':'#/$defs/%00','$defs':{'':{}}}", "at /$ref" NOWHERE},
          {"{'$ref':'#/enum','enum':[{'foo':1}]}", "at /$ref" NOWHERE},
          {"{'$ref':'#/enum/0','enum':[{'foo':1}]}", "at /enum/0" UNKNOWN("foo")});
}

#define LOOP ": this reference leads back to itself without going into the value"

static void references_that_never_end_are_refused(void) {
  REFUSED({"{'$ref':'#'}", "at /$ref" LOOP}, {"{'allOf':[{'$ref':'#'}]}", "at /allOf/0/$ref" LOOP},
          {"{'properties':{'x':{'$ref':'#/$defs/a'}},'$defs':{'a':{'anyOf':[{'$ref':'#/$defs/b'}]},"
           "'b':{'not':{'$ref':'#/$defs/a'}}}}",
           "at /$defs/b/not/$ref" LOOP},
          {"{'$defs':{'a':{'if':{'$ref':'#/$defs/a'}}}}", "at /$defs/a/if/$ref" LOOP},
          {"{'$defs':{'a':{'if':true,'else':{'$ref':'#/$defs/a'}}}}", "at /$defs/a/else/$ref" LOOP},
          {"{'$defs':{'a':{'dependentSchemas':{'x':{'$ref':'#/$defs/a'}}}}}",
           "at /$defs/a/dependentSchemas/x/$ref" LOOP},
          {"{'$ref':'#/$defs/b','$defs':{'b':{'$ref':'#/$defs/a'},'a':{'$ref':'#/$defs/c'},"
           "'c':{'$ref':'#/$defs/a','allOf':[{'$ref':'#/$defs/d'}]},'d':{'not':{}}}}",
           "at /$defs/a/$ref" LOOP});
}

#define PATTERN(reason) "at /pattern: this pattern cannot be used: " reason

static void patterns_that_mean_more_than_is_understood_are_refused(void) {
  REFUSED({"{'pattern':1}", "at /pattern: a string expected"},
          {"{'pattern':'a(?=b)'}", PATTERN("lookahead and lookbehind are not supported")},
          {"{'pattern':'(?<!b)a'}", PATTERN("lookahead and lookbehind are not supported")},
          {"{'pattern':'(a)\\\\1'}", PATTERN("backreferences are not supported")},
          {"{'pattern':'\\\\p{L}'}", PATTERN("\\p{...} is not supported")},
          {"{'pattern':'(a'}", PATTERN("a group without its closing parenthesis")},
          {"{'pattern':'a**'}", PATTERN("nothing to repeat")},
          {"{'pattern':'(a{100}){100}'}", PATTERN("too large")},
          {"{'patternProperties':{'[':true}}", "at /patternProperties/[: this pattern cannot be "
                                               "used: a class without its closing bracket"});
}

static void a_schema_shows_itself_indented_with_every_digit(void) {
  respub_schema *schema = respub_test_schema(
      "{ 'title':'a: {b}, [c\\\\\\u0027',\n'enum' : [1.50, 'x' ,null , {'a':[ ]}],\t'items':{},"
      "'minimum':12345678901234567.50,'required':[ ],'prefixItems':[true]}");
  CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
  CU_ASSERT_STRING_EQUAL(respub_schema_json(schema), "{\n"
                                                     "  \"title\": \"a: {b}, [c\\\\\\u0027\",\n"
                                                     "  \"enum\": [\n"
                                                     "    1.50,\n"
                                                     "    \"x\",\n"
                                                     "    null,\n"
                                                     "    {\n"
                                                     "      \"a\": []\n"
                                                     "    }\n"
                                                     "  ],\n"
                                                     "  \"items\": {},\n"
                                                     "  \"minimum\": 12345678901234567.50,\n"
                                                     "  \"required\": [],\n"
                                                     "  \"prefixItems\": [true]\n"
                                                     "}");
  respub_schema_free(schema);
  schema = respub_test_schema(" true ");
  CU_ASSERT_STRING_EQUAL(respub_schema_json(schema), "true");
  respub_schema_free(schema);
  respub_schema_free(NULL);
}

/* Deep nesting must not multiply the length of the text. */
static void indentation_ends_at_16_levels(void) {
  char text[256];
  size_t len = 0;
  for (int i = 0; i < 20; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "{'items':");
  len += (size_t)snprintf(text + len, sizeof text - len, "{}");
  for (int i = 0; i < 20; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "}");
  respub_schema *schema = respub_test_schema(text);
  const char *json = respub_schema_json(schema);
  size_t widest = 0;
  for (const char *line = json; line != NULL; line = strchr(line, '\n')) {
    line += *line == '\n';
    size_t blanks = strspn(line, " ");
    widest = blanks > widest ? blanks : widest;
  }
  CU_ASSERT_EQUAL(widest, 32);
  respub_schema_free(schema);
}

static void the_text_of_a_schema_is_not_read_beyond_its_end(void) {
  static const char text[] = " {\"items\" : [ ] } \n";
  static const char usable[] = " {\"items\" : { } } \n";
  respub_guard guard = respub_guard_open(sizeof text);
  respub_schema *schema = NULL;
  const char *bytes = respub_guard_put_last(&guard, text, sizeof text - 1);
  CU_ASSERT_EQUAL(respub_schema_compile(&schema, bytes, sizeof text - 1, NULL), RESPUB_ESCHEMA);
  bytes = respub_guard_put_last(&guard, usable, sizeof usable - 1);
  CU_ASSERT_EQUAL(respub_schema_compile(&schema, bytes, sizeof usable - 1, NULL), RESPUB_OK);
  respub_guard_close(&guard);
  CU_ASSERT_STRING_EQUAL(respub_schema_json(schema), "{\n  \"items\": {}\n}");
  respub_schema_free(schema);
}

/* ---- files ---- */

enum {
  MIB = 1 << 20
};

/* A file of size bytes: text, then blanks. */
static void write_file(const char *path, const char *text, size_t size) {
  FILE *file = fopen(path, "wb");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  CU_ASSERT_TRUE(fputs(text, file) >= 0);
  size_t len = strlen(text);
  CU_ASSERT_TRUE(len >= size || fprintf(file, "%*s", (int)(size - len), "") > 0);
  CU_ASSERT_EQUAL(fclose(file), 0);
}

static void check_load(const char *path, respub_status wanted, const char *end) {
  respub_schema *schema = NULL;
  respub_error error = {.text = ""};
  respub_status status = respub_schema_load(&schema, path, &error);
  size_t len = strlen(error.text);
  RESPUB_CHECK(status == wanted, "%s: %s", path, error.text);
  RESPUB_CHECK((schema != NULL) == (wanted == RESPUB_OK), "%s", path);
  RESPUB_CHECK(len >= strlen(end) && strcmp(error.text + len - strlen(end), end) == 0, "%s: %s",
               path, error.text);
  RESPUB_CHECK(respub_schema_load(&schema, path, NULL) == wanted || schema != NULL, "%s", path);
  respub_schema_free(schema);
}

static void schemas_are_loaded_from_files(void) {
  respub_test_folder folder;
  respub_test_folder_open(&folder, "schema.json");
  check_load(folder.path, RESPUB_EIO, "schema.json: no such file");
  check_load(folder.name, RESPUB_EIO, ": it is a folder");
  check_load("/nonexistent\n\x7f", RESPUB_EIO, "/nonexistent??: no such file");
  write_file(folder.path, "", 0);
  check_load(folder.path, RESPUB_ESCHEMA, "the text ends where a value is due");
  write_file(folder.path, "{\"type\":\"null\"}", 100);
  respub_schema *schema = NULL;
  CU_ASSERT_EQUAL_FATAL(respub_schema_load(&schema, folder.path, NULL), RESPUB_OK);
  CU_ASSERT_STRING_EQUAL(respub_schema_json(schema), "{\n  \"type\": \"null\"\n}");
  respub_schema_free(schema);
  write_file(folder.path, "{}", MIB + 1);
  check_load(folder.path, RESPUB_EIO, ": it is larger than 1 MiB");
  write_file(folder.path, "{}", MIB);
  CU_ASSERT_EQUAL(respub_schema_load(&schema, folder.path, NULL), RESPUB_OK);
  respub_schema_free(schema);
  CU_ASSERT_EQUAL(unlink(folder.path), 0);
  respub_test_folder_close(&folder);
}

/* Thousands of levels of references or of nesting must not take the stack. */
static void long_chains_of_references_do_not_recurse(void) {
  enum {
    LINKS = 5000,
    ROOM = LINKS * 48 + 64
  };
  char *text = malloc(ROOM);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  size_t len = (size_t)snprintf(text, ROOM, "{'$ref':'#/$defs/0','$defs':{");
  for (int i = 0; i < LINKS; i++)
    len +=
        (size_t)snprintf(text + len, ROOM - len, "'%d':{'items':{'$ref':'#/$defs/%d'}},", i, i + 1);
  (void)snprintf(text + len, ROOM - len, "'%d':{'type':'null'}}}", LINKS);
  respub_schema *schema = respub_test_schema(text);
  cJSON *value = respub_test_value("[[[1]]]");
  CU_ASSERT_EQUAL(respub_schema_validate(schema, value, NULL), RESPUB_OK);
  cJSON_Delete(value);
  respub_schema_free(schema);
  free(text);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(what_is_no_schema_is_refused),
      RESPUB_TEST(keywords_that_are_not_known_are_refused_by_name),
      RESPUB_TEST(values_of_keywords_have_a_form),
      RESPUB_TEST(other_dialects_and_identities_are_refused),
      RESPUB_TEST(references_lead_somewhere),
      RESPUB_TEST(references_that_never_end_are_refused),
      RESPUB_TEST(patterns_that_mean_more_than_is_understood_are_refused),
      RESPUB_TEST(a_schema_shows_itself_indented_with_every_digit),
      RESPUB_TEST(indentation_ends_at_16_levels),
      RESPUB_TEST(the_text_of_a_schema_is_not_read_beyond_its_end),
      RESPUB_TEST(schemas_are_loaded_from_files),
      RESPUB_TEST(long_chains_of_references_do_not_recurse),
  };
  return respub_test_main("schema_compile", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
