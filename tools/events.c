#include "tools/events.h"

#include "tools/json.h"
#include "tools/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum {
  TIME_BYTES = 40
};

respub_slice event_reason(const respub_event *e) {
  return e->text.len > 0 ? e->text : respub_slice_of_string(respub_status_text(e->status));
}

static respub_slice name_of(const respub_event *e) {
  return e->kind == RESPUB_PATTERN ? e->pattern : e->channel;
}

static const char *kind_of(const respub_event *e) {
  return e->kind == RESPUB_PATTERN ? "pattern" : "channel";
}

/* ISO 8601, UTC, milliseconds. */
static const char *iso_time(int64_t unix_ms, char out[TIME_BYTES]) {
  int64_t ms = unix_ms % 1000;
  time_t seconds = (time_t)(unix_ms / 1000 - (ms < 0 ? 1 : 0));
  struct tm parts;
  if (gmtime_r(&seconds, &parts) == NULL)
    parts = (struct tm){.tm_year = 70, .tm_mday = 1};
  size_t n = strftime(out, TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(out + n, TIME_BYTES - n, ".%03dZ", (int)(ms < 0 ? ms + 1000 : ms));
  return out;
}

/* --- JSON --- */

static void print_reason(const respub_event *e) {
  output_text(",\"reason\":");
  json_sentence(event_reason(e));
}

static void print_name(const respub_event *e) {
  output_char(',');
  json_member(kind_of(e), name_of(e), "encoding");
}

static void print_number(const char *name, uint64_t value) {
  output_text(",\"");
  output_text(name);
  output_text("\":");
  json_unsigned(value);
}

static void print_gap(const respub_event *e) {
  char from[TIME_BYTES], to[TIME_BYTES];
  output_text(",\"from\":\"");
  output_text(iso_time(e->from_ms, from));
  output_text("\",\"to\":\"");
  output_text(iso_time(e->to_ms, to));
  output_char('"');
  if (e->missed == RESPUB_MISSED_UNKNOWN)
    output_text(",\"missed\":null");
  else
    print_number("missed", e->missed);
  print_number("generation", e->generation);
}

static void print_members(const respub_event *e) {
  switch (e->type) {
  case RESPUB_EVENT_CONNECTED:
    print_number("generation", e->generation);
    return;
  case RESPUB_EVENT_CONNECT_FAILED:
    print_reason(e);
    print_number("retry_ms", e->delay_ms > 0 ? (uint64_t)e->delay_ms : 0);
    return;
  case RESPUB_EVENT_SUBSCRIBED:
  case RESPUB_EVENT_UNSUBSCRIBED:
    print_name(e);
    return;
  case RESPUB_EVENT_REFUSED:
    print_name(e);
    print_reason(e);
    return;
  case RESPUB_EVENT_DISCONNECTED:
    print_reason(e);
    return;
  case RESPUB_EVENT_GAP:
    print_gap(e);
    return;
  case RESPUB_EVENT_MESSAGE:
  case RESPUB_EVENT_RESTORED:
  case RESPUB_EVENT_SLOW_CONSUMER:
  case RESPUB_EVENT_CLOSED:
    return;
  }
}

void event_print(const respub_event *e) {
  output_text("{\"event\":\"");
  output_text(respub_event_name(e->type));
  output_char('"');
  print_members(e);
  output_text("}\n");
}

/* --- sentences --- */

#define SHOWN(slice) ((slice).len > 1000 ? 1000 : (int)(slice).len), (slice).ptr

static void tell_failure(event_teller *t, const respub_event *e) {
  char reason[sizeof t->last_failure];
  snprintf(reason, sizeof reason, "%.*s", SHOWN(event_reason(e)));
  if (respub_slice_equal(respub_slice_of_string(reason), respub_slice_of_string(t->last_failure)))
    return;
  snprintf(t->last_failure, sizeof t->last_failure, "%s", reason);
  say("%s; trying again until it works", reason);
}

static void tell_gap(const respub_event *e) {
  char from[TIME_BYTES], to[TIME_BYTES];
  iso_time(e->from_ms, from);
  iso_time(e->to_ms, to);
  if (e->missed == RESPUB_MISSED_UNKNOWN)
    say("gap: messages published from %s to %s may be missing", from, to);
  else
    say("gap: %" PRIu64 " messages from %s to %s were dropped", e->missed, from, to);
}

void event_tell(event_teller *t, const respub_event *e) {
  switch (e->type) {
  case RESPUB_EVENT_MESSAGE:
    return;
  case RESPUB_EVENT_CONNECTED:
    t->last_failure[0] = '\0';
    say("connected to %s", t->server);
    return;
  case RESPUB_EVENT_CONNECT_FAILED:
    tell_failure(t, e);
    return;
  case RESPUB_EVENT_SUBSCRIBED:
    say("subscribed to %s %.*s", kind_of(e), SHOWN(name_of(e)));
    return;
  case RESPUB_EVENT_UNSUBSCRIBED:
    say("unsubscribed from %s %.*s", kind_of(e), SHOWN(name_of(e)));
    return;
  case RESPUB_EVENT_REFUSED:
    say("the server refused %s %.*s: %.*s", kind_of(e), SHOWN(name_of(e)), SHOWN(event_reason(e)));
    return;
  case RESPUB_EVENT_DISCONNECTED:
    say("disconnected: %.*s", SHOWN(event_reason(e)));
    return;
  case RESPUB_EVENT_GAP:
    tell_gap(e);
    return;
  case RESPUB_EVENT_RESTORED:
    say("restored: everything is subscribed again");
    return;
  case RESPUB_EVENT_SLOW_CONSUMER:
    say("messages come faster than they are taken; the server has to wait");
    return;
  case RESPUB_EVENT_CLOSED:
    say("closed");
    return;
  }
}
