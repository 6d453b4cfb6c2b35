#include "tests/support/script.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void respub_test_script_init(respub_test_script *s) {
  memset(s, 0, sizeof *s);
  s->write_break_at = SIZE_MAX;
  s->write_stop_at = SIZE_MAX;
  s->connect_result = RESPUB_OK;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, s->fds) != 0 || write(s->fds[1], "!", 1) != 1)
    abort();
}

void respub_test_script_free(respub_test_script *s) {
  (void)close(s->fds[0]);
  (void)close(s->fds[1]);
  free(s->sent);
  memset(s, 0, sizeof *s);
}

static respub_test_scene *add(respub_test_script *s) {
  if (s->scene_count == RESPUB_TEST_SCRIPT_SCENES)
    abort();
  return &s->scenes[s->scene_count++];
}

void respub_test_script_say_bytes(respub_test_script *s, respub_slice bytes) {
  respub_test_scene *scene = add(s);
  scene->kind = RESPUB_TEST_SAY;
  scene->bytes = bytes;
}

void respub_test_script_say(respub_test_script *s, const char *text) {
  respub_test_script_say_bytes(s, respub_slice_of_string(text));
}

void respub_test_script_pause(respub_test_script *s) {
  add(s)->kind = RESPUB_TEST_PAUSE;
}

void respub_test_script_end(respub_test_script *s) {
  add(s)->kind = RESPUB_TEST_END;
}

void respub_test_script_break(respub_test_script *s, int reason) {
  respub_test_scene *scene = add(s);
  scene->kind = RESPUB_TEST_BREAK;
  scene->reason = reason;
}

void respub_test_script_forget(respub_test_script *s) {
  s->sent_size = 0;
}

bool respub_test_script_sent(const respub_test_script *s, const char *text) {
  bool same = s->sent_size == strlen(text) &&
              memcmp(s->sent != NULL ? s->sent : "", text, s->sent_size) == 0;
  if (!same)
    fprintf(stderr, "sent instead: %.*s\n", (int)s->sent_size, s->sent != NULL ? s->sent : "");
  return same;
}

static respub_status script_connect(void *ctx, int64_t now_ms, short *events, int64_t *deadline_ms,
                                    respub_error *error) {
  respub_test_script *s = ctx;
  (void)now_ms;
  (void)deadline_ms;
  if (s->connect_steps > 0) {
    s->connect_steps--;
    *events = POLLOUT;
    return RESPUB_AGAIN;
  }
  if (s->connect_result < 0 && error != NULL) {
    error->status = s->connect_result;
    (void)snprintf(error->text, sizeof error->text, "the script refuses");
  }
  return s->connect_result;
}

static ptrdiff_t say(respub_test_script *s, const respub_test_scene *scene, void *buf, size_t len) {
  size_t left = scene->bytes.len - s->offset;
  if (len > left)
    len = left;
  if (s->read_most > 0 && len > s->read_most)
    len = s->read_most;
  memcpy(buf, scene->bytes.ptr + s->offset, len);
  s->offset += len;
  if (s->offset == scene->bytes.len) {
    s->offset = 0;
    s->scene++;
  }
  return (ptrdiff_t)len;
}

static ptrdiff_t script_read(void *ctx, void *buf, size_t len) {
  respub_test_script *s = ctx;
  s->reads++;
  if (len == 0)
    abort();
  if (s->scene == s->scene_count)
    return 0;
  const respub_test_scene *scene = &s->scenes[s->scene];
  switch (scene->kind) {
  case RESPUB_TEST_SAY:
    return say(s, scene, buf, len);
  case RESPUB_TEST_PAUSE:
    s->scene++;
    return 0;
  case RESPUB_TEST_END:
    return RESPUB_EEOF;
  case RESPUB_TEST_BREAK:
    errno = scene->reason;
    return RESPUB_EIO;
  }
  abort();
}

static void keep(respub_test_script *s, const char *ptr, size_t len) {
  if (len == 0)
    return;
  char *grown = realloc(s->sent, s->sent_size + len + 1);
  if (grown == NULL)
    abort();
  s->sent = grown;
  memcpy(s->sent + s->sent_size, ptr, len);
  s->sent_size += len;
  s->sent[s->sent_size] = '\0';
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static ptrdiff_t script_write(void *ctx, const respub_slice *parts, size_t n) {
  respub_test_script *s = ctx;
  s->writes++;
  if (n == 0 || parts[0].len == 0)
    abort();
  if (s->write_pause_every > 0 && s->writes % s->write_pause_every == 0)
    return 0;
  if (s->sent_size >= s->write_break_at) {
    errno = EPIPE;
    return RESPUB_EIO;
  }
  size_t room = least(s->write_break_at, s->write_stop_at) - least(s->sent_size, s->write_stop_at);
  if (s->write_most > 0)
    room = least(room, s->write_most);
  size_t taken = 0;
  for (size_t i = 0; i < n && taken < room; i++) {
    size_t len = least(parts[i].len, room - taken);
    keep(s, parts[i].ptr, len);
    taken += len;
  }
  return (ptrdiff_t)taken;
}

static void script_close(void *ctx) {
  ((respub_test_script *)ctx)->closes++;
}

static int script_fd(void *ctx) {
  respub_test_script *s = ctx;
  return s->wait_for_ever ? -1 : s->fds[0];
}

respub_status respub_test_script_dial(void *ctx, const respub_options *options, int64_t now_ms,
                                      respub_transport *transport, respub_error *error) {
  respub_test_script *s = ctx;
  (void)options;
  (void)now_ms;
  s->dials++;
  if (s->refuse_dial) {
    if (error != NULL) {
      error->status = RESPUB_ERESOLVE;
      (void)snprintf(error->text, sizeof error->text, "the script knows no such host");
    }
    return RESPUB_ERESOLVE;
  }
  transport->ctx = s;
  transport->connect = script_connect;
  transport->read = script_read;
  transport->write = script_write;
  transport->close = script_close;
  transport->fd = script_fd;
  return RESPUB_OK;
}
