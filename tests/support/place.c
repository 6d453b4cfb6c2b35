#include "tests/support/place.h"

#include <stdio.h>
#include <string.h>

enum {
  WORDS_MOST = 32,
  DEADLINE_MS = 20000
};

bool respub_test_place_open(respub_test_place *place, respub_test_kind kind) {
  *place = (respub_test_place){.server = NULL};
  if (kind == RESPUB_TEST_BROKER) {
    place->broker = respub_test_command_broker(place->url, sizeof place->url);
    return place->broker != NULL;
  }
  place->server = respub_test_server_start(NULL);
  if (place->server == NULL)
    return false;
  snprintf(place->url, sizeof place->url, "%s", respub_test_server_url(place->server));
  return true;
}

void respub_test_place_close(respub_test_place *place) {
  respub_test_server_free(place->server);
  respub_test_process_end(place->broker);
  *place = (respub_test_place){.server = NULL};
}

/* argv as process.h wants it. False when there are too many words. */
static bool fill(const char *argv[WORDS_MOST], char path[1024], const char *name, const char *url,
                 const char *const words[]) {
  char below[128];
  size_t n = 0;
  snprintf(below, sizeof below, "examples/%s", name);
  argv[n++] = respub_test_built(below, path, 1024);
  if (url != NULL) {
    argv[n++] = "--url";
    argv[n++] = url;
  }
  for (size_t i = 0; words[i] != NULL && n < WORDS_MOST - 1; i++)
    argv[n++] = words[i];
  argv[n] = NULL;
  return n < WORDS_MOST - 1;
}

respub_test_process *respub_test_example_start(const respub_test_place *place, const char *name,
                                               const char *const words[]) {
  const char *argv[WORDS_MOST];
  char path[1024];
  return fill(argv, path, name, place->url, words) ? respub_test_process_start(argv) : NULL;
}

int respub_test_example(const char *name, const char *const words[], const char *input,
                        respub_test_output *result) {
  const char *argv[WORDS_MOST];
  char path[1024];
  *result = (respub_test_output){.ended = RESPUB_TEST_BROKEN};
  if (!fill(argv, path, name, NULL, words))
    return RESPUB_TEST_BROKEN;
  return respub_test_run(argv, input, input == NULL ? 0 : strlen(input), DEADLINE_MS, result);
}

bool respub_test_place_publish(const respub_test_place *place, const char *channel,
                               const char *data, const char *out) {
  return respub_test_command_does(RESPUB_TEST_WORDS("pub", "-u", place->url, channel, data), NULL,
                                  0, out, "");
}
