#include "schema/schema.h"
#include "schema/text.h"

#include <string.h>

static const char *symbol_fault(const char *name, size_t len) {
  if (len == 0)
    return "is empty";
  if (len > RESPUB_NAME_MAX)
    return "is longer than 64 bytes";
  for (size_t i = 0; i < len; i++) {
    if (name[i] == ' ')
      return "holds a blank";
    if (name[i] < '!' || name[i] > '~')
      return "holds something that is no printable ASCII character";
  }
  return NULL;
}

static respub_status name_channel(char out[RESPUB_CHANNEL_MAX], const char *prefix,
                                  const char *what, const char *name, respub_error *error) {
  if (name == NULL)
    name = "";
  size_t len = strlen(name);
  size_t prefix_len = strlen(prefix);
  const char *fault = symbol_fault(name, len);
  out[0] = '\0';
  if (fault != NULL)
    return respub__schema_fail(error, RESPUB_ECHANNEL, "the %s %s", what, fault);
  memcpy(out, prefix, prefix_len);
  memcpy(out + prefix_len, name, len + 1);
  return RESPUB_OK;
}

respub_status respub_ticker_channel(char out[RESPUB_CHANNEL_MAX], const char *symbol,
                                    respub_error *error) {
  respub_status status = name_channel(out, RESPUB_TICKER_UPDATES, "symbol", symbol, error);
  /* Not toupper: what a letter is must not depend on the locale. */
  for (char *c = out; *c != '\0'; c++) {
    if (*c >= 'a' && *c <= 'z')
      *c = (char)(*c - 'a' + 'A');
  }
  return status;
}

respub_status respub_account_channel(char out[RESPUB_CHANNEL_MAX], const char *account,
                                     respub_error *error) {
  return name_channel(out, RESPUB_ACCOUNT_UPDATES, "account", account, error);
}
