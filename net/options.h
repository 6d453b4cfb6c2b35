/* options.h - what net/ asks of options beyond net.h. */
#ifndef RESPUB_NET_OPTIONS_H
#define RESPUB_NET_OPTIONS_H

#include "net/net.h"

/* RESPUB_EARGUMENT, error filled, when a member is out of its range. */
RESPUB_MUST_USE respub_status respub__options_check(const respub_options *options,
                                                    respub_error *error);

#endif
