#include "net/format.h"

#include "resp/number.h"

typedef struct format_sink {
  char *out;
  size_t capacity;
  size_t length; /* of the whole text */
} format_sink;

/* An array cannot be handed down and gone on with; a struct can. */
typedef struct format_args {
  va_list list;
} format_args;

static void put_char(format_sink *s, char c) {
  if (s->length + 1 < s->capacity)
    s->out[s->length] = c;
  s->length++;
}

static void put_string(format_sink *s, const char *text, size_t most) {
  for (; most > 0 && *text != '\0'; most--)
    put_char(s, *text++);
}

static void put_unsigned(format_sink *s, uint64_t n) {
  char digits[20];
  const char *end = respub__decimal_put(digits, n);
  put_string(s, digits, (size_t)(end - digits));
}

static void put_signed(format_sink *s, int64_t n) {
  if (n < 0)
    put_char(s, '-');
  put_unsigned(s, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* What stands between the % and the letter: "l", "ll" or "z". */
enum {
  SIZE_LONG = 1,
  SIZE_LONG_LONG,
  SIZE_SIZE
};

static uint64_t take_unsigned(format_args *args, int size) {
  if (size == SIZE_LONG)
    return va_arg(args->list, unsigned long);
  if (size == SIZE_LONG_LONG)
    return va_arg(args->list, unsigned long long);
  return size == SIZE_SIZE ? va_arg(args->list, size_t) : va_arg(args->list, unsigned);
}

static int64_t take_signed(format_args *args, int size) {
  if (size == SIZE_LONG)
    return va_arg(args->list, long);
  return size == SIZE_LONG_LONG ? va_arg(args->list, long long) : va_arg(args->list, int);
}

/* Reads a precision behind its point. */
static const char *take_precision(const char *p, format_args *args, size_t *most) {
  if (*p == '*') {
    int n = va_arg(args->list, int);
    *most = n < 0 ? SIZE_MAX : (size_t)n;
    return p + 1;
  }
  for (*most = 0; respub__digit(*p) <= 9; p++)
    *most = *most * 10 + respub__digit(*p);
  return p;
}

/* p is behind a %; returns what is behind the directive. */
static const char *put_directive(format_sink *s, const char *p, format_args *args) {
  size_t most = SIZE_MAX;
  int size = 0;
  if (*p == '.')
    p = take_precision(p + 1, args, &most);
  for (; *p == 'l'; p++)
    size++;
  if (*p == 'z') {
    size = SIZE_SIZE;
    p++;
  }
  if (*p == 's')
    put_string(s, va_arg(args->list, const char *), most);
  else if (*p == 'd')
    put_signed(s, take_signed(args, size));
  else if (*p == 'u')
    put_unsigned(s, take_unsigned(args, size));
  else
    put_char(s, *p == 'c' ? (char)va_arg(args->list, int) : '%');
  return p + 1;
}

size_t respub__format_list(char *out, size_t capacity, const char *format, va_list args) {
  format_sink s = {out, capacity, 0};
  format_args rest;
  va_copy(rest.list, args);
  while (*format != '\0') {
    if (*format == '%')
      format = put_directive(&s, format + 1, &rest);
    else
      put_char(&s, *format++);
  }
  va_end(rest.list);
  if (capacity > 0)
    out[s.length < capacity ? s.length : capacity - 1] = '\0';
  return s.length;
}

size_t respub__format(char *out, size_t capacity, const char *format, ...) {
  va_list args;
  va_start(args, format);
  size_t length = respub__format_list(out, capacity, format, args);
  va_end(args);
  return length;
}
