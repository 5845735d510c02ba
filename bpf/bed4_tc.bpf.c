// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The TC programs. bed4_tc_out, on the TUN's egress: encapsulate what the kernel routed there and
 * send it out of the underlay. bed4_tc_in, on the underlay's ingress: take what XDP has stripped to
 * the TUN; strip or relay what XDP has left whole, or all of it where no XDP is attached. What they
 * do not handle goes on unmodified, to the daemon's queue or the kernel's stack.
 */
#include "room_skb.bpf.h"

/* UNSPEC, not OK: filters of others behind ours are to see what we do not take. */
static __always_inline int leave(struct bed4_cpu *cpu, enum bed4_hook hook, enum bed4_outcome outcome,
				 __u32 len)
{
	count(cpu, hook, outcome, len);
	return is_drop(outcome) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* Like settle() of the XDP program: @err as the verbs return it; false when the packet is not ours
 * any more, with *@action to be returned. */
static __always_inline bool settled(struct bed4_cpu *cpu, enum bed4_hook hook, int err,
				    enum bed4_outcome done, __u32 len, int *action)
{
	*action = err < 0 ? TC_ACT_UNSPEC : TC_ACT_SHOT;
	if (err)
		count(cpu, hook, err < 0 ? BED4_SLOW_MODE : BED4_FAILED, len);
	else
		count(cpu, hook, done, len);
	return !err;
}

/* What the shared decision cannot know: where the packet came from, and that it may be a GSO one. */
static __always_inline enum bed4_outcome adjust_out(const struct __sk_buff *skb,
						    const struct bed4_self *self,
						    const struct bed4_verdict *v,
						    enum bed4_outcome o)
{
	enum bed4_outcome good = cfg_role == BED4_ROLE_PEER ? BED4_OUT_ROUTER : BED4_OUT;

	if (o == BED4_MALFORMED)
		return BED4_SLOW_MODE; /* perhaps only not readable from here */
	if (o == BED4_SLOW_BIG && skb->gso_size)
		o = good; /* the kernel has cut it to segments that fit the TUN device */
	if (o != good)
		return o;
	if (skb->ingress_ifindex && bed4_in6_eq(&v->ip6->src, &self->own))
		return BED4_SRC_SPOOFED; /* our own address, but it came in by a device */
	return v->len == skb->len ? o : BED4_SLOW_TRAILING;
}

/* Is it a SYN whose MSS may have to change? Then the checksum does, too, which may be partial here. */
static __always_inline bool wants_clamp(struct __sk_buff *skb, const struct bed4_ip6 *ip6)
{
	struct bed4_cur upper = { (const void *)(ip6 + 1), (void *)(long)skb->data_end };

	return cfg_mss && bed4_mss_look(ip6->next, upper, cfg_mss) != BED4_MSS_FINE;
}

/*
 * Has our XDP program charged for a packet with outcome @o, which it saw before? It says so in `info`
 * and not in a constant: `auto` may give XDP up when the programs are loaded already.
 */
static __always_inline bool charged_by_xdp(enum bed4_outcome o)
{
	__u32 zero = 0;
	const struct bed4_info *i = bpf_map_lookup_elem(&info, &zero);

	if (!i)
		return false;
	return i->mode == BED4_MODE_NATIVE || (i->mode == BED4_MODE_GENERIC && o != BED4_SLOW_BIG);
}

/* A datagram that is not forwarded: drop, or work for the daemon at its sender's cost. */
static __always_inline int refuse_tunnel(const struct bed4_self *self, struct bed4_cpu *cpu,
					 const struct bed4_dgram *dg, const struct bed4_verdict *v,
					 enum bed4_outcome o, __u32 len)
{
	struct bed4_charge c;

	o = bed4_admit_in(self, dg, v, o, ask_neigh, NULL, &c);
	if (c.one && !charged_by_xdp(o))
		o = charge(cpu, o, &c);
	return leave(cpu, BED4_HOOK_TC_IN, o, len);
}

/* The same for a packet that the kernel routed to the TUN, from a device where XDP is or elsewhere. */
static __always_inline int refuse_tun(const struct __sk_buff *skb, struct bed4_cpu *cpu,
				      const struct bed4_verdict *v, enum bed4_outcome o, __u32 len)
{
	struct bed4_charge c;

	bed4_admit_out(v, o, &c);
	if (c.one && (cfg_kernel_forward || out_of(skb->ingress_ifindex) == OUT_MAX || !charged_by_xdp(o)))
		o = charge(cpu, o, &c);
	return leave(cpu, BED4_HOOK_TC_OUT, o, len);
}

/* The TUN device asks before it queues a packet for the daemon: the length to keep, 0 drops it. */
SEC("socket")
int bed4_tun_guard(struct __sk_buff *skb)
{
	struct bed4_cpu *cpu = get_cpu();

	if (skb->mark != BED4_FWMARK)
		return skb->len;
	if (!cpu)
		return 0;
	before(skb, cpu, BED4_HOOK_TC_OUT);
	count(cpu, BED4_HOOK_TC_OUT, BED4_LOOP, skb->len);
	after(skb, cpu);
	return 0;
}

static __always_inline int encapsulate(struct __sk_buff *skb, const struct bed4_self *self,
				       struct bed4_cpu *cpu)
{
	__u32 len = skb->len, random;
	struct bed4_verdict v;
	struct bed4_cur cur, upper;
	enum bed4_csum_how csum;
	enum bed4_outcome o;
	int action;

	if (!(self->flags & BED4_SELF_VALID))
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_SLOW_INVALID, len);
	if (skb->protocol != BED4_HTONS(BED4_ETH_IP6))
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_OTHER, len);
	if (skb->mark == BED4_FWMARK)
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_LOOP, len);
	skb_look(skb);
	cur = (struct bed4_cur){ (void *)(long)skb->data, (void *)(long)skb->data_end };
	upper = cur;
	o = bed4_decide_out(self, cur, len, BED4_FROM_TUN, ask_policy, NULL, &v);
	o = adjust_out(skb, self, &v, o);
	if (o != BED4_OUT && o != BED4_OUT_ROUTER)
		return refuse_tun(skb, cpu, &v, o, len);
	if (!bed4_take(&upper, BED4_IP6_LEN))
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_SLOW_MODE, len);
	/* A packet that is redirected here has not been shown to tcpdump yet, nor ever will be. */
	if (self->flags & BED4_SELF_WATCHED)
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_SLOW_WATCHED, len);
	if (wants_clamp(skb, v.ip6))
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_SLOW_SYN, len);
	csum = skb_csum_plan(skb, 0, v.ip6, upper);
	if (csum == BED4_CSUM_CANNOT)
		return leave(cpu, BED4_HOOK_TC_OUT, BED4_SLOW_CSUM, len);
	random = packet_random(cpu);
	if (o == BED4_OUT)
		account_tx(&v.ip6->dst, v.to, len, random);
	else
		o = choose_path(self, cpu, upper, len, &v);
	if (!settled(cpu, BED4_HOOK_TC_OUT,
		     skb_prepend(skb, self->listen, v.to, len, v.tclass, csum, random), o, len, &action))
		return action;
	skb->mark = BED4_FWMARK;
	return bpf_redirect_neigh(cfg_underlay, NULL, 0, 0);
}

SEC("tc")
int bed4_tc_out(struct __sk_buff *skb)
{
	const struct bed4_self *self = get_self();
	struct bed4_cpu *cpu = get_cpu();
	int action;

	if (!self || !cpu)
		return TC_ACT_UNSPEC;
	before(skb, cpu, BED4_HOOK_TC_OUT);
	action = encapsulate(skb, self, cpu);
	after(skb, cpu);
	return action;
}

static __always_inline int tc_relay(struct __sk_buff *skb, const struct bed4_self *self,
				    struct bed4_cpu *cpu,
				    const struct bed4_verdict *v, __u32 random)
{
	const struct bed4_udp *udp = (const void *)v->ip6;
	struct bed4_cur upper = { (const void *)(v->ip6 + 1), (void *)(long)skb->data_end };
	enum bed4_csum_how csum = skb_csum_plan(skb, (udp - 1)->csum, v->ip6, upper);
	int action;

	if (csum == BED4_CSUM_CANNOT)
		return leave(cpu, BED4_HOOK_TC_IN, BED4_SLOW_CSUM, v->len);
	account_tx(&v->ip6->dst, v->to, v->len, random);
	if (!settled(cpu, BED4_HOOK_TC_IN,
		     skb_rewrite(skb, self->listen, v->to, v->len, v->tclass, csum, random),
		     BED4_RELAY, v->len, &action))
		return action;
	skb->mark = BED4_FWMARK;
	return bpf_redirect_neigh(cfg_underlay, NULL, 0, 0);
}

static __always_inline int tc_decap(struct __sk_buff *skb, const struct bed4_self *self,
				    struct bed4_cpu *cpu)
{
	__u32 len = skb->len, random;
	struct bed4_dgram dg;
	struct bed4_verdict v;
	struct bed4_cur cur;
	enum bed4_outcome o;
	int action;

	skb_look(skb);
	cur = (struct bed4_cur){ (void *)(long)skb->data, (void *)(long)skb->data_end };
	if (bed4_parse_eth(&cur) != BED4_ETH_IP4)
		return leave(cpu, BED4_HOOK_TC_IN, BED4_OTHER, len);
	o = bed4_parse_outer_len(cur, len - ETH_LEN, self, &dg);
	if (o)
		return leave(cpu, BED4_HOOK_TC_IN, o, len);
	o = bed4_decide_in(self, &dg, ask_policy, ask_neigh, NULL, &v);
	if (o == BED4_MALFORMED)
		o = BED4_SLOW_MODE; /* perhaps only not readable from here */
	if (o == BED4_SLOW_BIG && skb->gso_size)
		o = BED4_RELAY; /* several datagrams in one; its sender has cut them to size */
	if (o != BED4_IN_NATIVE && o != BED4_IN_LOCAL && o != BED4_RELAY)
		return refuse_tunnel(self, cpu, &dg, &v, o, len);
	if (wants_clamp(skb, v.ip6))
		return leave(cpu, BED4_HOOK_TC_IN, BED4_SLOW_SYN, len);
	random = packet_random(cpu);
	note_sender(self, cpu, &v.ip6->src, dg.src, v.len, random);
	if (o == BED4_RELAY)
		return tc_relay(skb, self, cpu, &v, random);
	len = v.len;
	if (!settled(cpu, BED4_HOOK_TC_IN, skb_strip(skb, v.tclass), o, len, &action))
		return action;
	if (skb->mark == BED4_FWMARK) /* of another instance in this network namespace */
		skb->mark = 0;
	return bpf_redirect(cfg_tun, BPF_F_INGRESS);
}

/* Has our XDP program stripped this packet? Metadata is never set by what a packet contains. */
static __always_inline bool marked(struct __sk_buff *skb)
{
	const __u32 *mark = (void *)(long)skb->data_meta;

	return (const void *)(mark + 1) <= (void *)(long)skb->data && *mark == BED4_MARK &&
	       skb->protocol == BED4_HTONS(BED4_ETH_IP6);
}

static __always_inline int take_in(struct __sk_buff *skb, struct bed4_cpu *cpu)
{
	const struct bed4_self *self;

	if (marked(skb)) {
		count(cpu, BED4_HOOK_TC_IN, BED4_STRIPPED, skb->len - ETH_LEN);
		return bpf_redirect(cfg_tun, BPF_F_INGRESS);
	}
	self = get_self();
	if (!self || skb->vlan_present)
		return leave(cpu, BED4_HOOK_TC_IN, BED4_OTHER, skb->len);
	if (!(self->flags & BED4_SELF_VALID))
		return leave(cpu, BED4_HOOK_TC_IN, BED4_SLOW_INVALID, skb->len);
	return tc_decap(skb, self, cpu);
}

SEC("tc")
int bed4_tc_in(struct __sk_buff *skb)
{
	struct bed4_cpu *cpu = get_cpu();
	int action;

	if (!cpu)
		return TC_ACT_UNSPEC;
	before(skb, cpu, BED4_HOOK_TC_IN);
	action = take_in(skb, cpu);
	after(skb, cpu);
	return action;
}

/*
 * Changes a neighbour in place, for the daemon, by BPF_PROG_RUN: an update from user space would
 * write back counters that are old by then. 0, or -2 (ENOENT).
 */
SEC("syscall")
int bed4_set_neigh(struct bed4_neigh_set *set)
{
	struct bed4_in6 key = set->key;
	struct bed4_neigh *n = bpf_map_lookup_elem(&neigh, &key);
	const struct bed4_neigh *v = &set->value;

	if (!n)
		return -2;
	*(volatile __u64 *)&n->word = v->word;
	n->wake = v->wake;
	n->since = v->since;
	if (v->used > n->used)
		n->used = v->used;
	if (v->heard > n->heard)
		n->heard = v->heard;
	__sync_fetch_and_add(&n->rx_packets, v->rx_packets);
	__sync_fetch_and_add(&n->rx_bytes, v->rx_bytes);
	__sync_fetch_and_add(&n->tx_packets, v->tx_packets);
	__sync_fetch_and_add(&n->tx_bytes, v->tx_bytes);
	return 0;
}

/* What the daemon has laid into `slowshot` goes into the ring of a capture; by BPF_PROG_RUN. */
SEC("syscall")
int bed4_put_shot(void *unused)
{
	__u32 zero = 0, before, after;
	struct bed4_shot *s = bpf_map_lookup_elem(&slowshot, &zero);
	struct bed4_capture *c = get_capture();

	(void)unused;
	if (!c || !s)
		return -2;
	before = s->head.caplen[0];
	after = s->head.caplen[1];
	if (before > BED4_SNAP_MAX || after > BED4_SNAP_MAX)
		return -22;
	put_shot(c, s, before + after, s->head.hook);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
