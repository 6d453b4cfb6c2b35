/* random.h - seeds; part of what a port supplies. */
#ifndef RESPUB_NET_RANDOM_H
#define RESPUB_NET_RANDOM_H

#include <stdint.h>

/* A number that another process cannot guess where the system can give one; otherwise one that
 * differs from process to process. For hash seeds and jitter, not for secrets. Never fails. */
uint64_t respub__random_seed(void);

#endif
