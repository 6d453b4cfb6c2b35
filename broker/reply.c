#include "broker/reply.h"

#include <stdarg.h>

/* Room for size more bytes of output; NULL when the client has come to its end, now or before. */
static char *room(respub__broker_client *client, size_t size) {
  if (client->state != RESPUB__BROKER_CLIENT_OPEN)
    return NULL;
  char *place = respub__broker_output_add(&client->output, size);
  if (place == NULL)
    respub__broker_client_lose(client, respub_status_text(RESPUB_ENOMEM));
  return place;
}

static bool over_limit(const respub__broker_client *client) {
  return client->output.bytes > client->hub->client_output_bytes;
}

/* A turn's output may be too much for a client that had no chance to read any of it. */
static void check_limit(respub__broker_client *client) {
  respub__broker_client_touch(client);
  if (over_limit(client) && client->hub->send_now != NULL)
    client->hub->send_now(client);
  if (!over_limit(client) || client->state != RESPUB__BROKER_CLIENT_OPEN)
    return;
  client->hub->stats.evicted++;
  respub__broker_client_lose(client, "does not read, too much is waiting for it");
}

static void reply_text(respub__broker_client *client, respub_type type, respub_slice text) {
  size_t size = respub_encode_text(NULL, 0, type, text);
  char *place = size == RESPUB_UNENCODABLE ? NULL : room(client, size);
  if (place == NULL)
    return;
  (void)respub_encode_text(place, size, type, text);
  check_limit(client);
}

void respub__broker_reply_simple(respub__broker_client *client, respub_slice text) {
  reply_text(client, RESPUB_SIMPLE, text);
}

void respub__broker_reply_bulk(respub__broker_client *client, respub_slice bytes) {
  reply_text(client, RESPUB_BULK, bytes);
}

void respub__broker_reply_error(respub__broker_client *client, respub_slice text) {
  size_t size = text.len + 3;
  char *place = room(client, size);
  if (place == NULL)
    return;
  place[0] = '-';
  for (size_t i = 0; i < text.len; i++) {
    bool breaks = text.ptr[i] == '\r' || text.ptr[i] == '\n';
    place[1 + i] = breaks ? ' ' : text.ptr[i];
  }
  place[size - 2] = '\r';
  place[size - 1] = '\n';
  check_limit(client);
}

void respub__broker_reply_errorf(respub__broker_client *client, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  size_t len = respub__format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  size_t kept = len < sizeof text ? len : sizeof text - 1;
  respub__broker_reply_error(client, respub_slice_of(text, kept));
}

void respub__broker_reply_integer(respub__broker_client *client, int64_t value) {
  size_t size = respub_encode_integer(NULL, 0, value);
  char *place = room(client, size);
  if (place == NULL)
    return;
  (void)respub_encode_integer(place, size, value);
  check_limit(client);
}

void respub__broker_reply_null(respub__broker_client *client) {
  size_t size = respub_encode_null(NULL, 0, RESPUB_BULK);
  char *place = room(client, size);
  if (place == NULL)
    return;
  (void)respub_encode_null(place, size, RESPUB_BULK);
  check_limit(client);
}

void respub__broker_reply_array(respub__broker_client *client, size_t count) {
  size_t size = respub_encode_aggregate(NULL, 0, RESPUB_ARRAY, count);
  char *place = room(client, size);
  if (place == NULL)
    return;
  (void)respub_encode_aggregate(place, size, RESPUB_ARRAY, count);
  check_limit(client);
}

bool respub__broker_reply_block(respub__broker_client *client, respub__broker_block *block) {
  if (client->state != RESPUB__BROKER_CLIENT_OPEN)
    return false;
  if (respub__broker_output_share(&client->output, block) != RESPUB_OK) {
    respub__broker_client_lose(client, respub_status_text(RESPUB_ENOMEM));
    return false;
  }
  check_limit(client);
  return client->state == RESPUB__BROKER_CLIENT_OPEN;
}
