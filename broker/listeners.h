/* listeners.h - where a broker listens, and how that is written. */
#ifndef RESPUB_BROKER_LISTENERS_H
#define RESPUB_BROKER_LISTENERS_H

#include "broker/broker.h"
#include "net/socket.h"

#include <sys/stat.h>

typedef struct respub__broker_listeners {
  int tcp;   /* -1: none */
  int local; /* -1: none */
  int port;
  char path[RESPUB__ADDRESS_TEXT]; /* absolute, because the program may change its folder */
  dev_t device;                    /* of the socket file, so that only this one is removed */
  ino_t inode;
  char address[RESPUB__ADDRESS_TEXT];
  char url[8 + 3 * RESPUB__ADDRESS_TEXT]; /* every byte may have to be written as %XX */
} respub__broker_listeners;

/* Errors as of respub_broker_open. On failure nothing is left open. */
RESPUB_MUST_USE respub_status respub__broker_listeners_open(respub__broker_listeners *listeners,
                                                            const respub_broker_options *options,
                                                            respub_error *error);

/* keep_file: the socket file belongs to another process, too. */
void respub__broker_listeners_close(respub__broker_listeners *listeners, bool keep_file);

#endif
