/* A subscriber in a libevent loop.
 *
 *     libevent_loop --url redis://localhost:6379 CHANNEL...
 *
 * What the subscriber waits for changes, so after each step its descriptors and its time limit are
 * asked for again and given to libevent. Ends with SIGINT or SIGTERM. Needs libevent (Debian:
 * libevent-dev). */
#include <respub/pubsub.h>

#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: libevent_loop [--url URL] CHANNEL...\n"
    "\n"
    "Prints the messages of the channels until SIGINT or SIGTERM.\n"
    "\n"
    "  --url URL   redis://[[user]:password@]host[:port][/db] or unix:///path\n"
    "              (default: $REDIS_URL, else redis://localhost:6379)\n"
    "  --help      this text\n";

#define WATCHED 2 /* most descriptors of a subscriber */

typedef struct loop {
  struct event_base *base;
  respub_subscriber *subscriber;
  struct event *fds[WATCHED];
  struct event *timer;
  struct event *interrupted, *terminated;
  respub_status status;
} loop;

static void print(const respub_event *event, void *ctx) {
  (void)ctx;
  fwrite(event->payload.ptr, 1, event->payload.len, stdout);
  putchar('\n');
  fflush(stdout);
}

static void tell(const respub_event *event, void *ctx) {
  respub_slice what = event->text.len ? event->text : event->channel;
  (void)ctx;
  fprintf(stderr, "libevent_loop: %s %.*s\n", respub_event_name(event->type), (int)what.len,
          what.len ? what.ptr : "");
}

static void on_ready(evutil_socket_t fd, short events, void *ctx);

/* Replaces what libevent watches by what the subscriber wants now. */
static int watch(loop *l) {
  struct pollfd wanted[WATCHED];
  size_t n = respub_subscriber_fds(l->subscriber, wanted);
  int timeout_ms = respub_subscriber_timeout_ms(l->subscriber);
  struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  int failed = 0;
  for (size_t i = 0; i < WATCHED; i++) {
    if (l->fds[i])
      event_free(l->fds[i]);
    l->fds[i] = NULL;
    if (i >= n || wanted[i].fd < 0)
      continue;
    int events =
        (wanted[i].events & POLLIN ? EV_READ : 0) | (wanted[i].events & POLLOUT ? EV_WRITE : 0);
    l->fds[i] = event_new(l->base, wanted[i].fd, (short)events, on_ready, l);
    failed |= !l->fds[i] || event_add(l->fds[i], NULL) < 0;
  }
  event_del(l->timer);
  if (timeout_ms >= 0)
    failed |= event_add(l->timer, &limit) < 0;
  return failed ? -1 : 0;
}

static void on_ready(evutil_socket_t fd, short events, void *ctx) {
  loop *l = ctx;
  (void)fd;
  (void)events;
  l->status = respub_subscriber_step(l->subscriber);
  if (l->status == RESPUB_OK && watch(l) < 0)
    l->status = RESPUB_EIO;
  if (l->status != RESPUB_OK)
    event_base_loopbreak(l->base);
}

static void on_signal(evutil_socket_t signal_number, short events, void *ctx) {
  loop *l = ctx;
  (void)signal_number;
  (void)events;
  event_base_loopbreak(l->base);
}

static respub_status run(loop *l) {
  l->base = event_base_new();
  if (!l->base)
    return RESPUB_ENOMEM;
  l->timer = evtimer_new(l->base, on_ready, l);
  l->interrupted = evsignal_new(l->base, SIGINT, on_signal, l);
  l->terminated = evsignal_new(l->base, SIGTERM, on_signal, l);
  if (!l->timer || !l->interrupted || !l->terminated)
    return RESPUB_ENOMEM;
  if (event_add(l->interrupted, NULL) < 0 || event_add(l->terminated, NULL) < 0)
    return RESPUB_EIO;
  on_ready(-1, 0, l); /* the first step */
  if (l->status == RESPUB_OK && event_base_dispatch(l->base) < 0)
    return RESPUB_EIO;
  return l->status;
}

static void release(loop *l) {
  struct event *all[] = {l->fds[0], l->fds[1], l->timer, l->interrupted, l->terminated};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i])
      event_free(all[i]);
  if (l->base)
    event_base_free(l->base);
}

static respub_status subscribe_and_run(const char *url, char **channels, int n,
                                       respub_error *error) {
  loop l = {.status = RESPUB_OK};
  respub_subscriber_options options;
  respub_subscriber_options_init(&options);
  options.on_event = tell;
  respub_status status = respub_options_from_url(&options.connection, url, error);
  if (status == RESPUB_OK)
    status = respub_subscriber_open(&l.subscriber, &options, error);
  if (status != RESPUB_OK)
    return status;
  for (int i = 0; i < n && status == RESPUB_OK; i++)
    status = respub_subscriber_subscribe(l.subscriber, respub_slice_of_string(channels[i]), print,
                                         NULL, NULL);
  if (status == RESPUB_OK)
    status = run(&l);
  if (status != RESPUB_OK)
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
  release(&l);
  respub_subscriber_close(l.subscriber);
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
  if (subscribe_and_run(url, argv + i, argc - i, &error) == RESPUB_OK)
    return 0;
  fprintf(stderr, "libevent_loop: %s\n", error.text);
  return 1;
}
