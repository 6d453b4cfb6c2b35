/* Keywords that combine schemas, references included: what they accept, refuse and say. */
#include "tests/support/check.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"

#include <stdlib.h>
#include <string.h>

static void all_of_tells_the_fault_of_its_part(void) {
  RESPUB_VERDICTS({"{'allOf':[{'type':'number'},{'minimum':2},true]}", "3", NULL},
                  {NULL, "1", "expected at least 2, got 1 (minimum)"},
                  {NULL, "'x'", "expected a number, got \"x\" (type)"},
                  {"{'allOf':[true,false]}", "1", "expected nothing here, got 1 (allOf)"});
}

static void any_of_needs_one_match(void) {
  RESPUB_VERDICTS(
      {"{'anyOf':[{'type':'number'},{'minLength':2}]}", "1", NULL}, {NULL, "'ab'", NULL},
      {NULL, "'a'", "expected a match with one of 2 alternatives, got \"a\" (anyOf)"},
      {"{'anyOf':[{'required':['a']},{'required':['b']}]}", "{'b':1}", NULL},
      {NULL, "{}", "expected a match with one of 2 alternatives, got an object (anyOf)"},
      {"{'anyOf':[false]}", "1", "expected a match with one of 1 alternative, got 1 (anyOf)"});
}

static void one_of_needs_exactly_one_match(void) {
  RESPUB_VERDICTS(
      {"{'oneOf':[{'multipleOf':3},{'multipleOf':5},{'type':'string'}]}", "9", NULL},
      {NULL, "10", NULL},
      {NULL, "'x'", "expected a match with exactly one of 3 alternatives, got \"x\" (oneOf)"},
      {NULL, "15", "expected a match with exactly one of 3 alternatives, got 15 (oneOf)"},
      {NULL, "7", "expected a match with exactly one of 3 alternatives, got 7 (oneOf)"});
}

static void not_turns_a_verdict_round(void) {
  RESPUB_VERDICTS(
      {"{'not':{'type':'string'}}", "1", NULL},
      {NULL, "'x'", "expected something else than \"not\" describes, got \"x\" (not)"},
      {"{'not':{'not':{'type':'string'}}}", "'x'", NULL},
      {NULL, "1", "expected something else than \"not\" describes, got 1 (not)"},
      {"{'not':{}}", "1", "expected something else than \"not\" describes, got 1 (not)"},
      {"{'not':false}", "1", NULL},
      {"{'properties':{'a':{'not':{}}}}", "{'a':1}",
       "/a: expected something else than \"not\" describes, got 1 (not)"});
}

static void if_chooses_between_then_and_else(void) {
  RESPUB_VERDICTS({"{'if':{'properties':{'t':{'const':'a'}},'required':['t']},"
                   "'then':{'required':['x']},'else':{'required':['y']}}",
                   "{'t':'a','x':1}", NULL},
                  {NULL, "{'t':'b','y':1}", NULL}, {NULL, "{'y':1}", NULL},
                  {NULL, "{'t':'a','y':1}", "expected the field \"x\", got none (required)"},
                  {NULL, "{'t':'b','x':1}", "expected the field \"y\", got none (required)"},
                  {"{'if':{'type':'number'},'then':{'minimum':1}}", "'a'", NULL},
                  {NULL, "0", "expected at least 1, got 0 (minimum)"},
                  {"{'if':{'type':'number'},'else':{'minLength':1}}", "0", NULL},
                  {NULL, "''", "expected at least 1 character, got \"\" (minLength)"},
                  {"{'then':false,'else':false}", "1", NULL}, {"{'if':false}", "1", NULL},
                  {"{'if':true,'then':false}", "1", "expected nothing here, got 1 (if)"});
}

static void dependent_schemas_hold_beside_a_field(void) {
  RESPUB_VERDICTS({"{'dependentSchemas':{'card':{'required':['address']},'x':false}}", "{}", NULL},
                  {NULL, "{'card':1,'address':2}", NULL}, {NULL, "[]", NULL},
                  {NULL, "{'card':1}", "expected the field \"address\", got none (required)"},
                  {NULL, "{'x':1}", "expected nothing here, got an object (dependentSchemas)"});
}

static void references_lead_into_the_schema(void) {
  RESPUB_VERDICTS(
      {"{'$ref':'#/$defs/n','$defs':{'n':{'type':'number'}}}", "1", NULL},
      {NULL, "'x'", "expected a number, got \"x\" (type)"},
      {"{'properties':{'a':{'$ref':'#/definitions/n'}},'definitions':{'n':{'type':'number'}}}",
       "{'a':'x'}", "/a: expected a number, got \"x\" (type)"},
      {"{'items':{'$ref':'#pos'},'$defs':{'p':{'$anchor':'pos','exclusiveMinimum':0}}}", "[1,0]",
       "/1: expected more than 0, got 0 (exclusiveMinimum)"},
      {"{'properties':{'a':{'type':'null'},'b':{'$ref':'#/properties/a'}}}", "{'b':1}",
       "/b: expected null, got 1 (type)"},
      {"{'prefixItems':[{'type':'null'},{'$ref':'#/prefixItems/0'}]}", "[null,1]",
       "/1: expected null, got 1 (type)"},
      {"{'items':{'$ref':'#/prefixItems/10'},'prefixItems':[true,true,true,true,true,true,true,"
       "true,true,true,{'type':'null'}]}",
       "[0,1,2,3,4,5,6,7,8,9,null,11]", "/11: expected null, got 11 (type)"},
      {"{'$ref':'#/$defs/a~1b~0c%25d%22','$defs':{'a/b~c%d\\u0022':{'type':'null'}}}", "1",
       "expected null, got 1 (type)"},
      {"{'$ref':'#/$defs/yes','$defs':{'yes':true}}", "1", NULL},
      {"{'$ref':'#/$defs/no','$defs':{'no':false}}", "1", "expected nothing here, got 1 ($ref)"},
      {"{'$ref':'#/$defs/','$defs':{'':{'type':'null'}}}", "1", "expected null, got 1 (type)"});
}

static void keywords_beside_a_reference_count(void) {
  RESPUB_VERDICTS({"{'$ref':'#/$defs/n','maximum':5,'$defs':{'n':{'type':'number'}}}", "5", NULL},
                  {NULL, "6", "expected at most 5, got 6 (maximum)"},
                  {NULL, "'x'", "expected a number, got \"x\" (type)"});
}

static void schemas_may_be_recursive(void) {
  RESPUB_VERDICTS({"{'type':'object','properties':{'v':{'type':'number'},'next':{'$ref':'#'}},"
                   "'required':['v']}",
                   "{'v':1,'next':{'v':2,'next':{'v':3}}}", NULL},
                  {NULL, "{'v':1,'next':{'v':2,'next':{'v':'3'}}}",
                   "/next/next/v: expected a number, got \"3\" (type)"},
                  {NULL, "{'v':1,'next':{'next':{}}}",
                   "/next/next: expected the field \"v\", got none (required)"},
                  {"{'$ref':'#/$defs/tree','$defs':{'tree':{'type':'array','items':{'anyOf':["
                   "{'type':'number'},{'$ref':'#/$defs/tree'}]}}}}",
                   "[1,[2,[3,[]]]]", NULL},
                  {NULL, "[1,[2,['x']]]",
                   "/1: expected a match with one of 2 alternatives, got an array (anyOf)"});
}

/* Into an item, a field or a name: the value gets smaller, so these end. */
static void schemas_may_lead_back_to_themselves_by_going_into_the_value(void) {
  RESPUB_VERDICTS(
      {"{'contains':{'$ref':'#'},'minContains':0}", "[[],1]", NULL},
      {"{'prefixItems':[{'$ref':'#'}],'maxItems':1}", "[[[]]]", NULL},
      {NULL, "[[[],[]]]", "/0: expected at most 1 item, got 2 (maxItems)"},
      {"{'additionalProperties':{'$ref':'#'},'maxProperties':1}", "{'a':{'b':{}}}", NULL},
      {NULL, "{'a':{'b':1,'c':2}}", "/a: expected at most 1 field, got 2 (maxProperties)"},
      {"{'patternProperties':{'^a':{'$ref':'#'}},'minProperties':1}", "{'a':{'b':{}}}", NULL},
      {NULL, "{'a':{}}", "/a: expected at least 1 field, got 0 (minProperties)"},
      {"{'propertyNames':{'$ref':'#'},'maxLength':1}", "{'a':{'bc':1}}", NULL},
      {"{'if':{'required':['x']},'then':{'properties':{'x':{'$ref':'#'}}},"
       "'else':{'type':'object'}}",
       "{'x':{'x':{}}}", NULL},
      {NULL, "{'x':{'x':1}}", NULL}, {NULL, "5", NULL});
}

/* n arrays inside each other. */
static char *nested(size_t n) {
  char *text = malloc(2 * n + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  memset(text, '[', n);
  memset(text + n, ']', n);
  text[2 * n] = '\0';
  return text;
}

static respub_status validate_nested(const char *schema_text, size_t n,
                                     respub_validation_error *error) {
  char *text = nested(n);
  respub_schema *schema = respub_test_schema(schema_text);
  cJSON *value = respub_test_value(text);
  respub_status status = respub_schema_validate(schema, value, error);
  cJSON_Delete(value);
  respub_schema_free(schema);
  free(text);
  return status;
}

static void deep_values_are_followed_as_far_as_they_may_go(void) {
  respub_validation_error error;
  const char *plain = "{'type':'array','items':{'$ref':'#'}}";
  CU_ASSERT_EQUAL(validate_nested(plain, 100, &error), RESPUB_OK);
  /* Four rules a level: 100 levels need 400, more than are followed. */
  const char *steep = "{'$ref':'#/$defs/a','$defs':{'a':{'$ref':'#/$defs/b'},"
                      "'b':{'allOf':[{'$ref':'#/$defs/c'}]},'c':{'items':{'$ref':'#/$defs/a'}}}}";
  CU_ASSERT_EQUAL(validate_nested(steep, 40, &error), RESPUB_OK);
  CU_ASSERT_EQUAL(validate_nested(steep, 100, &error), RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(error.keyword, "$ref");
  CU_ASSERT_STRING_EQUAL(error.expected, "at most 256 subschemas inside each other");
  CU_ASSERT_EQUAL(validate_nested(steep, 100, NULL), RESPUB_EINVALID);
}

/* Where no verdict is possible, "not" must not make one of it. */
static void giving_up_is_no_verdict(void) {
  respub_validation_error error;
  const char *steep = "{'not':{'$ref':'#/$defs/a'},'$defs':{'a':{'$ref':'#/$defs/b'},"
                      "'b':{'allOf':[{'$ref':'#/$defs/c'}]},'c':{'items':{'$ref':'#/$defs/a'}}}}";
  CU_ASSERT_EQUAL(validate_nested(steep, 100, &error), RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(error.keyword, "$ref");
}

/* Each level would be looked at twice as often as the one above: 2^90 in all. */
static void work_is_bounded_where_alternatives_multiply(void) {
  respub_validation_error error;
  const char *wide = "{'items':{'anyOf':[{'$ref':'#/$defs/x'},{'$ref':'#/$defs/x'}]},"
                     "'$defs':{'x':{'type':'array','minItems':1,'items':{'anyOf':["
                     "{'$ref':'#/$defs/x'},{'$ref':'#/$defs/x'}]}}}}";
  CU_ASSERT_EQUAL(validate_nested(wide, 12, &error), RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(error.keyword, "anyOf");
  CU_ASSERT_EQUAL(validate_nested(wide, 60, &error), RESPUB_EINVALID);
  CU_ASSERT_STRING_EQUAL(error.keyword, "$ref");
  CU_ASSERT_STRING_EQUAL(error.expected, "at most 16777216 subschemas to look at");
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(all_of_tells_the_fault_of_its_part),
      RESPUB_TEST(any_of_needs_one_match),
      RESPUB_TEST(one_of_needs_exactly_one_match),
      RESPUB_TEST(not_turns_a_verdict_round),
      RESPUB_TEST(if_chooses_between_then_and_else),
      RESPUB_TEST(dependent_schemas_hold_beside_a_field),
      RESPUB_TEST(references_lead_into_the_schema),
      RESPUB_TEST(keywords_beside_a_reference_count),
      RESPUB_TEST(schemas_may_be_recursive),
      RESPUB_TEST(schemas_may_lead_back_to_themselves_by_going_into_the_value),
      RESPUB_TEST(deep_values_are_followed_as_far_as_they_may_go),
      RESPUB_TEST(giving_up_is_no_verdict),
      RESPUB_TEST(work_is_bounded_where_alternatives_multiply),
  };
  return respub_test_main("schema_logic", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
