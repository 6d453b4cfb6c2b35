/* Every keyword that looks at scalars, with what it accepts, what it refuses, and what it says
 * then. */
#include "tests/support/test.h"
#include "tests/support/verdict.h"

static void booleans_are_schemas(void) {
  RESPUB_VERDICTS({"true", "1", NULL}, {NULL, "{}", NULL},
                  {"false", "1", "expected nothing here, got 1 (false)"},
                  {NULL, "null", "expected nothing here, got null (false)"}, {"{}", "[1]", NULL});
}

static void type_knows_all_seven(void) {
  RESPUB_VERDICTS(
      {"{'type':'null'}", "null", NULL}, {NULL, "0", "expected null, got 0 (type)"},
      {NULL, "false", "expected null, got false (type)"},
      {NULL, "''", "expected null, got \"\" (type)"}, {"{'type':'boolean'}", "true", NULL},
      {NULL, "false", NULL}, {NULL, "1", "expected a boolean, got 1 (type)"},
      {NULL, "null", "expected a boolean, got null (type)"}, {"{'type':'number'}", "1", NULL},
      {NULL, "-1.5e3", NULL}, {NULL, "'1'", "expected a number, got \"1\" (type)"},
      {"{'type':'string'}", "''", NULL}, {NULL, "1", "expected a string, got 1 (type)"},
      {"{'type':'array'}", "[]", NULL}, {NULL, "{}", "expected an array, got an object (type)"},
      {"{'type':'object'}", "{}", NULL}, {NULL, "[]", "expected an object, got an array (type)"});
}

static void integers_may_be_written_with_a_point(void) {
  RESPUB_VERDICTS({"{'type':'integer'}", "1", NULL}, {NULL, "1.0", NULL}, {NULL, "-3e2", NULL},
                  {NULL, "1e300", NULL}, {NULL, "-0.0", NULL}, {NULL, "9007199254740993", NULL},
                  {NULL, "1.5", "expected an integer, got 1.5 (type)"},
                  {NULL, "1e-3", "expected an integer, got 0.001 (type)"},
                  {NULL, "'1'", "expected an integer, got \"1\" (type)"},
                  {NULL, "true", "expected an integer, got true (type)"});
}

static void several_types_are_alternatives(void) {
  RESPUB_VERDICTS({"{'type':['number','string','null']}", "1", NULL}, {NULL, "'a'", NULL},
                  {NULL, "null", NULL},
                  {NULL, "[]", "expected a number, a string or null, got an array (type)"},
                  {"{'type':['integer','string']}", "2.0", NULL},
                  {NULL, "2.5", "expected an integer or a string, got 2.5 (type)"},
                  {"{'type':['integer','number']}", "2.5", NULL},
                  {"{'type':['number','integer']}", "2.5", NULL},
                  {"{'type':['string']}", "1", "expected a string, got 1 (type)"});
}

static void enum_compares_values_not_texts(void) {
  RESPUB_VERDICTS(
      {"{'enum':['price','order']}", "'price'", NULL}, {NULL, "'order'", NULL},
      {NULL, "'Price'", "expected one of \"price\", \"order\", got \"Price\" (enum)"},
      {NULL, "null", "expected one of \"price\", \"order\", got null (enum)"},
      {"{'enum':[1,null,true,[],{'a':[1,2]}]}", "1.0", NULL}, {NULL, "null", NULL},
      {NULL, "true", NULL}, {NULL, "[]", NULL}, {NULL, "{'a':[1.0,2]}", NULL},
      {NULL, "{'a':[2,1]}",
       "expected one of 1, null, true, an array, an object, got an object (enum)"},
      {NULL, "{'a':[1]}",
       "expected one of 1, null, true, an array, an object, got an object (enum)"},
      {NULL, "{'a':[1,2],'b':0}",
       "expected one of 1, null, true, an array, an object, got an object (enum)"},
      {NULL, "false", "expected one of 1, null, true, an array, an object, got false (enum)"},
      {"{'enum':[0]}", "false", "expected one of 0, got false (enum)"}, {NULL, "-0.0", NULL},
      {"{'enum':['']}", "''", NULL},
      {"{'enum':[]}", "1", "expected no value at all, got 1 (enum)"});
}

static void const_is_one_value(void) {
  RESPUB_VERDICTS(
      {"{'const':'x'}", "'x'", NULL}, {NULL, "'y'", "expected \"x\", got \"y\" (const)"},
      {"{'const':null}", "null", NULL}, {NULL, "0", "expected null, got 0 (const)"},
      {"{'const':1}", "1.0", NULL}, {NULL, "true", "expected 1, got true (const)"},
      {"{'const':{'a':1,'b':[2]}}", "{'b':[2],'a':1}", NULL},
      {NULL, "{'a':1}", "expected what \"const\" says, an object, got an object (const)"},
      {NULL, "{'a':1,'c':[2]}", "expected what \"const\" says, an object, got an object (const)"},
      {"{'const':[[1],2]}", "[[1],2]", NULL},
      {NULL, "[[1],2,3]", "expected what \"const\" says, an array, got an array (const)"},
      {NULL, "[[1]]", "expected what \"const\" says, an array, got an array (const)"});
}

static void bounds_hold_at_the_bound(void) {
  RESPUB_VERDICTS({"{'maximum':3}", "3", NULL}, {NULL, "3.0", NULL},
                  {NULL, "3.0001", "expected at most 3, got 3.0001 (maximum)"}, {NULL, "'9'", NULL},
                  {"{'minimum':-2.5}", "-2.5", NULL},
                  {NULL, "-2.6", "expected at least -2.5, got -2.6 (minimum)"},
                  {NULL, "null", NULL}, {"{'exclusiveMaximum':3}", "2.999", NULL},
                  {NULL, "3", "expected less than 3, got 3 (exclusiveMaximum)"},
                  {"{'exclusiveMinimum':0}", "1e-300", NULL},
                  {NULL, "0", "expected more than 0, got 0 (exclusiveMinimum)"},
                  {NULL, "-0.0", "expected more than 0, got -0 (exclusiveMinimum)"});
}

static void multiples_are_those_of_the_decimals(void) {
  RESPUB_VERDICTS({"{'multipleOf':2}", "10", NULL}, {NULL, "0", NULL}, {NULL, "-4", NULL},
                  {NULL, "7", "expected a multiple of 2, got 7 (multipleOf)"}, {NULL, "'7'", NULL},
                  {"{'multipleOf':0.01}", "19.99", NULL}, {NULL, "0.07", NULL},
                  {NULL, "4.35", NULL}, {NULL, "1e20", NULL}, {NULL, "123456789.01", NULL},
                  {NULL, "19.995", "expected a multiple of 0.01, got 19.995 (multipleOf)"},
                  {"{'multipleOf':0.0001}", "0.0075", NULL},
                  {NULL, "0.00751", "expected a multiple of 0.0001, got 0.00751 (multipleOf)"},
                  {"{'multipleOf':1.5}", "4.5", NULL},
                  {NULL, "35", "expected a multiple of 1.5, got 35 (multipleOf)"},
                  {"{'multipleOf':0.123456789}", "1e308",
                   "expected a multiple of 0.123456789, got 1e308 (multipleOf)"},
                  {"{'multipleOf':1e-8}", "12391239123", NULL});
}

static void lengths_count_characters_not_bytes(void) {
  RESPUB_VERDICTS(
      {"{'maxLength':2}", "'ab'", NULL}, {NULL, "'\xc3\xa9\xf0\x9f\x98\x80'", NULL},
      {NULL, "'\\u00e9\\ud83d\\ude00'", NULL},
      {NULL, "'abc'", "expected at most 2 characters, got \"abc\" (maxLength)"},
      {NULL, "123", NULL}, {"{'minLength':2}", "'ab'", NULL},
      {NULL, "'\xf0\x9f\x98\x80'",
       "expected at least 2 characters, got \"\xf0\x9f\x98\x80\" (minLength)"},
      {"{'minLength':1}", "''", "expected at least 1 character, got \"\" (minLength)"},
      {"{'maxLength':2.0}", "'abc'", "expected at most 2 characters, got \"abc\" (maxLength)"},
      {"{'maxLength':0}", "''", NULL});
}

static void a_pattern_may_match_anywhere(void) {
  RESPUB_VERDICTS(
      {"{'pattern':'a+'}", "'xxaayy'", NULL}, {NULL, "5", NULL},
      {NULL, "'xx'", "expected a string that matches \"a+\", got \"xx\" (pattern)"},
      {"{'pattern':'^[A-Z]{1,5}(\\\\.[A-Z])?$'}", "'BRK.B'", NULL}, {NULL, "'AAPL'", NULL},
      {NULL, "'aapl'",
       "expected a string that matches \"^[A-Z]{1,5}(\\\\.[A-Z])?$\", got \"aapl\" (pattern)"},
      {NULL, "'AAPL\\n'",
       "expected a string that matches \"^[A-Z]{1,5}(\\\\.[A-Z])?$\", got \"AAPL\\u000a\" "
       "(pattern)"},
      {"{'pattern':'^.$'}", "'\xc3\xa9'", NULL}, {NULL, "'\xf0\x9f\x98\x80'", NULL},
      {"{'pattern':'^\\\\S(|(.|\\\\n)*\\\\S)$'}", "'a b'", NULL});
}

static void annotations_check_nothing(void) {
  RESPUB_VERDICTS({"{'$schema':'https://json-schema.org/draft/2020-12/schema','$id':'https://x/y',"
                   "'$comment':'c','title':'t','description':'d','default':1,'examples':[2],"
                   "'deprecated':true,'readOnly':false,'writeOnly':true,'format':'email',"
                   "'contentEncoding':'base64','contentMediaType':'a/b','contentSchema':false}",
                   "'no address'", NULL},
                  {NULL, "null", NULL});
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(booleans_are_schemas),
      RESPUB_TEST(type_knows_all_seven),
      RESPUB_TEST(integers_may_be_written_with_a_point),
      RESPUB_TEST(several_types_are_alternatives),
      RESPUB_TEST(enum_compares_values_not_texts),
      RESPUB_TEST(const_is_one_value),
      RESPUB_TEST(bounds_hold_at_the_bound),
      RESPUB_TEST(multiples_are_those_of_the_decimals),
      RESPUB_TEST(lengths_count_characters_not_bytes),
      RESPUB_TEST(a_pattern_may_match_anywhere),
      RESPUB_TEST(annotations_check_nothing),
  };
  return respub_test_main("schema_keyword", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
