/* handshake.h - the commands that make a stream of bytes a session, and what their replies mean.
 * Pure: no I/O, no allocation, no clock. */
#ifndef RESPUB_NET_HANDSHAKE_H
#define RESPUB_NET_HANDSHAKE_H

#include "net/net.h"

typedef enum respub__step {
  RESPUB__STEP_HELLO,
  RESPUB__STEP_AUTH,
  RESPUB__STEP_SELECT,
  RESPUB__STEP_SETNAME,
  RESPUB__STEP_LIB_NAME,
  RESPUB__STEP_LIB_VER,
  RESPUB__STEP_PING
} respub__step;

#define RESPUB__STEPS 7

typedef struct respub__handshake {
  uint8_t steps[RESPUB__STEPS]; /* of type respub__step, in the order sent */
  uint8_t count;
  uint8_t answered;
  bool has_remark;
  respub_error remark; /* the first error reply to a step that may fail */
} respub__handshake;

/* Plans the steps for these options and returns the size of their commands, which are written to
 * out when cap is at least that. username and password are those of the options, or the credential
 * callback's. */
size_t respub__handshake_begin(respub__handshake *h, const respub_options *options, char *out,
                               size_t cap);

/* Takes the next reply. AGAIN: more are due. OK: done. EAUTH, EREFUSED, EPROTOCOL: error filled,
 * without the password even when the server's text quotes it. RESP3 pushes do not count. */
RESPUB_MUST_USE respub_status respub__handshake_reply(respub__handshake *h,
                                                      const respub_options *options,
                                                      const respub_node *reply,
                                                      respub_error *error);

/* The stream has ended or failed with status before the last reply: returns EREFUSED, error filled,
 * when the server had said something that explains it (it greets one client too many with an error
 * that looks like the reply to whatever was sent first), else status. */
respub_status respub__handshake_lost(const respub__handshake *h, respub_status status,
                                     respub_error *error);

#endif
