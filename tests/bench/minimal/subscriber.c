/* The smallest program that subscribes: one channel, driven by its own thread. At the first message
 * it writes the kernel's line about its anonymous memory to standard output, and ends.
 *
 * usage: subscriber URL */
#include <fcntl.h>
#include <respub/pubsub.h>
#include <string.h>
#include <unistd.h>

/* Without stdio, whose buffers would be counted too. */
static void write_line(const char *text, const char *word) {
  const char *line = strstr(text, word);
  const char *end = line == NULL ? NULL : strchr(line, '\n');
  if (end != NULL)
    (void)!write(STDOUT_FILENO, line, (size_t)(end + 1 - line));
}

static void on_message(const respub_event *event, void *ctx) {
  char text[4096];
  int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  (void)ctx;
  close(fd);
  text[len < 0 ? 0 : len] = '\0';
  write_line(text, "RssAnon:");
  respub_subscriber_stop(event->subscriber);
}

int main(int argc, char **argv) {
  respub_subscriber_options options;
  respub_subscriber *sub;
  respub_subscriber_options_init(&options);
  if (argc != 2 || respub_options_from_url(&options.connection, argv[1], NULL) != RESPUB_OK ||
      respub_subscriber_open(&sub, &options, NULL) != RESPUB_OK)
    return 2;
  respub_status status =
      respub_subscriber_subscribe(sub, RESPUB_LIT("memory"), on_message, NULL, NULL);
  if (status == RESPUB_OK)
    status = respub_subscriber_run(sub);
  respub_subscriber_close(sub);
  return status == RESPUB_OK ? 0 : 1;
}
