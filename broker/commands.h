/* commands.h - which commands there are, and who may run them when. */
#ifndef RESPUB_BROKER_COMMANDS_H
#define RESPUB_BROKER_COMMANDS_H

#include "broker/client.h"

/* Executes one command or answers why it cannot be. words->count >= 1. */
void respub__broker_command_run(respub__broker_client *client, const respub__broker_words *words);

/* An option or a section's name: letters without case. */
bool respub__broker_word_is(const respub_node *word, respub_slice name);

/* A number as Redis takes it, without plus sign, leading zeros or blanks. False: it is none. */
bool respub__broker_word_number(const respub_node *word, int64_t *value);

/* "wrong number of arguments" for the command of this name. */
void respub__broker_refuse_count(respub__broker_client *client, const char *name);

/* The implementations: words are as the table of commands allows them. */
typedef void respub__broker_command_function(respub__broker_client *client,
                                             const respub__broker_words *words);

/* command_session.c */
respub__broker_command_function respub__broker_run_auth, respub__broker_run_echo,
    respub__broker_run_hello, respub__broker_run_ping, respub__broker_run_quit,
    respub__broker_run_reset, respub__broker_run_select;

/* command_client.c */
respub__broker_command_function respub__broker_run_client_getname, respub__broker_run_client_help,
    respub__broker_run_client_id, respub__broker_run_client_setinfo,
    respub__broker_run_client_setname;

/* command_pubsub.c */
respub__broker_command_function respub__broker_run_psubscribe, respub__broker_run_publish,
    respub__broker_run_punsubscribe, respub__broker_run_subscribe, respub__broker_run_unsubscribe;

/* command_info.c */
respub__broker_command_function respub__broker_run_info, respub__broker_run_pubsub_channels,
    respub__broker_run_pubsub_help, respub__broker_run_pubsub_numpat,
    respub__broker_run_pubsub_numsub;

/* Sets the client's name from HELLO or CLIENT SETNAME. False: refused, and answered. */
bool respub__broker_set_name(respub__broker_client *client, const respub_node *name);

/* Characters that names may consist of: '!' to '~'. */
bool respub__broker_name_is_plain(respub_slice name);

#endif
