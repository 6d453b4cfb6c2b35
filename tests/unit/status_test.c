#include "resp/resp.h"
#include "tests/support/test.h"

#include <string.h>

typedef struct expectation {
  respub_status status;
  respub_category category;
  const char *name;
  const char *text;
} expectation;

static const expectation all[] = {
#define ENTRY(name, value, category, text)                                                         \
  {(respub_status)(value), RESPUB_CATEGORY_##category, #name, text},
    RESPUB_STATUS_MAP(ENTRY)
#undef ENTRY
};

enum {
  COUNT = sizeof all / sizeof all[0]
};

static void every_status_has_its_name_text_and_category(void) {
  for (size_t i = 0; i < COUNT; i++) {
    CU_ASSERT_STRING_EQUAL(respub_status_name(all[i].status), all[i].name);
    CU_ASSERT_STRING_EQUAL(respub_status_text(all[i].status), all[i].text);
    CU_ASSERT_EQUAL(respub_status_category(all[i].status), all[i].category);
  }
}

static void no_two_statuses_share_value_name_or_text(void) {
  for (size_t i = 0; i < COUNT; i++) {
    for (size_t k = 0; k < i; k++) {
      CU_ASSERT_NOT_EQUAL(all[i].status, all[k].status);
      CU_ASSERT(strcmp(all[i].name, all[k].name) != 0);
      CU_ASSERT(strcmp(all[i].text, all[k].text) != 0);
    }
  }
}

static void failures_are_negative_and_all_else_is_not(void) {
  for (size_t i = 0; i < COUNT; i++)
    CU_ASSERT_EQUAL(all[i].status < 0, all[i].category != RESPUB_CATEGORY_OK);
}

static void an_unknown_status_is_said_to_be_unknown(void) {
  static const int strangers[] = {5, -19, -999, 32767};
  for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
    const respub_status status = (respub_status)strangers[i];
    CU_ASSERT_STRING_EQUAL(respub_status_name(status), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(respub_status_text(status), "unknown status");
    CU_ASSERT_EQUAL(respub_status_category(status), RESPUB_CATEGORY_USAGE);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(every_status_has_its_name_text_and_category),
      RESPUB_TEST(no_two_statuses_share_value_name_or_text),
      RESPUB_TEST(failures_are_negative_and_all_else_is_not),
      RESPUB_TEST(an_unknown_status_is_said_to_be_unknown),
  };
  return respub_test_main("status", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
