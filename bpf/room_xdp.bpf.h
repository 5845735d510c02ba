/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verbs of XDP on a packet: strip, rewrite or prepend the outer header. Each gets a packet that
 * has been found good and whose next hop is known. A negative result: the packet is as it was. From
 * the first store on there is no way back, so bounds that fail after it are told as DAMAGED.
 */
#ifndef BED4_ROOM_XDP_BPF_H
#define BED4_ROOM_XDP_BPF_H

#include "6bed4/icmp6.h"
#include "nexthop.bpf.h"

#define DAMAGED 1

static __always_inline struct bed4_eth *xdp_eth(struct xdp_md *ctx, __u32 need)
{
	void *data = (void *)(long)ctx->data;

	return data + need > (void *)(long)ctx->data_end ? NULL : data;
}

/* All of a frame, also what is not seen. */
static __always_inline __u32 frame_len(struct xdp_md *ctx)
{
	return cfg_frags ? (__u32)bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
}

#define packet_ctx	       struct xdp_md
#define packet_dev(ctx)	       ((ctx)->ingress_ifindex)
#define packet_len(ctx)	       frame_len(ctx)
#define load_packet(ctx, to, n) bpf_xdp_load_bytes(ctx, 0, to, n)
#include "capture.bpf.h"

static __always_inline void put_eth(struct bed4_eth *eth, const struct nexthop *hop,
				    enum bed4_ethertype type)
{
	__builtin_memcpy(eth->dst, hop->dmac, 6);
	__builtin_memcpy(eth->src, hop->smac, 6);
	eth->proto = BED4_HTONS(type);
}

/* Outer header off, link-layer header for @hop on. The inner packet gets @tclass. */
static __always_inline int xdp_strip(struct xdp_md *ctx, const struct nexthop *hop, __u8 tclass,
				     bool decrement)
{
	struct bed4_eth *eth;
	struct bed4_ip6 *ip6;

	if (bpf_xdp_adjust_head(ctx, BED4_OUTER_LEN))
		return -1;
	eth = xdp_eth(ctx, ETH_LEN + BED4_IP6_LEN);
	if (!eth)
		return DAMAGED;
	put_eth(eth, hop, BED4_ETH_IP6);
	ip6 = (void *)(eth + 1);
	ip6->vtf = bed4_with_tclass(ip6->vtf, tclass);
	if (decrement)
		ip6->hops--;
	return 0;
}

/* What is decided about a new outer header before the packet moves. */
struct outer_plan {
	struct bed4_ep from, to;
	__u32 len; /* of the inner packet */
	__u32 random;
	__u8 tclass;
	enum bed4_csum_how csum;
	__be16 received; /* UPDATE: the checksum as it came */
};

static __always_inline void fill_outer(struct bed4_eth *eth, const struct outer_plan *plan,
				       const struct nexthop *hop)
{
	struct bed4_outer *outer = (void *)(eth + 1);
	struct bed4_ip6 *ip6 = (void *)(outer + 1);
	__u64 old = plan->csum == BED4_CSUM_UPDATE ? bed4_relay_sum(outer, ip6) : 0;

	put_eth(eth, hop, BED4_ETH_IP4);
	ip6->vtf = bed4_with_tclass(ip6->vtf, plan->tclass);
	ip6->hops--;
	put_outer(outer, plan->from, plan->to, plan->len, plan->tclass, plan->random);
	if (plan->csum == BED4_CSUM_UPDATE)
		bed4_outer_update(outer, ip6, plan->received, old);
	else if (plan->csum == BED4_CSUM_LCO)
		bed4_outer_csum(outer, ip6);
}

/* Outer header on, in front of a frame with an IPv6 packet. */
static __always_inline int xdp_prepend(struct xdp_md *ctx, const struct outer_plan *plan,
				       const struct nexthop *hop)
{
	struct bed4_eth *eth;

	if (bpf_xdp_adjust_head(ctx, -BED4_OUTER_LEN))
		return -1;
	eth = xdp_eth(ctx, ETH_LEN + BED4_OUTER_LEN + BED4_IP6_LEN);
	if (!eth)
		return DAMAGED;
	fill_outer(eth, plan, hop);
	return 0;
}

/* Outer header for another one, in place. */
static __always_inline int xdp_rewrite(struct xdp_md *ctx, const struct outer_plan *plan,
				       const struct nexthop *hop)
{
	struct bed4_eth *eth = xdp_eth(ctx, ETH_LEN + BED4_OUTER_LEN + BED4_IP6_LEN);

	if (!eth)
		return -1;
	fill_outer(eth, plan, hop);
	return 0;
}

/*
 * Makes room for an ICMPv6 error in front of the packet that starts behind @head bytes of the frame, and
 * cuts that to what is quoted: it has more than BED4_ERROR_QUOTE bytes.
 */
static __always_inline int xdp_quote(struct xdp_md *ctx, __u32 head, __u32 len)
{
	if (bpf_xdp_adjust_head(ctx, -BED4_ERROR_LEN))
		return -1;
	if (!bpf_xdp_adjust_tail(ctx, -(int)(len - head - BED4_ERROR_QUOTE)))
		return 0;
	return bpf_xdp_adjust_head(ctx, BED4_ERROR_LEN) ? DAMAGED : -1;
}

/* The sum over a whole quote; helpers take 512 bytes at most on kernels before 6.13. */
static __always_inline __u64 quote_sum(const void *quote)
{
	const __u8 *p = quote;
	__s64 sum = bpf_csum_diff(NULL, 0, (void *)p, 512, 0);

	sum = bpf_csum_diff(NULL, 0, (void *)(p + 512), 512, (__u32)sum);
	return (__u32)bpf_csum_diff(NULL, 0, (void *)(p + 1024), BED4_ERROR_QUOTE - 1024, (__u32)sum);
}

/*
 * The last look at what is behind @ip6, while the packet still is where it came. A checksum that the
 * sender left to its device gets lost when XDP sends a packet on: SLOW_CSUM, for a socket buffer knows of
 * it. A TCP SYN gets no higher MSS than cfg_mss, here (GO) or later (SLOW_SYN); doing that twice does no
 * harm.
 */
static __always_inline enum bed4_outcome xdp_upper(struct xdp_md *ctx, const struct bed4_ip6 *ip6)
{
	__u8 *tcp = (__u8 *)(long)(const void *)(ip6 + 1);
	struct bed4_cur upper = { tcp, (void *)(long)ctx->data_end };

	if (cfg_unfinished && bed4_csum_unfinished(ip6, upper))
		return BED4_SLOW_CSUM;
	if (!cfg_mss)
		return BED4_GO;
	switch (bed4_mss_look(ip6->next, upper, cfg_mss)) {
	case BED4_MSS_SCAN:
		return BED4_SLOW_SYN;
	case BED4_MSS_FIRST:
		if (tcp + BED4_TCP_LEN + BED4_MSS_LEN <= (__u8 *)(long)ctx->data_end)
			bed4_mss_put(tcp, tcp + BED4_TCP_LEN, false, cfg_mss);
		return BED4_GO;
	default:
		return BED4_GO;
	}
}

/* Marks a stripped frame for the TC program that takes it to the TUN device. */
static __always_inline int xdp_mark(struct xdp_md *ctx)
{
	__u32 *mark;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*mark)))
		return -1;
	mark = (void *)(long)ctx->data_meta;
	if ((void *)(mark + 1) > (void *)(long)ctx->data)
		return -1;
	*mark = BED4_MARK;
	return 0;
}

#endif
