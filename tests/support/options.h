/* options.h - the options of publishers and subscribers at a server: the defaults with its URL.
 *
 * A failed assertion ends the test when the URL is not one. */
#ifndef RESPUB_TESTS_SUPPORT_OPTIONS_H
#define RESPUB_TESTS_SUPPORT_OPTIONS_H

#include "pubsub/pubsub.h"

respub_publisher_options respub_test_publisher_options(const char *url);
respub_subscriber_options respub_test_subscriber_options(const char *url);

#endif
