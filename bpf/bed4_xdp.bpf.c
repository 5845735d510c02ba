// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The XDP program. A router's, on the underlay and on each IPv6-side device: decapsulate and forward,
 * relay, encapsulate. A peer's, on the underlay: strip, before GRO merges what comes out. Everything
 * else goes on unmodified to the kernel and the daemon.
 * Decisions are in 6bed4/decide.h, packet surgery in room_xdp.bpf.h; neither is made here.
 */
#include "answer.bpf.h"

/* Where a finished packet goes. The packet is ours and changed: what cannot be done is a drop. */
static __always_inline int send(struct xdp_md *ctx, const struct nexthop *hop)
{
	if (!cfg_no_tx && hop->ifindex == ctx->ingress_ifindex)
		return XDP_TX;
	return bpf_redirect(hop->ifindex, 0);
}

/*
 * Settles a packet that a verb has worked on: @err as the verbs of room_xdp.bpf.h return it. Only a
 * packet that is still as it was may be passed on.
 */
static __always_inline int settle(struct xdp_md *ctx, struct bed4_cpu *cpu, int err, const struct nexthop *hop,
				  enum bed4_outcome done, __u32 len)
{
	if (err < 0) {
		count(cpu, BED4_HOOK_XDP, BED4_SLOW_MODE, len);
		return XDP_PASS;
	}
	count(cpu, BED4_HOOK_XDP, err ? BED4_FAILED : done, len);
	return err ? XDP_DROP : send(ctx, hop);
}

static __always_inline int leave(struct bed4_cpu *cpu, enum bed4_outcome outcome, __u32 len)
{
	count(cpu, BED4_HOOK_XDP, outcome, len);
	return is_drop(outcome) ? XDP_DROP : XDP_PASS;
}

/*
 * Generic XDP sees what GRO has merged, and does not see that it has: what no tunnel packet is as large as
 * is left to TC, which does.
 */
static __always_inline bool maybe_merged(const struct bed4_self *self, const struct bed4_verdict *v)
{
	return cfg_generic && v->len > self->mtu;
}

/* Larger than the tunnel's MTU: the sender hears of it. @tunnel as too_big() wants it. */
static __always_inline int refuse_big(struct xdp_md *ctx, const struct bed4_self *self,
				      struct bed4_cpu *cpu, const struct bed4_verdict *v,
				      struct bed4_ep tunnel)
{
	__u32 len = v->len;
	struct nexthop back = {};
	enum bed4_outcome o = too_big(ctx, self, cpu, v, tunnel, &back);

	if (o != BED4_ICMP_BIG)
		return leave(cpu, o, len);
	count(cpu, BED4_HOOK_XDP, o, len);
	return send(ctx, &back);
}

static __always_inline int forward_native(struct xdp_md *ctx, struct bed4_cpu *cpu,
					  const struct bed4_dgram *dg,
					  const struct bed4_verdict *v)
{
	__u32 len = v->len, random = packet_random(cpu);
	struct nexthop hop;
	enum bed4_outcome o = nexthop6(ctx, v->ip6, len, cpu, random, &hop);

	if (!o)
		o = xdp_upper(ctx, v->ip6);
	if (o)
		return leave(cpu, o, len);
	account_rx(cpu, &v->ip6->src, dg->src, len, random);
	return settle(ctx, cpu, xdp_strip(ctx, &hop, v->tclass, true), &hop, BED4_IN_NATIVE, len);
}

/* The UDP checksum in front of an inner packet, as it was received. */
static __always_inline __be16 received_csum(const struct bed4_ip6 *ip6)
{
	return ((const struct bed4_udp *)(const void *)ip6 - 1)->csum;
}

static __always_inline int relay(struct xdp_md *ctx, const struct bed4_self *self,
				 struct bed4_cpu *cpu, const struct bed4_dgram *dg, const struct bed4_verdict *v)
{
	struct outer_plan plan = {
		.from = self->listen, .to = v->to, .len = v->len, .tclass = v->tclass,
		.random = packet_random(cpu),
	};
	struct bed4_cur inner = { (const void *)(v->ip6 + 1), (void *)(long)ctx->data_end };
	struct nexthop hop;
	enum bed4_outcome o = nexthop4(ctx, plan.from.addr, plan.to.addr, plan.tclass,
				       plan.len + BED4_OUTER_LEN, cpu, plan.random, &hop);

	if (!o)
		o = xdp_upper(ctx, v->ip6);
	if (o)
		return leave(cpu, o, plan.len);
	plan.received = received_csum(v->ip6);
	plan.csum = bed4_csum_plan(cfg_csum, plan.received, v->ip6, inner);
	if (plan.csum == BED4_CSUM_CANNOT)
		return leave(cpu, BED4_SLOW_CSUM, plan.len);
	account_rx(cpu, &v->ip6->src, dg->src, plan.len, plan.random);
	account_tx(&v->ip6->dst, v->to, plan.len, plan.random);
	return settle(ctx, cpu, xdp_rewrite(ctx, &plan, &hop), &hop, BED4_RELAY, plan.len);
}

/*
 * Strips and leaves routing to the kernel: TC ingress takes the packet to the TUN device. The mark
 * is tried first, while the packet is still whole; should the strip fail then, a marked but whole
 * packet goes on, which TC tells from a stripped one by its EtherType.
 */
static __always_inline int strip_to_tun(struct xdp_md *ctx, const struct bed4_self *self,
					struct bed4_cpu *cpu, const struct bed4_dgram *dg,
					const struct bed4_verdict *v, enum bed4_outcome done)
{
	struct bed4_eth *eth = xdp_eth(ctx, ETH_LEN);
	struct nexthop same;
	__u32 len = v->len;
	enum bed4_outcome o;
	int err;

	if (!eth)
		return leave(cpu, BED4_SLOW_LOCAL, len);
	o = xdp_upper(ctx, v->ip6);
	if (o)
		return leave(cpu, o, len);
	__builtin_memcpy(same.dmac, eth->dst, 6);
	__builtin_memcpy(same.smac, eth->src, 6);
	note_sender(self, cpu, &v->ip6->src, dg->src, len, packet_random(cpu));
	if (xdp_mark(ctx))
		return leave(cpu, BED4_SLOW_MODE, len);
	err = xdp_strip(ctx, &same, v->tclass, false);
	if (err)
		return leave(cpu, err < 0 ? BED4_SLOW_MODE : BED4_FAILED, len);
	count(cpu, BED4_HOOK_XDP, done, len);
	return XDP_PASS;
}

/*
 * A datagram that is not forwarded: drop, or work for the daemon, which its sender has to pay for. What
 * may be several packets in one pays at TC.
 */
static __always_inline int refuse_tunnel(struct xdp_md *ctx, const struct bed4_self *self,
					 struct bed4_cpu *cpu, const struct bed4_dgram *dg,
					 const struct bed4_verdict *v, enum bed4_outcome o)
{
	struct bed4_charge c;

	if (o == BED4_SLOW_BIG && maybe_merged(self, v))
		return leave(cpu, o, dg->len);
	o = charge(cpu, bed4_admit_in(self, dg, v, o, ask_neigh, NULL, &c), &c);
	if (o == BED4_SLOW_BIG)
		return refuse_big(ctx, self, cpu, v, dg->src);
	return leave(cpu, o, dg->len);
}

/* The same for a packet from native IPv6. */
static __always_inline int refuse_native(struct xdp_md *ctx, const struct bed4_self *self,
					 struct bed4_cpu *cpu, const struct bed4_verdict *v,
					 enum bed4_outcome o)
{
	struct bed4_charge c;

	if (o == BED4_SLOW_BIG && maybe_merged(self, v))
		return leave(cpu, o, v->len);
	bed4_admit_out(v, o, &c);
	o = charge(cpu, o, &c);
	if (o == BED4_SLOW_BIG)
		return refuse_big(ctx, self, cpu, v, (struct bed4_ep){});
	return leave(cpu, o, v->len);
}

/* @avail bytes of the frame are from @cur on, seen or not. */
static __always_inline int from_tunnel(struct xdp_md *ctx, const struct bed4_self *self,
				       struct bed4_cpu *cpu, struct bed4_cur cur, __u32 avail)
{
	struct bed4_dgram dg;
	struct bed4_verdict v;
	enum bed4_outcome o = bed4_parse_outer_len(cur, avail, self, &dg);

	if (o)
		return leave(cpu, o, avail);
	o = bed4_decide_in(self, &dg, ask_policy, ask_neigh, NULL, &v);
	if (cfg_frags && o == BED4_MALFORMED && cur.pos + avail > cur.end)
		o = BED4_SLOW_MODE; /* perhaps only not readable from here */
	if ((o == BED4_IN_NATIVE || o == BED4_IN_LOCAL) && maybe_merged(self, &v))
		o = BED4_SLOW_MODE;
	switch (o) {
	case BED4_IN_NATIVE:
		if (!cfg_kernel_forward)
			return forward_native(ctx, cpu, &dg, &v);
		return strip_to_tun(ctx, self, cpu, &dg, &v, o);
	case BED4_IN_LOCAL:
		return strip_to_tun(ctx, self, cpu, &dg, &v, o);
	case BED4_RELAY:
		return relay(ctx, self, cpu, &dg, &v);
	default:
		return refuse_tunnel(ctx, self, cpu, &dg, &v, o);
	}
}

static __always_inline int from_native(struct xdp_md *ctx, const struct bed4_self *self,
				       struct bed4_cpu *cpu, struct bed4_cur cur, __u32 avail)
{
	struct bed4_cur inner = cur;
	struct outer_plan plan;
	struct bed4_verdict v;
	struct nexthop hop;
	enum bed4_outcome o;

	if (cfg_kernel_forward)
		return leave(cpu, BED4_OTHER, avail);
	o = bed4_decide_out(self, cur, avail, BED4_FROM_NATIVE, ask_policy, NULL, &v);
	if (o == BED4_MALFORMED)
		o = BED4_OTHER; /* the kernel's own checks count it where operators look for it */
	if (o == BED4_OUT && v.len != avail)
		o = BED4_SLOW_TRAILING;
	if (o == BED4_OTHER)
		return leave(cpu, o, avail);
	if (o != BED4_OUT)
		return refuse_native(ctx, self, cpu, &v, o);
	plan = (struct outer_plan){
		.from = self->listen, .to = v.to, .len = v.len, .tclass = v.tclass,
		.random = packet_random(cpu),
	};
	o = nexthop4(ctx, plan.from.addr, plan.to.addr, plan.tclass, plan.len + BED4_OUTER_LEN,
		     cpu, plan.random, &hop);
	if (!o)
		o = xdp_upper(ctx, v.ip6);
	if (o)
		return leave(cpu, o, plan.len);
	bed4_take(&inner, BED4_IP6_LEN);
	plan.csum = bed4_csum_plan(cfg_csum, 0, v.ip6, inner);
	if (plan.csum == BED4_CSUM_CANNOT)
		return leave(cpu, BED4_SLOW_CSUM, plan.len);
	account_tx(&v.ip6->dst, v.to, plan.len, plan.random);
	return settle(ctx, cpu, xdp_prepend(ctx, &plan, &hop), &hop, BED4_OUT, plan.len);
}

/* What a bond takes in comes from its ports, which have other indexes than the underlay. */
static __always_inline bool is_native_side(__u32 ifindex)
{
	return BED4_UNLIKELY(ifindex != cfg_underlay) && out_of(ifindex) != OUT_MAX;
}

static __always_inline int handle(struct xdp_md *ctx, const struct bed4_self *self, struct bed4_cpu *cpu)
{
	struct bed4_cur cur = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u32 len = frame_len(ctx);

	if (!(self->flags & BED4_SELF_VALID))
		return leave(cpu, BED4_SLOW_INVALID, len);
	switch (bed4_parse_eth(&cur)) {
	case BED4_ETH_IP4:
		if (is_native_side(ctx->ingress_ifindex))
			return leave(cpu, BED4_OTHER, len);
		return from_tunnel(ctx, self, cpu, cur, len - ETH_LEN);
	case BED4_ETH_IP6:
		if (cfg_role == BED4_ROLE_PEER)
			return leave(cpu, BED4_OTHER, len);
		return from_native(ctx, self, cpu, cur, len - ETH_LEN);
	default:
		return leave(cpu, BED4_OTHER, len);
	}
}

SEC("xdp")
int bed4_xdp(struct xdp_md *ctx)
{
	const struct bed4_self *self = get_self();
	struct bed4_cpu *cpu = get_cpu();
	int action;

	if (!self || !cpu)
		return XDP_PASS;
	before(ctx, cpu, BED4_HOOK_XDP);
	action = handle(ctx, self, cpu);
	after(ctx, cpu);
	return action;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
