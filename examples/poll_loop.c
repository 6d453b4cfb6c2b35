/* A subscriber in a poll loop that belongs to the program: no thread, no lock, one more descriptor.
 *
 *     poll_loop --url redis://localhost:6379 CHANNEL...
 *
 * Each turn asks the subscriber what to wait for, waits for that and for the program's own
 * descriptors (here: standard input), and lets the subscriber do what can be done now. Ends with
 * the end of standard input. */
#include <respub/pubsub.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: poll_loop [--url URL] CHANNEL...\n"
    "\n"
    "Prints the messages of the channels until standard input ends.\n"
    "\n"
    "  --url URL   redis://[[user]:password@]host[:port][/db] or unix:///path\n"
    "              (default: $REDIS_URL, else redis://localhost:6379)\n"
    "  --help      this text\n";

static void print(const respub_event *event, void *ctx) {
  (void)ctx;
  fwrite(event->payload.ptr, 1, event->payload.len, stdout);
  putchar('\n');
  fflush(stdout);
}

static void tell(const respub_event *event, void *ctx) {
  respub_slice what = event->text.len ? event->text : event->channel;
  (void)ctx;
  fprintf(stderr, "poll_loop: %s %.*s\n", respub_event_name(event->type), (int)what.len,
          what.len ? what.ptr : "");
}

/* Reads what is there. False at the end of standard input. */
static int input_goes_on(void) {
  char ignored[256];
  return read(STDIN_FILENO, ignored, sizeof ignored) > 0;
}

static respub_status loop(respub_subscriber *subscriber) {
  for (;;) {
    respub_status status = respub_subscriber_step(subscriber);
    if (status != RESPUB_OK)
      return status;
    struct pollfd fds[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    size_t n = 1 + respub_subscriber_fds(subscriber, fds + 1);
    if (poll(fds, (nfds_t)n, respub_subscriber_timeout_ms(subscriber)) < 0 && errno != EINTR)
      return RESPUB_EIO;
    if (fds[0].revents != 0 && !input_goes_on())
      return RESPUB_OK;
  }
}

static respub_status subscribe_and_loop(const char *url, char **channels, int n,
                                        respub_error *error) {
  respub_subscriber *subscriber = NULL;
  respub_subscriber_options options;
  respub_subscriber_options_init(&options);
  options.on_event = tell;
  respub_status status = respub_options_from_url(&options.connection, url, error);
  if (status == RESPUB_OK)
    status = respub_subscriber_open(&subscriber, &options, error);
  if (status != RESPUB_OK)
    return status;
  for (int i = 0; i < n && status == RESPUB_OK; i++)
    status = respub_subscriber_subscribe(subscriber, respub_slice_of_string(channels[i]), print,
                                         NULL, NULL);
  if (status == RESPUB_OK)
    status = loop(subscriber);
  if (status != RESPUB_OK)
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
  respub_subscriber_close(subscriber);
  return status;
}

int main(int argc, char **argv) {
  const char *url = getenv("REDIS_URL");
  int i = 1;
  if (!url || !*url)
    url = "redis://localhost:6379";
  for (; i < argc && argv[i][0] == '-'; i++) {
    if (strcmp(argv[i], "--help") == 0)
      return fputs(usage, stdout) < 0;
    if (strcmp(argv[i], "--url") != 0 || ++i == argc)
      break;
    url = argv[i];
  }
  if (i >= argc || argv[i][0] == '-') {
    fputs(usage, stderr);
    return 2;
  }
  respub_error error = {RESPUB_OK, ""};
  if (subscribe_and_loop(url, argv + i, argc - i, &error) == RESPUB_OK)
    return 0;
  fprintf(stderr, "poll_loop: %s\n", error.text);
  return 1;
}
