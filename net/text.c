/* strerror_r is the POSIX one unless glibc was asked for its own; both are served. */
#include "net/text.h"

#include <stdarg.h>
#include <string.h>

static void blank_controls(char *text) {
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c < 0x20 || c == 0x7f)
      *text = '?';
  }
}

RESPUB__PRINTF(3, 0)
static void format_line(char *out, size_t capacity, const char *format, va_list args) {
  (void)respub__format_list(out, capacity, format, args);
  blank_controls(out);
}

respub_status respub__fail_saying(respub_error *error, respub_status status, const char *format,
                                  ...) {
  if (error == NULL)
    return status;
  va_list args;
  va_start(args, format);
  format_line(error->text, sizeof error->text, format, args);
  va_end(args);
  error->status = status;
  return status;
}

respub_status respub__fail_silently(respub_error *error, respub_status status) {
  if (error != NULL)
    *error = (respub_error){status, ""};
  return status;
}

respub_status respub__fail_quoting(respub_error *error, respub_status status, const char *text) {
  if (error == NULL)
    return status;
  size_t used = 0;
  for (; used < sizeof error->text - 1 && text[used] != '\0'; used++)
    error->text[used] = text[used];
  error->text[used] = '\0';
  blank_controls(error->text);
  error->status = status;
  return status;
}

void respub__log_line(const respub_log *log, respub_log_level level, const char *format, ...) {
  if (log == NULL || log->write == NULL)
    return;
  char line[RESPUB_LOG_BYTES];
  va_list args;
  va_start(args, format);
  format_line(line, sizeof line, format, args);
  va_end(args);
  log->write(log->ctx, level, line);
}

const char *respub__errno_text(int number, char *out, size_t capacity) {
  if (!RESPUB_TEXTS)
    return "";
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
  return strerror_r(number, out, capacity);
#else
  if (strerror_r(number, out, capacity) != 0)
    (void)respub__format(out, capacity, "error %d", number);
  return out;
#endif
}

const char *respub__options_where(const respub_options *options, char *out, size_t capacity) {
  (void)respub_options_address(options, out, capacity);
  return out;
}
