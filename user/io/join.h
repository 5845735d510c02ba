/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Living where another process lives. Must not know who that is. */
#ifndef IO_JOIN_H
#define IO_JOIN_H

#include <sys/types.h>

#include "err.h"

/*
 * Moves this process into the control groups of @pid, by which a service manager knows its processes, and
 * into its mount namespace. Those that are the same already stay; root only. 0 or -errno with @e set.
 */
int join_process(pid_t pid, struct err *e);

#endif
