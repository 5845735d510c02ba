/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The daemon's own buckets for what it answers. BPF has charged for what comes by it; this is what
 * bounds answers where there is no BPF. Must not know what is answered.
 */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "6bed4/addr.h"
#include "6bed4/limit.h"

struct limit {
	__u64 seed; /* against chosen collisions */
	__u64 *collisions; /* counts buckets taken over from somebody who had used them */
	struct bed4_bucket row[BED4_LIMIT_ROWS];
};

/* The rates are those of include/6bed4/limit.h. @collisions stays the caller's. */
void limit_init(struct limit *l, __u64 seed, __u64 *collisions);

/*
 * May @who be answered at @now (ns), by @draws packets? Takes tokens of all three buckets, or of none;
 * @cost of that of the IPv4 address (bed4_answer_cost()).
 */
bool limit_allow(struct limit *l, __u64 now, struct bed4_ep who, __u32 cost, __u32 draws);

#endif
