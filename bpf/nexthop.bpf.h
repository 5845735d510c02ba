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

/* This CPU's slot for a destination. */
static __always_inline struct bed4_hop *hop_slot(const struct bed4_in6 *dst)
{
	/* The highest bits of a product depend on all bits of its factors. */
	__u64 h = ((__u64)dst->w[0] << 32 | dst->w[1]) * 0x9e3779b97f4a7c15ull;
	__u32 i;

	h = (h ^ h >> 32 ^ ((__u64)dst->w[2] << 32 | dst->w[3])) * 0xd6e8feb86659fd93ull;
	i = bpf_get_smp_processor_id() * (cfg_hop_mask + 1) + (h >> 40 & cfg_hop_mask);
	return bpf_map_lookup_elem(&nexthop, &i);
}

/*
 * A slot has at most its whole life ahead. More than that, and it was written half a turn of the 32 bits
 * ago, or never: a sign alone would let it live for weeks.
 */
static __always_inline bool hop_fresh(const struct bed4_hop *h, __u32 generation)
{
	__u32 left = h->expires - (__u32)bpf_jiffies64();

	return h->generation == (__u16)generation && left - 1 < cfg_hop_life;
}

/*
 * Notes the gateway that the FIB has answered with: forwarding in XDP does not make the kernel check
 * whether it is still there.
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
						 struct bed4_cpu *cpu, struct bed4_hop *h)
{
	__u32 out;
	long err;

	fib->ifindex = cfg_tun;
	err = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	if (err == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return BED4_SLOW_BIG;
	if (err != BPF_FIB_LKUP_RET_SUCCESS)
		return BED4_SLOW_NEXTHOP;
	out = out_of(fib->ifindex);
	if (out >= OUT_MAX)
		return BED4_SLOW_NEXTHOP;
	cpu->out[out].ifindex = fib->ifindex;
	__builtin_memcpy(cpu->out[out].smac, fib->smac, 6);
	h->out = out;
	h->mtu = fib->tot_len; /* the kernel leaves the MTU here */
	__builtin_memcpy(h->dmac, fib->dmac, 6);
	return BED4_GO;
}

static __always_inline enum bed4_outcome take_hop(struct nexthop *hop, const struct bed4_cpu *cpu,
						  const struct bed4_hop *h)
{
	__u32 out = h->out;

	if (out >= OUT_MAX)
		return BED4_SLOW_NEXTHOP;
	hop->ifindex = cpu->out[out].ifindex;
	__builtin_memcpy(hop->dmac, h->dmac, 6);
	__builtin_memcpy(hop->smac, cpu->out[out].smac, 6);
	return BED4_GO;
}

/*
 * With many more destinations than slots the cache only costs: each look-up fetches memory that no
 * CPU cache holds, mostly in vain. When more than one in five is in vain it is left alone, but for one
 * packet in 64, which tells whether that is still so.
 */
#define CROWD_MISS    4
#define CROWD_MAX     1024
#define CROWDED	      512
/* Bits of a packet's random number, for three chances that are independent. */
#define KEEP_ANYWAY   0x00000f
#define NOTE_ANYWAY   0x0003f0
#define CROWD_SAMPLES 0x00fc00

static __always_inline bool crowded(const struct bed4_cpu *cpu, __u32 random)
{
	return cpu->crowd > CROWDED && random & CROWD_SAMPLES;
}

/* What the cache says of a destination. */
struct hop_query {
	struct bed4_cpu *cpu;
	__u32 random; /* of the packet */
	__u32 generation;
	struct bed4_hop *slot; /* NULL: the cache was not asked */
	bool fresh; /* the slot is in use, perhaps for another destination */
	bool hit;
};

static __always_inline bool ask_cache(const struct bed4_in6 *dst, enum bed4_bypass bypass,
				      struct hop_query *q)
{
	__u32 zero = 0;
	const struct bed4_hopgen *gen = bpf_map_lookup_elem(&hopgen, &zero);

	if (!gen)
		return false;
	if (gen->bypass & bypass || crowded(q->cpu, q->random))
		return true;
	q->slot = hop_slot(dst);
	if (!q->slot)
		return false;
	q->generation = *(const volatile __u32 *)&gen->generation;
	q->fresh = hop_fresh(q->slot, q->generation);
	q->hit = q->fresh && bed4_in6_eq(&q->slot->dst, dst);
	return true;
}

/* Puts what the FIB has said into the slot, or counts that there was no room for it. Was there? */
static __always_inline bool keep_hop(const struct bed4_in6 *dst, struct hop_query *q,
				     struct bed4_hop *found)
{
	if (q->fresh && q->cpu->crowd < CROWD_MAX)
		q->cpu->crowd += CROWD_MISS;
	if (q->fresh && q->random & KEEP_ANYWAY)
		return false;
	found->dst = *dst;
	found->generation = q->generation;
	found->expires = (__u32)bpf_jiffies64() + cfg_hop_life;
	*q->slot = *found;
	return true;
}

/*
 * The next hop for @dst from the FIB by @fib, and then into the slot. Failures are not cached: the
 * kernel is about to resolve them. A slot that serves another destination changes hands one time in
 * 16 only: with more destinations than slots some hit at least, and writing costs less.
 */
static __always_inline enum bed4_outcome fill_hop(void *ctx, const struct bed4_in6 *dst,
						  struct hop_query *q, struct bpf_fib_lookup *fib,
						  struct nexthop *hop)
{
	struct bed4_hop found = {};
	enum bed4_outcome o = ask_fib(ctx, fib, q->cpu, &found);

	if (o)
		return o;
	if ((q->slot && keep_hop(dst, q, &found)) || !(q->random & NOTE_ANYWAY))
		note_gateway(fib);
	return take_hop(hop, q->cpu, &found);
}

static __always_inline enum bed4_outcome use_hop(const struct hop_query *q, __u32 len,
						 struct nexthop *hop)
{
	if (q->cpu->crowd)
		q->cpu->crowd--;
	if (len > q->slot->mtu)
		return BED4_SLOW_BIG;
	return take_hop(hop, q->cpu, q->slot);
}

/* @random: packet_random() of this packet. */
static __always_inline enum bed4_outcome nexthop4(void *ctx, __be32 src, __be32 dst, __u8 tclass,
						  __u32 len, struct bed4_cpu *cpu, __u32 random,
						  struct nexthop *hop)
{
	struct bed4_in6 key = bed4_mapped(dst);
	struct hop_query q = { .cpu = cpu, .random = random };

	if (!ask_cache(&key, BED4_BYPASS_V4, &q))
		return BED4_SLOW_NEXTHOP;
	if (BED4_LIKELY(q.hit))
		return use_hop(&q, len, hop);

	struct bpf_fib_lookup fib = {
		.family = AF_INET,
		.l4_protocol = BED4_PROTO_UDP,
		.tot_len = len,
		.tos = bed4_outer_tos(cfg_dscp, tclass) & 0x1c, /* what the kernel's own routing looks at (RT_TOS) */
		.ipv4_src = src,
		.ipv4_dst = dst,
	};

	return fill_hop(ctx, &key, &q, &fib, hop);
}

static __always_inline enum bed4_outcome nexthop6(void *ctx, const struct bed4_ip6 *ip6, __u32 len,
						  struct bed4_cpu *cpu, __u32 random,
						  struct nexthop *hop)
{
	struct bed4_in6 key = ip6->dst;
	struct hop_query q = { .cpu = cpu, .random = random };

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
