/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Privileges given up for good once everything is open: user, capabilities, and by a seccomp filter the
 * system calls that running does not need. Must not know what the daemon does with the rest.
 */
#ifndef IO_PRIVS_H
#define IO_PRIVS_H

#include "err.h"

/*
 * Become the unprivileged user `_6bed4` (or `nobody`, where no package has made that one; or stay who we
 * are, where we are not root) with CAP_NET_ADMIN and CAP_BPF at most, never to gain more. What libc needs
 * files for (user names, time zone) is read before. 0 or -errno with @e set.
 */
int privs_drop(struct err *e);

/*
 * From now on only the system calls of a running daemon: on open descriptors, netlink, UDP and Unix
 * sockets, map access. Others fail with EPERM; those that only an intruder would call kill the process.
 * 0 or -errno with @e set.
 */
int privs_confine(struct err *e);

#endif
