/* Every keyword for objects, with what it accepts, what it refuses, and what it says then. */
#include "tests/support/test.h"
#include "tests/support/verdict.h"

static void properties_hold_where_they_are(void) {
  RESPUB_VERDICTS(
      {"{'properties':{'price':{'type':['number','string']},'n':{'minimum':1}}}", "{}", NULL},
      {NULL, "{'price':1,'n':1,'else':null}", NULL}, {NULL, "[]", NULL},
      {NULL, "{'price':[]}", "/price: expected a number or a string, got an array (type)"},
      {NULL, "{'Price':[]}", NULL}, {"{'properties':{'a':true,'b':false}}", "{'a':1}", NULL},
      {NULL, "{'a':1,'b':2}", "/b: expected nothing here, got 2 (properties)"},
      {"{'properties':{'a':{'properties':{'b':{'items':{'type':'null'}}}}}}",
       "{'a':{'b':[null,1]}}", "/a/b/1: expected null, got 1 (type)"},
      {"{'properties':{}}", "{'a':1}", NULL});
}

static void the_first_fault_is_the_first_of_the_schema(void) {
  RESPUB_VERDICTS({"{'properties':{'z':{'type':'null'},'a':{'type':'null'},'m':{'type':'null'}}}",
                   "{'a':1,'m':2,'z':3}", "/z: expected null, got 3 (type)"},
                  {NULL, "{'m':2,'a':1,'z':null}", "/a: expected null, got 1 (type)"},
                  {NULL, "{'m':2,'z':null,'a':null}", "/m: expected null, got 2 (type)"},
                  {"{'required':['x'],'properties':{'y':{'type':'null'}}}", "{'y':1}",
                   "expected the field \"x\", got none (required)"},
                  {"{'properties':{'y':{'type':'null'}},'required':['x']}", "{'y':1}",
                   "/y: expected null, got 1 (type)"});
}

static void pointers_escape_what_stands_for_something(void) {
  RESPUB_VERDICTS({"{'additionalProperties':{'type':'null'}}", "{'a/b~c':1}",
                   "/a~1b~0c: expected null, got 1 (type)"},
                  {NULL, "{'':1}", "/: expected null, got 1 (type)"},
                  {NULL, "{'\xc3\xa9 %':1}", "/\xc3\xa9 %: expected null, got 1 (type)"});
}

static void pattern_properties_hold_for_every_match(void) {
  RESPUB_VERDICTS(
      {"{'patternProperties':{'^n_':{'type':'number'},'x$':{'maximum':9}}}", "{'n_a':1,'b':'y'}",
       NULL},
      {NULL, "{'n_':'1'}", "/n_: expected a number, got \"1\" (type)"},
      {NULL, "{'n_x':10}", "/n_x: expected at most 9, got 10 (maximum)"},
      {NULL, "{'n_x':'10'}", "/n_x: expected a number, got \"10\" (type)"}, {NULL, "[]", NULL},
      {"{'patternProperties':{'secret':false}}", "{'a':1}", NULL},
      {NULL, "{'mysecret':1}", "/mysecret: expected nothing here, got 1 (patternProperties)"});
}

static void additional_properties_are_all_others(void) {
  RESPUB_VERDICTS(
      {"{'additionalProperties':false,'properties':{'a':{}},'patternProperties':{'^x':{}}}",
       "{'a':1,'xyz':2}", NULL},
      {NULL, "{'a':1,'b':2}", "/b: expected nothing here, got 2 (additionalProperties)"},
      {"{'additionalProperties':{'type':'number'}}", "{'a':1}", NULL},
      {NULL, "{'a':'1'}", "/a: expected a number, got \"1\" (type)"},
      {"{'allOf':[{'properties':{'a':{}}}],'additionalProperties':false}", "{'a':1}",
       "/a: expected nothing here, got 1 (additionalProperties)"},
      {"{'additionalProperties':false}", "{}", NULL}, {NULL, "[1]", NULL});
}

static void property_names_are_strings_to_check(void) {
  RESPUB_VERDICTS(
      {"{'propertyNames':{'maxLength':3}}", "{'abc':1}", NULL}, {NULL, "'abcd'", NULL},
      {NULL, "{'abc':1,'abcd':1}",
       "expected field names as described by \"propertyNames\", got \"abcd\" (propertyNames)"},
      {"{'propertyNames':false}", "{}", NULL},
      {NULL, "{'a':1}",
       "expected field names as described by \"propertyNames\", got \"a\" (propertyNames)"},
      {"{'properties':{'o':{'propertyNames':{'pattern':'^[a-z]+$'}}}}", "{'o':{'A':1}}",
       "/o: expected field names as described by \"propertyNames\", got \"A\" (propertyNames)"});
}

static void required_fields_may_be_null_but_not_missing(void) {
  RESPUB_VERDICTS({"{'required':['a','b']}", "{'b':null,'a':0}", NULL},
                  {NULL, "{'a':1}", "expected the field \"b\", got none (required)"},
                  {NULL, "{}", "expected the field \"a\", got none (required)"},
                  {NULL, "{'A':1,'b':1}", "expected the field \"a\", got none (required)"},
                  {NULL, "['a','b']", NULL}, {"{'required':[]}", "{}", NULL},
                  {"{'items':{'required':['x y']}}", "[{'x y':1},{}]",
                   "/1: expected the field \"x y\", got none (required)"});
}

static void dependent_fields_are_required_beside_another(void) {
  RESPUB_VERDICTS({"{'dependentRequired':{'limit':['price','tif'],'x':[]}}", "{}", NULL},
                  {NULL, "{'price':1}", NULL},
                  {NULL, "{'limit':null,'price':1,'tif':2,'x':3}", NULL},
                  {NULL, "{'limit':1,'price':1}",
                   "expected the field \"tif\" beside \"limit\", got none (dependentRequired)"},
                  {NULL, "[]", NULL});
}

static void counts_of_fields_hold_at_the_bound(void) {
  RESPUB_VERDICTS({"{'maxProperties':1}", "{'a':1}", NULL},
                  {NULL, "{'a':1,'b':2}", "expected at most 1 field, got 2 (maxProperties)"},
                  {NULL, "[1,2]", NULL}, {"{'minProperties':2}", "{'a':1,'b':2}", NULL},
                  {NULL, "{'a':1}", "expected at least 2 fields, got 1 (minProperties)"},
                  {NULL, "'a'", NULL});
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(properties_hold_where_they_are),
      RESPUB_TEST(the_first_fault_is_the_first_of_the_schema),
      RESPUB_TEST(pointers_escape_what_stands_for_something),
      RESPUB_TEST(pattern_properties_hold_for_every_match),
      RESPUB_TEST(additional_properties_are_all_others),
      RESPUB_TEST(property_names_are_strings_to_check),
      RESPUB_TEST(required_fields_may_be_null_but_not_missing),
      RESPUB_TEST(dependent_fields_are_required_beside_another),
      RESPUB_TEST(counts_of_fields_hold_at_the_bound),
  };
  return respub_test_main("schema_object", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
