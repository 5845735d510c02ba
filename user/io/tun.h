/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The TUN device: persistent, so that its TC program goes on working when the daemon is gone. Must
 * not know what is written to it.
 */
#ifndef IO_TUN_H
#define IO_TUN_H

#include <stdbool.h>

#include "err.h"

/*
 * Creates the TUN device @name, or adopts it when it is there already, and sets it up: persistent,
 * MTU, no addresses of the kernel's making, no RA accepted, up. *@made says whether it was created.
 * Returns a non-blocking descriptor, or -errno with @e set and nothing left behind. On success
 * *@ifindex is set.
 */
int tun_open(const char *name, unsigned int mtu, bool *made, unsigned int *ifindex, struct err *e);

#endif
