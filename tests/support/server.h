/* server.h - a real redis-server for a test: on a free loopback port and a Unix socket, with its
 * files in a folder of its own.
 *
 * A server ends with the thread that started or restarted it (process.h), and answers PING before
 * start and restart return. A handle belongs to one thread at a time. */
#ifndef RESPUB_TESTS_SUPPORT_SERVER_H
#define RESPUB_TESTS_SUPPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct respub_test_server respub_test_server;

/* Starts redis-server with extra arguments (NULL at their end; NULL for none), such as
 * "--requirepass", "secret". NULL, and a sentence on standard error, when it does not come up. */
respub_test_server *respub_test_server_start(const char *const extra[]);

/* The embedded broker in the place of redis-server: the command of the build, as a process of its
 * own. Everything below applies to it, too. */
respub_test_server *respub_test_server_start_broker(void);

/* Where it listens. Strings live as long as the server. */
uint16_t respub_test_server_port(const respub_test_server *s);
const char *respub_test_server_path(const respub_test_server *s);     /* the Unix socket's */
const char *respub_test_server_url(const respub_test_server *s);      /* redis://127.0.0.1:PORT */
const char *respub_test_server_unix_url(const respub_test_server *s); /* unix:///PATH */

/* Its process id; 0 while it is not running. */
pid_t respub_test_server_id(const respub_test_server *s);

/* SIGKILL, and SIGTERM, after which a server tidies up; both return when it has ended, and true
 * when it had been running. A frozen server can be killed, not stopped. */
bool respub_test_server_kill(respub_test_server *s);
bool respub_test_server_stop(respub_test_server *s);

/* Starts it again, on the same port and path and with the same arguments, after kill or stop. */
bool respub_test_server_restart(respub_test_server *s);

/* SIGSTOP and SIGCONT: its sockets stay open, and the kernel goes on taking connections for it. */
bool respub_test_server_freeze(respub_test_server *s);
bool respub_test_server_thaw(respub_test_server *s);

/* Sends one inline command (redis-cli's syntax: words, quotes, "\x00"), or several with CR LF
 * between them, over a connection of its own, and copies the replies' bytes as they came to reply,
 * with a NUL behind them. Returns their number, or -1 when they do not come whole within 5 s
 * (scaled) or do not fit. With --requirepass, the first command has to be AUTH. */
long respub_test_server_command(const respub_test_server *s, char *reply, size_t cap,
                                const char *command);

/* As above, and true when the first reply starts with these bytes ("+OK", ":2"). */
bool respub_test_server_says(const respub_test_server *s, const char *command, const char *start);

/* How many PUBLISH commands it has executed; -1 when it does not say. */
long respub_test_server_published(const respub_test_server *s);

/* Kills it, removes its folder, frees s. NULL is allowed. */
void respub_test_server_free(respub_test_server *s);

#endif
