// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Token buckets in tables of fixed size; see limit.h. Must not know what is answered. Proved by
 * selftests/unit/test_limit.c.
 */
#include <string.h>

#include "core/limit.h"

#define SECOND	  1000000000ull
#define ONE_TOKEN SECOND /* a bucket holds nanotokens: rate per second times nanoseconds */

void limit_init(struct limit *l, __u64 seed)
{
	memset(l, 0, sizeof(*l));
	l->seed = seed | 1;
	l->ep = (struct limit_rate){ .per_sec = 5, .burst = 10 };
	l->addr = (struct limit_rate){ .per_sec = 100, .burst = 100 };
	l->all = (struct limit_rate){ .per_sec = 5000, .burst = 500 };
}

static __u32 slot_of(const struct limit *l, __u64 key)
{
	__u64 h = (key ^ l->seed) * 0x9e3779b97f4a7c15ull;

	h ^= h >> 29;
	h *= l->seed;
	return (h >> 40) & (LIMIT_SLOTS - 1);
}

/* Brings @b, which may hold another key or none yet, up to date for @key at @now. */
static struct limit_bucket *refill(struct limit_bucket *b, __u64 key, const struct limit_rate *rate,
				   __u64 now)
{
	__u64 full = rate->burst * ONE_TOKEN, gap = now - b->stamp;

	if (b->key != key || now < b->stamp || gap >= full / rate->per_sec)
		b->tokens = full;
	else if (full - b->tokens > gap * rate->per_sec)
		b->tokens += gap * rate->per_sec;
	else
		b->tokens = full;
	b->key = key;
	b->stamp = now;
	return b;
}

bool limit_allow(struct limit *l, __u64 now, struct bed4_ep who)
{
	__u64 addr = (__u64)who.addr << 32 | 1, ep = addr | (__u64)who.port << 1;
	struct limit_bucket *all = refill(&l->in_all, 1, &l->all, now);
	struct limit_bucket *by_addr = refill(&l->by_addr[slot_of(l, addr)], addr, &l->addr, now);
	struct limit_bucket *by_ep = refill(&l->by_ep[slot_of(l, ep)], ep, &l->ep, now);

	if (all->tokens < ONE_TOKEN || by_addr->tokens < ONE_TOKEN || by_ep->tokens < ONE_TOKEN)
		return false;
	all->tokens -= ONE_TOKEN;
	by_addr->tokens -= ONE_TOKEN;
	by_ep->tokens -= ONE_TOKEN;
	return true;
}
