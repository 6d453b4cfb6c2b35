#include "tools/options.h"

#include "tools/command.h"
#include "tools/output.h"
#include "tools/say.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What getopt_long returns for the option of that index, and for --help. */
enum {
  FIRST_OPTION = 256,
  HELP = FIRST_OPTION + OPTIONS_MOST
};

/* --- numbers --- */

static bool digits(const char **p, int64_t *value) {
  const char *start = *p;
  int64_t v = 0;
  for (; **p >= '0' && **p <= '9'; ++*p) {
    int digit = **p - '0';
    if (v > (INT64_MAX - digit) / 10)
      return false;
    v = v * 10 + digit;
  }
  *value = v;
  return *p > start;
}

/* Thousandths from the digits behind the point; what lies below one is rounded up, so that a time
 * that is not 0 does not become 0. */
static bool thousandths(const char *p, int64_t *ms) {
  int64_t unit = 100;
  *ms = 0;
  bool more = false;
  for (; *p >= '0' && *p <= '9'; p++, unit /= 10) {
    *ms += unit * (*p - '0');
    more = more || (unit == 0 && *p != '0');
  }
  *ms += more ? 1 : 0;
  return *p == '\0';
}

static bool whole(const char *text, int64_t *value) {
  return digits(&text, value) && *text == '\0';
}

static bool seconds(const char *text, int64_t *ms) {
  int64_t s = 0, fraction = 0;
  bool has_whole = digits(&text, &s);
  if (!has_whole && (text[0] != '.' || text[1] < '0' || text[1] > '9'))
    return false;
  if (*text == '.' && !thousandths(text + 1, &fraction))
    return false;
  if ((*text != '.' && *text != '\0') || s > (INT64_MAX - fraction) / 1000)
    return false;
  *ms = s * 1000 + fraction;
  return true;
}

static bool set_number(const option_spec *o, const char *text) {
  int64_t value = 0;
  bool is_time = o->kind == OPTION_SECONDS;
  if ((is_time ? seconds : whole)(text, &value) && value >= o->min && value <= o->max) {
    *o->to.number = value;
    return true;
  }
  if (is_time)
    say("--%s is a number of seconds from %.15g to %.15g, not '%s'", o->name,
        (double)o->min / 1000.0, (double)o->max / 1000.0, text);
  else
    say("--%s is a whole number from %" PRId64 " to %" PRId64 ", not '%s'", o->name, o->min, o->max,
        text);
  return false;
}

static bool set(const option_spec *o, const char *text) {
  switch (o->kind) {
  case OPTION_FLAG:
    *o->to.flag = true;
    return true;
  case OPTION_TEXT:
    *o->to.text = text;
    return true;
  case OPTION_LIST:
    o->to.list->items[o->to.list->count++] = text;
    return true;
  case OPTION_WHOLE:
  case OPTION_SECONDS:
    return set_number(o, text);
  }
  return false;
}

/* --- help --- */

static void print_option(const option_spec *o) {
  char left[64], line[256];
  snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter != 0 ? '-' : ' ',
           o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ", " : "  ", o->name,
           o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
  snprintf(line, sizeof line, "  %-26s %s\n", left, o->help);
  output_text(line);
}

static void print_help(const usage *u) {
  static const option_spec help = {
      .letter = 'h', .name = "help", .kind = OPTION_FLAG, .help = "print this and end"};
  const char *const parts[] = {"usage: respub ", u->command,      " ", u->synopsis, "\n\n",
                               u->purpose,       "\n\nOptions:\n"};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    output_text(parts[i]);
  for (size_t i = 0; i < u->option_count; i++)
    print_option(&u->options[i]);
  print_option(&help);
  output_text("\nExample:\n  ");
  output_text(u->example);
  output_text("\n");
}

/* --- parsing --- */

typedef struct tables {
  struct option words[OPTIONS_MOST + 2];
  char letters[OPTIONS_MOST * 2 + 4];
} tables;

static void fill(tables *t, const usage *u) {
  size_t n = 0;
  memset(t, 0, sizeof *t);
  if (u->operands_may_look_like_options)
    t->letters[n++] = '+';
  /* So that a missing value is told from an unknown option. */
  t->letters[n++] = ':';
  t->letters[n++] = 'h';
  for (size_t i = 0; i < u->option_count; i++) {
    const option_spec *o = &u->options[i];
    int takes = o->kind == OPTION_FLAG ? no_argument : required_argument;
    t->words[i] = (struct option){o->name, takes, NULL, FIRST_OPTION + (int)i};
    if (o->letter != 0)
      t->letters[n++] = o->letter;
    if (o->letter != 0 && takes == required_argument)
      t->letters[n++] = ':';
  }
  t->words[u->option_count] = (struct option){"help", no_argument, NULL, HELP};
}

static const option_spec *find(const usage *u, int code) {
  if (code >= FIRST_OPTION && code < HELP)
    return &u->options[code - FIRST_OPTION];
  for (size_t i = 0; i < u->option_count; i++)
    if (u->options[i].letter == code)
      return &u->options[i];
  return NULL;
}

static void say_try_help(const usage *u, const char *what, const char *which) {
  say("%s%s; try respub %s --help", what, which, u->command);
}

/* getopt_long names a wrong letter in optopt, and a wrong word by its place. */
static void say_wrong(const usage *u, int code, char **argv) {
  const char letter[3] = {'-', (char)optopt, '\0'};
  bool is_letter = optopt > 0 && optopt < FIRST_OPTION && find(u, optopt) == NULL;
  if (code == ':')
    say_try_help(u, "a value is missing behind ", argv[optind - 1]);
  else
    say_try_help(u, "unknown or ambiguous option ", is_letter ? letter : argv[optind - 1]);
}

/* True to go on. */
static bool take(const usage *u, int code, char **argv, int *exit_code) {
  if (code == 'h' || code == HELP) {
    print_help(u);
    *exit_code = output_flush() ? EXIT_DONE : EXIT_IO;
    return false;
  }
  *exit_code = EXIT_USAGE;
  const option_spec *o = code == '?' || code == ':' ? NULL : find(u, code);
  if (o != NULL)
    return set(o, optarg);
  say_wrong(u, code, argv);
  return false;
}

static bool count_is_right(const usage *u, char **argv, int first, int argc) {
  size_t count = (size_t)(argc - first);
  if (count < u->operands_min)
    say_try_help(u, u->missing, "");
  else if (count > u->operands_max)
    say_try_help(u, "one argument too many: ", argv[(size_t)first + u->operands_max]);
  else
    return true;
  return false;
}

bool options_parse(const usage *u, int argc, char **argv, int *first, int *exit_code) {
  tables t;
  fill(&t, u);
  opterr = 0;
  int code;
  while ((code = getopt_long(argc, argv, t.letters, t.words, NULL)) != -1)
    if (!take(u, code, argv, exit_code))
      return false;
  *first = optind;
  *exit_code = EXIT_USAGE;
  return count_is_right(u, argv, optind, argc);
}
