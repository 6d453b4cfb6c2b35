#include "broker/commands.h"
#include "broker/reply.h"

bool respub__broker_name_is_plain(respub_slice name) {
  for (size_t i = 0; i < name.len; i++) {
    if (name.ptr[i] < '!' || name.ptr[i] > '~')
      return false;
  }
  return true;
}

bool respub__broker_set_name(respub__broker_client *client, const respub_node *name) {
  if (!respub__broker_name_is_plain(name->text)) {
    respub__broker_reply_error(client,
                               RESPUB_LIT("ERR Client names cannot contain spaces, newlines or "
                                          "special characters."));
    return false;
  }
  respub_status status = respub__broker_client_rename(client, name->text);
  if (status != RESPUB_OK)
    respub__broker_client_lose(client, respub_status_text(status));
  return status == RESPUB_OK;
}

void respub__broker_run_client_setname(respub__broker_client *client,
                                       const respub__broker_words *words) {
  if (respub__broker_set_name(client, &words->at[2]))
    respub__broker_reply_simple(client, RESPUB_LIT("OK"));
}

void respub__broker_run_client_getname(respub__broker_client *client,
                                       const respub__broker_words *words) {
  (void)words;
  if (client->name == NULL)
    respub__broker_reply_null(client);
  else
    respub__broker_reply_bulk(client, respub_slice_of(client->name, client->name_len));
}

void respub__broker_run_client_id(respub__broker_client *client,
                                  const respub__broker_words *words) {
  (void)words;
  respub__broker_reply_integer(client, (int64_t)client->id);
}

/* Library names are for CLIENT LIST, which is not here: the words are checked and forgotten.
 * Source: CLIENT SETINFO of Redis 7.2, the first to have it. */
void respub__broker_run_client_setinfo(respub__broker_client *client,
                                       const respub__broker_words *words) {
  bool name = respub__broker_word_is(&words->at[2], RESPUB_LIT("lib-name"));
  bool version = respub__broker_word_is(&words->at[2], RESPUB_LIT("lib-ver"));
  respub_slice option = words->at[2].text;
  if (!name && !version)
    respub__broker_reply_errorf(client, "ERR Unrecognized option '%.*s'",
                                RESPUB__BROKER_QUOTED(option, 256));
  else if (!respub__broker_name_is_plain(words->at[3].text))
    respub__broker_reply_errorf(client,
                                "ERR %s cannot contain spaces, newlines or special characters.",
                                name ? "lib-name" : "lib-ver");
  else
    respub__broker_reply_simple(client, RESPUB_LIT("OK"));
}

void respub__broker_run_client_help(respub__broker_client *client,
                                    const respub__broker_words *words) {
  (void)words;
  respub__broker_reply_array(client, 5);
  respub__broker_reply_simple(client, RESPUB_LIT("CLIENT ID: the number of this connection"));
  respub__broker_reply_simple(client, RESPUB_LIT("CLIENT GETNAME: its name, null without one"));
  respub__broker_reply_simple(client, RESPUB_LIT("CLIENT SETNAME name: gives it a name"));
  respub__broker_reply_simple(client, RESPUB_LIT("CLIENT SETINFO lib-name|lib-ver text: accepted"));
  respub__broker_reply_simple(client, RESPUB_LIT("CLIENT HELP: this list"));
}
