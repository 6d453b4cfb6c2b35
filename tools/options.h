/* options.h - command lines: what a subcommand takes, its --help, and the sentences when it is
 * wrong. */
#ifndef RESPUB_TOOLS_OPTIONS_H
#define RESPUB_TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for every argument is the caller's. */
typedef struct option_list {
  const char **items;
  size_t count;
} option_list;

typedef enum option_kind {
  OPTION_FLAG,   /* no value; sets to.flag */
  OPTION_TEXT,   /* to.text */
  OPTION_LIST,   /* may be given again; to.list */
  OPTION_WHOLE,  /* a whole number from min to max; to.number */
  OPTION_SECONDS /* seconds with decimals, in milliseconds from min to max; to.number */
} option_kind;

typedef struct option_spec {
  const char *name;
  union {
    bool *flag;
    const char **text;
    option_list *list;
    int64_t *number;
  } to;
  int64_t min, max;
  const char *argument; /* what --help calls the value */
  const char *help;     /* one line */
  option_kind kind;
  char letter; /* 0: none */
} option_spec;

#define OPTIONS_MOST 12
#define OPERANDS_ANY SIZE_MAX

typedef struct usage {
  const char *command;
  const char *synopsis; /* behind "respub COMMAND " */
  const char *purpose;
  const char *example;
  const option_spec *options;
  size_t option_count; /* <= OPTIONS_MOST; --help comes by itself */
  size_t operands_min, operands_max;
  const char *missing;                 /* the sentence for too few operands */
  bool operands_may_look_like_options; /* options end with the first operand */
} usage;

/* Takes the options out of argv (argv[0] is the subcommand; arguments are reordered). True: go on
 * with the operands, argv[*first] to argv[argc - 1]. False: --help was printed, or a sentence said
 * what is wrong, and *exit_code is what to return. */
bool options_parse(const usage *u, int argc, char **argv, int *first, int *exit_code);

#endif
