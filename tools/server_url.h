/* server_url.h - which server a command talks to. */
#ifndef RESPUB_TOOLS_SERVER_URL_H
#define RESPUB_TOOLS_SERVER_URL_H

#include "net/net.h"
#include "tools/options.h"

/* The row of an option_spec for the server's URL, into variable (const char *). */
#define SERVER_URL_OPTION(variable)                                                                \
  {                                                                                                \
    .letter = 'u', .name = "url", .kind = OPTION_TEXT, .to.text = &(variable), .argument = "URL",  \
    .help = "the server; see respub --help"                                                        \
  }

/* Fills options from url or, when that is NULL, from the environment: $REDIS_URL, else
 * redis://$REDIS_HOST:$REDIS_PORT/$REDIS_DB, each part with its usual default; an empty variable
 * counts as none. RESPUB_EURL: the error says what is wrong, and where it came from. */
RESPUB_MUST_USE respub_status server_url_options(const char *url, respub_options *options,
                                                 respub_error *error);

#endif
