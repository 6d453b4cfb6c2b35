/* respub pub: one message, or each line of standard input. */
#include "tools/bulk.h"
#include "tools/checked.h"
#include "tools/command.h"
#include "tools/json.h"
#include "tools/lines.h"
#include "tools/options.h"
#include "tools/say.h"
#include "tools/server_url.h"

#include <string.h>
#include <unistd.h>

typedef struct settings {
  const char *url;
  const char *sender;
  const char *channel;
  const char *message; /* NULL: the lines of standard input */
  bool raw;
} settings;

static bool parse(settings *s, int argc, char **argv, int *exit_code) {
  const option_spec options[] = {
      SERVER_URL_OPTION(s->url),
      {.name = "sender",
       .kind = OPTION_TEXT,
       .to.text = &s->sender,
       .argument = "NAME",
       .help = "who sends, for the envelope (unknown)"},
      {.name = "raw",
       .kind = OPTION_FLAG,
       .to.flag = &s->raw,
       .help = "publish the bytes as they are, not validated"},
  };
  const usage help = {
      .command = "pub",
      .synopsis = "[OPTION]... CHANNEL [MESSAGE]",
      .purpose =
          "Validates a JSON message for its channel, wraps it in the envelope, publishes it and\n"
          "prints how many receivers it had. Without MESSAGE, or with -, publishes each line of\n"
          "standard input and prints a number for each; a line that is not valid is a sentence on\n"
          "standard error, and the others go on.",
      .example =
          "respub pub BROKER_REGISTRATION '{\"action\": \"subscribe\", \"ticker\": \"AAPL\"}'",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .operands_min = 1,
      .operands_max = 2,
      .missing = "a channel is missing",
  };
  int first;
  if (!options_parse(&help, argc, argv, &first, exit_code))
    return false;
  s->channel = argv[first];
  if (first + 1 < argc && strcmp(argv[first + 1], "-") != 0)
    s->message = argv[first + 1];
  return true;
}

static int fail(respub_status status, const char *reason) {
  say("%s", reason[0] != '\0' ? reason : respub_status_text(status));
  return exit_code_of(status);
}

/* A connection of its own step, because it tells refused credentials from a server that is away. */
static int publish_payload(respub_publisher *publisher, respub_slice channel,
                           respub_slice payload) {
  respub_error error = {0};
  int64_t receivers;
  respub_status status = respub_publisher_connect(publisher, &error);
  if (status == RESPUB_OK)
    status = respub_publisher_publish(publisher, channel, payload, &receivers, &error);
  if (status != RESPUB_OK)
    return fail(status, error.text);
  json_integer(receivers);
  output_char('\n');
  return output_flush() ? EXIT_DONE : EXIT_IO;
}

static int publish_message(const settings *s, const respub_registry *registry,
                           respub_publisher *publisher) {
  respub_slice channel = respub_slice_of_string(s->channel);
  respub_slice message = respub_slice_of_string(s->message);
  if (s->raw)
    return publish_payload(publisher, channel, message);
  char reason[CHECKED_REASON_BYTES];
  char *text;
  size_t len;
  respub_status status =
      checked_envelope(registry, channel, message, s->sender, &text, &len, reason);
  if (status != RESPUB_OK)
    return fail(status, reason);
  int code = publish_payload(publisher, channel, respub_slice_of(text, len));
  respub_text_free(text);
  return code;
}

static int publish_lines(const settings *s, const respub_registry *registry,
                         respub_publisher *publisher, int stall_ms) {
  respub_error error = {0};
  respub_status status = respub_publisher_connect(publisher, &error);
  if (status != RESPUB_OK) {
    respub_publisher_close(publisher);
    return fail(status, error.text);
  }
  const bulk_settings bulk = {.publisher = publisher,
                              .registry = registry,
                              .channel = respub_slice_of_string(s->channel),
                              .sender = s->sender,
                              .stall_ms = stall_ms,
                              .raw = s->raw};
  return bulk_publish(&bulk, STDIN_FILENO);
}

/* Lines wait for a server that went away for a moment; a single message says so at once. */
static respub_status open_publisher(const settings *s, respub_publisher **publisher, int *stall_ms,
                                    respub_error *error) {
  respub_publisher_options options;
  respub_publisher_options_init(&options);
  respub_status status = server_url_options(s->url, &options.connection, error);
  if (status != RESPUB_OK)
    return status;
  options.away = s->message == NULL ? RESPUB_AWAY_WAIT : RESPUB_AWAY_FAIL;
  /* The longest line fits beside others. */
  options.inflight_bytes = 2 * LINES_LONGEST;
  *stall_ms = options.timeout_ms;
  return respub_publisher_open(publisher, &options, error);
}

static int run_with(const settings *s, const respub_registry *registry) {
  respub_publisher *publisher;
  respub_error error = {0};
  int stall_ms;
  respub_status status = open_publisher(s, &publisher, &stall_ms, &error);
  if (status != RESPUB_OK)
    return fail(status, error.text);
  if (s->message == NULL)
    return publish_lines(s, registry, publisher, stall_ms);
  int code = publish_message(s, registry, publisher);
  respub_publisher_close(publisher);
  return code;
}

static int run(int argc, char **argv) {
  settings s = {0};
  int code;
  if (!parse(&s, argc, argv, &code))
    return code;
  respub_registry *registry;
  respub_error error = {0};
  respub_status status = respub_registry_open(&registry, &error);
  if (status != RESPUB_OK)
    return fail(status, error.text);
  code = run_with(&s, registry);
  respub_registry_close(registry);
  return code;
}

const command command_pub = {"pub", "publish a message, or each line of standard input", run};
