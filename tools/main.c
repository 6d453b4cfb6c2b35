/* respub - the command. */
#include "tools/command.h"
#include "tools/output.h"
#include "tools/say.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const command *const commands[] = {&command_pub,    &command_sub,    &command_validate,
                                          &command_schema, &command_decode, &command_encode,
                                          &command_broker};

enum {
  COMMAND_COUNT = sizeof commands / sizeof commands[0]
};

int exit_code_of(respub_status status) {
  if (status == RESPUB_ENOMEM || status == RESPUB_TIMEOUT || status == RESPUB_EFULL)
    return EXIT_IO;
  switch (respub_status_category(status)) {
  case RESPUB_CATEGORY_OK:
    return EXIT_DONE;
  case RESPUB_CATEGORY_PROTOCOL:
  case RESPUB_CATEGORY_LIMIT:
    return EXIT_MALFORMED;
  case RESPUB_CATEGORY_IO:
    return EXIT_IO;
  case RESPUB_CATEGORY_SERVER:
    return EXIT_REFUSED;
  case RESPUB_CATEGORY_USAGE:
    return EXIT_USAGE;
  case RESPUB_CATEGORY_CONTENT:
    return EXIT_INVALID;
  }
  return EXIT_IO;
}

/* A descriptor that is closed at the start would go to the next socket, which would then be taken
 * for standard output. Opened the wrong way round, using it fails as it should. */
static void keep_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      return;
}

static int print_help(void) {
  output_text("usage: respub COMMAND [OPTION]... [ARGUMENT]...\n"
              "\n"
              "Redis Pub/Sub from the command line.\n"
              "\n"
              "Commands:\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    char line[128];
    snprintf(line, sizeof line, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    output_text(line);
  }
  output_text("\n"
              "  --help     print this and end; respub COMMAND --help tells about a command\n"
              "  --version  print the version and end\n"
              "\n"
              "The server is the one of -u URL, else of $REDIS_URL, else of $REDIS_HOST,\n"
              "$REDIS_PORT and $REDIS_DB, else redis://localhost:6379/0.\n"
              "\n"
              "Exit code: 0 done; 1 malformed protocol bytes; 2 usage; 3 a message failed\n"
              "validation; 4 connection or input/output; 5 the server refused.\n");
  return output_flush() ? EXIT_DONE : EXIT_IO;
}

static int print_version(void) {
  output_text("respub " RESPUB_VERSION "\n");
  return output_flush() ? EXIT_DONE : EXIT_IO;
}

static int run(const command *c, int argc, char **argv) {
  say_as(c->name);
  int code = c->run(argc, argv);
  say_status("");
  if (!output_flush() && code == EXIT_DONE)
    code = EXIT_IO;
  return code;
}

int main(int argc, char **argv) {
  /* A reader that has gone away becomes an error of write, and so a sentence. */
  signal(SIGPIPE, SIG_IGN);
  keep_standard_descriptors();
  const char *name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
    return print_help();
  if (strcmp(name, "--version") == 0)
    return print_version();
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(name, commands[i]->name) == 0)
      return run(commands[i], argc - 1, argv + 1);
  if (name[0] == '\0')
    say("a command is missing; try respub --help");
  else
    say("unknown command '%s'; try respub --help", name);
  return EXIT_USAGE;
}
