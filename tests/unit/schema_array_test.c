/* Every keyword for arrays, with what it accepts, what it refuses, and what it says then. */
#include "tests/support/check.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void items_hold_for_each(void) {
  RESPUB_VERDICTS({"{'items':{'type':'number'}}", "[]", NULL}, {NULL, "[1,2.5]", NULL},
                  {NULL, "[1,'x',3]", "/1: expected a number, got \"x\" (type)"},
                  {NULL, "{'0':'x'}", NULL}, {NULL, "'x'", NULL}, {"{'items':false}", "[]", NULL},
                  {NULL, "[7]", "/0: expected nothing here, got 7 (items)"},
                  {"{'items':{'items':{'items':{'maximum':9}}}}", "[[[1],[2]],[]]", NULL},
                  {NULL, "[[],[[1],[2,10]]]", "/1/1/1: expected at most 9, got 10 (maximum)"});
}

static void prefix_items_hold_by_place_and_items_for_the_rest(void) {
  RESPUB_VERDICTS({"{'prefixItems':[{'type':'string'},{'type':'number'}]}", "['a',1,null]", NULL},
                  {NULL, "[]", NULL}, {NULL, "['a']", NULL},
                  {NULL, "['a','b']", "/1: expected a number, got \"b\" (type)"},
                  {NULL, "[1,1]", "/0: expected a string, got 1 (type)"},
                  {"{'items':{'type':'boolean'},'prefixItems':[{'type':'string'},true]}",
                   "['a',[],true]", NULL},
                  {NULL, "['a',1,true,2]", "/3: expected a boolean, got 2 (type)"},
                  {"{'prefixItems':[{},{}],'items':false}", "[1,2]", NULL},
                  {NULL, "[1,2,3]", "/2: expected nothing here, got 3 (items)"},
                  {"{'prefixItems':[true,false]}", "[1]", NULL},
                  {NULL, "[1,2]", "/1: expected nothing here, got 2 (prefixItems)"});
}

static void counts_of_items_hold_at_the_bound(void) {
  RESPUB_VERDICTS({"{'maxItems':2}", "[1,2]", NULL},
                  {NULL, "[1,2,3]", "expected at most 2 items, got 3 (maxItems)"},
                  {NULL, "'abc'", NULL}, {"{'minItems':1}", "[null]", NULL},
                  {NULL, "[]", "expected at least 1 item, got 0 (minItems)"}, {NULL, "{}", NULL},
                  {"{'minItems':1.0}", "[]", "expected at least 1 item, got 0 (minItems)"},
                  {"{'maxItems':0}", "[]", NULL});
}

static void contains_counts_what_matches(void) {
  RESPUB_VERDICTS(
      {"{'contains':{'minimum':5}}", "[1,5]", NULL}, {NULL, "['x']", NULL},
      {NULL, "[1,2]", "expected at least 1 item as described by \"contains\", got 0 (contains)"},
      {NULL, "[]", "expected at least 1 item as described by \"contains\", got 0 (contains)"},
      {NULL, "{}", NULL}, {"{'contains':{'const':1},'minContains':2}", "[1,2,1]", NULL},
      {NULL, "[1,2]",
       "expected at least 2 items as described by \"contains\", got 1 (minContains)"},
      {"{'contains':{'const':1},'maxContains':1}", "[1,2]", NULL},
      {NULL, "[1,1.0]",
       "expected at most 1 item as described by \"contains\", got 2 (maxContains)"},
      {NULL, "[2]", "expected at least 1 item as described by \"contains\", got 0 (contains)"},
      {"{'contains':{'const':1},'minContains':0}", "[]", NULL},
      {"{'contains':{'const':1},'minContains':0,'maxContains':0}", "[2]", NULL},
      {NULL, "[1]", "expected at most 0 items as described by \"contains\", got 1 (maxContains)"},
      {"{'contains':false}", "[1]",
       "expected at least 1 item as described by \"contains\", got 0 (contains)"},
      {"{'minContains':5,'maxContains':0}", "[1]", NULL});
}

static void unique_items_compare_values(void) {
  RESPUB_VERDICTS(
      {"{'uniqueItems':true}", "[1,2]", NULL}, {NULL, "[]", NULL},
      {NULL, "[1,2,1.0]", "expected items that differ, got equal ones at 0 and 2 (uniqueItems)"},
      {NULL, "[1,true,'1',null,false,0,'']", NULL},
      {NULL, "[{'a':1,'b':2},{'b':2,'a':1}]",
       "expected items that differ, got equal ones at 0 and 1 (uniqueItems)"},
      {NULL, "[{'a':1,'b':2},{'b':1,'a':2}]", NULL}, {NULL, "[[1],[1,2],[[1]]]", NULL},
      {NULL, "[[1,[0]],2,[1,[-0.0]]]",
       "expected items that differ, got equal ones at 0 and 2 (uniqueItems)"},
      {NULL, "[{'a':{'x':1,'y':[]}},{'a':{'y':[],'x':1}}]",
       "expected items that differ, got equal ones at 0 and 1 (uniqueItems)"},
      {NULL, "['a','\\u0061']",
       "expected items that differ, got equal ones at 0 and 1 (uniqueItems)"},
      {"{'uniqueItems':false}", "[1,1]", NULL});
}

/* An array of n different numbers, the last of them again at the end when twice is true. */
static cJSON *numbers(size_t n, bool twice) {
  char *text = malloc(n * 8 + 32);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  size_t len = 0;
  text[len++] = '[';
  for (size_t i = 0; i < n; i++)
    len += (size_t)snprintf(text + len, 9, "%s%zu", i == 0 ? "" : ",", i);
  if (twice)
    len += (size_t)snprintf(text + len, 16, ",%zu.0", n - 1);
  text[len++] = ']';
  cJSON *value = NULL;
  CU_ASSERT_EQUAL(respub_json_parse(&value, text, len, NULL), RESPUB_OK);
  free(text);
  return value;
}

/* Comparing each with each would take minutes. */
static void many_items_are_compared_by_sorting(void) {
  enum {
    MANY = 100000
  };
  respub_schema *schema = respub_test_schema("{'uniqueItems':true}");
  respub_validation_error error;
  cJSON *different = numbers(MANY, false);
  cJSON *twice = numbers(MANY, true);
  CU_ASSERT_EQUAL(respub_schema_validate(schema, different, &error), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_schema_validate(schema, twice, &error), RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(
      error.text, "expected items that differ, got equal ones at 99999 and 100000 (uniqueItems)");
  cJSON_Delete(different);
  cJSON_Delete(twice);
  respub_schema_free(schema);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(items_hold_for_each),
      RESPUB_TEST(prefix_items_hold_by_place_and_items_for_the_rest),
      RESPUB_TEST(counts_of_items_hold_at_the_bound),
      RESPUB_TEST(contains_counts_what_matches),
      RESPUB_TEST(unique_items_compare_values),
      RESPUB_TEST(many_items_are_compared_by_sorting),
  };
  return respub_test_main("schema_array", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
