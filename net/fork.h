/* fork.h - noticing that this process is a fork of the one that opened an object. */
#ifndef RESPUB_NET_FORK_H
#define RESPUB_NET_FORK_H

/* A number that differs in a child from its parent's. Cheap enough for every call: no system call. */
unsigned respub__fork_generation(void);

#endif
