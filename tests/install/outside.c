/* A program outside the source tree: it sees only what is installed. */
#include <respub/broker.h>
#include <respub/pubsub.h>
#include <respub/schema.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char channel[RESPUB_CHANNEL_MAX];
  cJSON *data = cJSON_CreateObject();
  respub_status status = respub_ticker_channel(channel, "aapl", NULL);
  cJSON_Delete(data);
  printf("respub %s %s: %s\n", RESPUB_VERSION, channel, respub_status_text(status));
  return status == RESPUB_OK && strcmp(channel, "TICKER_UPDATES_AAPL") == 0 ? 0 : 1;
}
