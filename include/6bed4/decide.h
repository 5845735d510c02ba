/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The decisions of PROTOCOL sections 5, 6, 7 and 9: what becomes of a datagram from the tunnel
 * and of an IPv6 packet towards it. Pure: (self, packet, policy) -> outcome. The fast path acts on
 * the FORWARD outcomes and passes the SLOW ones on; the daemon acts on both. Must not know how a
 * packet is changed or sent, nor what a neighbour cache holds.
 */
#ifndef BED4_DECIDE_H
#define BED4_DECIDE_H

#include "ecn.h"
#include "parse.h"

/*
 * A BPF program is loaded for one role: there this is a constant, and the verifier neither walks nor
 * keeps the other half.
 */
#ifndef BED4_ROLE
#define BED4_ROLE(self) ((self)->role)
#endif

/* Do prefixes tell their routers? For BPF again a constant, so that without the plan nothing asks. */
#ifndef BED4_PLAN
#define BED4_PLAN(self) ((self)->flags & BED4_SELF_PLAN)
#endif

/*
 * Looks an IPv4 address up in what the operator lifted or denied and, where `self` had no room,
 * in the machine's own addresses. Asked only while BED4_SELF_POLICY is set.
 */
typedef enum bed4_policy (*bed4_policy_fn)(const void *arg, __be32 addr);

/*
 * Looks a neighbour up by its inner address; NULL: none. Asked only by a peer, for an address in
 * the prefix whose sender is not the one that it names (a LAN neighbour, or nobody).
 */
typedef const struct bed4_neigh *(*bed4_neigh_fn)(const void *arg, const struct bed4_in6 *addr);

/* What an acceptable packet needs to go on its way. */
struct bed4_verdict {
	const struct bed4_ip6 *ip6; /* inner header; set for every outcome past MALFORMED */
	__u32 len; /* of the inner packet */
	struct bed4_ep to; /* RELAY, OUT, OUT_ROUTER: outer destination */
	__u8 tclass; /* traffic class to leave with */
};

/*
 * What the upper-layer header behind @ip6 means to us. BED4_GO: nothing special. @cur stands
 * behind the IPv6 header and ends with the packet. Extension headers are walked so that ND cannot
 * hide behind them (PROTOCOL section 5); a non-first fragment shows no upper layer.
 */
BED4_INLINE enum bed4_outcome bed4_look_above(struct bed4_cur cur, __u8 next)
{
	__u32 i, fragment, unit;
	const __u8 *h;

	if (BED4_LIKELY(!bed4_is_ext(next))) {
		if (next != BED4_PROTO_ICMP6)
			return BED4_GO;
		h = bed4_take(&cur, sizeof(struct bed4_icmp6));
		if (!h)
			return BED4_MALFORMED;
		return h[0] >= BED4_ND_RS && h[0] <= BED4_ND_REDIRECT ? BED4_SLOW_ND : BED4_GO;
	}
	for (i = 0; i < BED4_EXT_MAX; i++) {
		if (next == BED4_PROTO_ICMP6) {
			h = bed4_take(&cur, 1);
			return h && h[0] >= BED4_ND_RS && h[0] <= BED4_ND_REDIRECT ? BED4_ND_HIDDEN :
										     BED4_GO;
		}
		if (!bed4_is_ext(next))
			return BED4_GO;
		h = bed4_take(&cur, 8);
		if (!h)
			return BED4_MALFORMED;
		fragment = bed4_equal(next, BED4_PROTO_FRAGMENT);
		if ((fragment * (h[2] | (h[3] & 0xf8))) != 0)
			return BED4_GO; /* not the first one */
		unit = (1 - fragment) * (8 - 4 * bed4_equal(next, BED4_PROTO_AH));
		next = h[0];
		if (!bed4_take(&cur, bed4_bound11(h[1] * unit)))
			return BED4_MALFORMED;
	}
	return BED4_MALFORMED;
}

/* Reads an inner packet of @len bytes at most; sets @v->ip6 and @v->len. */
BED4_INLINE enum bed4_outcome bed4_parse_inner(struct bed4_cur *cur, __u32 len,
					       struct bed4_verdict *v)
{
	const struct bed4_ip6 *ip6;

	/* Compilers move what is stored later to before the checks: the verifier sees it read. */
	*v = (struct bed4_verdict){ .len = 0 };
	if (len < BED4_IP6_LEN)
		return BED4_MALFORMED;
	ip6 = bed4_take(cur, BED4_IP6_LEN);
	if (!ip6 || (ip6->vtf & BED4_HTONL(0xf0000000)) != BED4_HTONL(0x60000000))
		return BED4_MALFORMED;
	v->len = BED4_IP6_LEN + bed4_bound16(BED4_NTOHS(ip6->len));
	if (v->len > len)
		return BED4_MALFORMED;
	v->ip6 = ip6;
	v->tclass = bed4_tclass(ip6);
	return BED4_GO;
}

/* What PROTOCOL section 9 says of an IPv4 address as a tunnel endpoint. */
BED4_INLINE enum bed4_policy bed4_endpoint_policy(const struct bed4_self *self, __be32 addr,
						  bed4_policy_fn policy, const void *arg)
{
	enum bed4_policy p = BED4_POLICY_NONE;
	__u32 i;

	/* A peer shares its public address with all that are behind the same NAT. */
	if (addr == self->listen.addr ||
	    (BED4_ROLE(self) == BED4_ROLE_ROUTER && addr == self->public.addr))
		return BED4_POLICY_OWN;
	for (i = 0; i < BED4_OWN4_MAX; i++) {
		if (i >= self->own4_count)
			break;
		if (addr == self->own4[i])
			return BED4_POLICY_OWN;
	}
	if (bed4_v4_hard(addr))
		return BED4_POLICY_NONE;
	if (self->flags & BED4_SELF_POLICY)
		p = policy(arg, addr);
	if (p == BED4_POLICY_NONE)
		p = bed4_v4_special(addr) ? BED4_POLICY_NONE : BED4_POLICY_PERMIT;
	return p;
}

/* BED4_GO when @src may send into the tunnel at all. Odd ports may: an RS from one is answered. */
BED4_INLINE enum bed4_outcome bed4_check_sender(const struct bed4_self *self, struct bed4_ep src,
						bed4_policy_fn policy, const void *arg)
{
	if (!src.port)
		return BED4_SRC_PORT;
	switch (bed4_endpoint_policy(self, src.addr, policy, arg)) {
	case BED4_POLICY_PERMIT:
		return BED4_GO;
	case BED4_POLICY_DENY:
		return BED4_SRC_DENIED;
	case BED4_POLICY_OWN:
		return BED4_SRC_OWN;
	default:
		return BED4_SRC_SPECIAL;
	}
}

/* Is @src prefix + iid of the endpoint it came from? */
BED4_INLINE bool bed4_validated(const struct bed4_self *self, const struct bed4_in6 *src,
				struct bed4_ep from)
{
	return bed4_port_ok(from.port) && bed4_same_prefix(src, &self->own) && bed4_iid_is(src, from);
}

/* May the tunnel carry a packet to the endpoint inside @dst? Then @to is that endpoint. */
BED4_INLINE bool bed4_locate(const struct bed4_self *self, const struct bed4_in6 *dst,
			     bed4_policy_fn policy, const void *arg, struct bed4_ep *to)
{
	return bed4_iid_get(dst, to) &&
	       bed4_endpoint_policy(self, to->addr, policy, arg) == BED4_POLICY_PERMIT;
}

/*
 * The plan `server-prefix` (addr.h): is @addr under another router than the one of our prefix? Then @at is
 * that router's endpoint, which has still to be judged. Without the plan nothing is.
 */
BED4_INLINE bool bed4_elsewhere(const struct bed4_self *self, const struct bed4_in6 *addr,
				struct bed4_ep *at)
{
	return BED4_PLAN(self) && bed4_same_plan(addr, &self->own) &&
	       !bed4_same_prefix(addr, &self->own) && bed4_plan_get(addr, at);
}

/* Is @addr one of 6bed4: of our own prefix, or under another router of the plan? */
BED4_INLINE bool bed4_inside(const struct bed4_self *self, const struct bed4_in6 *addr)
{
	struct bed4_ep at;

	return bed4_same_prefix(addr, &self->own) || bed4_elsewhere(self, addr, &at);
}

/*
 * Peer: is @src an address of the endpoint it came from, whichever router it is under? Nobody vouches for
 * the prefix; but what is sent to that address goes to the sender, straight or by the router that it names.
 */
BED4_INLINE bool bed4_speaks_for_itself(const struct bed4_self *self, const struct bed4_in6 *src,
					struct bed4_ep from)
{
	return bed4_port_ok(from.port) && bed4_inside(self, src) && bed4_iid_is(src, from);
}

/* Peer: is @addr a router's own? Ours has no path but by itself, others have none for our solicitations. */
BED4_INLINE bool bed4_is_router(const struct bed4_self *self, const struct bed4_in6 *addr)
{
	struct bed4_ep at;

	if (bed4_iid_is(addr, self->server))
		return true;
	return BED4_PLAN(self) && bed4_plan_get(addr, &at) && bed4_iid_is(addr, at);
}

/* Router: is @src that of somebody under the router it came from, as that router alone may send it? */
BED4_INLINE bool bed4_from_router(const struct bed4_self *self, const struct bed4_in6 *src,
				  struct bed4_ep from)
{
	struct bed4_ep at, in;

	return bed4_elsewhere(self, src, &at) && bed4_ep_eq(at, from) && bed4_iid_get(src, &in);
}

/* Like bed4_locate(), for an address of 6bed4: under another router, @to is that router. */
BED4_INLINE bool bed4_locate_next(const struct bed4_self *self, const struct bed4_in6 *dst,
				  bed4_policy_fn policy, const void *arg, struct bed4_ep *to)
{
	if (!BED4_PLAN(self) || bed4_same_prefix(dst, &self->own))
		return bed4_locate(self, dst, policy, arg, to);
	return bed4_elsewhere(self, dst, to) &&
	       bed4_endpoint_policy(self, to->addr, policy, arg) == BED4_POLICY_PERMIT;
}

/*
 * Where the tunnel ends, a checksum that has not been verified must be, in full; a relay updates it
 * instead, and the far end verifies.
 */
BED4_INLINE enum bed4_outcome bed4_end_of_tunnel(const struct bed4_dgram *dg, enum bed4_outcome o)
{
	return dg->csum == BED4_CSUM_UNKNOWN ? BED4_SLOW_CSUM : o;
}

/* Router, plain packet from a peer whose source and class have been found good. */
BED4_INLINE enum bed4_outcome bed4_route_from_peer(const struct bed4_self *self,
						   const struct bed4_dgram *dg,
						   bed4_policy_fn policy, const void *arg,
						   struct bed4_verdict *v)
{
	const struct bed4_in6 *dst = &v->ip6->dst;

	if (!bed4_same_prefix(dst, &self->own)) {
		/* What another router sends has reached the last one that relays it. */
		if (BED4_PLAN(self) && !bed4_same_prefix(&v->ip6->src, &self->own))
			return BED4_DST_FOREIGN;
		if (!BED4_PLAN(self) || !bed4_same_plan(dst, &self->own))
			return v->ip6->hops <= 1 ? BED4_SLOW_HOPS :
						   bed4_end_of_tunnel(dg, BED4_IN_NATIVE);
	} else if (bed4_in6_eq(dst, &self->own)) {
		return bed4_end_of_tunnel(dg, BED4_IN_LOCAL);
	}
	if (!bed4_locate_next(self, dst, policy, arg, &v->to))
		return BED4_SLOW_UNREACH;
	if (v->ip6->hops <= 1)
		return BED4_SLOW_HOPS;
	return v->len > self->mtu ? bed4_end_of_tunnel(dg, BED4_SLOW_BIG) : BED4_RELAY;
}

/* Is the inner source one that the sender may use? Router: its own only, or as a router that of its peers. */
BED4_INLINE enum bed4_outcome bed4_check_src_router(const struct bed4_self *self,
						    const struct bed4_dgram *dg,
						    const struct bed4_ip6 *ip6)
{
	if (BED4_LIKELY(bed4_validated(self, &ip6->src, dg->src)))
		return BED4_GO;
	if (BED4_PLAN(self) && bed4_from_router(self, &ip6->src, dg->src))
		return BED4_GO;
	if (bed4_src_never(&ip6->src))
		return BED4_SRC_NEVER;
	if (bed4_same_prefix(&ip6->src, &self->own))
		return BED4_SLOW_MISMATCH;
	return BED4_PLAN(self) && bed4_same_plan(&ip6->src, &self->own) ? BED4_SRC_SPOOFED :
									  BED4_SRC_FOREIGN;
}

/* Does the neighbour cache hold just this endpoint for this inner source? */
BED4_INLINE bool bed4_neigh_at(const struct bed4_neigh *n, struct bed4_ep ep)
{
	return n && n->addr == ep.addr && n->port == ep.port;
}

/*
 * Peer: our router may pass on anything, another peer may speak for itself, a LAN neighbour from
 * where the cache knows it. @sender is what bed4_check_sender() said of the outer source.
 */
BED4_INLINE enum bed4_outcome bed4_check_src_peer(const struct bed4_self *self,
						  const struct bed4_dgram *dg,
						  const struct bed4_ip6 *ip6,
						  enum bed4_outcome sender, bed4_neigh_fn neigh,
						  const void *arg)
{
	bool inside = bed4_inside(self, &ip6->src);

	if (bed4_src_never(&ip6->src))
		return BED4_SRC_NEVER;
	if (self->flags & BED4_SELF_ADDR && bed4_in6_eq(&ip6->src, &self->own))
		return BED4_SRC_SPOOFED;
	if (!sender &&
	    (bed4_ep_eq(dg->src, self->server) || bed4_speaks_for_itself(self, &ip6->src, dg->src)))
		return BED4_GO;
	if (inside && bed4_neigh_at(neigh(arg, &ip6->src), dg->src))
		return BED4_GO;
	if (sender)
		return sender;
	return inside ? BED4_SRC_SPOOFED : BED4_SRC_FOREIGN;
}

/* Is it an echo reply that the daemon may have asked for (core/ping.c)? @cur stands behind @ip6. */
BED4_INLINE bool bed4_is_pong(const struct bed4_self *self, const struct bed4_ip6 *ip6,
			      struct bed4_cur cur)
{
	const struct bed4_echo *echo;

	if (!self->ping || ip6->next != BED4_PROTO_ICMP6)
		return false;
	echo = bed4_take(&cur, sizeof(*echo));
	return echo && echo->type == BED4_ICMP6_REPLY && echo->id_seq == self->ping;
}

/*
 * What becomes of a datagram that reached our socket. SLOW_ND, SLOW_ECHO, SLOW_MISMATCH, SLOW_UNREACH
 * and SLOW_HOPS are the daemon's to answer. PROTOCOL sections 5, 6 (first table) and 7.
 */
BED4_INLINE enum bed4_outcome bed4_decide_in(const struct bed4_self *self,
					     const struct bed4_dgram *dg, bed4_policy_fn policy,
					     bed4_neigh_fn neigh, const void *arg,
					     struct bed4_verdict *v)
{
	bool router = BED4_ROLE(self) == BED4_ROLE_ROUTER;
	enum bed4_outcome o, sender = BED4_GO;
	struct bed4_cur cur = dg->payload;
	int tclass;

	if (router || dg->src.addr != self->server.addr)
		sender = bed4_check_sender(self, dg->src, policy, arg);
	if (sender && (router || sender != BED4_SRC_SPECIAL))
		return sender;
	if (!dg->len)
		return sender ? sender : BED4_KEEPALIVE;
	o = bed4_parse_inner(&cur, dg->len, v);
	if (!o)
		o = bed4_look_above(cur, v->ip6->next);
	if (o)
		return o == BED4_SLOW_ND || !sender ? o : sender;
	if (bed4_in6_multicast(&v->ip6->dst))
		return sender ? sender : BED4_MULTICAST;
	o = router ? bed4_check_src_router(self, dg, v->ip6) :
		     bed4_check_src_peer(self, dg, v->ip6, sender, neigh, arg);
	if (o)
		return o;
	if (bed4_dst_never(&v->ip6->dst))
		return BED4_DST_NEVER;
	tclass = bed4_ecn_in(dg->tos, v->tclass);
	if (tclass < 0)
		return BED4_ECN;
	v->tclass = tclass;
	if (router)
		o = bed4_route_from_peer(self, dg, policy, arg, v);
	else if (!(self->flags & BED4_SELF_ADDR))
		o = BED4_NO_ADDRESS;
	else
		o = bed4_in6_eq(&v->ip6->dst, &self->own) ? bed4_end_of_tunnel(dg, BED4_IN_LOCAL) :
							    BED4_DST_FOREIGN;
	return o == BED4_IN_LOCAL && bed4_is_pong(self, v->ip6, cur) ? BED4_SLOW_ECHO : o;
}

/* Whence a packet comes that is on its way into the tunnel. */
enum bed4_from {
	BED4_FROM_NATIVE, /* a frame from native IPv6, not yet routed: the hop limit is still ours */
	BED4_FROM_TUN, /* the kernel routed it to the TUN device, or made it */
};

/* May @src send into the tunnel from this side? RFC 6324: nobody on this side owns the prefix. */
BED4_INLINE enum bed4_outcome bed4_check_src_out(const struct bed4_self *self,
						 const struct bed4_in6 *src, enum bed4_from from)
{
	bool own = from == BED4_FROM_TUN && self->flags & BED4_SELF_ADDR &&
		   bed4_in6_eq(src, &self->own);

	if (own)
		return BED4_GO;
	if (bed4_src_never(src))
		return BED4_SRC_NEVER;
	if (BED4_ROLE(self) == BED4_ROLE_PEER)
		return BED4_SRC_FOREIGN; /* a peer owns one address and sends from no other */
	if (BED4_PLAN(self) && bed4_same_plan(src, &self->own))
		return BED4_SRC_SPOOFED; /* another router's come by the tunnel, from that router */
	return bed4_same_prefix(src, &self->own) ? BED4_SRC_SPOOFED : BED4_GO;
}

/*
 * Router: may a packet from the TUN device enter the tunnel though it is not for our prefix? Of the plan,
 * that is what this machine itself sends from our address. What native hosts send to peers of other routers
 * goes there by native IPv6: those routers would not believe us its source.
 */
BED4_INLINE bool bed4_own_to_elsewhere(const struct bed4_self *self, const struct bed4_ip6 *ip6)
{
	struct bed4_ep at;

	return bed4_elsewhere(self, &ip6->dst, &at) && bed4_in6_eq(&ip6->src, &self->own);
}

/*
 * What becomes of an IPv6 packet that would enter the tunnel; @cur spans the packet from its IPv6
 * header on. OTHER: it is not for the prefix. PROTOCOL section 6, second table; section 7.
 */
BED4_INLINE enum bed4_outcome bed4_decide_out(const struct bed4_self *self, struct bed4_cur cur,
					      __u32 len, enum bed4_from from,
					      bed4_policy_fn policy, const void *arg,
					      struct bed4_verdict *v)
{
	enum bed4_outcome o = bed4_parse_inner(&cur, len, v);
	const struct bed4_in6 *dst;

	if (o)
		return o;
	dst = &v->ip6->dst;
	if (bed4_in6_multicast(dst))
		return from == BED4_FROM_NATIVE ? BED4_OTHER : BED4_MULTICAST;
	if (BED4_ROLE(self) == BED4_ROLE_ROUTER) {
		if (!bed4_same_prefix(dst, &self->own) &&
		    (from == BED4_FROM_NATIVE || !BED4_PLAN(self) || !bed4_own_to_elsewhere(self, v->ip6)))
			return from == BED4_FROM_NATIVE ? BED4_OTHER : BED4_DST_FOREIGN;
		if (bed4_in6_eq(dst, &self->own))
			return BED4_SLOW_LOCAL;
	} else if (!(self->flags & BED4_SELF_ADDR)) {
		return BED4_NO_ADDRESS;
	}
	o = bed4_look_above(cur, v->ip6->next);
	if (o == BED4_SLOW_ND)
		return BED4_ND_NATIVE;
	if (o)
		return o;
	o = bed4_check_src_out(self, &v->ip6->src, from);
	if (o)
		return o;
	if (bed4_dst_never(dst))
		return BED4_DST_NEVER;
	if (BED4_ROLE(self) == BED4_ROLE_PEER) {
		v->to = self->server;
		return v->len > self->mtu ? BED4_SLOW_BIG : BED4_OUT_ROUTER;
	}
	if (!bed4_locate_next(self, dst, policy, arg, &v->to))
		return BED4_SLOW_UNREACH;
	if (from == BED4_FROM_NATIVE && v->ip6->hops <= 1)
		return BED4_SLOW_HOPS;
	return v->len > self->mtu ? BED4_SLOW_BIG : BED4_OUT;
}

#define BED4_SILENCE 20 /* s; after that a NAT's filter may have closed: PROTOCOL section 8 */
#define BED4_DOUBT   5 /* s of sending unheard over a confirmed path before it is probed */

/* Seconds from @then to @now; 0 when another CPU has stamped a second that we have not seen yet. */
BED4_INLINE __u32 bed4_since(__u32 now, __u32 then)
{
	return now > then ? now - then : 0;
}

/* Can that stamp have been made? One that lies ahead, by more than another CPU's second, is no stamp. */
BED4_INLINE bool bed4_stamp_ok(__u32 now, __u32 stamp)
{
	return stamp <= now + 1;
}

/* Is this the first packet of a TCP connection? @cur stands behind the IPv6 header. */
BED4_INLINE bool bed4_is_syn(const struct bed4_ip6 *ip6, struct bed4_cur cur)
{
	const __u8 *tcp = bed4_take(&cur, 20);

	return ip6->next == BED4_PROTO_TCP && tcp && (tcp[13] & 0x17) == 0x02;
}

/*
 * Peer: which way a packet takes that bed4_decide_out() found good for OUT_ROUTER. Directly (OUT,
 * with @v->to set) over a path that is confirmed, else by the router; never neither. *@tell is set
 * when the daemon has to know of this use: it may start to look for a path. @n is the cache's entry
 * or NULL, @now seconds of boottime, @upper stands behind the IPv6 header. PROTOCOL section 8.
 */
BED4_INLINE enum bed4_outcome bed4_choose_path(const struct bed4_self *self,
					       const struct bed4_neigh *n, __u32 now,
					       struct bed4_cur upper, bed4_policy_fn policy,
					       const void *arg, struct bed4_verdict *v, bool *tell)
{
	struct bed4_neigh at;

	*tell = false;
	if (!bed4_inside(self, &v->ip6->dst) || bed4_is_router(self, &v->ip6->dst))
		return BED4_OUT_ROUTER;
	if (!n) {
		*tell = true;
		if (self->flags & BED4_SELF_EAGER && bed4_is_syn(v->ip6, upper) &&
		    bed4_locate(self, &v->ip6->dst, policy, arg, &v->to))
			return BED4_OUT;
		v->to = self->server;
		return BED4_OUT_ROUTER;
	}
	at.word = *(const volatile __u64 *)&n->word;
	*tell = now >= n->wake && n->wake != BED4_NEVER;
	if (at.path == BED4_PATH_ROUTER)
		return BED4_OUT_ROUTER;
	if (at.state == BED4_NEIGH_STALE && bed4_since(now, n->heard) >= BED4_SILENCE)
		return BED4_OUT_ROUTER;
	if (at.state == BED4_NEIGH_REACHABLE && bed4_since(now, n->heard) >= BED4_DOUBT)
		*tell = true;
	v->to = bed4_ep(at.addr, at.port);
	return BED4_OUT;
}

#endif
