/* opened.h - a connection over a script (script.h), with or without its handshake done. */
#ifndef RESPUB_TESTS_SUPPORT_OPENED_H
#define RESPUB_TESTS_SUPPORT_OPENED_H

#include "tests/support/script.h"

/* What a server says to the shortest handshake. */
#define RESPUB_TEST_GREETING "+PONG\r\n+OK\r\n+OK\r\n"

typedef struct respub_test_opened {
  respub_test_script script;
  respub_options options;
  respub_conn *conn;
  respub_error error;
} respub_test_opened;

/* The script is empty, the options are the defaults with the script's dial; no connection yet. */
void respub_test_opened_init(respub_test_opened *o);

/* Greets and opens; a failed assertion ends the test when that does not work. What the script was
 * told to say before comes after the greeting. */
void respub_test_opened_open(respub_test_opened *o);

/* Closes, asserts that the transport was closed exactly as often as it was dialed, and frees. */
void respub_test_opened_close(respub_test_opened *o);

#endif
