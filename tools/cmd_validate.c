/* respub validate: which lines are messages that a channel takes? */
#include "tools/checked.h"
#include "tools/command.h"
#include "tools/lines.h"
#include "tools/options.h"
#include "tools/say.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const usage help = {
    .command = "validate",
    .synopsis = "CHANNEL [FILE]",
    .purpose =
        "Validates one JSON message a line (the data, not its envelope) for a channel, from FILE "
        "or\n"
        "standard input. Each line that fails is a sentence on standard error, and the exit code\n"
        "is then 3.",
    .example = "respub validate TICKER_UPDATES_AAPL prices.jsonl",
    .operands_min = 1,
    .operands_max = 2,
    .missing = "a channel is missing",
};

static int check_line(const lines *l, const respub_registry *registry, respub_slice channel,
                      respub_slice line) {
  char reason[CHECKED_REASON_BYTES];
  respub_status status = checked_data(registry, channel, line, reason);
  if (status != RESPUB_OK)
    say("line %" PRIu64 ": %s", l->number, reason);
  return exit_code_of(status);
}

static int check_lines(lines *l, const respub_registry *registry, respub_slice channel) {
  int worst = EXIT_DONE;
  for (;;) {
    respub_slice line;
    int code = EXIT_DONE;
    switch (lines_next(l, &line)) {
    case LINES_LINE:
      code = check_line(l, registry, channel, line);
      break;
    case LINES_TOO_LONG:
      say("line %" PRIu64 ": longer than 16 MiB", l->number);
      code = EXIT_INVALID;
      break;
    case LINES_END:
      return worst;
    case LINES_FAILED:
      return EXIT_IO;
    }
    worst = code > worst ? code : worst;
  }
}

static int validate(int fd, const char *name, const char *channel) {
  respub_registry *registry;
  respub_error error = {0};
  respub_status status = respub_registry_open(&registry, &error);
  if (status != RESPUB_OK) {
    say("%s", error.text);
    return exit_code_of(status);
  }
  lines l;
  int code = EXIT_IO;
  if (lines_open(&l, fd, name))
    code = check_lines(&l, registry, respub_slice_of_string(channel));
  else
    say("out of memory");
  lines_close(&l);
  respub_registry_close(registry);
  return code;
}

static int run(int argc, char **argv) {
  int first, code;
  if (!options_parse(&help, argc, argv, &first, &code))
    return code;
  if (first + 1 == argc || strcmp(argv[first + 1], "-") == 0)
    return validate(STDIN_FILENO, "standard input", argv[first]);
  const char *path = argv[first + 1];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    say("cannot open %s: %s", path, strerror(errno));
    return EXIT_IO;
  }
  code = validate(fd, path, argv[first]);
  close(fd);
  return code;
}

const command command_validate = {"validate", "check messages for a channel, a line each", run};
