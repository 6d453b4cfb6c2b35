/* text.h - sentences for respub_error and the log. */
#ifndef RESPUB_NET_TEXT_H
#define RESPUB_NET_TEXT_H

#include "net/format.h"
#include "net/net.h"

/* Fills error (unless NULL) and returns status, so that a function can end with `return
 * respub__fail(error, RESPUB_EURL, "...", ...)`. format is one of respub__format's; control
 * characters of the text become '?'. */
respub_status respub__fail(respub_error *error, respub_status status, const char *format, ...)
    RESPUB__PRINTF(3, 4);

/* Writes one line to the log hook, if there is one. */
void respub__log(const respub_log *log, respub_log_level level, const char *format, ...)
    RESPUB__PRINTF(3, 4);

/* What an errno means. Thread-safe; out (RESPUB__ERRNO_TEXT bytes) is for texts that are not
 * constant. */
#define RESPUB__ERRNO_TEXT 96
const char *respub__errno_text(int number, char *out, size_t capacity);

#endif
