#include "broker/hub.h"

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
    hub->client_output_bytes = RESPUB__BROKER_OUTPUT_BYTES;
  if (hub->request_bytes == 0)
    hub->request_bytes = RESPUB__BROKER_REQUEST_BYTES;
  respub__broker_topics_init(&hub->topics, &hub->allocator);
}

void respub__broker_hub_free(respub__broker_hub *hub) {
  respub__broker_topics_free(&hub->topics);
}
