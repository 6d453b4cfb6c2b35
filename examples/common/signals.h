/* signals.h - SIGINT and SIGTERM as a descriptor for poll.
 *
 * A signal handler may do next to nothing; this one writes a byte to a pipe, and the program's loop
 * does the rest. */
#ifndef EXAMPLES_COMMON_SIGNALS_H
#define EXAMPLES_COMMON_SIGNALS_H

/* From now on SIGINT and SIGTERM make the returned descriptor readable instead of ending the
 * program. Call it once. -1: failed, errno says why. */
int signals_open(void);

#endif
