#include "broker/client.h"

#include "broker/commands.h"
#include "broker/reply.h"

#include <string.h>

void respub__client_init(respub__client *client, respub__hub *hub) {
  *client = (respub__client){.hub = hub, .id = ++hub->last_client_id};
  client->authenticated = hub->password.len == 0;
  client->output.allocator = &hub->allocator;
  respub__request_init(&client->request, &hub->allocator, hub->request_bytes);
  respub__list_append(&hub->clients, &client->of_hub);
  hub->stats.clients = hub->clients.count;
}

void respub__client_free(respub__client *client) {
  respub__hub *hub = client->hub;
  if (client->touched)
    respub__list_remove(&hub->touched, &client->of_touched);
  respub__list_remove(&hub->clients, &client->of_hub);
  hub->stats.clients = hub->clients.count;
  respub__unsubscribe_all(&hub->topics, &client->subscriber);
  respub__free(&hub->allocator, client->name);
  respub__request_free(&client->request);
  respub__output_free(&client->output);
}

void respub__client_touch(respub__client *client) {
  if (client->touched)
    return;
  client->touched = true;
  respub__list_append(&client->hub->touched, &client->of_touched);
}

/* Subscriptions stay until respub__client_free: this may be called while a message goes round, and
 * the lists must not change under it. */
void respub__client_lose(respub__client *client, const char *reason) {
  if (client->state == RESPUB__CLIENT_LOST)
    return;
  client->state = RESPUB__CLIENT_LOST;
  respub__client_touch(client);
  respub__log(&client->hub->log, RESPUB_LOG_INFO, "client %llu: %s", (unsigned long long)client->id,
              reason);
}

void respub__client_leave(respub__client *client) {
  if (client->state != RESPUB__CLIENT_OPEN)
    return;
  client->state = RESPUB__CLIENT_LEAVING;
  respub__unsubscribe_all(&client->hub->topics, &client->subscriber);
  respub__client_touch(client);
}

void respub__client_reset(respub__client *client) {
  respub__unsubscribe_all(&client->hub->topics, &client->subscriber);
  client->authenticated = client->hub->password.len == 0;
  respub__free(&client->hub->allocator, client->name);
  client->name = NULL;
  client->name_len = 0;
}

respub_status respub__client_rename(respub__client *client, respub_slice name) {
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

bool respub__client_subscribed(const respub__client *client) {
  return respub__subscriptions_held(&client->subscriber) > 0;
}

/* ------------------------------------------------------------------------------------------------
 * Executing */

static void refuse_stream(respub__client *client) {
  const respub__complaint *complaint = &client->request.complaint;
  respub__reply_errorf(client, "ERR Protocol error: %.*s", (int)complaint->len, complaint->text);
  respub__client_leave(client);
}

bool respub__client_execute(respub__client *client, uint64_t work_limit) {
  respub__hub *hub = client->hub;
  while (client->state == RESPUB__CLIENT_OPEN) {
    if (hub->work >= work_limit)
      return true;
    respub__words words;
    respub_status status = respub__request_next(&client->request, client->authenticated, &words);
    if (status == RESPUB_MORE)
      return false;
    if (status == RESPUB_OK) {
      hub->work++;
      hub->stats.commands++;
      respub__command_run(client, &words);
    } else if (status == RESPUB_EPROTOCOL) {
      refuse_stream(client);
    } else {
      respub__client_lose(client, respub_status_text(status));
    }
  }
  return false;
}
