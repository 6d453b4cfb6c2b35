/* place.h - a server to meet at, real or embedded, and the example programs as processes there. */
#ifndef RESPUB_TESTS_SUPPORT_PLACE_H
#define RESPUB_TESTS_SUPPORT_PLACE_H

#include "tests/support/command.h"
#include "tests/support/server.h"

typedef enum respub_test_kind {
  RESPUB_TEST_REDIS, /* redis-server */
  RESPUB_TEST_BROKER /* respub broker */
} respub_test_kind;

typedef struct respub_test_place {
  char url[256];
  respub_test_server *server; /* REDIS */
  respub_test_process *broker;
} respub_test_place;

/* Starts the server. False, with nothing to close, when it does not come up. */
bool respub_test_place_open(respub_test_place *place, respub_test_kind kind);
void respub_test_place_close(respub_test_place *place);

/* Starts build/examples/NAME with --url and the words. NULL on failure. */
respub_test_process *respub_test_example_start(const respub_test_place *place, const char *name,
                                               const char *const words[]);

/* Runs it without --url, with this standard input, to its end; 20 s, scaled. The caller frees
 * result, whatever it says. */
int respub_test_example(const char *name, const char *const words[], const char *input,
                        respub_test_output *result);

/* respub pub with these words; true when it ends with 0 and writes exactly out. */
bool respub_test_place_publish(const respub_test_place *place, const char *channel,
                               const char *data, const char *out);

#endif
