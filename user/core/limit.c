// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Token buckets in tables of fixed size; see limit.h. Must not know what is answered. Proved by
 * selftests/unit/test_nd.c.
 */
#include <string.h>

#include "core/limit.h"

void limit_init(struct limit *l, __u64 seed)
{
	memset(l, 0, sizeof(*l));
	l->seed = seed | 1;
}

static __u32 slot_of(const struct limit *l, __u64 key)
{
	__u64 h = (key ^ l->seed) * 0x9e3779b97f4a7c15ull;

	h ^= h >> 29;
	h *= l->seed;
	return (h >> 40) & (LIMIT_SLOTS - 1);
}

/* The bucket of @key, which may take the place of another's. */
static struct limit_bucket *bucket(struct limit *l, struct limit_bucket *table, __u64 key)
{
	struct limit_bucket *b = &table[slot_of(l, key)];

	if (b->key != key)
		*b = (struct limit_bucket){ .key = key };
	return b;
}

bool limit_allow(struct limit *l, __u64 now, struct bed4_ep who)
{
	const struct bed4_rate one = BED4_RATE_ONE, site = BED4_RATE_SITE, all = BED4_RATE_ALL;
	__u64 addr = (__u64)who.addr << 32 | 1, ep = addr | (__u64)who.port << 1;
	struct limit_bucket *by_addr = bucket(l, l->by_addr, addr);
	struct limit_bucket *by_ep = bucket(l, l->by_ep, ep);

	if (!bed4_bucket_has(l->in_all, all, now) || !bed4_bucket_has(by_addr->full, site, now) ||
	    !bed4_bucket_has(by_ep->full, one, now))
		return false;
	l->in_all = bed4_bucket_take(l->in_all, all, now);
	by_addr->full = bed4_bucket_take(by_addr->full, site, now);
	by_ep->full = bed4_bucket_take(by_ep->full, one, now);
	return true;
}
