/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The daemon's control socket: abstract, so it belongs to the network namespace and vanishes with
 * its process. One request per connection, one answer, and behind that, where it was asked for, messages
 * for as long as the connection lives. Must not know what an answer means.
 */
#ifndef IO_CTL_H
#define IO_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

#define CTL_REQUEST 128
#define CTL_TEXT    512
#define CTL_FDS	 12
#define CTL_QUEUE 65536 /* bytes, with the kernel's own, that wait for a slow reader at most */

/* An answer: a code (exit status), a line of text, descriptors. */
struct ctl_reply {
	int code;
	char text[CTL_TEXT];
	int fds[CTL_FDS]; /* the receiver's to close */
	unsigned int fd_count;
	pid_t pid; /* who has sent it, as the kernel tells; 0 unknown */
};

/* Binds and listens on the abstract name. Returns a non-blocking descriptor or -errno. */
int ctl_bind(const char *name);

/* Who has bound the socket, and may speak to it beside root; 0 if the kernel does not tell. */
uid_t ctl_owner(int fd);

/*
 * Takes one connection from @fd: the caller must be root or @owner. Returns it, non-blocking, or -errno
 * (-EAGAIN: nobody waits; -EPERM: closed, there may be others).
 */
int ctl_accept(int fd, uid_t owner);

/* The request on it, NUL-terminated. 0; -EAGAIN: not there yet; other -errno: there will be none. */
int ctl_request(int conn, char *buf, size_t size);

/* A message behind the answer. 0; -EAGAIN: the queue is full, it is lost; other -errno: nobody listens. */
int ctl_tell(int conn, const void *msg, size_t len);

/* The other end: one message of just @len bytes. 0; -EAGAIN: none there yet; -EPIPE: no more will come. */
int ctl_hear(int fd, void *msg, size_t len);

/* Answers on @conn; the second closes it, too. */
void ctl_send(int conn, const struct ctl_reply *reply);
void ctl_reply(int conn, const struct ctl_reply *reply);

/* Waits for @conn to say something or to close, at most @ms. */
bool ctl_wait(int conn, int ms);

/*
 * A second step after an answer: who asked says go (and closes the connection), or closes it without.
 * False: it did not, or not within @seconds.
 */
bool ctl_await_go(int conn, unsigned int seconds);
void ctl_go(int conn);

/*
 * Asks the daemon of @iface. 0 with *@reply set, its descriptors the caller's; -ENOENT: no daemon
 * serves this device here; other -errno with @e set. Waits up to @seconds.
 */
int ctl_ask(const char *iface, const char *request, unsigned int seconds, struct ctl_reply *reply,
	    struct err *e);

/* The same, but the connection stays open and is returned, for ctl_go(). */
int ctl_ask_open(const char *iface, const char *request, unsigned int seconds, struct ctl_reply *reply,
		 struct err *e);

#endif
