/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Speaking to the service manager, in the protocols of sd_notify(3) and sd_listen_fds(3). Over a socket
 * that is opened once, because a confined daemon opens none, and because a successor inherits it; that is
 * why it is not libsystemd's, which opens one for each message. Must not know what is said when.
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <linux/types.h>

#include "err.h"

/*
 * Connects to what $NOTIFY_SOCKET names. A descriptor; -ENOENT with @e unset: it is not set, this is no
 * service; other -errno with @e set.
 */
int notify_open(struct err *e);

/*
 * Sends a message, lines of NAME=VALUE; @fd -1: to nobody. notify_try() does not wait when the manager is
 * behind, and is for what will be said again.
 */
__attribute__((format(printf, 2, 3))) void notify_send(int fd, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void notify_try(int fd, const char *fmt, ...);

/* Has the manager keep @store under @name, for the next process of the service that takes it. 0 or -errno. */
int notify_store(int fd, const char *name, int store);

/* Waits until all that was sent has been taken in, at most @seconds. 0 or -errno. */
int notify_barrier(int fd, unsigned int seconds);

/*
 * After how long a silence of this process, in ns, the manager takes it for dead; 0: never. Read from
 * $WATCHDOG_USEC, which is removed.
 */
__u64 notify_watchdog(void);

/*
 * The descriptor that was stored under @name, close-on-exec; others that came with it are closed. -ENOENT:
 * none. Removes the variables from the environment.
 */
int notify_stored(const char *name);

#endif
