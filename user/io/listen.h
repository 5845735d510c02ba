/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stream sockets that listen, by IP or at a file. Must not know what is served.
 */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "err.h"

/* Where. Made by the two functions below. */
struct listen_at {
	struct sockaddr_storage addr;
	socklen_t len;
	char name[160]; /* for messages */
};

struct listen_at listen_at_file(const char *path); /* absolute, and it fits */
struct listen_at listen_at_ip(int family, const void *addr, unsigned int port); /* address in network order */

/*
 * Opens, binds and listens, without blocking, with a short queue. A file gets mode 0660; one whose server is
 * dead is replaced, nothing else is. Returns the descriptor or -errno with @e set.
 */
int listen_open(const struct listen_at *at, struct err *e);

/* Does @fd listen there, and can it still be reached there? */
bool listen_is_at(int fd, const struct listen_at *at);

/*
 * Removes the file of a socket, if nobody serves it or in any case (@served: its server is about to end). ""
 * and what is no socket are left.
 */
void listen_remove(const char *path, bool served);

#endif
