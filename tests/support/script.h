/* script.h - a transport without a network: it says what a test wrote down, in pieces as the test
 * wants them, and keeps what is sent to it.
 *
 *     respub_test_script s;
 *     respub_test_script_init(&s);
 *     respub_test_script_say(&s, "+PONG\r\n+OK\r\n+OK\r\n");
 *     respub_test_script_end(&s);
 *     options.dial = respub_test_script_dial;
 *     options.dial_ctx = &s;
 *
 * Its descriptor is ready for everything at any time, so that calls that wait go on at once, as
 * often as it has nothing to say. One thread. */
#ifndef RESPUB_TESTS_SUPPORT_SCRIPT_H
#define RESPUB_TESTS_SUPPORT_SCRIPT_H

#include "net/net.h"

#define RESPUB_TEST_SCRIPT_SCENES 64

typedef struct respub_test_scene {
  enum {
    RESPUB_TEST_SAY,
    RESPUB_TEST_PAUSE, /* one read that gets nothing */
    RESPUB_TEST_END,
    RESPUB_TEST_BREAK /* errno reason */
  } kind;
  respub_slice bytes;
  int reason;
} respub_test_scene;

typedef struct respub_test_script {
  /* Set before use; all zero is the simplest network. */
  size_t read_most;         /* bytes that one read gives at most; 0: no bound */
  size_t write_most;        /* bytes that one write takes at most; 0: no bound */
  size_t write_pause_every; /* each k-th write takes nothing; 0: never */
  size_t write_break_at;    /* bytes after which writing fails with EPIPE; SIZE_MAX: never */
  size_t write_stop_at;     /* bytes after which writing takes nothing; SIZE_MAX: never */
  size_t connect_steps;     /* connect says AGAIN so often first */
  respub_status connect_result;
  bool wait_for_ever; /* the descriptor is never ready */
  bool refuse_dial;   /* dialing itself fails with ERESOLVE */
  /* What happened. */
  size_t dials;
  size_t closes;
  size_t reads;
  size_t writes;
  size_t sent_size;
  char *sent;
  /* Private. */
  respub_test_scene scenes[RESPUB_TEST_SCRIPT_SCENES];
  size_t scene_count;
  size_t scene;
  size_t offset;
  int fds[2];
} respub_test_script;

void respub_test_script_init(respub_test_script *s);
void respub_test_script_free(respub_test_script *s);

/* What it does next when it is read; the bytes must outlive it. */
void respub_test_script_say(respub_test_script *s, const char *text);
void respub_test_script_say_bytes(respub_test_script *s, respub_slice bytes);
void respub_test_script_pause(respub_test_script *s);
void respub_test_script_end(respub_test_script *s);
void respub_test_script_break(respub_test_script *s, int reason);

/* Forgets what was sent so far. */
void respub_test_script_forget(respub_test_script *s);

/* True when exactly these bytes were sent since. */
bool respub_test_script_sent(const respub_test_script *s, const char *text);

/* A respub_dial; ctx is the script. A script can be dialed again after a close, and goes on where
 * it was. */
respub_status respub_test_script_dial(void *ctx, const respub_options *options, int64_t now_ms,
                                      respub_transport *transport, respub_error *error);

#endif
