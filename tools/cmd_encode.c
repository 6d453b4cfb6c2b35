/* respub encode: the bytes of a command. */
#include "tools/command.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/say.h"

#include <stdlib.h>

static const usage help = {
    .command = "encode",
    .synopsis = "ARG...",
    .purpose =
        "Prints the RESP bytes of the command that these arguments are. Every argument is taken\n"
        "as it is, byte by byte; behind the first one, nothing is an option any more.",
    .example = "respub encode PUBLISH news hello | nc -q1 localhost 6379",
    .operands_min = 1,
    .operands_max = OPERANDS_ANY,
    .missing = "an argument is missing",
    .operands_may_look_like_options = true,
};

static int print(const respub_slice *args, size_t n) {
  size_t size = respub_encode_command(NULL, 0, args, n);
  char *bytes = size == RESPUB_UNENCODABLE ? NULL : malloc(size);
  if (bytes == NULL) {
    say("out of memory");
    return EXIT_IO;
  }
  respub_encode_command(bytes, size, args, n);
  output_bytes(bytes, size);
  free(bytes);
  return output_flush() ? EXIT_DONE : EXIT_IO;
}

static int run(int argc, char **argv) {
  int first, code;
  if (!options_parse(&help, argc, argv, &first, &code))
    return code;
  size_t n = (size_t)(argc - first);
  respub_slice *args = calloc(n, sizeof *args);
  if (args == NULL) {
    say("out of memory");
    return EXIT_IO;
  }
  for (size_t i = 0; i < n; i++)
    args[i] = respub_slice_of_string(argv[(size_t)first + i]);
  code = print(args, n);
  free(args);
  return code;
}

const command command_encode = {"encode", "print the RESP bytes of a command", run};
