/* options.h - long options of a program: a table, its --help, and values read with a range. */
#ifndef EXAMPLES_COMMON_OPTIONS_H
#define EXAMPLES_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct option {
  const char *name;     /* "--url" */
  const char *argument; /* what --help calls its value, "URL"; NULL: a switch without a value */
  const char *help;
  const char *value; /* the default before, what was given after; a switch that is on: its name */
} option;

enum {
  OPTIONS_GO_ON = -1
};

/* Reads argv into the table of n options. Returns OPTIONS_GO_ON, or what main shall return: 0 after
 * --help, 2 after a sentence about what is wrong. about is printed by --help. */
int options_read(const char *about, option *options, size_t n, int argc, char **argv);

/* The value as a whole number from min to max. False, and a sentence on standard error, when it is
 * none. */
bool options_whole(const option *o, long min, long max, long *out);

/* Takes the next item of a list such as "AAPL,MSFT" into item and moves *list behind it. False at
 * the end. An item that does not fit comes as the empty string. */
bool options_next_item(const char **list, char *item, size_t capacity);

/* The value of --url; without one $REDIS_URL, or redis://localhost:6379 when that is not set or
 * empty. Not in the table as a default, because --help would print the password in it. */
const char *options_url(const option *o);
#define OPTIONS_URL_HELP "the server (default: $REDIS_URL, else redis://localhost:6379)"

#endif
