#include "broker/commands.h"
#include "broker/reply.h"

#include <limits.h>
#include <string.h>

#define DATABASES 16 /* as many as Redis has unless told otherwise */

static const char wrong_password[] =
    "WRONGPASS invalid username-password pair or user is disabled.";

void respub__broker_run_ping(respub__broker_client *client, const respub__broker_words *words) {
  bool subscribed = respub__broker_client_subscribed(client);
  if (words->count > 2) {
    respub__broker_refuse_count(client, "ping");
    return;
  }
  if (!subscribed && words->count == 1) {
    respub__broker_reply_simple(client, RESPUB_LIT("PONG"));
    return;
  }
  if (subscribed) {
    respub__broker_reply_array(client, 2);
    respub__broker_reply_bulk(client, RESPUB_LIT("pong"));
  }
  respub__broker_reply_bulk(client, words->count == 1 ? RESPUB_LIT("") : words->at[1].text);
}

void respub__broker_run_echo(respub__broker_client *client, const respub__broker_words *words) {
  respub__broker_reply_bulk(client, words->at[1].text);
}

void respub__broker_run_quit(respub__broker_client *client, const respub__broker_words *words) {
  (void)words;
  respub__broker_reply_simple(client, RESPUB_LIT("OK"));
  respub__broker_client_leave(client);
}

void respub__broker_run_reset(respub__broker_client *client, const respub__broker_words *words) {
  (void)words;
  respub__broker_client_reset(client);
  respub__broker_reply_simple(client, RESPUB_LIT("RESET"));
}

/* Pub/Sub knows no databases: the number is checked and forgotten. */
void respub__broker_run_select(respub__broker_client *client, const respub__broker_words *words) {
  int64_t db;
  if (!respub__broker_word_number(&words->at[1], &db))
    respub__broker_reply_error(client, RESPUB_LIT("ERR value is not an integer or out of range"));
  else if (db < INT_MIN || db > INT_MAX)
    respub__broker_reply_errorf(client, "ERR value is out of range, value must between %d and %d",
                                INT_MIN, INT_MAX);
  else if (db < 0 || db >= DATABASES)
    respub__broker_reply_error(client, RESPUB_LIT("ERR DB index is out of range"));
  else
    respub__broker_reply_simple(client, RESPUB_LIT("OK"));
}

/* ------------------------------------------------------------------------------------------------
 * Authentication */

/* Takes as long wherever the first difference is; only the length can be learnt from it. */
static bool same_secret(respub_slice given, respub_slice secret) {
  unsigned char difference = given.len != secret.len;
  for (size_t i = 0; i < given.len && secret.len > 0; i++)
    difference |= (unsigned char)(given.ptr[i] ^ secret.ptr[i % secret.len]);
  return difference == 0;
}

/* Without a password every one is right for the one user there is. */
static bool authenticate(respub__broker_client *client, respub_slice username,
                         respub_slice password) {
  const respub__broker_hub *hub = client->hub;
  bool known = respub_slice_equal(username, hub->username);
  bool right = hub->password.len == 0 || same_secret(password, hub->password);
  if (known && right)
    client->authenticated = true;
  return known && right;
}

void respub__broker_run_auth(respub__broker_client *client, const respub__broker_words *words) {
  if (words->count > 3) {
    respub__broker_reply_error(client, RESPUB_LIT("ERR syntax error"));
    return;
  }
  bool named = words->count == 3;
  if (!named && client->hub->password.len == 0) {
    respub__broker_reply_error(client,
                               RESPUB_LIT("ERR AUTH <password> called without any password "
                                          "configured for the default user. Are you sure your "
                                          "configuration is correct?"));
    return;
  }
  respub_slice username = named ? words->at[1].text : RESPUB_LIT("default");
  if (authenticate(client, username, words->at[words->count - 1].text))
    respub__broker_reply_simple(client, RESPUB_LIT("OK"));
  else
    respub__broker_reply_error(client, respub_slice_of_string(wrong_password));
}

/* ------------------------------------------------------------------------------------------------
 * HELLO */

/* The options behind the version, in their order. False: one was refused, and answered. */
static bool take_hello_options(respub__broker_client *client, const respub__broker_words *words) {
  for (size_t i = 2; i < words->count; i++) {
    const respub_node *option = &words->at[i];
    size_t behind = words->count - 1 - i;
    if (respub__broker_word_is(option, RESPUB_LIT("auth")) && behind >= 2) {
      if (!authenticate(client, option[1].text, option[2].text)) {
        respub__broker_reply_error(client, respub_slice_of_string(wrong_password));
        return false;
      }
      i += 2;
    } else if (respub__broker_word_is(option, RESPUB_LIT("setname")) && behind >= 1) {
      if (!respub__broker_set_name(client, &option[1]))
        return false;
      i++;
    } else {
      respub_slice text = option->text;
      respub__broker_reply_errorf(client, "ERR Syntax error in HELLO option '%.*s'",
                                  RESPUB__BROKER_QUOTED(text, 256));
      return false;
    }
  }
  return true;
}

static void describe_server(respub__broker_client *client) {
  respub__broker_reply_array(client, 14);
  respub__broker_reply_bulk(client, RESPUB_LIT("server"));
  respub__broker_reply_bulk(client, RESPUB_LIT("redis"));
  respub__broker_reply_bulk(client, RESPUB_LIT("version"));
  respub__broker_reply_bulk(client, RESPUB_LIT(RESPUB__BROKER_REDIS_VERSION));
  respub__broker_reply_bulk(client, RESPUB_LIT("proto"));
  respub__broker_reply_integer(client, 2);
  respub__broker_reply_bulk(client, RESPUB_LIT("id"));
  respub__broker_reply_integer(client, (int64_t)client->id);
  respub__broker_reply_bulk(client, RESPUB_LIT("mode"));
  respub__broker_reply_bulk(client, RESPUB_LIT("standalone"));
  respub__broker_reply_bulk(client, RESPUB_LIT("role"));
  respub__broker_reply_bulk(client, RESPUB_LIT("master"));
  respub__broker_reply_bulk(client, RESPUB_LIT("modules"));
  respub__broker_reply_array(client, 0);
}

void respub__broker_run_hello(respub__broker_client *client, const respub__broker_words *words) {
  int64_t version = 2;
  if (words->count > 1 && !respub__broker_word_number(&words->at[1], &version)) {
    respub__broker_reply_error(
        client, RESPUB_LIT("ERR Protocol version is not an integer or out of range"));
    return;
  }
  if (version != 2) {
    respub__broker_reply_error(client, RESPUB_LIT("NOPROTO unsupported protocol version"));
    return;
  }
  if (!take_hello_options(client, words))
    return;
  if (client->authenticated)
    describe_server(client);
  else
    respub__broker_reply_error(client,
                               RESPUB_LIT("NOAUTH HELLO must be called with the client already "
                                          "authenticated, otherwise the HELLO AUTH <user> <pass> "
                                          "option can be used to authenticate the client and "
                                          "select the RESP protocol version at the same time"));
}
