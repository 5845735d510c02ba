/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What only root can do to the TUN device of a process without privileges: the commands, for people to copy.
 * Must not change anything.
 */
#ifndef ASROOT_H
#define ASROOT_H

#include "opt.h"

#define AS_ROOT_MAX (7 + BED4_V6DEV_MAX)

struct as_root {
	struct bed4_in6 addr, old; /* that the device should have, and should have no longer; 0: none */
	char command[AS_ROOT_MAX][128];
	unsigned int count;
};

/* From now on the device should have @addr, and no longer the one before. */
void as_root_address(struct as_root *a, const struct bed4_in6 *addr);

/* Fills in the commands that give the device @tun what it lacks now of what @o says. */
void as_root_make(struct as_root *a, const struct load_options *o, unsigned int tun);

#endif
