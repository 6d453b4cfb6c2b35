#include "schema/envelope.h"

#include "net/clock.h"
#include "schema/arena.h"
#include "schema/tree.h"
#include "schema/utf8.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define OPENING "{\"data\":"
#define STAMP ",\"timestamp\":\""
#define SENDER "\",\"sender\":"

void respub__timestamp(char out[RESPUB__TIMESTAMP_BYTES]) {
  int64_t now_us = respub__wall_us();
  time_t seconds = (time_t)(now_us / 1000000);
  struct tm utc = {.tm_mday = 1, .tm_year = 70};
  (void)gmtime_r(&seconds, &utc);
  size_t n = strftime(out, RESPUB__TIMESTAMP_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
  (void)snprintf(out + n, RESPUB__TIMESTAMP_BYTES - n, ".%06d", (int)(now_us % 1000000));
}

/* The envelope's bytes at most, with its NUL; 0: more than there can be. */
static size_t room_for(size_t data_bytes, size_t sender_bytes) {
  size_t frame = sizeof OPENING STAMP SENDER "}" + RESPUB__TIMESTAMP_BYTES;
  if (sender_bytes > PTRDIFF_MAX - frame || data_bytes > PTRDIFF_MAX - frame - sender_bytes)
    return 0;
  return frame + sender_bytes + data_bytes;
}

static respub_status begin(respub__envelope *e, size_t data_bytes, const cJSON *sender) {
  respub__tree tree;
  e->allocated = NULL;
  e->text = e->small;
  respub_status status = respub__tree_check(&tree, sender, 0);
  if (status != RESPUB_OK)
    return status == RESPUB_EINVALID ? RESPUB_EARGUMENT : status;
  size_t room = room_for(data_bytes, tree.bytes);
  if (room == 0)
    return RESPUB_ENOMEM;
  if (room > sizeof e->small) {
    e->allocated = cJSON_malloc(room);
    e->text = e->allocated;
  }
  if (e->text == NULL)
    return RESPUB_ENOMEM;
  memcpy(e->text, OPENING, sizeof OPENING - 1);
  e->len = sizeof OPENING - 1;
  return RESPUB_OK;
}

static void append(respub__envelope *e, const char *bytes, size_t len) {
  memcpy(e->text + e->len, bytes, len);
  e->len += len;
}

static void finish(respub__envelope *e, const cJSON *sender) {
  char now[RESPUB__TIMESTAMP_BYTES];
  respub__timestamp(now);
  append(e, STAMP, sizeof STAMP - 1);
  append(e, now, strlen(now));
  append(e, SENDER, sizeof SENDER - 1);
  e->len += respub__tree_print(e->text + e->len, sender, false);
  append(e, "}", sizeof "}");
  e->len--; /* the NUL does not count */
}

/* A string node on the stack, so that names take the same way as all other strings. The text is not
 * changed. */
static cJSON sender_node(const char *sender) {
  static char unknown[] = RESPUB__UNKNOWN_SENDER;
  cJSON node = {.type = cJSON_String, .valuestring = unknown};
  if (sender != NULL && sender[0] != '\0')
    memcpy(&node.valuestring, &sender, sizeof sender);
  return node;
}

respub_status respub__envelope_value(respub__envelope *e, const cJSON *data, size_t bytes,
                                     const char *sender) {
  cJSON name = sender_node(sender);
  respub_status status = begin(e, bytes, &name);
  if (status != RESPUB_OK)
    return status;
  e->len += respub__tree_print(e->text + e->len, data, false);
  finish(e, &name);
  return RESPUB_OK;
}

respub_status respub__envelope_text(respub__envelope *e, const char *data, size_t len,
                                    const char *sender) {
  cJSON name = sender_node(sender);
  respub_status status = begin(e, len, &name);
  if (status != RESPUB_OK)
    return status;
  append(e, data, len);
  finish(e, &name);
  return RESPUB_OK;
}

void respub__envelope_free(respub__envelope *e) {
  respub__give_back(e->allocated);
  e->allocated = NULL;
}
