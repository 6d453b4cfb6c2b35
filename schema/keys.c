#include "schema/keys.h"

#include "net/hex.h"
#include "schema/arena.h"
#include "schema/utf8.h"

#include <stdlib.h>
#include <string.h>

void respub__keys_init(respub__keys *keys) {
  keys->at = keys->first;
  keys->n = 0;
  keys->capacity = sizeof keys->first / sizeof keys->first[0];
}

void respub__keys_free(respub__keys *keys) {
  if (keys->at != keys->first)
    respub__give_back(keys->at);
  respub__keys_init(keys);
}

respub_status respub__keys_push(respub__keys *keys, respub__key key) {
  if (keys->n == keys->capacity) {
    if (keys->capacity > SIZE_MAX / 2)
      return RESPUB_ENOMEM;
    respub__key *larger = respub__take_array(2 * keys->capacity, sizeof *larger);
    if (larger == NULL)
      return RESPUB_ENOMEM;
    memcpy(larger, keys->at, keys->n * sizeof *larger);
    if (keys->at != keys->first)
      respub__give_back(keys->at);
    keys->at = larger;
    keys->capacity *= 2;
  }
  keys->at[keys->n++] = key;
  return RESPUB_OK;
}

static uint32_t hex_value(const char *digits) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++)
    value = value << 4 | (uint32_t)respub__hex_digit(digits[i]);
  return value;
}

static char control_of(char letter) {
  switch (letter) {
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return letter;
  }
}

/* Writes the bytes that the escape at s means and returns how many characters of it there are. */
static size_t read_escape(const char *s, char out[4], size_t *bytes) {
  if (s[1] != 'u') {
    out[0] = control_of(s[1]);
    *bytes = 1;
    return 2;
  }
  uint32_t code = hex_value(s + 2);
  bool pair = code >= 0xd800 && code <= 0xdbff;
  if (pair)
    code = 0x10000 + ((code - 0xd800) << 10) + (hex_value(s + 8) - 0xdc00);
  *bytes = respub__utf8_put(out, code);
  return pair ? 12 : 6;
}

/* The bytes of a key one after the other, escapes resolved. */
typedef struct reader {
  const char *at, *end;
  char pending[4];
  size_t next, pending_bytes;
  bool escaped;
} reader;

static int next_byte(reader *r) {
  if (r->next < r->pending_bytes)
    return (unsigned char)r->pending[r->next++];
  if (r->at == r->end)
    return -1;
  if (!r->escaped || *r->at != '\\')
    return (unsigned char)*r->at++;
  r->at += read_escape(r->at, r->pending, &r->pending_bytes);
  r->next = 1;
  return (unsigned char)r->pending[0];
}

static int compare_escaped(const respub__key *a, const respub__key *b) {
  reader left = {.at = a->ptr, .end = a->ptr + a->len, .escaped = a->escaped};
  reader right = {.at = b->ptr, .end = b->ptr + b->len, .escaped = b->escaped};
  int x;
  int y;
  do {
    x = next_byte(&left);
    y = next_byte(&right);
  } while (x == y && x != -1);
  return x - y;
}

static int compare_keys(const respub__key *a, const respub__key *b) {
  if (a->escaped || b->escaped)
    return compare_escaped(a, b);
  int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);
  if (order != 0 || a->len == b->len)
    return order;
  return a->len < b->len ? -1 : 1;
}

static int compare_entries(const void *a, const void *b) {
  return compare_keys(a, b);
}

static const respub__key *later(const respub__key *a, const respub__key *b) {
  return a->ptr > b->ptr ? a : b;
}

static const respub__key *duplicate_among_few(const respub__key *at, size_t n) {
  for (size_t i = 1; i < n; i++) {
    for (size_t k = 0; k < i; k++) {
      bool same = at[i].escaped || at[k].escaped
                      ? compare_escaped(&at[i], &at[k]) == 0
                      : at[i].len == at[k].len && memcmp(at[i].ptr, at[k].ptr, at[i].len) == 0;
      if (same)
        return &at[i];
    }
  }
  return NULL;
}

const respub__key *respub__keys_pop(respub__keys *keys, size_t base) {
  respub__key *at = keys->at + base;
  size_t n = keys->n - base;
  keys->n = base;
  if (n <= 16)
    return duplicate_among_few(at, n);
  qsort(at, n, sizeof *at, compare_entries);
  for (size_t i = 1; i < n; i++) {
    if (compare_keys(&at[i - 1], &at[i]) == 0)
      return later(&at[i - 1], &at[i]);
  }
  return NULL;
}
