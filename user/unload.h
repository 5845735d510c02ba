/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Unloading, for the command and for the keeper of a daemon in the foreground. */
#ifndef UNLOAD_H
#define UNLOAD_H

#include "err.h"

/*
 * Has the daemon of @iface end, if it is alive, and removes all that its load has made. 0; -ENOENT:
 * nothing is loaded; other -errno with @e set, and what is left can be unloaded again.
 */
int unload(const char *iface, struct err *e);

#endif
