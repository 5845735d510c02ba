/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Datagrams in bulk over a UDP socket: many per system call, and on the way in, where kernel and
 * device can, many per pass through the stack (UDP GRO). Must not know what datagrams contain.
 */
#ifndef IO_BURST_H
#define IO_BURST_H

#include <stdbool.h>
#include <stddef.h>

#include "6bed4/addr.h"

/*
 * Lets the kernel hand over datagrams merged, or not; burst_recv() takes them apart. Best effort. Only where no
 * program of ours sees packets after the kernel has merged them, as those of TC would.
 */
void burst_merge(int fd, bool merge);

/*
 * Receives what waits, at most a burst, and hands each datagram to @fn: 2-aligned, its own to change
 * until the next call. Returns how many there were, or -errno (-EAGAIN: none).
 */
int burst_recv(int fd, void (*fn)(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len),
	       void *arg);

/* What is to be sent: borrowed until burst_flush(), in order. */
struct burst;

struct burst *burst_new(void); /* NULL: out of memory */
void burst_free(struct burst *b);

/* @note comes back with the result. False: full, flush first. */
bool burst_add(struct burst *b, struct bed4_ep to, const void *data, size_t len, __u8 tos, __u8 ttl,
	       unsigned int note);

/* Sends all, tells @done of each whether the kernel took it, and is empty again. */
void burst_flush(struct burst *b, int fd, void (*done)(void *arg, unsigned int note, bool ok),
		 void *arg);

#endif
