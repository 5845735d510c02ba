/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Token buckets for what is answered: per IPv4:port, per IPv4 address, and in all. A table of fixed
 * size, so that a flood from random sources costs no memory; when two senders share a slot the
 * older one's bucket is forgotten and starts full, and the bucket "in all" still bounds the sum.
 * Must not know what is answered.
 */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "6bed4/addr.h"
#include "6bed4/limit.h"

#define LIMIT_SLOTS 4096 /* per table, a power of two */

struct limit_bucket {
	__u64 key; /* 0: free */
	__u64 full; /* limit.h of include/6bed4 */
};

struct limit {
	__u64 seed; /* against chosen collisions */
	__u64 in_all;
	struct limit_bucket by_ep[LIMIT_SLOTS];
	struct limit_bucket by_addr[LIMIT_SLOTS];
};

/* The rates are those of include/6bed4/limit.h: per IPv4:port, per IPv4, and in all. */
void limit_init(struct limit *l, __u64 seed);

/* May @who be answered at @now (ns)? Takes a token of all three buckets, or of none. */
bool limit_allow(struct limit *l, __u64 now, struct bed4_ep who);

#endif
