/* process.h - programs as processes: run to their end, or kept in the background.
 *
 * A child is killed when the thread that started it ends, so that nothing outlives a test that
 * dies: start long-lived ones from the main thread. Children get an empty signal mask and the
 * default action of SIGPIPE. A handle belongs to one thread at a time. Deadlines are scaled
 * (wait.h). */
#ifndef RESPUB_TESTS_SUPPORT_PROCESS_H
#define RESPUB_TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How a process ended: its exit code (0 to 255), RESPUB_TEST_SIGNALLED plus the signal, or one of
 * the negative values. */
enum {
  RESPUB_TEST_SIGNALLED = 256,
  RESPUB_TEST_RUNNING = -1, /* still running when the deadline passed */
  RESPUB_TEST_BROKEN = -2   /* could not be started or watched */
};

/* The path of a thing that was built (name below $RESPUB_BUILD, or build without it) or that lies
 * in the source tree (below $RESPUB_TOP, or the working directory). Writes to out and returns it; a
 * path longer than cap becomes the empty string. */
const char *respub_test_built(const char *name, char *out, size_t cap);
const char *respub_test_source(const char *name, char *out, size_t cap);

/* --- run to the end --- */

typedef struct respub_test_output {
  char *out; /* standard output, with a NUL behind its out_len bytes */
  size_t out_len;
  char *err; /* standard error, likewise */
  size_t err_len;
  int ended; /* see the enum above; RUNNING: killed at the deadline */
} respub_test_output;

/* Runs argv (NULL at its end, argv[0] searched in PATH) with these bytes as its standard input and
 * collects what it says. Returns result->ended. The caller frees result, whatever it says. */
int respub_test_run(const char *const argv[], const void *input, size_t input_len, int deadline_ms,
                    respub_test_output *result);
void respub_test_output_free(respub_test_output *result);

/* --- in the background --- */

typedef struct respub_test_process respub_test_process;

/* NULL when it cannot be started (an unknown program counts as exit code 127 instead). Its output
 * is read only while one of the functions below runs: a program that writes more than a pipe holds
 * waits for that. */
respub_test_process *respub_test_process_start(const char *const argv[]);

/* The process id; 0 once it has been seen to end. */
pid_t respub_test_process_id(const respub_test_process *p);

/* True when all len bytes were written before the deadline. */
bool respub_test_process_write(respub_test_process *p, const void *bytes, size_t len,
                               int deadline_ms);

/* Ends its standard input. */
void respub_test_process_close_input(respub_test_process *p);

/* The next line of its standard output without the newline; NULL at its end or when no whole line
 * comes before the deadline (a last line without a newline counts as whole at the end). Valid until
 * the next call with p. */
const char *respub_test_process_line(respub_test_process *p, int deadline_ms);

/* True when the next line is this one. Prints what is different. */
bool respub_test_process_line_is(respub_test_process *p, const char *wanted, int deadline_ms);

/* Reads lines until one contains text and returns that one; NULL as above. */
const char *respub_test_process_line_with(respub_test_process *p, const char *text,
                                          int deadline_ms);

/* True as soon as its standard error, from the start on, contains text. */
bool respub_test_process_error_with(respub_test_process *p, const char *text, int deadline_ms);

/* Everything that it has said on standard error so far. Valid until the next call with p. */
const char *respub_test_process_errors(respub_test_process *p);

/* Sends a signal; false when it has ended. */
bool respub_test_process_signal(respub_test_process *p, int signal);

/* Waits for its end while collecting its output. See the enum above. */
int respub_test_process_wait(respub_test_process *p, int deadline_ms);

/* Kills it if it still runs, waits for its end, frees p. NULL is allowed. */
void respub_test_process_end(respub_test_process *p);

#endif
