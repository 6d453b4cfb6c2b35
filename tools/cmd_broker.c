/* respub broker: the embedded broker as a program. */
#include "tools/command.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/say.h"
#include "tools/stop.h"

#include "broker/broker.h"

typedef struct settings {
  int64_t port; /* UNSET: not given */
  const char *unix_path;
} settings;

enum {
  UNSET = -1
};

static bool parse(settings *s, int argc, char **argv, int *exit_code) {
  const option_spec options[] = {
      {.name = "port",
       .kind = OPTION_WHOLE,
       .to.number = &s->port,
       .max = 65535,
       .argument = "N",
       .help = "listen on 127.0.0.1:N; 0 picks a free port (6379)"},
      {.name = "unix",
       .kind = OPTION_TEXT,
       .to.text = &s->unix_path,
       .argument = "PATH",
       .help = "listen on a Unix socket; without --port on that alone"},
  };
  const usage help = {
      .command = "broker",
      .synopsis = "[--port N] [--unix PATH]",
      .purpose =
          "Runs a small Redis Pub/Sub server on this machine until SIGINT or SIGTERM. When it is\n"
          "ready it prints \"listening on\" and where.",
      .example = "respub broker --port 0",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  int first;
  return options_parse(&help, argc, argv, &first, exit_code);
}

static void print_listening(const char *where) {
  output_text("listening on ");
  output_text(where);
  output_char('\n');
}

/* The broker's own address is its TCP one when it has both. */
static bool announce(const respub_broker *broker, const settings *s) {
  print_listening(respub_broker_address(broker));
  if (s->unix_path != NULL && respub_broker_port(broker) != 0)
    print_listening(s->unix_path);
  return output_flush();
}

static void stop(void *broker) {
  respub_broker_stop(broker);
}

static int serve(respub_broker *broker, const settings *s) {
  if (!stop_on_signals(stop, broker))
    return EXIT_IO;
  int code = EXIT_IO;
  if (announce(broker, s)) {
    respub_status status = respub_broker_run(broker);
    if (status != RESPUB_OK)
      say("%s", respub_status_text(status));
    code = exit_code_of(status);
  }
  stop_forget();
  return code;
}

static int run(int argc, char **argv) {
  settings s = {.port = UNSET};
  int code;
  if (!parse(&s, argc, argv, &code))
    return code;
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.unix_path = s.unix_path;
  options.port = s.port != UNSET ? (int)s.port : s.unix_path != NULL ? -1 : RESPUB_DEFAULT_PORT;
  respub_broker *broker;
  respub_error error;
  respub_status status = respub_broker_open(&broker, &options, &error);
  if (status != RESPUB_OK) {
    say("%s", error.text);
    return exit_code_of(status);
  }
  code = serve(broker, &s);
  respub_broker_close(broker);
  return code;
}

const command command_broker = {"broker", "run a small Pub/Sub server on this machine", run};
