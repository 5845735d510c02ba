/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet that the fast path passes on would make the daemon do, and whose tokens (limit.h)
 * that costs. Comes after the decisions of decide.h, before the daemon. Pure: (self, packet,
 * outcome) -> outcome, charge. Must not know buckets. Proved by selftests/unit/test_nd.c and
 * selftests/prog.
 */
#ifndef BED4_ADMIT_H
#define BED4_ADMIT_H

#include "decide.h"
#include "icmp6.h"
#include "limit.h"

/* Bytes of IPv6 in a datagram of 160 bytes: a larger answer to something smaller counts twice. */
#define BED4_ANSWER_LARGE (160 - BED4_OUTER_LEN)

BED4_INLINE __u32 bed4_answer_cost(__u32 answer, __u32 cause)
{
	return answer > cause && answer > BED4_ANSWER_LARGE ? 2 : 1;
}

/* The same for an ICMPv6 error, which quotes its cause. */
BED4_INLINE __u32 bed4_error_cost(__u32 cause)
{
	return bed4_answer_cost(cause < BED4_ERROR_QUOTE ? cause + BED4_ERROR_LEN : BED4_ERROR_MAX, cause);
}

/*
 * Who sits behind native IPv6 has no endpoint; for rate limits this one stands in: the /64 counts as an
 * IPv4 address, the host as a port.
 */
BED4_INLINE struct bed4_ep bed4_stand_in(const struct bed4_in6 *addr)
{
	return bed4_ep(addr->w[0] ^ addr->w[1], addr->h[4] ^ addr->h[5] ^ addr->h[6] ^ addr->h[7]);
}

/* Keys are never 0, and those of questions and replies differ. */
enum bed4_charge_kind {
	BED4_CHARGE_QUESTION = 1,
	BED4_CHARGE_REPLY = 2,
	BED4_CHARGE_HOPS = 4, /* of the hop limit's end on the way to native IPv6: the kernel answers those */
};

/* What an NS draws from a peer: an NA, and as it may be a new neighbour's, three NS in turn. */
#define BED4_NS_DRAWS 4

/* Something of @who that would be answered by @draws packets. */
BED4_INLINE struct bed4_charge bed4_charge_question(struct bed4_ep who, __u32 cost, __u32 draws)
{
	__u64 site = (__u64)who.addr << 32 | BED4_CHARGE_QUESTION;

	return (struct bed4_charge){ .site = site, .one = site | (__u64)who.port << 16, .cost = cost,
				     .draws = draws };
}

/*
 * Something that answers us, in the name of @who. It has a bucket of its own: who floods us with
 * questions from forged sources must not use up what lets the answers to our own questions in.
 */
BED4_INLINE struct bed4_charge bed4_charge_reply(struct bed4_ep who)
{
	return (struct bed4_charge){
		.one = (__u64)who.addr << 32 | (__u64)who.port << 16 | BED4_CHARGE_REPLY, .cost = 1,
	};
}

/*
 * Peer: may @n be the entry of a neighbour that has been asked, and this be its answer? It comes from
 * where its address says, or from a LAN behind our own public address.
 */
BED4_INLINE bool bed4_maybe_awaited(const struct bed4_self *self, const struct bed4_neigh *n,
				    struct bed4_ep named, struct bed4_ep from)
{
	return n && n->state != BED4_NEIGH_PERMANENT &&
	       (bed4_ep_eq(named, from) || named.addr == self->public.addr);
}

BED4_INLINE enum bed4_outcome bed4_admit_nd(const struct bed4_self *self, const struct bed4_dgram *dg,
					    const struct bed4_in6 *src, __u8 type, bed4_neigh_fn neigh,
					    const void *arg, struct bed4_charge *c)
{
	bool router = BED4_ROLE(self) == BED4_ROLE_ROUTER;
	struct bed4_ep named = dg->src;
	__u32 draws;

	if (router ? type == BED4_ND_RS || type == BED4_ND_NS :
		     type == BED4_ND_NS || type == BED4_ND_REDIRECT) {
		draws = router || type != BED4_ND_NS ? 1 : BED4_NS_DRAWS;
		*c = bed4_charge_question(dg->src, draws, draws);
		return BED4_SLOW_ND;
	}
	if (router || type == BED4_ND_RS)
		return BED4_ND_UNWANTED;
	if (type == BED4_ND_RA ? !bed4_ep_eq(dg->src, self->server) :
				 !bed4_iid_get(src, &named) || !bed4_inside(self, src) ||
				 !bed4_maybe_awaited(self, neigh(arg, src), named, dg->src))
		return BED4_ND_UNWANTED;
	*c = bed4_charge_reply(named);
	return BED4_SLOW_ND;
}

/*
 * A datagram with outcome @o of bed4_decide_in(): what it costs in *@c. The outcome changes for ND
 * that the daemon would only throw away.
 */
BED4_INLINE enum bed4_outcome bed4_admit_in(const struct bed4_self *self, const struct bed4_dgram *dg,
					    const struct bed4_verdict *v, enum bed4_outcome o,
					    bed4_neigh_fn neigh, const void *arg, struct bed4_charge *c)
{
	struct bed4_cur cur = dg->payload;
	const struct bed4_ip6 *ip6;
	struct bed4_in6 src;

	*c = (struct bed4_charge){ 0 };
	switch (o) {
	case BED4_SLOW_ND:
		ip6 = bed4_take(&cur, BED4_IP6_LEN + sizeof(struct bed4_icmp6));
		if (!ip6)
			return BED4_MALFORMED;
		src = ip6->src;
		return bed4_admit_nd(self, dg, &src, ((const struct bed4_icmp6 *)(ip6 + 1))->type, neigh,
				     arg, c);
	case BED4_SLOW_MISMATCH: /* the RA is smaller than what costs twice */
		*c = bed4_charge_question(dg->src, 1, 1);
		return o;
	case BED4_SLOW_UNREACH:
	case BED4_SLOW_HOPS:
	case BED4_SLOW_BIG:
		*c = bed4_charge_question(dg->src, bed4_error_cost(v->len), 1);
		if (o == BED4_SLOW_HOPS && !bed4_inside(self, &v->ip6->dst))
			c->one ^= BED4_CHARGE_QUESTION ^ BED4_CHARGE_HOPS;
		return o;
	default:
		return o;
	}
}

/* A packet with outcome @o of bed4_decide_out(): what it costs. The kernel answers about hop limits. */
BED4_INLINE void bed4_admit_out(const struct bed4_verdict *v, enum bed4_outcome o, struct bed4_charge *c)
{
	*c = (struct bed4_charge){ 0 };
	if (o == BED4_SLOW_UNREACH || o == BED4_SLOW_BIG)
		*c = bed4_charge_question(bed4_stand_in(&v->ip6->src), bed4_error_cost(v->len), 1);
}

#endif
