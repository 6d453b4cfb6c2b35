/* Publishes one price to the channel of its ticker and prints how many subscribers got it.
 *
 *     publish_price --url redis://localhost:6379 AAPL 150.00
 *
 * The message is validated before it is sent: one that does not match the schema of its channel
 * never reaches the server. */
#include <respub/schema.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: publish_price [--url URL] [SYMBOL PRICE]\n"
    "\n"
    "Publishes one price (AAPL 150.00 unless given) and prints the number of receivers.\n"
    "\n"
    "  --url URL   redis://[[user]:password@]host[:port][/db] or unix:///path\n"
    "              (default: $REDIS_URL, else redis://localhost:6379)\n"
    "  --help      this text\n";

/* The data of a price message, to be freed with cJSON_Delete. NULL: out of memory. */
static cJSON *price_data(const char *symbol, double price) {
  cJSON *data = cJSON_CreateObject();
  if (cJSON_AddStringToObject(data, "type", "price") &&
      cJSON_AddStringToObject(data, "timestamp", "2025-04-24T09:45:00.000Z") &&
      cJSON_AddNumberToObject(data, "price", price) &&
      cJSON_AddNumberToObject(data, "volume", 1000) &&
      cJSON_AddStringToObject(data, "symbol", symbol))
    return data;
  cJSON_Delete(data);
  return NULL;
}

static respub_status publish(respub_publisher *publisher, const respub_registry *registry,
                             const char *symbol, double price, respub_error *error) {
  char channel[RESPUB_CHANNEL_MAX];
  respub_status status = respub_ticker_channel(channel, symbol, error);
  if (status != RESPUB_OK)
    return status;
  cJSON *data = price_data(symbol, price);
  if (!data) {
    snprintf(error->text, sizeof error->text, "out of memory");
    return RESPUB_ENOMEM;
  }
  int64_t receivers = 0;
  status = respub_message_publish(publisher, registry, respub_slice_of_string(channel), data,
                                  "publish_price", &receivers, NULL, error);
  cJSON_Delete(data);
  if (status != RESPUB_OK)
    return status;
  if (printf("%" PRId64 "\n", receivers) > 0 && fflush(stdout) == 0)
    return RESPUB_OK;
  snprintf(error->text, sizeof error->text, "published, but standard output cannot be written to");
  return RESPUB_EIO;
}

static respub_status connect_and_publish(const char *url, const char *symbol, double price,
                                         respub_error *error) {
  respub_publisher *publisher = NULL;
  respub_registry *registry = NULL;
  respub_publisher_options options;
  respub_publisher_options_init(&options);
  respub_status status = respub_options_from_url(&options.connection, url, error);
  if (status == RESPUB_OK)
    status = respub_registry_open(&registry, error);
  if (status == RESPUB_OK)
    status = respub_publisher_open(&publisher, &options, error);
  if (status == RESPUB_OK)
    status = publish(publisher, registry, symbol, price, error);
  respub_publisher_close(publisher);
  respub_registry_close(registry);
  return status;
}

static int wrong_usage(void) {
  fputs(usage, stderr);
  return 2;
}

int main(int argc, char **argv) {
  const char *url = getenv("REDIS_URL");
  const char *symbol = "AAPL";
  double price = 150.00;
  int i = 1;
  if (!url || !*url)
    url = "redis://localhost:6379";
  for (; i < argc && argv[i][0] == '-'; i++) {
    if (strcmp(argv[i], "--help") == 0)
      return fputs(usage, stdout) < 0;
    if (strcmp(argv[i], "--url") != 0 || ++i == argc)
      return wrong_usage();
    url = argv[i];
  }
  if (argc - i == 2) {
    char *end;
    symbol = argv[i];
    price = strtod(argv[i + 1], &end);
    if (end == argv[i + 1] || *end)
      return wrong_usage();
  } else if (i != argc) {
    return wrong_usage();
  }
  respub_error error = {RESPUB_OK, ""};
  if (connect_and_publish(url, symbol, price, &error) == RESPUB_OK)
    return 0;
  fprintf(stderr, "publish_price: %s\n", error.text);
  return 1;
}
