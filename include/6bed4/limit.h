/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Token buckets in a table of fixed size, the same for BPF and daemon: one for all that is answered,
 * one for each IPv4 address, one for each IPv4:port. A bucket is the time at which it will be full
 * again, so it changes in one compare-and-swap and a table can be shared by CPUs. Slots are
 * direct-mapped by a hash with a seed, so that nobody can choose whose bucket it takes; a bucket
 * that changes hands starts full, and the one for all still bounds the sum. Must not know what is
 * limited, nor where the table lies. Proved by selftests/unit/test_nd.c.
 */
#ifndef BED4_LIMIT_H
#define BED4_LIMIT_H

#include "types.h"

struct bed4_rate {
	__u64 gap; /* ns for a token to grow */
	__u32 burst; /* tokens in a full bucket, at least 1 */
};

#define BED4_PER_SEC(n) (1000000000ull / (n))

/* Answers to one IPv4:port, or native host. */
#define BED4_RATE_ONE ((struct bed4_rate){ .gap = BED4_PER_SEC(5), .burst = 10 })
/*
 * To all behind one IPv4 address or /64. Half a second's worth at once, so that a flood from 16
 * addresses draws a tenth of its bytes in its first second already.
 */
#define BED4_RATE_SITE ((struct bed4_rate){ .gap = BED4_PER_SEC(100), .burst = 50 })
/* In all. */
#define BED4_RATE_ALL ((struct bed4_rate){ .gap = BED4_PER_SEC(5000), .burst = 500 })
/* Senders that the daemon is told of; what the ring buffer holds is more than the burst. */
#define BED4_RATE_EVENTS ((struct bed4_rate){ .gap = BED4_PER_SEC(1000), .burst = 500 })

struct bed4_bucket {
	__u64 key; /* whose it is */
	__u64 full; /* when it will be full again, ns; 0: it is */
};

#define BED4_LIMIT_SLOTS 4096 /* for addresses, and as many for endpoints; a power of two */

/* Rows of a table. Those for all have key 0, which is nobody's. */
enum bed4_limit_row {
	BED4_LIMIT_ALL,
	BED4_LIMIT_EVENTS,
	BED4_LIMIT_SITES,
	BED4_LIMIT_ONES = BED4_LIMIT_SITES + BED4_LIMIT_SLOTS,
	BED4_LIMIT_ROWS = BED4_LIMIT_ONES + BED4_LIMIT_SLOTS,
};

/* Whose tokens something costs. */
struct bed4_charge {
	__u64 one; /* key among the endpoints; 0: it costs nothing */
	__u64 site; /* among the addresses; 0: neither theirs nor one of the bucket for all */
	__u32 cost; /* tokens of the address's bucket */
	__u32 draws; /* packets, so many tokens of the bucket for all; of the endpoint's it is one */
};

/* The slot of @key, to be added to BED4_LIMIT_SITES or _ONES. */
BED4_INLINE __u32 bed4_limit_slot(__u64 key, __u64 seed)
{
	__u64 h = key ^ seed;

	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 29) * 0xd6e8feb86659fd93ull;
	return (h >> 40) & (BED4_LIMIT_SLOTS - 1);
}

#define BED4_LIMIT_SKEW 1000000000ull /* ns by which clocks of CPUs may differ: theirs advance by ticks */

/* How long after @now (ns) the bucket will be full: 0 full already. */
BED4_INLINE __u64 bed4_bucket_fills(__u64 full, struct bed4_rate rate, __u64 now)
{
	__s64 ahead = (__s64)(full - now);

	/*
	 * From empty it takes gap * burst. A little longer, and a CPU that is ahead has emptied it; much
	 * longer, and it is of another clock and taken for new.
	 */
	return ahead > 0 && (__u64)ahead <= rate.gap * rate.burst + BED4_LIMIT_SKEW ? (__u64)ahead : 0;
}

/* Are there @cost tokens at @now? @full is the bucket; 0 is a new one. */
BED4_INLINE bool bed4_bucket_has(__u64 full, struct bed4_rate rate, __u32 cost, __u64 now)
{
	return bed4_bucket_fills(full, rate, now) <= rate.gap * (rate.burst - cost);
}

/* The same of a slot that may be somebody else's at the moment. */
BED4_INLINE bool bed4_slot_has(const struct bed4_bucket *b, __u64 key, struct bed4_rate rate, __u32 cost,
			       __u64 now)
{
	return bed4_bucket_has(b->key == key ? b->full : 0, rate, cost, now);
}

#define BED4_LIMIT_TRIES 4 /* against other CPUs that take tokens at the same time */

/*
 * Takes @cost tokens of @key's, or none and returns false. Takes the slot over if it is another's;
 * that is counted in *@collisions if the other's bucket was not full, for what it had used up is
 * forgotten.
 */
BED4_INLINE bool bed4_slot_take(struct bed4_bucket *b, __u64 key, struct bed4_rate rate, __u32 cost,
				__u64 now, __u64 *collisions)
{
	__u64 full, mine;
	bool other;
	int i;

	for (i = 0; i < BED4_LIMIT_TRIES; i++) {
		full = *(volatile __u64 *)&b->full;
		other = b->key != key;
		mine = other ? 0 : full;
		if (!bed4_bucket_has(mine, rate, cost, now))
			return false;
		mine = now + bed4_bucket_fills(mine, rate, now) + rate.gap * cost;
		if (__sync_val_compare_and_swap(&b->full, full, mine) != full)
			continue;
		if (other) {
			b->key = key;
			*collisions += bed4_bucket_fills(full, rate, now) != 0;
		}
		return true;
	}
	return false;
}

/*
 * Pays @c at @now (ns) from its three buckets, or from none if one has too little. The rows are the
 * caller's to find.
 */
BED4_INLINE bool bed4_limit_pay(struct bed4_bucket *one, struct bed4_bucket *site, struct bed4_bucket *all,
				const struct bed4_charge *c, __u64 now, __u64 *collisions)
{
	if (!bed4_slot_has(one, c->one, BED4_RATE_ONE, 1, now))
		return false;
	if (c->site && (!bed4_slot_has(site, c->site, BED4_RATE_SITE, c->cost, now) ||
			!bed4_slot_take(all, 0, BED4_RATE_ALL, c->draws, now, collisions) ||
			!bed4_slot_take(site, c->site, BED4_RATE_SITE, c->cost, now, collisions)))
		return false;
	return bed4_slot_take(one, c->one, BED4_RATE_ONE, 1, now, collisions);
}

#endif
