/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A capture of an instance: its ring, put where programs and daemon find it, and the lease by which it ends
 * when its process does. Works without a daemon, too. Must not know what is in the records.
 */
#ifndef IO_CAPTURE_H
#define IO_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "6bed4/map.h"
#include "err.h"

#define CAPTURE_RING 4096 /* KiB; default size of the ring */

struct capture;

struct capture_config {
	const char *iface;
	__u64 outcomes[2]; /* as in struct bed4_capture */
	__u32 snaplen;
	__u32 ring; /* KiB; rounded up to a power of two of at least a page */
	int (*fn)(void *arg, const void *record, size_t size); /* negative: enough */
	void *arg;
};

/*
 * Opens the instance's maps and makes the ring; nothing is captured yet. *@alive: its daemon is. 0; -ENOENT:
 * nothing is loaded; -EBUSY: another process captures; other -errno; with @e set.
 */
int capture_open(struct capture **c, const struct capture_config *config, bool *alive, struct err *e);

/* Begins, or goes on: to be called at least each second, else capturing ends by itself after 3. -errno or 0. */
int capture_renew(struct capture *c);

/* Readable when there are records. */
int capture_fd(const struct capture *c);

/* Hands all records that there are to the function. Renews the lease meanwhile. Negative: what it returned. */
int capture_read(struct capture *c);

/* No more records come; those that are there can still be read. */
void capture_stop(struct capture *c);

/* The instance has been unloaded. */
bool capture_ended(const struct capture *c);

/* How often the lease had run out when it was renewed: packets were missed, and not counted. */
unsigned int capture_gaps(const struct capture *c);

/* Packets of interest that found no room since the beginning. */
__u64 capture_lost(const struct capture *c, enum bed4_hook hook);

/* Stops and frees. */
void capture_close(struct capture *c);

#endif
