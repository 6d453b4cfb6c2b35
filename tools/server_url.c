#include "tools/server_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? value : otherwise;
}

static respub_status fail(respub_error *error, const char *source, const char *reason) {
  error->status = RESPUB_EURL;
  snprintf(error->text, sizeof error->text, "%s: %.200s", source, reason);
  return RESPUB_EURL;
}

static respub_status from_url(respub_options *options, const char *source, const char *url,
                              respub_error *error) {
  respub_error reason;
  if (respub_options_from_url(options, url, &reason) == RESPUB_OK)
    return RESPUB_OK;
  return fail(error, source, reason.text);
}

static bool are_digits(const char *value) {
  return value[strspn(value, "0123456789")] == '\0';
}

/* The host's bytes as they stand in a URL: an IPv6 address in brackets, everything unusual encoded.
 * False when it does not fit. */
static bool host_for_url(const char *host, char *out, size_t cap) {
  bool is_ipv6 = strchr(host, ':') != NULL && host[0] != '[';
  size_t len = 0;
  if (is_ipv6)
    out[len++] = '[';
  for (; *host != '\0'; host++) {
    bool encode = strchr("/?#@%", *host) != NULL;
    if (cap - len < 8)
      return false;
    if (encode)
      len += (size_t)snprintf(out + len, cap - len, "%%%02X", (unsigned)(unsigned char)*host);
    else
      out[len++] = *host;
  }
  if (is_ipv6)
    out[len++] = ']';
  out[len] = '\0';
  return true;
}

static respub_status from_parts(respub_options *options, respub_error *error) {
  const char *port = variable("REDIS_PORT", "6379");
  const char *db = variable("REDIS_DB", "0");
  char host[1024], url[1280];
  /* Container platforms set it to "tcp://10.0.0.1:6379": said by name, that is soon found. */
  if (!are_digits(port))
    return fail(error, "$REDIS_PORT", "not a number; set $REDIS_URL or give -u");
  if (!are_digits(db))
    return fail(error, "$REDIS_DB", "not a number");
  int n = -1;
  if (host_for_url(variable("REDIS_HOST", "localhost"), host, sizeof host))
    n = snprintf(url, sizeof url, "redis://%s:%s/%s", host, port, db);
  if (n < 0 || (size_t)n >= sizeof url)
    return fail(error, "$REDIS_HOST, $REDIS_PORT, $REDIS_DB", "too long");
  return from_url(options, "$REDIS_HOST, $REDIS_PORT, $REDIS_DB", url, error);
}

respub_status server_url_options(const char *url, respub_options *options, respub_error *error) {
  if (url != NULL)
    return from_url(options, "--url", url, error);
  url = variable("REDIS_URL", NULL);
  return url != NULL ? from_url(options, "$REDIS_URL", url, error) : from_parts(options, error);
}
