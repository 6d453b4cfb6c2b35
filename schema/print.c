#include "schema/arena.h"
#include "schema/number.h"
#include "schema/tree.h"

#include <stdlib.h>
#include <string.h>

typedef struct printer {
  char *at;
  bool sorted;
  bool out_of_memory;
} printer;

static void print_value(printer *p, const cJSON *value);

static void print_bytes(printer *p, const char *bytes, size_t len) {
  memcpy(p->at, bytes, len);
  p->at += len;
}

/* One of "\b" to "\r", or 0. */
static char short_escape(char c) {
  switch (c) {
  case '"':
  case '\\':
    return c;
  case '\b':
    return 'b';
  case '\f':
    return 'f';
  case '\n':
    return 'n';
  case '\r':
    return 'r';
  case '\t':
    return 't';
  default:
    return 0;
  }
}

static void print_escape(printer *p, char c) {
  static const char hex[] = "0123456789abcdef";
  *p->at++ = '\\';
  if (short_escape(c) != 0) {
    *p->at++ = short_escape(c);
    return;
  }
  print_bytes(p, "u00", 3);
  *p->at++ = hex[(unsigned char)c >> 4];
  *p->at++ = hex[(unsigned char)c & 15];
}

static void print_string(printer *p, const char *s) {
  *p->at++ = '"';
  for (; *s != '\0'; s++) {
    if ((unsigned char)*s < 0x20 || *s == '"' || *s == '\\')
      print_escape(p, *s);
    else
      *p->at++ = *s;
  }
  *p->at++ = '"';
}

static void print_number(printer *p, double number) {
  char digits[RESPUB__NUMBER_BYTES];
  print_bytes(p, digits, respub__number_print(digits, p->sorted && number == 0 ? 0 : number));
}

static void print_array(printer *p, const cJSON *array) {
  *p->at++ = '[';
  for (const cJSON *item = array->child; item != NULL; item = item->next) {
    if (item != array->child)
      *p->at++ = ',';
    print_value(p, item);
  }
  *p->at++ = ']';
}

static void print_field(printer *p, const cJSON *field, bool first) {
  if (!first)
    *p->at++ = ',';
  print_string(p, field->string);
  *p->at++ = ':';
  print_value(p, field);
}

static int compare_fields(const void *a, const void *b) {
  const cJSON *const *x = a;
  const cJSON *const *y = b;
  return strcmp((*x)->string, (*y)->string);
}

static void print_sorted_fields(printer *p, const cJSON *object) {
  size_t n = 0;
  for (const cJSON *field = object->child; field != NULL; field = field->next)
    n++;
  const cJSON **fields = respub__take_array(n + 1, sizeof(const cJSON *));
  if (fields == NULL) {
    p->out_of_memory = true;
    return;
  }
  n = 0;
  for (const cJSON *field = object->child; field != NULL; field = field->next)
    fields[n++] = field;
  qsort(fields, n, sizeof(const cJSON *), compare_fields);
  for (size_t i = 0; i < n; i++)
    print_field(p, fields[i], i == 0);
  respub__give_back(fields);
}

static void print_object(printer *p, const cJSON *object) {
  *p->at++ = '{';
  if (p->sorted) {
    print_sorted_fields(p, object);
  } else {
    for (const cJSON *field = object->child; field != NULL; field = field->next)
      print_field(p, field, field == object->child);
  }
  *p->at++ = '}';
}

/* Recursion is bounded by the depth that the check has allowed. */
static void print_value(printer *p, const cJSON *value) {
  if (cJSON_IsObject(value))
    print_object(p, value);
  else if (cJSON_IsArray(value))
    print_array(p, value);
  else if (cJSON_IsString(value))
    print_string(p, value->valuestring);
  else if (cJSON_IsNumber(value))
    print_number(p, value->valuedouble);
  else if (cJSON_IsNull(value))
    print_bytes(p, "null", 4);
  else
    print_bytes(p, cJSON_IsTrue(value) ? "true" : "false", cJSON_IsTrue(value) ? 4 : 5);
}

size_t respub__tree_print(char *out, const cJSON *value, bool sorted) {
  printer p = {.at = out, .sorted = sorted, .out_of_memory = false};
  print_value(&p, value);
  return p.out_of_memory ? 0 : (size_t)(p.at - out);
}
