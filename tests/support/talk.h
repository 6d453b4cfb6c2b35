/* talk.h - a connection to a real server, and one command after the other on it.
 *
 * What does not work is a failed assertion; when there is no connection or no reply, the test
 * ends. */
#ifndef RESPUB_TESTS_SUPPORT_TALK_H
#define RESPUB_TESTS_SUPPORT_TALK_H

#include "net/net.h"
#include "tests/support/server.h"

/* A server with these extra arguments (server.h). */
respub_test_server *respub_test_talk_server(const char *const extra[]);

/* The URL's options, with timeouts that suit slow runs. */
respub_options respub_test_talk_options(const char *url);

respub_conn *respub_test_talk_open(const respub_options *options);

/* Splits text at its spaces into a command's arguments and returns the reply, never NULL. */
const respub_node *respub_test_talk_ask(respub_conn *conn, const char *text);

/* True, and an assertion that held, when the reply's text is this. */
bool respub_test_talk_answers(respub_conn *conn, const char *text, const char *expected);

#endif
