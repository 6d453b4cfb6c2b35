#include "market.h"

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char status_schema[] =
    "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
    " \"title\": \"State of the market\","
    " \"type\": \"object\","
    " \"required\": [\"state\"],"
    " \"properties\": {\"state\": {\"enum\": [\"open\", \"closing\", \"closed\"]}}}";

respub_status market_registry_open(respub_registry **registry, respub_error *error) {
  respub_schema *schema = NULL;
  respub_status status = respub_registry_open(registry, error);
  if (status != RESPUB_OK)
    return status;
  status = respub_schema_compile(&schema, status_schema, strlen(status_schema), error);
  if (status == RESPUB_OK) {
    status = respub_registry_add(*registry, RESPUB_LIT(MARKET_STATUS), schema);
    if (status == RESPUB_OK)
      return RESPUB_OK;
    snprintf(error->text, sizeof error->text, "%s", respub_status_text(status));
    respub_schema_free(schema);
  }
  respub_registry_close(*registry);
  *registry = NULL;
  return status;
}

const char *market_member(const cJSON *object, const char *name) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
  return text ? text : "";
}

cJSON *market_update(const char *type, const char *symbol) {
  char now[CLOCK_TEXT];
  cJSON *data = cJSON_CreateObject();
  if (cJSON_AddStringToObject(data, "type", type) &&
      cJSON_AddStringToObject(data, "timestamp", clock_text(now)) &&
      cJSON_AddStringToObject(data, "symbol", symbol))
    return data;
  cJSON_Delete(data);
  return NULL;
}

static const char *copy_text(char *out, size_t capacity, const char *text) {
  if (*text == '\0' || strlen(text) >= capacity)
    return NULL;
  return memcpy(out, text, strlen(text) + 1);
}

const char *order_read(const cJSON *data, order *o) {
  const cJSON *fields = cJSON_GetObjectItemCaseSensitive(data, "order_data");
  const cJSON *quantity = cJSON_GetObjectItemCaseSensitive(fields, "quantity");
  const char *side = market_member(fields, "side");
  memset(o, 0, sizeof *o);
  if (!copy_text(o->id, sizeof o->id, market_member(fields, "id")))
    return "order_data.id must have 1 to 47 characters";
  if (!copy_text(o->symbol, sizeof o->symbol, market_member(data, "symbol")))
    return "symbol must have 1 to 64 characters";
  o->buy = strcmp(side, "buy") == 0;
  if (!o->buy && strcmp(side, "sell") != 0)
    return "order_data.side must be buy or sell";
  if (!cJSON_IsNumber(quantity) || !(quantity->valuedouble >= 1) ||
      quantity->valuedouble > ORDER_QUANTITY_MAX)
    return "order_data.quantity must be a number from 1 to 1000000";
  o->quantity = (long)quantity->valuedouble;
  if ((double)o->quantity < quantity->valuedouble)
    return "order_data.quantity must be whole";
  return NULL;
}

static bool add_fields(cJSON *data, const order *o, const order_update *update) {
  bool filled = strcmp(update->status, "filled") == 0;
  if (filled && !cJSON_AddNumberToObject(data, "price", money_to_double(update->price)))
    return false;
  cJSON *fields = cJSON_AddObjectToObject(data, "order_data");
  return cJSON_AddStringToObject(fields, "id", o->id) &&
         cJSON_AddStringToObject(fields, "status", update->status) &&
         cJSON_AddStringToObject(fields, "side", o->buy ? "buy" : "sell") &&
         cJSON_AddNumberToObject(fields, "quantity", (double)o->quantity) &&
         (!update->reason || cJSON_AddStringToObject(fields, "reason", update->reason));
}

cJSON *order_message(const order *o, const order_update *update) {
  cJSON *data = market_update("order", o->symbol);
  if (data && add_fields(data, o, update))
    return data;
  cJSON_Delete(data);
  return NULL;
}

/* What happens at every start and end, once a channel. */
static bool is_routine(respub_event_type type) {
  return type == RESPUB_EVENT_SUBSCRIBED || type == RESPUB_EVENT_UNSUBSCRIBED ||
         type == RESPUB_EVENT_CLOSED;
}

void market_tell(const char *program, const respub_event *event) {
  respub_slice name = event->kind == RESPUB_PATTERN ? event->pattern : event->channel;
  int64_t lasted = event->to_ms - event->from_ms;
  if (is_routine(event->type))
    return;
  fprintf(stderr, "%s: %s", program, respub_event_name(event->type));
  if (name.len > 0)
    fprintf(stderr, " %.*s", (int)name.len, name.ptr);
  if (event->type == RESPUB_EVENT_GAP && event->missed != RESPUB_MISSED_UNKNOWN)
    fprintf(stderr, ": %" PRIu64 " messages dropped in %" PRId64 " ms", event->missed, lasted);
  else if (event->type == RESPUB_EVENT_GAP)
    fprintf(stderr, ": messages of %" PRId64 " ms may be missing", lasted);
  if (event->text.len > 0)
    fprintf(stderr, ": %.*s", (int)event->text.len, event->text.ptr);
  if (event->delay_ms > 0)
    fprintf(stderr, " (next try in %" PRId64 " ms)", event->delay_ms);
  fprintf(stderr, "\n");
}
