#include "broker/client.h"

#include "broker/commands.h"
#include "broker/reply.h"
#include "net/text.h"

#include <string.h>

void respub__broker_client_init(respub__broker_client *client, respub__broker_hub *hub) {
  *client = (respub__broker_client){.hub = hub, .id = ++hub->last_client_id};
  client->authenticated = hub->password.len == 0;
  client->output.allocator = &hub->allocator;
  respub__broker_request_init(&client->request, &hub->allocator, hub->request_bytes);
  respub__broker_list_append(&hub->clients, &client->of_hub);
  hub->stats.clients = hub->clients.count;
}

void respub__broker_client_free(respub__broker_client *client) {
  respub__broker_hub *hub = client->hub;
  if (client->touched)
    respub__broker_list_remove(&hub->touched, &client->of_touched);
  respub__broker_list_remove(&hub->clients, &client->of_hub);
  hub->stats.clients = hub->clients.count;
  respub__broker_unsubscribe_all(&hub->topics, &client->subscriber);
  respub__free(&hub->allocator, client->name);
  respub__broker_request_free(&client->request);
  respub__broker_output_free(&client->output);
}

void respub__broker_client_touch(respub__broker_client *client) {
  if (client->touched)
    return;
  client->touched = true;
  respub__broker_list_append(&client->hub->touched, &client->of_touched);
}

/* Subscriptions stay until respub__broker_client_free: this may be called while a message goes
 * round, and the lists must not change under it. */
void respub__broker_client_lose(respub__broker_client *client, const char *reason) {
  if (client->state == RESPUB__BROKER_CLIENT_LOST)
    return;
  client->state = RESPUB__BROKER_CLIENT_LOST;
  respub__broker_client_touch(client);
  respub__log(&client->hub->log, RESPUB_LOG_INFO, "client %llu: %s", (unsigned long long)client->id,
              reason);
}

void respub__broker_client_leave(respub__broker_client *client) {
  if (client->state != RESPUB__BROKER_CLIENT_OPEN)
    return;
  client->state = RESPUB__BROKER_CLIENT_LEAVING;
  respub__broker_unsubscribe_all(&client->hub->topics, &client->subscriber);
  respub__broker_client_touch(client);
}

void respub__broker_client_reset(respub__broker_client *client) {
  respub__broker_unsubscribe_all(&client->hub->topics, &client->subscriber);
  client->authenticated = client->hub->password.len == 0;
  respub__free(&client->hub->allocator, client->name);
  client->name = NULL;
  client->name_len = 0;
}

respub_status respub__broker_client_rename(respub__broker_client *client, respub_slice name) {
  char *copy = NULL;
  if (name.len > 0) {
    copy = respub__alloc(&client->hub->allocator, name.len);
    if (copy == NULL)
      return RESPUB_ENOMEM;
    memcpy(copy, name.ptr, name.len);
  }
  respub__free(&client->hub->allocator, client->name);
  client->name = copy;
  client->name_len = name.len;
  return RESPUB_OK;
}

bool respub__broker_client_subscribed(const respub__broker_client *client) {
  return respub__broker_subscriptions_held(&client->subscriber) > 0;
}

/* ------------------------------------------------------------------------------------------------
 * Executing */

static void refuse_stream(respub__broker_client *client) {
  const respub__broker_complaint *complaint = &client->request.complaint;
  respub__broker_reply_errorf(client, "ERR Protocol error: %.*s", (int)complaint->len,
                              complaint->text);
  respub__broker_client_leave(client);
}

bool respub__broker_client_execute(respub__broker_client *client, uint64_t work_limit) {
  respub__broker_hub *hub = client->hub;
  while (client->state == RESPUB__BROKER_CLIENT_OPEN) {
    if (hub->work >= work_limit)
      return true;
    respub__broker_words words;
    respub_status status =
        respub__broker_request_next(&client->request, client->authenticated, &words);
    if (status == RESPUB_MORE)
      return false;
    if (status == RESPUB_OK) {
      hub->work++;
      hub->stats.commands++;
      respub__broker_command_run(client, &words);
    } else if (status == RESPUB_EPROTOCOL) {
      refuse_stream(client);
    } else {
      respub__broker_client_lose(client, respub_status_text(status));
    }
  }
  return false;
}
