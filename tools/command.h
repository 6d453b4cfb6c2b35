/* command.h - what the subcommands of respub share: their table and their exit codes. */
#ifndef RESPUB_TOOLS_COMMAND_H
#define RESPUB_TOOLS_COMMAND_H

#include "resp/resp.h"

/* What the program returns. The numbers are part of its interface. */
enum {
  EXIT_DONE = 0,
  EXIT_MALFORMED = 1, /* bytes that are not RESP, or beyond the decoder's limits */
  EXIT_USAGE = 2,
  EXIT_INVALID = 3, /* a message failed validation */
  EXIT_IO = 4,      /* connection, file, output, memory */
  EXIT_REFUSED = 5  /* the server said no */
};

/* The exit code that tells about a status of the library. */
int exit_code_of(respub_status status);

typedef struct command {
  const char *name;
  const char *summary; /* one line for the list of commands */
  int (*run)(int argc, char **argv);
} command;

extern const command command_pub;
extern const command command_sub;
extern const command command_validate;
extern const command command_schema;
extern const command command_decode;
extern const command command_encode;
extern const command command_broker;

#endif
