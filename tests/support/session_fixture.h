/* session_fixture.h - a session that is fed by hand, and what it then tells and sends, as text. */
#ifndef RESPUB_TESTS_SUPPORT_SESSION_FIXTURE_H
#define RESPUB_TESTS_SUPPORT_SESSION_FIXTURE_H

#include "net/memory.h"
#include "pubsub/session.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static respub__session s;
static int64_t now_ms;
static char told[1024]; /* the events of the last feed, one after the other */
static char sent[1024]; /* the commands since the last look */

static inline void set_up(void) {
  respub_allocator alloc = respub__allocator(NULL);
  respub__session_init(&s, &alloc, 1000, 12345);
  s.heartbeat.interval_ms = 100;
  s.heartbeat.timeout_ms = 50;
  now_ms = 5000;
  told[0] = sent[0] = '\0';
}

static inline void tear_down(void) {
  respub__session_free(&s);
}

static inline void add(char *text, size_t cap, const char *between, const char *a, respub_slice b,
                       respub_slice c) {
  size_t len = strlen(text);
  snprintf(text + len, cap - len, "%s%s%.*s%.*s", len > 0 ? between : "", a, (int)b.len, b.ptr,
           (int)c.len, c.ptr);
}

static inline void tell(const respub_event *e) {
  respub_slice name = e->kind == RESPUB_CHANNEL ? e->channel : e->pattern;
  add(told, sizeof told, " ", respub_event_name(e->type), RESPUB_LIT(":"), name);
  if (e->type == RESPUB_EVENT_MESSAGE)
    add(told, sizeof told, "=", "", e->payload, RESPUB_LIT(""));
}

static inline void poll_events(void) {
  respub_event event;
  while (respub__session_poll(&s, now_ms, &event))
    tell(&event);
}

/* Feeds whole values; the status of the last one. */
static inline respub_status feed(const char *text) {
  respub_node nodes[32];
  respub_decoder d;
  respub_event event = {.type = RESPUB_EVENT_MESSAGE};
  respub__topic *topic = NULL;
  respub_status status = RESPUB_OK;
  size_t used, at = 0, len = strlen(text);
  told[0] = '\0';
  respub_decoder_init(&d, NULL, nodes, 32);
  for (; at < len && status >= 0; at += used) {
    CU_ASSERT_EQUAL_FATAL(respub_decode(&d, text + at, len - at, &used), RESPUB_OK);
    event = (respub_event){.type = RESPUB_EVENT_MESSAGE};
    status = respub__session_value(&s, now_ms, nodes, &event, &topic);
    if (status == RESPUB_OK)
      tell(&event);
    if (status >= 0)
      poll_events();
  }
  return status;
}

static inline const char *commands(void) {
  respub_slice args[130];
  sent[0] = '\0';
  for (size_t n; (n = respub__session_command(&s, args, 130)) > 0;) {
    for (size_t i = 0; i < n; i++)
      add(sent, sizeof sent, i == 0 ? "; " : " ", "", args[i], RESPUB_LIT(""));
  }
  return sent;
}

static inline respub__topic *want(const char *name) {
  return respub__session_want(&s, RESPUB_CHANNEL, respub_slice_of_string(name));
}

static inline void connect_session(void) {
  respub__session_connected(&s, now_ms);
  told[0] = '\0';
  poll_events();
}

#define CHECK_TOLD(text) CU_ASSERT_STRING_EQUAL(told, text)
#define CHECK_SENT(text) CU_ASSERT_STRING_EQUAL(commands(), text)

#define SUBSCRIBED(name, count) "*3\r\n$9\r\nsubscribe\r\n$1\r\n" name "\r\n:" count "\r\n"
#define UNSUBSCRIBED(name, count) "*3\r\n$11\r\nunsubscribe\r\n$1\r\n" name "\r\n:" count "\r\n"
#define MESSAGE(name, payload) "*3\r\n$7\r\nmessage\r\n$1\r\n" name "\r\n$1\r\n" payload "\r\n"

#endif
