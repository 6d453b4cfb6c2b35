/* commands.h - which commands there are, and who may run them when. */
#ifndef RESPUB_BROKER_COMMANDS_H
#define RESPUB_BROKER_COMMANDS_H

#include "broker/client.h"

/* Executes one command or answers why it cannot be. words->count >= 1. */
void respub__command_run(respub__client *client, const respub__words *words);

/* An option or a section's name: letters without case. */
bool respub__word_is(const respub_node *word, respub_slice name);

/* A number as Redis takes it, without plus sign, leading zeros or blanks. False: it is none. */
bool respub__word_number(const respub_node *word, int64_t *value);

/* "wrong number of arguments" for the command of this name. */
void respub__refuse_count(respub__client *client, const char *name);

/* The implementations: words are as the table of commands allows them. */
typedef void respub__command_function(respub__client *client, const respub__words *words);

/* command_session.c */
respub__command_function respub__run_auth, respub__run_echo, respub__run_hello, respub__run_ping,
    respub__run_quit, respub__run_reset, respub__run_select;

/* command_client.c */
respub__command_function respub__run_client_getname, respub__run_client_help, respub__run_client_id,
    respub__run_client_setinfo, respub__run_client_setname;

/* command_pubsub.c */
respub__command_function respub__run_psubscribe, respub__run_publish, respub__run_punsubscribe,
    respub__run_subscribe, respub__run_unsubscribe;

/* command_info.c */
respub__command_function respub__run_info, respub__run_pubsub_channels, respub__run_pubsub_help,
    respub__run_pubsub_numpat, respub__run_pubsub_numsub;

/* Sets the client's name from HELLO or CLIENT SETNAME. False: refused, and answered. */
bool respub__set_name(respub__client *client, const respub_node *name);

/* Characters that names may consist of: '!' to '~'. */
bool respub__name_is_plain(respub_slice name);

#endif
