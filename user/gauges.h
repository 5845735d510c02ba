/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What map `gauges` holds: samples of the counters, taken by the daemon every few seconds, and what
 * follows from two of them. Pure. Must not know maps, clocks, nor how it is shown.
 */
#ifndef GAUGES_H
#define GAUGES_H

#include "6bed4/limit.h"
#include "6bed4/map.h"
#include "err.h"

#define GAUGES_TICK (5ull * 1000000000ull) /* ns between samples */
#define GAUGES_LIMIT_MAX (2u * BED4_LIMIT_SLOTS) /* buckets that may be in use */

/* The counters of all hooks, as in maps `stats` and `slow`. */
typedef struct bed4_count gauges_counts[BED4_HOOK_COUNT][BED4_OUTCOME_COUNT];

/*
 * Sums of @count at @at (boottime, ns). A packet ends where it is forwarded, answered or dropped; passed
 * on unmodified it does not, nor does a keepalive count, which is no traffic.
 */
struct bed4_sample gauges_sum(const gauges_counts count, __u64 at);

/*
 * Makes @s the newest sample. One that is far from the newest in time, as after a daemon's death, or
 * smaller than it, as after the maps were made anew, has no earlier one to be compared with.
 */
void gauges_add(struct bed4_gauges *g, const struct bed4_sample *s);

/* Per second, over the last interval. */
struct gauges_rates {
	struct bed4_count in, out, relay; /* packets, and bits, not bytes, of IPv6 */
	__u64 fast, slow; /* packets that ended so, not per second */
};

/* What happens at @now. False: not known, for want of two samples, or of young ones. */
bool gauges_rates(const struct bed4_gauges *g, __u64 now, struct gauges_rates *r);

/* Parts per 1000 of @slow in both. */
unsigned int gauges_share(__u64 fast, __u64 slow);

/* All neighbours. */
__u32 gauges_neighbours(const struct bed4_tally *t);

/* How many of the BED4_LIMIT_ROWS buckets at @row, but for those for all, are not full at @now. */
__u32 gauges_limit(const struct bed4_bucket *row, __u64 now);

/* Can it have been written by us? 0, or -EUCLEAN with @e set, where @iface is what it is about. */
int gauges_sane(const struct bed4_gauges *g, const char *iface, struct err *e);

const char *gauges_path_name(enum bed4_path path);
const char *gauges_state_name(enum bed4_neigh_state state);

#endif
