/* The smallest subscriber: writes the messages of one channel to standard output, a line each.
 *
 * usage: listener HOST CHANNEL */
#include "respub.h"

#include <string.h>
#include <unistd.h>

static void on_message(const respub_event *event, void *ctx) {
  (void)ctx;
  if (write(STDOUT_FILENO, event->payload.ptr, event->payload.len) < 0 ||
      write(STDOUT_FILENO, "\n", 1) < 0)
    respub_subscriber_stop(event->subscriber);
}

int main(int argc, char **argv) {
  respub_subscriber_options options;
  respub_subscriber *sub;
  respub_subscriber_options_init(&options);
  if (argc != 3 || strlen(argv[1]) >= sizeof options.connection.host)
    return 2;
  memcpy(options.connection.host, argv[1], strlen(argv[1]) + 1);
  if (respub_subscriber_open(&sub, &options, NULL) != RESPUB_OK)
    return 1;
  respub_status status =
      respub_subscriber_subscribe(sub, respub_slice_of_string(argv[2]), on_message, NULL, NULL);
  if (status == RESPUB_OK)
    status = respub_subscriber_run(sub);
  respub_subscriber_close(sub);
  return status == RESPUB_OK ? 0 : 1;
}
