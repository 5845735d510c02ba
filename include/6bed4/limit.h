/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A token bucket in one word: the time at which it will be full again. So an entry of a map shared by
 * CPUs changes in one store, and the worst of a race is one token too many. Must not know what is
 * limited, nor where buckets are kept. Proved by selftests/unit/test_nd.c.
 */
#ifndef BED4_LIMIT_H
#define BED4_LIMIT_H

#include "types.h"

struct bed4_rate {
	__u64 gap; /* ns for a token to grow */
	__u32 burst; /* tokens in a full bucket, at least 1 */
};

#define BED4_PER_SEC(n) (1000000000ull / (n))

/* Answers to one destination: IPv6 address, or IPv4:port. */
#define BED4_RATE_ONE ((struct bed4_rate){ .gap = BED4_PER_SEC(5), .burst = 10 })
/* To all behind one IPv4 address or /64. */
#define BED4_RATE_SITE ((struct bed4_rate){ .gap = BED4_PER_SEC(100), .burst = 100 })
/* In all. */
#define BED4_RATE_ALL ((struct bed4_rate){ .gap = BED4_PER_SEC(5000), .burst = 500 })

/* How long after @now (ns) the bucket will be full: 0 full already. */
BED4_INLINE __u64 bed4_bucket_fills(__u64 full, struct bed4_rate rate, __u64 now)
{
	__s64 ahead = (__s64)(full - now);

	/* One that needs longer than from empty is of another clock, and taken for new. */
	return ahead > 0 && (__u64)ahead <= rate.gap * rate.burst ? (__u64)ahead : 0;
}

/* Is there a token at @now? @full is the bucket; 0 is a new one. */
BED4_INLINE bool bed4_bucket_has(__u64 full, struct bed4_rate rate, __u64 now)
{
	return bed4_bucket_fills(full, rate, now) <= rate.gap * (rate.burst - 1);
}

/* The bucket less one token; the caller has asked whether there is one. */
BED4_INLINE __u64 bed4_bucket_take(__u64 full, struct bed4_rate rate, __u64 now)
{
	return now + bed4_bucket_fills(full, rate, now) + rate.gap;
}

#endif
