/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The daemon's control socket: abstract, so it belongs to the network namespace and vanishes with
 * its process. One request per connection, one answer. Must not know what an answer means.
 */
#ifndef IO_CTL_H
#define IO_CTL_H

#include <stddef.h>

#include "err.h"

#define CTL_REQUEST 128
#define CTL_TEXT    512
#define CTL_FDS	 8

/* An answer: a code (exit status), a line of text, descriptors. */
struct ctl_reply {
	int code;
	char text[CTL_TEXT];
	int fds[CTL_FDS]; /* the receiver's to close */
	unsigned int fd_count;
};

/* Binds and listens on the abstract name. Returns a non-blocking descriptor or -errno. */
int ctl_bind(const char *name);

/*
 * Takes one connection and its request from @fd: the caller must be root or our own user. Returns
 * the connection with the request in @buf (NUL-terminated), or -errno (-EAGAIN: nobody waits).
 */
int ctl_accept(int fd, char *buf, size_t size);

/* Answers on @conn and closes it. */
void ctl_reply(int conn, const struct ctl_reply *reply);

/*
 * Asks the daemon of @iface. 0 with *@reply set, its descriptors the caller's; -ENOENT: no daemon
 * serves this device here; other -errno with @e set. Waits up to @seconds.
 */
int ctl_ask(const char *iface, const char *request, unsigned int seconds, struct ctl_reply *reply,
	    struct err *e);

#endif
