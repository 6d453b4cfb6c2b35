/* respub sub: messages and events, a line each. */
#include "tools/command.h"
#include "tools/events.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/say.h"
#include "tools/server_url.h"
#include "tools/stop.h"
#include "tools/wanted.h"

#include "schema/schema.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  GOING_ON = -1, /* no exit code yet */
  QUEUE_MESSAGES = 4 * 1024 * 1024
};

#define QUEUE_BYTES ((size_t)256 * 1024 * 1024)

#define LONGEST_TIMEOUT_MS (INT64_C(1000) * 1000 * 1000 * 1000)

typedef struct settings {
  const char *url;
  option_list patterns;
  const char *const *channels;
  size_t channel_count;
  int64_t count;      /* 0: no end */
  int64_t timeout_ms; /* -1: no end */
  int64_t ping_interval_ms;
  int64_t ping_timeout_ms;
  bool raw;
  bool events;
} settings;

typedef struct listener {
  const settings *settings;
  respub_subscriber *subscriber;
  respub_registry *registry;
  wanted wanted;
  event_teller teller;
  int64_t deadline_ms;
  int64_t printed;
} listener;

/* --- command line --- */

static const char *const purpose =
    "Prints each message as a line of JSON, {\"channel\":..., \"pattern\":..., "
    "\"message\":{...}}.\n"
    "What happens besides, such as a lost connection, is a sentence on standard error. A message\n"
    "that is not valid for its channel is a line there, too. Reconnects by itself, for ever; ends\n"
    "with 0 on SIGINT and SIGTERM.";

static bool parse(settings *s, int argc, char **argv, int *exit_code) {
  const option_spec options[] = {
      SERVER_URL_OPTION(s->url),
      {.letter = 'p',
       .name = "pattern",
       .kind = OPTION_LIST,
       .to.list = &s->patterns,
       .argument = "PATTERN",
       .help = "subscribe to a pattern; may be given again"},
      {.name = "count",
       .kind = OPTION_WHOLE,
       .to.number = &s->count,
       .min = 1,
       .max = INT64_MAX,
       .argument = "N",
       .help = "end after N messages"},
      {.name = "timeout",
       .kind = OPTION_SECONDS,
       .to.number = &s->timeout_ms,
       .max = LONGEST_TIMEOUT_MS,
       .argument = "S",
       .help = "end after S seconds"},
      {.name = "raw",
       .kind = OPTION_FLAG,
       .to.flag = &s->raw,
       .help = "print payloads as they are, not validated"},
      {.name = "events",
       .kind = OPTION_FLAG,
       .to.flag = &s->events,
       .help = "print events as JSON among the messages"},
      {.name = "ping-interval",
       .kind = OPTION_SECONDS,
       .to.number = &s->ping_interval_ms,
       .max = INT_MAX,
       .argument = "S",
       .help = "silence before a PING; 0: none (15)"},
      {.name = "ping-timeout",
       .kind = OPTION_SECONDS,
       .to.number = &s->ping_timeout_ms,
       .min = 1,
       .max = INT_MAX,
       .argument = "S",
       .help = "further silence before a reconnect (5)"},
  };
  const usage help = {
      .command = "sub",
      .synopsis = "[OPTION]... [-p PATTERN]... [CHANNEL]...",
      .purpose = purpose,
      .example = "respub sub --events -p 'TICKER_UPDATES_*' BROKER_REGISTRATION",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .operands_max = OPERANDS_ANY,
  };
  int first;
  if (!options_parse(&help, argc, argv, &first, exit_code))
    return false;
  s->channels = (const char *const *)argv + first;
  s->channel_count = (size_t)(argc - first);
  if (s->channel_count + s->patterns.count > 0)
    return true;
  say("a channel or pattern is missing; try respub sub --help");
  *exit_code = EXIT_USAGE;
  return false;
}

/* --- messages --- */

static void print_text(const respub_event *e) {
  output_text("{");
  json_member("channel", e->channel, "encoding");
  output_char(',');
  if (e->kind == RESPUB_PATTERN)
    json_member("pattern", e->pattern, "pattern_encoding");
  else
    output_text("\"pattern\":null");
  output_text(",\"message\":");
  json_compact(e->payload);
  output_text("}\n");
}

static void say_invalid(const respub_event *e, const char *reason) {
  int len = e->channel.len > 1000 ? 1000 : (int)e->channel.len;
  say("invalid message on channel %.*s: %s", len, e->channel.ptr, reason);
}

/* True when it is an envelope whose data suits its channel; else says why not. */
static bool is_valid(const listener *l, const respub_event *e) {
  respub_message message = {0};
  respub_error error;
  respub_validation_error invalid;
  if (respub_message_parse(e->payload.ptr, e->payload.len, &message, &error) != RESPUB_OK) {
    say_invalid(e, error.text);
    return false;
  }
  respub_status status =
      respub_message_validate(l->registry, e->channel, respub_message_data(&message), &invalid);
  respub_message_free(&message);
  if (status != RESPUB_OK)
    say_invalid(e, status == RESPUB_EINVALID ? invalid.text : respub_status_text(status));
  return status == RESPUB_OK;
}

static int take_message(listener *l, const respub_event *e) {
  if (l->settings->raw) {
    output_bytes(e->payload.ptr, e->payload.len);
    output_char('\n');
  } else if (is_valid(l, e)) {
    print_text(e);
  } else {
    return GOING_ON;
  }
  l->printed++;
  return l->printed == l->settings->count ? EXIT_DONE : GOING_ON;
}

/* --- events --- */

/* Wrong credentials at the very start are a mistake of the caller's, not something to wait for. */
static bool is_refused_at_start(const respub_event *e) {
  return e->type == RESPUB_EVENT_CONNECT_FAILED && e->status == RESPUB_EAUTH && e->generation == 0;
}

static int take_event(listener *l, const respub_event *e) {
  bool fatal = is_refused_at_start(e);
  respub_slice reason = event_reason(e);
  if (l->settings->events)
    event_print(e);
  else if (!fatal)
    event_tell(&l->teller, e);
  if (fatal)
    say("%.*s", (int)reason.len, reason.ptr);
  wanted_note(&l->wanted, e);
  if (e->type == RESPUB_EVENT_REFUSED && wanted_all_refused(&l->wanted)) {
    say("the server refused everything that was asked for");
    fatal = true;
  }
  return fatal ? EXIT_REFUSED : GOING_ON;
}

static int take(listener *l, const respub_event *e) {
  int code = e->type == RESPUB_EVENT_MESSAGE ? take_message(l, e) : take_event(l, e);
  return output_works() ? code : EXIT_IO;
}

/* --- waiting --- */

/* -1: for ever. */
static int left_ms(const listener *l) {
  if (l->deadline_ms == RESPUB_NEVER)
    return -1;
  int64_t left = l->deadline_ms - respub_now_ms();
  return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* What is there already is taken before anything is written out, so that a burst travels in large
 * writes and a single message at once. */
static respub_status next(listener *l, respub_event *e) {
  respub_status status = respub_subscriber_next(l->subscriber, 0, e);
  if (status != RESPUB_TIMEOUT || !output_flush())
    return status;
  return respub_subscriber_next(l->subscriber, left_ms(l), e);
}

static int listen(listener *l) {
  int code = GOING_ON;
  while (code == GOING_ON && left_ms(l) != 0) {
    respub_event e;
    respub_status status = next(l, &e);
    if (status == RESPUB_OK)
      code = take(l, &e);
    else if (!output_works())
      code = EXIT_IO;
    else if (status == RESPUB_ECLOSED) /* by a signal */
      code = EXIT_DONE;
    else if (status != RESPUB_TIMEOUT) {
      say("%s", respub_status_text(status));
      code = exit_code_of(status);
    }
  }
  return code == GOING_ON ? EXIT_DONE : code;
}

/* --- start and end --- */

static respub_status subscribe(listener *l, respub_error *error) {
  respub_status status = RESPUB_OK;
  for (size_t i = 0; i < l->wanted.count && status == RESPUB_OK; i++) {
    const wanted_name *w = &l->wanted.names[i];
    status = w->kind == RESPUB_PATTERN
                 ? respub_subscriber_psubscribe(l->subscriber, w->name, NULL, NULL, NULL)
                 : respub_subscriber_subscribe(l->subscriber, w->name, NULL, NULL, NULL);
    if (status == RESPUB_EARGUMENT)
      snprintf(error->text, sizeof error->text, "the name of a %s is %s",
               w->kind == RESPUB_PATTERN ? "pattern" : "channel",
               w->name.len == 0 ? "empty" : "too long");
  }
  return status;
}

static respub_status open_all(listener *l, respub_error *error) {
  const settings *s = l->settings;
  respub_subscriber_options options;
  respub_subscriber_options_init(&options);
  /* So that a burst waits here and not with the server, which would end the connection at its limit
   * (by default 32 MB), and so that the heartbeat goes on while nobody takes the output. */
  options.delivery = RESPUB_DELIVER_BLOCK;
  options.queue_messages = QUEUE_MESSAGES;
  options.queue_bytes = QUEUE_BYTES;
  options.ping_interval_ms = (int)s->ping_interval_ms;
  options.ping_timeout_ms = (int)s->ping_timeout_ms;
  error->text[0] = '\0';
  respub_status status = server_url_options(s->url, &options.connection, error);
  if (status != RESPUB_OK)
    return status;
  respub_options_address(&options.connection, l->teller.server, sizeof l->teller.server);
  if (!wanted_open(&l->wanted, s->channels, s->channel_count, s->patterns.items, s->patterns.count))
    return RESPUB_ENOMEM;
  status = respub_registry_open(&l->registry, error);
  if (status == RESPUB_OK)
    status = respub_subscriber_open(&l->subscriber, &options, error);
  return status == RESPUB_OK ? subscribe(l, error) : status;
}

static void stop(void *subscriber) {
  respub_subscriber_stop(subscriber);
}

static int run_with(const settings *s) {
  listener l = {.settings = s, .deadline_ms = RESPUB_NEVER};
  respub_error error;
  if (s->timeout_ms >= 0)
    l.deadline_ms = respub_now_ms() + s->timeout_ms;
  respub_status status = open_all(&l, &error);
  int code = exit_code_of(status);
  if (status == RESPUB_OK)
    code = stop_on_signals(stop, l.subscriber) ? listen(&l) : EXIT_IO;
  else
    say("%s", error.text[0] != '\0' ? error.text : respub_status_text(status));
  /* While a signal can still end a write that nobody takes. */
  output_flush();
  stop_forget();
  respub_subscriber_close(l.subscriber);
  respub_registry_close(l.registry);
  wanted_close(&l.wanted);
  return code;
}

static int run(int argc, char **argv) {
  settings s = {.timeout_ms = -1};
  respub_subscriber_options defaults;
  respub_subscriber_options_init(&defaults);
  s.ping_interval_ms = defaults.ping_interval_ms;
  s.ping_timeout_ms = defaults.ping_timeout_ms;
  s.patterns.items = calloc((size_t)argc, sizeof *s.patterns.items);
  if (s.patterns.items == NULL) {
    say("out of memory");
    return EXIT_IO;
  }
  int code;
  if (parse(&s, argc, argv, &code))
    code = run_with(&s);
  free(s.patterns.items);
  return code;
}

const command command_sub = {"sub", "print the messages of channels and patterns", run};
