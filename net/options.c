#include "net/options.h"

#include "net/text.h"

#include <string.h>

void respub_options_init(respub_options *options) {
  memset(options, 0, sizeof *options);
  memcpy(options->host, "localhost", sizeof "localhost");
  options->port = RESPUB_DEFAULT_PORT;
  options->protocol = 2;
  options->connect_timeout_ms = 5000;
  options->command_timeout_ms = 5000;
  options->keepalive_s = 60;
  options->user_timeout_ms = 30000;
  options->buffer_bytes = RESPUB_BUFFER_BYTES;
  options->output_bytes = RESPUB_OUTPUT_BYTES;
}

static bool is_ended(const char *text, size_t capacity) {
  return memchr(text, '\0', capacity) != NULL;
}

static bool strings_end(const respub_options *o) {
  return is_ended(o->host, sizeof o->host) && is_ended(o->unix_path, sizeof o->unix_path) &&
         is_ended(o->username, sizeof o->username) && is_ended(o->password, sizeof o->password) &&
         is_ended(o->client_name, sizeof o->client_name);
}

static bool is_client_name(const char *name) {
  for (; *name != '\0'; name++) {
    if (*name < '!' || *name > '~')
      return false;
  }
  return true;
}

static const char *fault(const respub_options *o) {
  if (!strings_end(o))
    return "a text without its end";
  if (o->unix_path[0] == '\0' && o->host[0] == '\0')
    return "host is empty";
  if (o->unix_path[0] == '\0' && o->port == 0)
    return "port is 0";
  if (o->db < 0)
    return "db is negative";
  if (o->protocol != 2 && o->protocol != 3)
    return "protocol is neither 2 nor 3";
  if (!RESPUB_RESP3 && o->protocol == 3)
    return "protocol 3 is not built in";
  if (!RESPUB_UNIX && o->unix_path[0] != '\0')
    return "Unix sockets are not built in";
  if (!RESPUB_FIXED_MEMORY && o->fixed_memory)
    return "fixed memory is not built in";
  if (!is_client_name(o->client_name))
    return "client_name has other characters than '!' to '~'";
  if (o->connect_timeout_ms < 1 || o->command_timeout_ms < 1)
    return "a timeout is less than 1 ms";
  if (o->keepalive_s < 0 || o->user_timeout_ms < 0)
    return "a keepalive time is negative";
  if (o->buffer_bytes < 64)
    return "buffer_bytes is less than 64";
  return NULL;
}

respub_status respub__options_check(const respub_options *options, respub_error *error) {
  const char *what = fault(options);
  if (what == NULL)
    return RESPUB_OK;
  return respub__fail(error, RESPUB_EARGUMENT, "options: %s", what);
}
