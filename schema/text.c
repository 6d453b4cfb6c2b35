#include "schema/text.h"

#include "schema/number.h"
#include "schema/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 60 /* of a quoted string: enough to recognise it */

static void blank_controls_in(char *text) {
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c < 0x20 || c == 0x7f)
      *text = '?';
  }
}

respub_status respub__schema_fail(respub_error *error, respub_status status, const char *format,
                                  ...) {
  if (error == NULL)
    return status;
  char sentence[2 * sizeof error->text];
  va_list args;
  va_start(args, format);
  if (vsnprintf(sentence, sizeof sentence, format, args) < 0)
    sentence[0] = '\0';
  va_end(args);
  blank_controls_in(sentence);
  respub__text t = respub__text_in(error->text, sizeof error->text);
  respub__text_add(&t, sentence);
  error->status = status;
  return status;
}

respub__text respub__text_in(char *out, size_t capacity) {
  respub__text t = {.out = out, .capacity = capacity, .len = 0, .cut = false};
  out[0] = '\0';
  return t;
}

static void add_bytes(respub__text *t, const char *bytes, size_t len) {
  if (t->cut)
    return;
  size_t room = t->capacity - 1 - t->len;
  t->cut = len > room;
  size_t taken = t->cut ? room : len;
  memcpy(t->out + t->len, bytes, taken);
  t->len += taken;
  if (t->cut) {
    t->len = respub__utf8_floor(t->out, t->capacity - 4) + 3;
    memcpy(t->out + t->len - 3, "...", 3);
  }
  t->out[t->len] = '\0';
}

void respub__text_add(respub__text *t, const char *string) {
  add_bytes(t, string, strlen(string));
}

void respub__text_count(respub__text *t, size_t n) {
  char digits[24];
  (void)snprintf(digits, sizeof digits, "%zu", n);
  respub__text_add(t, digits);
}

void respub__text_number(respub__text *t, double number) {
  char digits[RESPUB__NUMBER_BYTES];
  add_bytes(t, digits, respub__number_print(digits, number));
}

void respub__text_plural(respub__text *t, size_t n, const char *word) {
  respub__text_count(t, n);
  respub__text_add(t, " ");
  respub__text_add(t, word);
  if (n != 1)
    respub__text_add(t, "s");
}

static void add_escaped(respub__text *t, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    char escape[8];
    if (c == '"' || c == '\\') {
      (void)snprintf(escape, sizeof escape, "\\%c", c);
      respub__text_add(t, escape);
    } else if (c < 0x20 || c == 0x7f) {
      (void)snprintf(escape, sizeof escape, "\\u%04x", c);
      respub__text_add(t, escape);
    } else {
      add_bytes(t, bytes + i, 1);
    }
  }
}

void respub__text_quoted(respub__text *t, const char *string) {
  size_t len = strlen(string);
  if (!respub__utf8_is_valid(string, len)) {
    respub__text_add(t, "what is not UTF-8");
    return;
  }
  size_t shown = len > SHOWN_BYTES ? respub__utf8_floor(string, SHOWN_BYTES) : len;
  respub__text_add(t, "\"");
  add_escaped(t, string, shown);
  respub__text_add(t, shown < len ? "...\"" : "\"");
}

void respub__text_value(respub__text *t, const cJSON *value) {
  if (cJSON_IsNumber(value))
    respub__text_number(t, value->valuedouble);
  else if (cJSON_IsString(value) && value->valuestring != NULL)
    respub__text_quoted(t, value->valuestring);
  else if (cJSON_IsArray(value))
    respub__text_add(t, "an array");
  else if (cJSON_IsObject(value))
    respub__text_add(t, "an object");
  else if (cJSON_IsBool(value))
    respub__text_add(t, cJSON_IsTrue(value) ? "true" : "false");
  else if (cJSON_IsNull(value))
    respub__text_add(t, "null");
  else
    respub__text_add(t, value == NULL ? "nothing" : "what is no JSON value");
}

static size_t index_of(const cJSON *parent, const cJSON *child) {
  size_t k = 0;
  for (const cJSON *c = parent->child; c != NULL && c != child; c = c->next)
    k++;
  return k;
}

/* RFC 6901: "~" is written "~0" and "/" is written "~1". */
static void add_token(respub__text *t, const char *token) {
  for (; *token != '\0'; token++) {
    if (*token == '~')
      respub__text_add(t, "~0");
    else if (*token == '/')
      respub__text_add(t, "~1");
    else
      add_bytes(t, token, 1);
  }
}

void respub__text_pointer(respub__text *t, const cJSON *const *path, size_t n) {
  for (size_t i = 1; i < n; i++) {
    respub__text_add(t, "/");
    if (cJSON_IsArray(path[i - 1]))
      respub__text_count(t, index_of(path[i - 1], path[i]));
    else if (path[i]->string != NULL)
      add_token(t, path[i]->string);
  }
}
