/* trickle.h - a proxy on a loopback port that passes everything on one byte at a time, each in a
 * packet of its own; and does worse when it is told to. */
#ifndef RESPUB_TESTS_SUPPORT_TRICKLE_H
#define RESPUB_TESTS_SUPPORT_TRICKLE_H

#include <stdint.h>

typedef struct respub_test_trickle respub_test_trickle;

/* Serves one connection after the other to 127.0.0.1:port. NULL on failure. */
respub_test_trickle *respub_test_trickle_start(uint16_t port);
uint16_t respub_test_trickle_port(const respub_test_trickle *t);
/* Loses the next piece of what a client says that asks for a subscription, or ends one. */
void respub_test_trickle_lose(respub_test_trickle *t);

/* Begins a message on the present connection that never ends: a byte now and then, and nothing of
 * what the server says. */
void respub_test_trickle_stick(respub_test_trickle *t);

void respub_test_trickle_free(respub_test_trickle *t);

#endif
