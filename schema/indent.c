#include "schema/indent.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#define DEEPEST                                                                                    \
  16 /* levels that are still indented, so that deep nesting does not multiply the length */

/* Writes to out unless it is NULL, and counts: once for the size, once for the text. */
typedef struct layout {
  char *out;
  size_t len;
  unsigned depth;
  bool flat; /* inside an array that fits on a line */
} layout;

static void put(layout *l, char c) {
  if (l->out != NULL)
    l->out[l->len] = c;
  l->len++;
}

static void new_line(layout *l) {
  put(l, '\n');
  for (unsigned i = 0; i < l->depth && i < DEEPEST; i++) {
    put(l, ' ');
    put(l, ' ');
  }
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blank(const char *at, const char *end) {
  while (at < end && is_blank(*at))
    at++;
  return at;
}

/* Behind the string that starts at at. */
static const char *string_end(const char *at) {
  for (at++; *at != '"'; at++)
    at += *at == '\\';
  return at + 1;
}

/* Are there only scalars in the array that begins at at? */
static bool is_flat(const char *at) {
  for (at++; *at != ']'; at = *at == '"' ? string_end(at) : at + 1) {
    if (*at == '[' || *at == '{')
      return false;
  }
  return true;
}

static void open_level(layout *l, const char *at, const char *next) {
  put(l, *at);
  l->flat = *at == '[' && is_flat(at);
  l->depth++;
  if (!l->flat && *next != '}' && *next != ']')
    new_line(l);
}

static void close_level(layout *l, char bracket, bool empty) {
  l->depth--;
  if (!l->flat && !empty)
    new_line(l);
  l->flat = false;
  put(l, bracket);
}

static void separate(layout *l, char c) {
  put(l, c);
  if (c == ':' || l->flat)
    put(l, ' ');
  else
    new_line(l);
}

/* Takes one token; returns where the next one starts. */
static const char *lay_token(layout *l, const char *at, const char *end, bool empty) {
  const char *next = *at == '"' ? string_end(at) : at + 1;
  if (*at == '{' || *at == '[') {
    open_level(l, at, skip_blank(next, end));
  } else if (*at == '}' || *at == ']') {
    close_level(l, *at, empty);
  } else if (*at == ',' || *at == ':') {
    separate(l, *at);
  } else {
    for (; at < next; at++)
      put(l, *at);
  }
  return skip_blank(next, end);
}

static void lay_out(layout *l, const char *text, size_t len) {
  const char *end = text + len;
  char before = '\0';
  for (const char *at = skip_blank(text, end); at < end;) {
    char c = *at;
    at = lay_token(l, at, end, before == '{' || before == '[');
    before = c;
  }
}

char *respub__indent(const char *text, size_t len) {
  layout l = {0};
  lay_out(&l, text, len);
  char *out = cJSON_malloc(l.len + 1);
  if (out == NULL)
    return NULL;
  l = (layout){.out = out};
  lay_out(&l, text, len);
  out[l.len] = '\0';
  return out;
}
