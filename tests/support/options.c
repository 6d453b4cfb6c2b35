#include "tests/support/options.h"

#include "tests/support/test.h"

respub_publisher_options respub_test_publisher_options(const char *url) {
  respub_publisher_options o;
  respub_publisher_options_init(&o);
  CU_ASSERT_EQUAL_FATAL(respub_options_from_url(&o.connection, url, NULL), RESPUB_OK);
  return o;
}

respub_subscriber_options respub_test_subscriber_options(const char *url) {
  respub_subscriber_options o;
  respub_subscriber_options_init(&o);
  CU_ASSERT_EQUAL_FATAL(respub_options_from_url(&o.connection, url, NULL), RESPUB_OK);
  return o;
}
