/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What both kinds of program share: load-time constants, the view of `self`, policy look-up,
 * counters, accounting of neighbours. Must not touch packets.
 */
#ifndef BED4_COMMON_BPF_H
#define BED4_COMMON_BPF_H

#include "6bed4/map.h"

/* Set by the loader; the verifier drops the branches that a configuration does not need. */
const volatile __u32 cfg_role; /* enum bed4_role, that of `self` */

const volatile bool cfg_plan; /* the plan `server-prefix`, as far as the flag in `self` says */

#define BED4_ROLE(self) cfg_role
#define BED4_PLAN(self) (cfg_plan && (self)->flags & BED4_SELF_PLAN)

#include "6bed4/admit.h"
#include "6bed4/decide.h"
#include "6bed4/mss.h"
#include "6bed4/outer.h"
#include "maps.bpf.h"

#define ETH_LEN BED4_ETH_LEN
#define OUT_MAX (BED4_V6DEV_MAX + 1)

const volatile __u32 cfg_underlay; /* interface indexes */
const volatile __u32 cfg_tun;
const volatile __u32 cfg_out[OUT_MAX]; /* devices XDP may send out of: those we are attached to */
const volatile __u32 cfg_out_count;
const volatile __u32 cfg_account; /* count neighbours on average one packet in N; 0 never */
const volatile __u32 cfg_account_below; /* 2^32 / N - 1: a random number up to this is a hit */
const volatile __u32 cfg_hop_mask; /* slots of the next-hop cache per CPU, less one */
const volatile __u32 cfg_hop_life; /* of what it holds, jiffies */
const volatile __u32 cfg_csum; /* enum bed4_csum_mode */
const volatile __u32 cfg_dscp; /* of outer headers; BED4_DSCP_COPY: the inner one's */
const volatile bool cfg_df; /* outer headers forbid fragmentation */
const volatile __u64 cfg_limit_seed; /* of the hash in front of `limit` */
const volatile __u32 cfg_mss; /* TCP SYNs get no higher one; 0: they stay as they are */
const volatile bool cfg_unfinished; /* packets may come with checksums that are not finished */
const volatile bool cfg_generic; /* XDP in generic mode, behind GRO: a frame may be several packets */
const volatile bool cfg_frags; /* a frame may lie in several buffers, of which the first is seen */
const volatile bool cfg_no_tx; /* never XDP_TX: veth drops it unless the far end runs XDP too */
const volatile bool cfg_kernel_forward; /* the kernel routes between strip and encapsulation */

/*
 * In packet metadata: "stripped by our XDP program, belongs to the TUN device". A constant, so that
 * GRO still merges packets that carry it.
 */
#define BED4_MARK 0x6bed4001

static __always_inline const struct bed4_self *get_self(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&self, &zero);
}

static __always_inline enum bed4_policy ask_policy(const void *arg, __be32 addr)
{
	struct bed4_lpm4 key = { .prefixlen = 32, .addr = addr };
	const __u32 *policy = bpf_map_lookup_elem(&policy4, &key);

	(void)arg;
	return policy ? *policy : BED4_POLICY_NONE;
}

/* The outcome of the packet at work; a capture reads it from @cpu. */
static __always_inline void count(struct bed4_cpu *cpu, enum bed4_hook hook, enum bed4_outcome outcome,
				  __u64 bytes)
{
	__u32 row = bed4_stat_row(hook, outcome);
	struct bed4_count *c = bpf_map_lookup_elem(&stats, &row);

	cpu->outcome = outcome;
	if (c) {
		c->packets++;
		c->bytes += bytes;
	}
}

static __always_inline __u32 seconds(__u64 ns)
{
	return ns / 1000000000;
}

/* The cache's entry of an address; the shape that bed4_decide_in() asks for. */
static __always_inline const struct bed4_neigh *ask_neigh(const void *arg,
							  const struct bed4_in6 *addr)
{
	struct bed4_in6 key = *addr;

	(void)arg;
	return bpf_map_lookup_elem(&neigh, &key);
}

static __always_inline struct bed4_cpu *get_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&percpu, &zero);
}

/*
 * A number for one packet: for sampling, for the IPv4 identification, and whenever something cannot
 * be done for each. Nothing here has to be a secret, and the helper costs as much as a checksum: so a
 * Weyl sequence with its bits mixed, begun by the helper.
 */
static __always_inline __u32 packet_random(struct bed4_cpu *cpu)
{
	__u64 x = cpu->random;

	if (!x)
		x = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
	x += 0x9e3779b97f4a7c15ull;
	cpu->random = x;
	return (x ^ x >> 32) * 0xd6e8feb86659fd93ull >> 32;
}

/* Boottime in ns, at most a tick old: reading the clock would cost more than the rest of a stamp. */
static __always_inline __u64 packet_time(struct bed4_cpu *cpu)
{
	__u64 jiffies = bpf_jiffies64();

	if (cpu->jiffies != jiffies) {
		cpu->jiffies = jiffies;
		cpu->now = bpf_ktime_get_boot_ns();
	}
	return cpu->now;
}

static __always_inline struct bed4_bucket *limit_row(__u32 row)
{
	return bpf_map_lookup_elem(&limit, &row);
}

/*
 * Are there tokens for what @c costs? Then they are gone. Not inlined, and far from what forwards
 * packets: only what leaves the fast path comes here.
 */
static __noinline bool may_pay(struct bed4_cpu *cpu, const struct bed4_charge *c)
{
	struct bed4_bucket *all = limit_row(BED4_LIMIT_ALL);
	struct bed4_bucket *one = limit_row(BED4_LIMIT_ONES + bed4_limit_slot(c->one, cfg_limit_seed));
	struct bed4_bucket *site = limit_row(BED4_LIMIT_SITES + bed4_limit_slot(c->site, cfg_limit_seed));

	return cpu && all && one && site &&
	       bed4_limit_pay(one, site, all, c, packet_time(cpu), &cpu->collisions);
}

/* What becomes of a packet with outcome @o that is to be passed on at the price of @c. */
static __always_inline enum bed4_outcome charge(struct bed4_cpu *cpu, enum bed4_outcome o,
						const struct bed4_charge *c)
{
	return c->one && !may_pay(cpu, c) ? BED4_LIMITED : o;
}

/*
 * Tells the daemon of a validated sender that `neigh` does not hold; not of more than it can bear, for
 * whoever can forge its source makes as many as it likes.
 */
static __noinline void report_seen(struct bed4_cpu *cpu, const struct bed4_in6 *addr,
				   const struct bed4_ep *ep)
{
	struct bed4_event ev = { .type = BED4_EVENT_SEEN, .neigh = *addr, .ep = *ep };
	struct bed4_bucket *b = limit_row(BED4_LIMIT_EVENTS);

	if (!cpu || !b)
		return;
	if (!bed4_slot_take(b, 0, BED4_RATE_EVENTS, 1, packet_time(cpu), &cpu->collisions) ||
	    bpf_ringbuf_output(&events, &ev, sizeof(ev), 0))
		cpu->events_lost++;
}

/* A packet is counted with its neighbour when its random number says so. */
static __always_inline bool sampled(__u32 random)
{
	if (!cfg_account)
		return false;
	return cfg_account == 1 || random <= cfg_account_below;
}

/* Router: under whose entry @addr at @ep counts. Another router stands for all that are under it. */
static __always_inline struct bed4_in6 account_key(const struct bed4_in6 *addr, struct bed4_ep ep)
{
	struct bed4_in6 key = *addr;

	if (cfg_plan)
		bed4_iid_put(&key, ep);
	return key;
}

/* A packet from a validated peer. */
static __always_inline void account_rx(struct bed4_cpu *cpu, const struct bed4_in6 *addr,
				       struct bed4_ep ep, __u32 len, __u32 random)
{
	struct bed4_in6 key = account_key(addr, ep);
	struct bed4_neigh *n;

	if (!sampled(random))
		return;
	n = bpf_map_lookup_elem(&neigh, &key);
	if (!n) {
		report_seen(cpu, &key, &ep);
		return;
	}
	n->heard = seconds(packet_time(cpu));
	__sync_fetch_and_add(&n->rx_packets, cfg_account);
	__sync_fetch_and_add(&n->rx_bytes, (__u64)len * cfg_account);
}

/* A packet towards a peer; one that has not been seen is not entered. */
static __always_inline void account_tx(const struct bed4_in6 *addr, struct bed4_ep ep, __u32 len,
				       __u32 random)
{
	struct bed4_in6 key = account_key(addr, ep);
	struct bed4_neigh *n;

	if (!sampled(random))
		return;
	n = bpf_map_lookup_elem(&neigh, &key);
	if (!n)
		return;
	__sync_fetch_and_add(&n->tx_packets, cfg_account);
	__sync_fetch_and_add(&n->tx_bytes, (__u64)len * cfg_account);
}

#define TELL_GAP 100000000 /* ns between two events about one neighbour */

static __always_inline __u64 told_key(const struct bed4_in6 *addr)
{
	__u64 iid = (__u64)addr->w[2] << 32 | addr->w[3];

	if (cfg_plan) /* others may have the same under another router */
		iid += ((__u64)addr->w[0] << 32 | addr->w[1]) * 0x9e3779b97f4a7c15ull;
	return iid;
}

/* Peer: tells the daemon that @addr is in use and may need a path. */
static __always_inline void tell_used(struct bed4_cpu *cpu, const struct bed4_in6 *addr,
				      const struct bed4_neigh *n, __u64 now)
{
	__u64 iid = told_key(addr);
	__u32 slot = ((iid ^ iid >> 29) * 0x9e3779b97f4a7c15ull) >> 56 & (TOLD_SLOTS - 1);
	struct told *told_it = bpf_map_lookup_elem(&told, &slot);
	struct bed4_event ev = { .type = BED4_EVENT_USED, .neigh = *addr };

	if (!told_it || (told_it->iid == iid && now - told_it->at < TELL_GAP))
		return;
	if (n) {
		ev.heard = n->heard;
		ev.used = n->used;
	}
	told_it->iid = iid;
	told_it->at = now;
	if (bpf_ringbuf_output(&events, &ev, sizeof(ev), 0))
		cpu->events_lost++;
}

/* Peer: sent to (or heard from) the router just now. Stores only what changes. */
static __always_inline void note_pulse(bool tx, __u32 now)
{
	__u32 zero = 0;
	struct bed4_pulse *p = bpf_map_lookup_elem(&pulse, &zero);

	if (!p)
		return;
	if (tx && p->tx != now)
		p->tx = now;
	if (!tx && p->rx != now)
		p->rx = now;
}

/*
 * Peer: the way of a packet that may leave, counted with its neighbour. @upper stands behind the
 * IPv6 header, @len is that of the packet.
 */
static __always_inline enum bed4_outcome choose_path(const struct bed4_self *self,
						     struct bed4_cpu *cpu,
						     struct bed4_cur upper, __u32 len,
						     struct bed4_verdict *v)
{
	bool inside = bed4_inside(self, &v->ip6->dst), tell;
	__u64 now = packet_time(cpu);
	struct bed4_in6 key = v->ip6->dst;
	struct bed4_neigh *n = inside ? bpf_map_lookup_elem(&neigh, &key) : NULL;
	enum bed4_outcome o = bed4_choose_path(self, n, seconds(now), upper, ask_policy, NULL, v,
					       &tell);

	if (tell)
		tell_used(cpu, &key, n, now);
	if (n) {
		n->used = seconds(now);
		__sync_fetch_and_add(&n->tx_packets, 1);
		__sync_fetch_and_add(&n->tx_bytes, len);
	}
	if (o == BED4_OUT_ROUTER)
		note_pulse(true, seconds(now));
	return o;
}

/* Peer: a packet for this host came from @src, straight or by the router. */
static __always_inline void note_heard(const struct bed4_self *self, struct bed4_cpu *cpu,
				       const struct bed4_in6 *addr, struct bed4_ep src, __u32 len)
{
	__u32 now = seconds(packet_time(cpu));
	struct bed4_in6 key = *addr;
	struct bed4_neigh *n;

	if (bed4_ep_eq(src, self->server)) {
		note_pulse(false, now);
		return;
	}
	n = bpf_map_lookup_elem(&neigh, &key);
	if (!n)
		return;
	n->heard = now;
	__sync_fetch_and_add(&n->rx_packets, 1);
	__sync_fetch_and_add(&n->rx_bytes, len);
}

/* Counts the sender of a packet that was good to come in. */
static __always_inline void note_sender(const struct bed4_self *self, struct bed4_cpu *cpu,
					const struct bed4_in6 *addr, struct bed4_ep src, __u32 len,
					__u32 random)
{
	if (cfg_role == BED4_ROLE_PEER)
		note_heard(self, cpu, addr, src, len);
	else
		account_rx(cpu, addr, src, len, random);
}

/* The outer header of what is sent. */
static __always_inline void put_outer(struct bed4_outer *outer, struct bed4_ep from, struct bed4_ep to,
				      __u32 len, __u8 tclass, __u32 random)
{
	bed4_outer_put(outer, from, to, len, bed4_outer_tos(cfg_dscp, tclass), (__u16)random,
		       cfg_df ? BED4_IP4_DF : 0);
}

/* Is a packet with this outcome at its end? What is neither this nor FORWARD is passed on. */
static __always_inline bool is_drop(enum bed4_outcome outcome)
{
	return outcome >= BED4_KEEPALIVE;
}

/*
 * The number of a device that we may send out of; OUT_MAX: it is none of those. Others may lack XDP
 * transmit and drop silently.
 */
static __always_inline __u32 out_of(__u32 ifindex)
{
	__u32 i;

	for (i = 0; i < OUT_MAX; i++) {
		if (i >= cfg_out_count)
			break;
		if (cfg_out[i] == ifindex)
			return i;
	}
	return OUT_MAX;
}

#endif
