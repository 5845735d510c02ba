/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Open descriptors and some bytes, wrapped up as one descriptor: a message that waits in a socket until
 * another process, to which that socket was given, takes it out. Must not know what is in it.
 */
#ifndef IO_PARCEL_H
#define IO_PARCEL_H

#include <stddef.h>

#define PARCEL_FDS 32

/*
 * Wraps up copies of the @count descriptors at @fds, those that are -1 left out, and @len bytes. Returns
 * the socket that holds all of it until it is opened or closed, or -errno.
 */
int parcel_pack(const void *data, size_t len, const int *fds, unsigned int count);

/*
 * Takes out what was packed: just as many bytes, and descriptors at the places where they were, close-on-
 * exec and the caller's. 0; -EAGAIN: it is empty, -EPROTO: something else is in there; other -errno.
 */
int parcel_open(int sock, void *data, size_t len, int *fds, unsigned int count);

#endif
