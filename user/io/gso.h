/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP in bulk on a TUN device: the kernel hands over packets of up to 64 KB, which are cut
 * to the segments that they stand for (as TSO does), and takes merged what came in one after another
 * (as GRO does). Pure: reads and writes nothing itself, and must not know the tunnel.
 */
#ifndef IO_GSO_H
#define IO_GSO_H

#include <linux/virtio_net.h>
#include <sys/uio.h>

#include "6bed4/csum.h"

/* --- cutting -------------------------------------------------------------------------------------- */

struct gso {
	const __u8 *p;
	size_t len;
	size_t tcp; /* where the TCP header begins */
	size_t head; /* where the payload begins */
	size_t size; /* payload of each segment but the last */
	size_t at; /* payload that is done */
};

/*
 * Begins with packet @p of @len as the TUN device described it by @vnet. A packet that stands for itself
 * only has its checksum completed in place: 0. 1: it is to be cut, and borrowed until that is done.
 * -EINVAL: description and packet do not agree.
 */
int gso_begin(struct gso *g, const struct virtio_net_hdr *vnet, __u8 *p, size_t len);

/* Bytes of the next segment with its headers; 0: none is left. */
size_t gso_next_len(const struct gso *g);

/* Writes that segment to @out. */
void gso_next(struct gso *g, __u8 *out);

/* --- merging -------------------------------------------------------------------------------------- */

#define GRO_SEGMENTS 64
#define GRO_FLOWS    8
#define GRO_HEAD     100 /* the longest headers that are merged: IPv6 and TCP with all options */

/* Packets of one flow that are written as one; or a single packet. */
struct gro_batch {
	struct virtio_net_hdr vnet;
	struct iovec iov[GRO_SEGMENTS + 2]; /* without `vnet` */
	unsigned int iov_count;
	unsigned int notes[GRO_SEGMENTS]; /* of gro_add() */
	unsigned int count; /* 0: this place is free */
	size_t len; /* of the merged packet so far */
	size_t size; /* payload of each but the last */
	__u32 next_seq; /* host order */
	bool push; /* the last one had PSH: nothing may follow */
	__u8 head[GRO_HEAD] __attribute__((aligned(8))); /* of the merged packet */
};

struct gro {
	struct gro_batch flow[GRO_FLOWS];
	unsigned int oldest; /* makes room when all are in use */
};

/* @batch goes to the TUN device now; it is valid during the call. */
typedef void (*gro_fn)(void *arg, const struct gro_batch *batch);

/*
 * Adds packet @p of @len, borrowed until @fn has been given a batch with its @note. Within a flow order
 * is kept. What @fn gets is either as it was, or segments of one TCP flow in order, each with a valid
 * checksum, that differ in nothing but sequence number, PSH and, the last one, length.
 */
void gro_add(struct gro *g, const __u8 *p, size_t len, unsigned int note, gro_fn fn, void *arg);

/* Hands over all that wait. */
void gro_flush(struct gro *g, gro_fn fn, void *arg);

#endif
