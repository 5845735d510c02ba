/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the XDP program answers by itself: Packet Too Big, because whole flows of large packets wait for
 * it. Sent back to where the packet came from, natively or through the tunnel. Anything unusual is left
 * to the daemon, whose answer is the same. Must not decide that an answer is due.
 */
#ifndef BED4_ANSWER_BPF_H
#define BED4_ANSWER_BPF_H

#include "room_xdp.bpf.h"

/* An answer that is certain to be due; @upper stands behind the IPv6 header. */
static __always_inline bool plainly_answerable(const struct bed4_ip6 *ip6, struct bed4_cur upper)
{
	const struct bed4_icmp6 *icmp = bed4_take(&upper, sizeof(*icmp));

	if (bed4_is_ext(ip6->next))
		return false;
	return ip6->next != BED4_PROTO_ICMP6 || (icmp && bed4_error_may_answer(icmp->type));
}

/* How an answer leaves. */
struct answer_plan {
	struct nexthop back; /* where the packet came from */
	struct bed4_in6 dst;
	struct bed4_ep tunnel; /* port 0: not through the tunnel */
	__u32 random;
};

static __always_inline int put_answer(struct xdp_md *ctx, const struct bed4_self *self,
				      const struct answer_plan *plan)
{
	const __u32 head = ETH_LEN + (plan->tunnel.port ? BED4_OUTER_LEN : 0);
	struct bed4_eth *eth = xdp_eth(ctx, head + BED4_ERROR_MAX);
	struct bed4_error *error;
	struct bed4_outer *outer;

	if (!eth)
		return DAMAGED;
	error = (void *)((__u8 *)eth + head);
	bed4_error_put(error, BED4_ICMP6_TOO_BIG, 0, self->mtu, &self->own, &plan->dst,
		       BED4_ERROR_QUOTE, quote_sum(error + 1));
	put_eth(eth, &plan->back, plan->tunnel.port ? BED4_ETH_IP4 : BED4_ETH_IP6);
	if (!plan->tunnel.port)
		return 0;
	outer = (void *)(eth + 1);
	put_outer(outer, self->listen, plan->tunnel, BED4_ERROR_MAX, 0, plan->random);
	if (cfg_csum != BED4_CSUM_MODE_ZERO)
		bed4_outer_csum(outer, &error->ip6);
	return 0;
}

/*
 * Turns a packet that is larger than the tunnel's MTU into the answer to it. @tunnel: the endpoint that
 * it came from, port 0 for native IPv6. It has been paid for. BED4_ICMP_BIG: done, to be sent by @back;
 * SLOW_BIG: unchanged, left to the daemon; FAILED: damaged.
 */
static __always_inline enum bed4_outcome too_big(struct xdp_md *ctx, const struct bed4_self *self,
						 struct bed4_cpu *cpu, const struct bed4_verdict *v,
						 struct bed4_ep tunnel, struct nexthop *back)
{
	const __u32 head = ETH_LEN + (tunnel.port ? BED4_OUTER_LEN : 0);
	struct bed4_cur upper = { (const void *)(v->ip6 + 1), (void *)(long)ctx->data_end };
	struct bed4_eth *eth = xdp_eth(ctx, head + BED4_ERROR_QUOTE);
	struct answer_plan plan = { .dst = v->ip6->src, .tunnel = tunnel };
	__u32 len = frame_len(ctx);
	int err;

	if (!eth || (eth->src[0] | eth->dst[0]) & 1 || !plainly_answerable(v->ip6, upper))
		return BED4_SLOW_BIG;
	plan.random = packet_random(cpu);
	plan.back.ifindex = ctx->ingress_ifindex;
	__builtin_memcpy(plan.back.dmac, eth->src, 6);
	__builtin_memcpy(plan.back.smac, eth->dst, 6);
	err = xdp_quote(ctx, head, len);
	if (!err)
		err = put_answer(ctx, self, &plan);
	if (err)
		return err < 0 ? BED4_SLOW_BIG : BED4_FAILED;
	*back = plan.back;
	return BED4_ICMP_BIG;
}

#endif
