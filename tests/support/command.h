/* command.h - the respub command as a process. */
#ifndef RESPUB_TESTS_SUPPORT_COMMAND_H
#define RESPUB_TESTS_SUPPORT_COMMAND_H

#include "tests/support/process.h"

/* The arguments behind "respub", as a list that ends with NULL. */
#define RESPUB_TEST_WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Runs it with this standard input to its end and collects what it says; 20 s, scaled. Returns the
 * exit code, or what respub_test_run says. The caller frees result, whatever it says. */
int respub_test_command(const char *const words[], const void *input, size_t input_len,
                        respub_test_output *result);

/* Runs it and is true when it ends with this code, having written exactly this to standard output
 * and something with this in it, "" for nothing at all, to standard error. Prints what is
 * different. */
bool respub_test_command_does(const char *const words[], const char *input, int code,
                              const char *out, const char *err);

/* Runs a line of shell that ends with the command, which is "$0" there, with url as "$1", until it
 * ends since nobody reads what it prints. Its exit code is told at the end of standard error: "code
 * 4\n". Returns what respub_test_run says; the caller frees result. */
int respub_test_command_unread(const char *line, const char *url, respub_test_output *result);

/* Starts it; see respub_test_process_start. */
respub_test_process *respub_test_command_start(const char *const words[]);

/* Starts a broker on a free port, waits until it is ready, and puts its URL into url. NULL on
 * failure. */
respub_test_process *respub_test_command_broker(char *url, size_t cap);

/* How many lines text has. */
size_t respub_test_count_lines(const char *text);

#endif
