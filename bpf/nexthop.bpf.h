/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a packet goes next, asked before it is changed: a per-CPU cache in front of the kernel's FIB
 * and neighbour table. Must not touch packets.
 */
#ifndef BED4_NEXTHOP_BPF_H
#define BED4_NEXTHOP_BPF_H

#include "common.bpf.h"

struct nexthop {
	__u32 ifindex;
	__u8 dmac[6];
	__u8 smac[6];
};

/* Is this a device that we may send out of? Others may lack XDP transmit and drop silently. */
static __always_inline bool may_send(__u32 ifindex)
{
	__u32 i;

	for (i = 0; i < OUT_MAX; i++) {
		if (i >= cfg_out_count)
			break;
		if (cfg_out[i] == ifindex)
			return true;
	}
	return false;
}

/* The cache's slot for a destination. */
static __always_inline struct bed4_hop *hop_slot(const struct bed4_in6 *dst)
{
	/* The highest bits of a product depend on all bits of its factors. */
	__u64 h = ((__u64)dst->w[0] << 32 | dst->w[1]) * 0x9e3779b97f4a7c15ull;
	__u32 i;

	h = (h ^ h >> 32 ^ ((__u64)dst->w[2] << 32 | dst->w[3])) * 0xd6e8feb86659fd93ull;
	i = h >> 50 & (BED4_HOP_SLOTS - 1);
	return bpf_map_lookup_elem(&nexthop, &i);
}

static __always_inline bool hop_fresh(const struct bed4_hop *h, __u32 generation)
{
	return h->generation == generation && (__s32)(h->expires - (__u32)bpf_jiffies64()) > 0;
}

/*
 * Notes the gateway that the FIB has answered with: forwarding in XDP does not make the kernel check
 * whether it is still there. One answer in four is enough, as next hops in use are asked for often.
 */
static __always_inline void note_gateway(const struct bpf_fib_lookup *fib)
{
	struct bed4_via via = { .ifindex = fib->ifindex };
	__u32 used = 1;

	if (fib->family == AF_INET)
		via.gateway = bed4_mapped(fib->ipv4_dst);
	else
		__builtin_memcpy(&via.gateway, fib->ipv6_dst, 16);
	if (!bpf_map_lookup_elem(&hops, &via))
		bpf_map_update_elem(&hops, &via, &used, BPF_ANY);
}

/*
 * The look-up runs as if the packet had come in by the TUN device, as it does on the slow path. So
 * rules that match the device agree for both, and IPv4 forwarding needs to be on for the TUN alone,
 * where no IPv4 packet ever comes in. @h: filled with what was found.
 */
static __always_inline enum bed4_outcome ask_fib(void *ctx, struct bpf_fib_lookup *fib,
						 struct bed4_hop *h)
{
	long err;

	fib->ifindex = cfg_tun;
	err = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	if (err == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return BED4_SLOW_BIG;
	if (err != BPF_FIB_LKUP_RET_SUCCESS || !may_send(fib->ifindex))
		return BED4_SLOW_NEXTHOP;
	h->ifindex = fib->ifindex;
	h->mtu = fib->tot_len; /* the kernel leaves the MTU here */
	__builtin_memcpy(h->dmac, fib->dmac, 6);
	__builtin_memcpy(h->smac, fib->smac, 6);
	return BED4_GO;
}

static __always_inline void take_hop(struct nexthop *hop, const struct bed4_hop *h)
{
	hop->ifindex = h->ifindex;
	__builtin_memcpy(hop->dmac, h->dmac, 6);
	__builtin_memcpy(hop->smac, h->smac, 6);
}

/* What the cache says of @dst: its slot, whether that may be used, and for what generation. */
struct hop_query {
	struct bed4_hop *slot;
	__u32 generation;
	bool fresh; /* the slot is in use, perhaps for another destination */
	bool hit, bypass;
};

static __always_inline bool ask_cache(const struct bed4_in6 *dst, enum bed4_bypass bypass,
				      struct hop_query *q)
{
	__u32 zero = 0;
	const struct bed4_hopgen *gen = bpf_map_lookup_elem(&hopgen, &zero);

	q->slot = hop_slot(dst);
	if (!gen || !q->slot)
		return false;
	q->generation = *(const volatile __u32 *)&gen->generation;
	q->bypass = gen->bypass & bypass;
	q->fresh = hop_fresh(q->slot, q->generation);
	q->hit = !q->bypass && q->fresh && bed4_in6_eq(&q->slot->dst, dst);
	return true;
}

/*
 * The next hop for @dst from the FIB by @fib, and then into the slot. Failures are not cached: the
 * kernel is about to resolve them. A slot that serves another destination changes hands one time in
 * 16 only: with far more destinations than slots some hit at least, and writing costs less.
 */
static __always_inline enum bed4_outcome fill_hop(void *ctx, const struct bed4_in6 *dst,
						  struct hop_query *q, struct bpf_fib_lookup *fib,
						  struct nexthop *hop)
{
	struct bed4_hop found = { .generation = q->generation };
	enum bed4_outcome o = ask_fib(ctx, fib, &found);
	__u32 random;

	if (o)
		return o;
	take_hop(hop, &found);
	random = bpf_get_prandom_u32();
	if (!(random & 0x30))
		note_gateway(fib);
	if (q->bypass || (q->fresh && random & 15))
		return BED4_GO;
	found.dst = *dst;
	found.expires = (__u32)bpf_jiffies64() + BED4_HOP_LIFE;
	*q->slot = found;
	return BED4_GO;
}

static __always_inline enum bed4_outcome use_hop(const struct hop_query *q, __u32 len,
						 struct nexthop *hop)
{
	if (len > q->slot->mtu)
		return BED4_SLOW_BIG;
	take_hop(hop, q->slot);
	return BED4_GO;
}

static __always_inline enum bed4_outcome nexthop4(void *ctx, __be32 src, __be32 dst, __u8 tos,
						  __u32 len, struct nexthop *hop)
{
	struct bed4_in6 key = bed4_mapped(dst);
	struct hop_query q;

	if (!ask_cache(&key, BED4_BYPASS_V4, &q))
		return BED4_SLOW_NEXTHOP;
	if (BED4_LIKELY(q.hit))
		return use_hop(&q, len, hop);

	struct bpf_fib_lookup fib = {
		.family = AF_INET,
		.l4_protocol = BED4_PROTO_UDP,
		.tot_len = len,
		.tos = tos & 0x1c, /* what the kernel's own routing looks at (RT_TOS) */
		.ipv4_src = src,
		.ipv4_dst = dst,
	};

	return fill_hop(ctx, &key, &q, &fib, hop);
}

static __always_inline enum bed4_outcome nexthop6(void *ctx, const struct bed4_ip6 *ip6, __u32 len,
						  struct nexthop *hop)
{
	struct bed4_in6 key = ip6->dst;
	struct hop_query q;

	if (!ask_cache(&key, BED4_BYPASS_V6, &q))
		return BED4_SLOW_NEXTHOP;
	if (BED4_LIKELY(q.hit))
		return use_hop(&q, len, hop);

	struct bpf_fib_lookup fib = {
		.family = AF_INET6,
		.l4_protocol = ip6->next,
		.tot_len = len,
		.flowinfo = ip6->vtf & BED4_HTONL(0x0fffffff),
	};

	__builtin_memcpy(fib.ipv6_src, &ip6->src, 16);
	__builtin_memcpy(fib.ipv6_dst, &ip6->dst, 16);
	return fill_hop(ctx, &key, &q, &fib, hop);
}

#endif
