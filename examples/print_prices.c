/* Subscribes to the channels of some tickers and prints their prices until Ctrl-C or SIGTERM.
 *
 *     print_prices --url redis://localhost:6379 AAPL MSFT
 *
 * The subscriber works on a thread of its own; this one waits for a signal. What happens besides
 * messages (a lost connection, the gap that it left) is told on standard error. */
#include <respub/schema.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: print_prices [--url URL] [SYMBOL]...\n"
    "\n"
    "Prints the prices of the given tickers (AAPL without one) until Ctrl-C or SIGTERM.\n"
    "\n"
    "  --url URL   redis://[[user]:password@]host[:port][/db] or unix:///path\n"
    "              (default: $REDIS_URL, else redis://localhost:6379)\n"
    "  --help      this text\n";

/* Runs for each message, on the subscriber's thread. */
static void print_price(const respub_message_event *event, void *ctx) {
  (void)ctx;
  if (event->status != RESPUB_OK) {
    fprintf(stderr, "print_prices: refused: %s\n", event->error->text);
    return;
  }
  const cJSON *data = event->message->data;
  const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, "type"));
  const char *symbol = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(data, "symbol"));
  const cJSON *price = cJSON_GetObjectItemCaseSensitive(data, "price");
  if (!type || strcmp(type, "price") != 0 || !price)
    return;
  if (cJSON_IsNumber(price))
    printf("%s %.2f\n", symbol ? symbol : "?", price->valuedouble);
  else
    printf("%s %s\n", symbol ? symbol : "?", cJSON_GetStringValue(price));
  fflush(stdout);
}

/* Runs for everything that is not a message. */
static void tell(const respub_event *event, void *ctx) {
  (void)ctx;
  fprintf(stderr, "print_prices: %s %.*s", respub_event_name(event->type), (int)event->channel.len,
          event->channel.ptr ? event->channel.ptr : "");
  if (event->type == RESPUB_EVENT_GAP)
    fprintf(stderr, "of %" PRId64 " ms: prices may be missing", event->to_ms - event->from_ms);
  fprintf(stderr, "%.*s\n", (int)event->text.len, event->text.ptr ? event->text.ptr : "");
}

static respub_status subscribe(respub_subscriber *subscriber, const respub_registry *registry,
                               const char *symbol, respub_error *error) {
  char channel[RESPUB_CHANNEL_MAX];
  respub_status status = respub_ticker_channel(channel, symbol, error);
  if (status != RESPUB_OK)
    return status;
  status = respub_message_subscribe(subscriber, registry, respub_slice_of_string(channel),
                                    print_price, NULL, NULL);
  if (status != RESPUB_OK)
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
  return status;
}

/* Blocked in every thread, the signals wait for sigwait: no handler, nothing to race with. */
static void block_signals(sigset_t *signals) {
  sigemptyset(signals);
  sigaddset(signals, SIGINT);
  sigaddset(signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static respub_status run(respub_subscriber *subscriber, const sigset_t *signals,
                         respub_error *error) {
  int signal_number;
  respub_status status = respub_subscriber_start(subscriber);
  if (status != RESPUB_OK)
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
  else
    sigwait(signals, &signal_number);
  return status;
}

static respub_status print_prices(const char *url, char **symbols, int n, respub_error *error) {
  sigset_t signals;
  respub_subscriber *subscriber = NULL;
  respub_registry *registry = NULL;
  respub_subscriber_options options;
  block_signals(&signals);
  respub_subscriber_options_init(&options);
  options.on_event = tell;
  respub_status status = respub_options_from_url(&options.connection, url, error);
  if (status == RESPUB_OK)
    status = respub_registry_open(&registry, error);
  if (status == RESPUB_OK)
    status = respub_subscriber_open(&subscriber, &options, error);
  for (int i = 0; i < n && status == RESPUB_OK; i++)
    status = subscribe(subscriber, registry, symbols[i], error);
  if (status == RESPUB_OK)
    status = run(subscriber, &signals, error);
  respub_subscriber_close(subscriber); /* no handler runs any more: the registry may go */
  respub_registry_close(registry);
  return status;
}

int main(int argc, char **argv) {
  char aapl[] = "AAPL";
  char *fallback[] = {aapl};
  const char *url = getenv("REDIS_URL");
  int i = 1;
  if (!url || !*url)
    url = "redis://localhost:6379";
  for (; i < argc && argv[i][0] == '-'; i++) {
    if (strcmp(argv[i], "--help") == 0)
      return fputs(usage, stdout) < 0;
    if (strcmp(argv[i], "--url") != 0 || ++i == argc) {
      fputs(usage, stderr);
      return 2;
    }
    url = argv[i];
  }
  respub_error error = {RESPUB_OK, ""};
  respub_status status = i < argc ? print_prices(url, argv + i, argc - i, &error)
                                  : print_prices(url, fallback, 1, &error);
  if (status == RESPUB_OK)
    return 0;
  fprintf(stderr, "print_prices: %s\n", error.text);
  return 1;
}
