/* stop.h - SIGINT and SIGTERM end a command in order. */
#ifndef RESPUB_TOOLS_STOP_H
#define RESPUB_TOOLS_STOP_H

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM calls stop(ctx) on a thread of its own. A command that
 * has not called stop_forget a second later, because nobody takes its output, is ended with code 0
 * all the same; so is one that gets another signal. Call it once, before other threads are started.
 * False after a sentence. */
bool stop_on_signals(void (*stop)(void *ctx), void *ctx);

/* stop(ctx) is not running and will not run any more. Signals are ignored from now on: the command
 * is about to end. May be called when stop_on_signals failed or was not called. */
void stop_forget(void);

#endif
