/* text.h - sentences for users, built in fixed memory. */
#ifndef RESPUB_SCHEMA_TEXT_H
#define RESPUB_SCHEMA_TEXT_H

#include "schema/schema.h"

#if defined(__GNUC__) || defined(__clang__)
#define RESPUB__SENTENCE(text, first) __attribute__((format(printf, text, first)))
#else
#define RESPUB__SENTENCE(text, first)
#endif

/* Fills error (unless NULL) and returns status. (net's likeness of it is hidden in another shared
 * library.) */
respub_status respub__schema_fail(respub_error *error, respub_status status, const char *format,
                                  ...) RESPUB__SENTENCE(3, 4);

/* Text that grows at its end. What does not fit ends in "...", never inside a character. Always
 * NUL-terminated. */
typedef struct respub__text {
  char *out;
  size_t capacity; /* NUL included; >= 4 */
  size_t len;
  bool cut;
} respub__text;

respub__text respub__text_in(char *out, size_t capacity);
void respub__text_add(respub__text *t, const char *string);
void respub__text_count(respub__text *t, size_t n);
void respub__text_number(respub__text *t, double number);

/* "n word" or "n words". */
void respub__text_plural(respub__text *t, size_t n, const char *word);

/* A string as JSON shows it, with its quotes; a long one is shortened. */
void respub__text_quoted(respub__text *t, const char *string);

/* What a value is, for people: a number, a string or null itself, "an array", "an object". */
void respub__text_value(respub__text *t, const cJSON *value);

/* The JSON Pointer of the last of n nodes, each a child of the one before; path[0] is the whole
 * value. */
void respub__text_pointer(respub__text *t, const cJSON *const *path, size_t n);

#endif
