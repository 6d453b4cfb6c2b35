#include "broker/hub.h"

#define DEFAULT_MAX_OUTPUT (8u * 1024 * 1024)
#define DEFAULT_MAX_REQUEST (16u * 1024 * 1024)

void respub__broker_hub_init(respub__broker_hub *hub, const respub_broker_options *options) {
  bool named = options->username != NULL && options->username[0] != '\0';
  *hub = (respub__broker_hub){
      .allocator = respub__allocator(&options->allocator),
      .log = options->log,
      .username = named ? respub_slice_of_string(options->username) : RESPUB_LIT("default"),
      .password = respub_slice_of_string(options->password),
      .client_output_bytes = options->client_output_bytes,
      .request_bytes = options->request_bytes,
  };
  if (hub->client_output_bytes == 0)
    hub->client_output_bytes = DEFAULT_MAX_OUTPUT;
  if (hub->request_bytes == 0)
    hub->request_bytes = DEFAULT_MAX_REQUEST;
  respub__broker_topics_init(&hub->topics, &hub->allocator);
}

void respub__broker_hub_free(respub__broker_hub *hub) {
  respub__broker_topics_free(&hub->topics);
}
