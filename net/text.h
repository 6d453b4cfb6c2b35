/* text.h - sentences for respub_error and the log. */
#ifndef RESPUB_NET_TEXT_H
#define RESPUB_NET_TEXT_H

#include "net/format.h"
#include "net/net.h"

/* Fills error (unless NULL) and returns status, so that a function can end with `return
 * respub__fail(error, RESPUB_EURL, "...", ...)`. format is one of respub__format's; control
 * characters of the text become '?'. Without RESPUB_TEXTS neither the text nor what it is made of
 * is built in: the arguments behind status must have no side effects. */
#define respub__fail(error, status, ...)                                                           \
  (RESPUB_TEXTS ? respub__fail_saying(error, status, __VA_ARGS__)                                  \
                : respub__fail_silently(error, status))
respub_status respub__fail_saying(respub_error *error, respub_status status, const char *format,
                                  ...) RESPUB__PRINTF(3, 4);
respub_status respub__fail_silently(respub_error *error, respub_status status);

/* A sentence by itself; empty without RESPUB_TEXTS. */
#define respub__say(out, capacity, ...)                                                            \
  (RESPUB_TEXTS ? (void)respub__format(out, capacity, __VA_ARGS__) : (void)((out)[0] = '\0'))

/* As respub__fail with a text of its own, which is built in always: the server's words. */
respub_status respub__fail_quoting(respub_error *error, respub_status status, const char *text);

/* Writes one line to the log hook, if there is one. The same holds for its arguments. */
#define respub__log(log, level, ...)                                                               \
  (RESPUB_TEXTS ? respub__log_line(log, level, __VA_ARGS__) : (void)0)
void respub__log_line(const respub_log *log, respub_log_level level, const char *format, ...)
    RESPUB__PRINTF(3, 4);

/* respub_options_address, which returns out. */
const char *respub__options_where(const respub_options *options, char *out, size_t capacity);

/* What an errno means. Thread-safe; out (RESPUB__ERRNO_TEXT bytes) is for texts that are not
 * constant. */
#define RESPUB__ERRNO_TEXT 96
const char *respub__errno_text(int number, char *out, size_t capacity);

#endif
