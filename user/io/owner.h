/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of the programs on a device are ours: those that use our map `self`, whoever loaded them and
 * however far that got. Must not know where programs are attached.
 */
#ifndef IO_OWNER_H
#define IO_OWNER_H

#include "6bed4/map.h"

struct owner {
	__u32 self_id; /* of map `self`; 0 unknown */
	__u32 prog_id[3]; /* as noted; 0 none. For a process that may not look into programs */
};

/* @self_fd: descriptor of `self`, -1 none. @made may be NULL. */
void owner_init(struct owner *o, int self_fd, const struct bed4_made *made);

/* 1: the program is ours; 0: it is not, or is gone; -errno: the kernel does not tell. */
int owner_has(const struct owner *o, __u32 prog_id);

#endif
