#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void help(const char *about, const option *options, size_t n) {
  printf("%s\n", about);
  for (size_t i = 0; i < n; i++) {
    const option *o = &options[i];
    int width = printf("  %s %s", o->name, o->argument ? o->argument : "");
    printf("%*s %s", width < 22 ? 22 - width : 0, "", o->help);
    if (o->argument && o->value && *o->value)
      printf(" (default: %s)", o->value);
    printf("\n");
  }
  printf("  %-20s %s\n", "--help", "this text");
}

static option *find(option *options, size_t n, const char *name) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(options[i].name, name) == 0)
      return &options[i];
  return NULL;
}

int options_read(const char *about, option *options, size_t n, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      help(about, options, n);
      return 0;
    }
    option *o = find(options, n, argv[i]);
    if (!o) {
      fprintf(stderr, "%s: unknown option %s; try --help\n", argv[0], argv[i]);
      return 2;
    }
    if (o->argument && ++i == argc) {
      fprintf(stderr, "%s: %s needs a value (%s)\n", argv[0], o->name, o->argument);
      return 2;
    }
    o->value = argv[i];
  }
  return OPTIONS_GO_ON;
}

bool options_whole(const option *o, long min, long max, long *out) {
  char *end;
  errno = 0;
  long value = strtol(o->value, &end, 10);
  if (errno == 0 && end != o->value && *end == '\0' && value >= min && value <= max) {
    *out = value;
    return true;
  }
  fprintf(stderr, "%s: a whole number from %ld to %ld is needed, not \"%s\"\n", o->name, min, max,
          o->value);
  return false;
}

const char *options_url(const option *o) {
  const char *url = o->value ? o->value : getenv("REDIS_URL");
  return url && *url ? url : "redis://localhost:6379";
}

bool options_next_item(const char **list, char *item, size_t capacity) {
  if (**list == '\0')
    return false;
  size_t len = strcspn(*list, ",");
  size_t kept = len < capacity ? len : 0;
  memcpy(item, *list, kept);
  item[kept] = '\0';
  *list += len;
  *list += **list == ',';
  return true;
}
