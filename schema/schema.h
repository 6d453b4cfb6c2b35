/* schema.h - channels with a meaning, messages with a shape: JSON validated on both ends.
 *
 * A message travels in an envelope, {"data": ..., "timestamp": ..., "sender": ...}; its data is
 * validated against the schema of its channel before it is published and when it is received. This
 * is the only layer that knows cJSON.
 *
 * cJSON facts that matter here: numbers are doubles (integers beyond 2^53 lose digits: send them as
 * strings, which "price" and "volume" allow); strings end at NUL, so \u0000 is refused on the way
 * in; of duplicate keys the first counts, so duplicates are refused in both directions; its parser
 * takes much that is not JSON, so this layer checks the text first (respub_json_parse); its printer
 * rounds 9007199254740991 to 9.00719925474099e+15, so this layer prints for itself
 * (respub_json_text).
 *
 * Memory: everything in this layer comes from cJSON_malloc, that is from cJSON's hooks, which are
 * process-global; it uses them as they are and never sets them. Who calls cJSON_InitHooks does so
 * before anything else here.
 *
 * Threads: a schema, and a registry that nobody changes, may be used by many threads at once; all
 * functions are legal inside handlers. Nothing here blocks but respub_schema_load and the publish
 * functions. Validating takes at most about 100 KiB of stack, for the deepest schemas and messages.
 */
#ifndef RESPUB_SCHEMA_H
#define RESPUB_SCHEMA_H

#include "pubsub/pubsub.h"

#include <cjson/cJSON.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * JSON as RFC 8259 has it, and nothing else */

#define RESPUB_JSON_DEPTH 100 /* arrays and objects inside each other, at most */

/* Parses all len bytes at text into *root, to be given to cJSON_Delete. EJSON, the error says
 * "offset N: reason": not JSON, more behind it, not UTF-8, half a surrogate pair, \u0000, a
 * duplicate key, nested deeper than RESPUB_JSON_DEPTH, a number longer than 63 characters or too
 * large for a double. ENOMEM. *root is NULL on failure. */
RESPUB_MUST_USE respub_status respub_json_parse(cJSON **root, const char *text, size_t len,
                                                respub_error *error);

/* Prints compact JSON: *text is NUL-terminated, *len (unless NULL) its bytes, to be given to
 * respub_text_free. Every number reads back as the same double, in the fewest digits that do so,
 * whatever the locale. EARGUMENT: value is NULL or is what JSON has no text for, or what a receiver
 * would refuse (NaN, an infinity, a string that is not UTF-8, a duplicate key, a raw item, too
 * deep). ENOMEM. *text is NULL on failure. */
RESPUB_MUST_USE respub_status respub_json_text(const cJSON *value, char **text, size_t *len);

/* Accepts NULL. */
void respub_text_free(char *text);

/* ------------------------------------------------------------------------------------------------
 * Channels */

#define RESPUB_BROKER_REGISTRATION "BROKER_REGISTRATION"
#define RESPUB_TICKER_UPDATES "TICKER_UPDATES_"   /* + symbol */
#define RESPUB_ACCOUNT_UPDATES "ACCOUNT_UPDATES_" /* + account */

#define RESPUB_NAME_MAX 64    /* longest symbol or account in bytes */
#define RESPUB_CHANNEL_MAX 96 /* room for any channel below and its NUL */

/* "TICKER_UPDATES_<SYMBOL>": ASCII letters are upper-cased. ECHANNEL (the error says why) when the
 * symbol is NULL, empty, longer than RESPUB_NAME_MAX, or holds a blank, a control character or a
 * byte outside printable ASCII. out has RESPUB_CHANNEL_MAX bytes; it is "" on failure. */
RESPUB_MUST_USE respub_status respub_ticker_channel(char out[RESPUB_CHANNEL_MAX],
                                                    const char *symbol, respub_error *error);

/* "ACCOUNT_UPDATES_<ACCOUNT>"; the account keeps its case; otherwise as above. */
RESPUB_MUST_USE respub_status respub_account_channel(char out[RESPUB_CHANNEL_MAX],
                                                     const char *account, respub_error *error);

/* ------------------------------------------------------------------------------------------------
 * Schemas: JSON Schema 2020-12, the keywords listed in the README, compiled once */

typedef struct respub_schema respub_schema;

/* Where and why a value does not match. */
typedef struct respub_validation_error {
  char pointer[256];  /* JSON Pointer (RFC 6901) to the value at fault; "" is the whole value; cut
                         with "..." */
  char keyword[32];   /* "required", "type", "enum", ... */
  char expected[256]; /* "one of \"price\", \"order\"" */
  char text[512];     /* one sentence with all of it, for a user */
} respub_validation_error;

/* Compiles the schema in the len bytes at text. ESCHEMA: not JSON, an unknown keyword that would
 * change what is accepted, a keyword's value of the wrong form, a $ref that leads nowhere or back
 * to itself: the error says which and where. ENOMEM. *schema is NULL on failure. */
RESPUB_MUST_USE respub_status respub_schema_compile(respub_schema **schema, const char *text,
                                                    size_t len, respub_error *error);

/* Compiles a file. Also EIO. At most 1 MiB. */
RESPUB_MUST_USE respub_status respub_schema_load(respub_schema **schema, const char *path,
                                                 respub_error *error);

/* The schema as JSON text, as it was given but re-indented; NUL-terminated, lives as long as the
 * schema. */
const char *respub_schema_json(const respub_schema *schema);

/* OK, or EINVALID with the first fault in document order of the schema (error may be NULL). A value
 * that respub_json_text would refuse is invalid whatever the schema says: keyword "json". So is one
 * that needs more than 256 subschemas inside each other or 16 million in all: keyword "$ref".
 * ENOMEM: for an object or a uniqueItems of many members. */
RESPUB_MUST_USE respub_status respub_schema_validate(const respub_schema *schema,
                                                     const cJSON *value,
                                                     respub_validation_error *error);

/* Accepts NULL. Not while a registry holds it: that owns its schemas. */
void respub_schema_free(respub_schema *schema);

/* ------------------------------------------------------------------------------------------------
 * Registry: which channel has which schema */

typedef struct respub_registry respub_registry;

/* A registry with the built-in schemas: BROKER_REGISTRATION; TICKER_UPDATES_ and ACCOUNT_UPDATES_
 * as prefixes. */
RESPUB_MUST_USE respub_status respub_registry_open(respub_registry **registry, respub_error *error);

/* Adds a schema for exactly this channel, or for every channel that starts with this prefix; the
 * longest match wins, an exact name before any prefix. One that is there for the same name is
 * replaced (and freed). Takes ownership of schema on success. NULL schema: removes. EARGUMENT
 * (empty or longer than 1024 bytes), ENOMEM. */
RESPUB_MUST_USE respub_status respub_registry_add(respub_registry *registry, respub_slice channel,
                                                  respub_schema *schema);
RESPUB_MUST_USE respub_status respub_registry_add_prefix(respub_registry *registry,
                                                         respub_slice prefix,
                                                         respub_schema *schema);

/* The schema of a channel; NULL: none, and any JSON object is accepted. Valid until the registry
 * changes. */
const respub_schema *respub_registry_find(const respub_registry *registry, respub_slice channel);

/* Calls each(ctx, name, is_prefix, schema) for every entry, in the order of their names. */
void respub_registry_each(const respub_registry *registry,
                          void (*each)(void *ctx, respub_slice name, bool is_prefix,
                                       const respub_schema *schema),
                          void *ctx);

void respub_registry_close(respub_registry *registry);

/* ------------------------------------------------------------------------------------------------
 * Messages */

/* A parsed envelope. All of it lives in root; respub_message_free ends it. */
typedef struct respub_message {
  cJSON *root;
  const cJSON *data;
  const char *timestamp; /* as sent */
  const char *sender;
} respub_message;

/* Validates data (without its envelope) for a channel: as respub_schema_validate. data must be an
 * object. registry NULL: nothing more is asked of it. */
RESPUB_MUST_USE respub_status respub_message_validate(const respub_registry *registry,
                                                      respub_slice channel, const cJSON *data,
                                                      respub_validation_error *error);

/* Wraps a copy of data: {"data", "timestamp" (now, UTC, ISO 8601 with microseconds), "sender"}.
 * sender NULL or "" becomes "unknown". Not validated against any schema. EARGUMENT: data cannot be
 * printed (respub_json_text), sender is not UTF-8. ENOMEM. The message is empty on failure. */
RESPUB_MUST_USE respub_status respub_message_create(const cJSON *data, const char *sender,
                                                    respub_message *message);

/* Validates, wraps and prints: *text is compact JSON of *len bytes, NUL-terminated, to be given to
 * respub_text_free. EINVALID, EARGUMENT (sender is not UTF-8), ENOMEM. *text is NULL on failure. */
RESPUB_MUST_USE respub_status respub_message_format(const respub_registry *registry,
                                                    respub_slice channel, const cJSON *data,
                                                    const char *sender, char **text, size_t *len,
                                                    respub_validation_error *error);

/* The same for data that is already JSON text (data_len bytes), which goes into the envelope as it
 * is, with every digit of its numbers. Also EJSON. *error (unless NULL) has a sentence in each
 * case, *invalid (unless NULL) what EINVALID is about. */
RESPUB_MUST_USE respub_status respub_message_format_text(const respub_registry *registry,
                                                         respub_slice channel, const char *data,
                                                         size_t data_len, const char *sender,
                                                         char **text, size_t *len,
                                                         respub_validation_error *invalid,
                                                         respub_error *error);

/* Parses an envelope. EJSON: as respub_json_parse. EENVELOPE: not an object, no "data", "timestamp"
 * or "sender" not a string. A missing sender reads as "unknown", a missing timestamp as ""; other
 * members are left alone. ENOMEM. The message is empty on failure. */
RESPUB_MUST_USE respub_status respub_message_parse(const char *text, size_t len,
                                                   respub_message *message, respub_error *error);

/* The data of a parsed or created message; NULL for an empty one. */
const cJSON *respub_message_data(const respub_message *message);

/* Frees what the message holds and empties it. Accepts an empty one and NULL. */
void respub_message_free(respub_message *message);

/* Validates, wraps, publishes. What is not valid never reaches the wire: EINVALID and *invalid
 * (unless NULL) says field, keyword and expectation. EARGUMENT: sender is not UTF-8. Otherwise the
 * statuses of respub_publisher_publish. *error (unless NULL) has a sentence in each case. A message
 * of at most 32 fields that is sure to fit in 2 KiB, a number counted as 34 bytes, costs no
 * allocation here. */
RESPUB_MUST_USE respub_status respub_message_publish(
    respub_publisher *pub, const respub_registry *registry, respub_slice channel, const cJSON *data,
    const char *sender, int64_t *receivers, respub_validation_error *invalid, respub_error *error);

/* The same for data that is already JSON text (len bytes). Also EJSON. The text goes into the
 * envelope as it is, with every digit of its numbers. */
RESPUB_MUST_USE respub_status respub_message_publish_text(
    respub_publisher *pub, const respub_registry *registry, respub_slice channel, const char *data,
    size_t len, const char *sender, int64_t *receivers, respub_validation_error *invalid,
    respub_error *error);

/* What a typed handler gets: a message, valid until the handler returns, or the reason why there is
 * none. */
typedef struct respub_message_event {
  respub_status status; /* RESPUB_OK, EJSON, EENVELOPE, EINVALID, ENOMEM */
  const respub_message *message;
  const respub_error *error;              /* says why status is not OK; message is empty then */
  const respub_validation_error *invalid; /* with EINVALID; else NULL */
  const respub_event *event;              /* channel, pattern, payload as received */
} respub_message_event;

typedef void respub_message_handler(const respub_message_event *event, void *ctx);

/* Subscribes a handler to parsed and validated messages of a channel or pattern. registry must
 * outlive the subscription; NULL: no validation. Errors as respub_subscriber_subscribe. */
RESPUB_MUST_USE respub_status respub_message_subscribe(respub_subscriber *sub,
                                                       const respub_registry *registry,
                                                       respub_slice channel,
                                                       respub_message_handler *handler, void *ctx,
                                                       respub_subscription *subscription);
RESPUB_MUST_USE respub_status respub_message_psubscribe(respub_subscriber *sub,
                                                        const respub_registry *registry,
                                                        respub_slice pattern,
                                                        respub_message_handler *handler, void *ctx,
                                                        respub_subscription *subscription);

#ifdef __cplusplus
}
#endif
#endif
