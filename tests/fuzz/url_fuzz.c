/* Any text as a URL: it is refused, or the options that it gives are in their ranges, can be
 * written as an address, and hold nothing that a name or a path cannot be. */
#include "net/options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *url = malloc(size + 1);
  if (url == NULL)
    return 0;
  if (size > 0)
    memcpy(url, data, size);
  url[size] = '\0';
  respub_options options;
  respub_options defaults;
  respub_error error = {RESPUB_OK, ""};
  respub_options_init(&defaults);
  respub_status status = respub_options_from_url(&options, url, &error);
  char address[400];
  require(respub_options_address(&options, address, sizeof address) == strlen(address));
  require(respub__options_check(&options, NULL) == RESPUB_OK);
  if (status != RESPUB_OK) {
    require(status == RESPUB_EURL && error.status == RESPUB_EURL && error.text[0] != '\0');
    require(memcmp(&options, &defaults, sizeof options) == 0);
  } else {
    require(strpbrk(options.host, " \t\r\n/?#@[]") == NULL);
    require(options.unix_path[0] == '\0' || options.unix_path[0] == '/');
  }
  free(url);
  return 0;
}
