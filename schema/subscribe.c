#include "schema/arena.h"
#include "schema/message.h"
#include "schema/text.h"

/* What one subscription's handler is called with. */
typedef struct binding {
  const respub_registry *registry;
  respub_message_handler *handler;
  void *ctx;
} binding;

static respub_status check_received(const binding *b, const respub_event *event,
                                    respub_message *message, respub_validation_error *invalid,
                                    respub_error *error) {
  respub_status status =
      respub_message_parse(event->payload.ptr, event->payload.len, message, error);
  if (status != RESPUB_OK)
    return status;
  status = respub__message_check(b->registry, event->channel, message->data, invalid);
  if (status == RESPUB_OK)
    return RESPUB_OK;
  respub_message_free(message);
  return respub__schema_fail(
      error, status, "%s", status == RESPUB_EINVALID ? invalid->text : respub_status_text(status));
}

static void deliver(const respub_event *event, void *ctx) {
  const binding *b = ctx;
  respub_message message;
  respub_validation_error invalid;
  respub_error error = {.status = RESPUB_OK};
  respub_message_event e = {.message = &message, .error = &error, .event = event};
  e.status = check_received(b, event, &message, &invalid, &error);
  if (e.status == RESPUB_EINVALID)
    e.invalid = &invalid;
  /* The handler may end the subscription, and the binding with it. */
  b->handler(&e, b->ctx);
  respub_message_free(&message);
}

typedef respub_status subscribe_function(respub_subscriber *sub, respub_slice name,
                                         respub_handler *handler, void *ctx,
                                         respub_subscription *subscription);

static respub_status subscribe_bound(subscribe_function *subscribe, respub_subscriber *sub,
                                     respub_slice name, const binding *wanted,
                                     respub_subscription *subscription) {
  respub_subscription made;
  if (wanted->handler == NULL)
    return RESPUB_EARGUMENT;
  binding *kept = cJSON_malloc(sizeof *kept);
  if (kept == NULL)
    return RESPUB_ENOMEM;
  *kept = *wanted;
  respub_status status = subscribe(sub, name, deliver, kept, &made);
  if (status != RESPUB_OK) {
    respub__give_back(kept);
    return status;
  }
  if (subscription != NULL)
    *subscription = made;
  /* ENOTFOUND: another thread has ended it in this moment. Its handler may be about to run all the
   * same, so the few bytes of the binding are left to it for ever. */
  status = respub_subscriber_on_release(sub, made, respub__give_back);
  return status == RESPUB_ENOTFOUND ? RESPUB_OK : status;
}

respub_status respub_message_subscribe(respub_subscriber *sub, const respub_registry *registry,
                                       respub_slice channel, respub_message_handler *handler,
                                       void *ctx, respub_subscription *subscription) {
  binding b = {.registry = registry, .handler = handler, .ctx = ctx};
  return subscribe_bound(respub_subscriber_subscribe, sub, channel, &b, subscription);
}

respub_status respub_message_psubscribe(respub_subscriber *sub, const respub_registry *registry,
                                        respub_slice pattern, respub_message_handler *handler,
                                        void *ctx, respub_subscription *subscription) {
  binding b = {.registry = registry, .handler = handler, .ctx = ctx};
  return subscribe_bound(respub_subscriber_psubscribe, sub, pattern, &b, subscription);
}
