/* respub schema: what messages look like. */
#include "tools/command.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/say.h"

#include "schema/schema.h"

#include <string.h>

static const usage help = {
    .command = "schema",
    .synopsis = "[CHANNEL]",
    .purpose = "Prints the JSON Schema (2020-12) of a channel's messages; without CHANNEL the "
               "registry, one\n"
               "{\"channel\":NAME,\"schema\":...} or {\"prefix\":NAME,\"schema\":...} a line. A "
               "channel that is\n"
               "not in the registry takes any JSON object.",
    .example = "respub schema TICKER_UPDATES_AAPL",
    .operands_max = 1,
};

static void print_entry(void *ctx, respub_slice name, bool is_prefix, const respub_schema *schema) {
  (void)ctx;
  output_char('{');
  json_member(is_prefix ? "prefix" : "channel", name, "encoding");
  output_text(",\"schema\":");
  json_compact(respub_slice_of_string(respub_schema_json(schema)));
  output_text("}\n");
}

static void print_one(const respub_registry *registry, const char *channel) {
  const respub_schema *schema = respub_registry_find(registry, respub_slice_of_string(channel));
  const char *text = schema != NULL ? respub_schema_json(schema) : "{\"type\": \"object\"}";
  size_t len = strlen(text);
  output_text(text);
  if (len == 0 || text[len - 1] != '\n')
    output_char('\n');
}

static int run(int argc, char **argv) {
  int first, code;
  if (!options_parse(&help, argc, argv, &first, &code))
    return code;
  respub_registry *registry;
  respub_error error;
  respub_status status = respub_registry_open(&registry, &error);
  if (status != RESPUB_OK) {
    say("%s", error.text);
    return exit_code_of(status);
  }
  if (first < argc)
    print_one(registry, argv[first]);
  else
    respub_registry_each(registry, print_entry, NULL);
  respub_registry_close(registry);
  return output_flush() ? EXIT_DONE : EXIT_IO;
}

const command command_schema = {"schema", "print what messages look like", run};
