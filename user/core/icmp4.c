// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ICMPv4 errors about tunnel datagrams, told on as ICMPv6 errors about what was in them (RFC 2473
 * section 8, PROTOCOL section 10). It does not matter whether daemon or fast path had sent them. Must
 * not believe anything that a guess would not have hit: the tunnel's addresses and ports, and
 * the inner addresses. Proved by selftests/unit/test_icmp4.c.
 */
#include "6bed4/admit.h"
#include "core/icmp4.h"
#include "core/icmp6.h"
#include "core/neigh.h"

#define ICMP4_HEAD     8
#define UNREACH	       3
#define TIME_EXCEEDED  11
#define PARAM_PROBLEM  12
#define FRAG_NEEDED    4 /* code of UNREACH */
#define OUTER_OVERHEAD BED4_OUTER_LEN

/* What an error says, as far as it is about a datagram of ours. */
struct about {
	struct bed4_ep to;
	__u8 type, code;
	__u32 mtu; /* FRAG_NEEDED: of the link that was too small, 0 unknown */
	__u8 *inner;
	size_t len; /* of the inner packet's part that is quoted */
};

/* RFC 4884: behind so many bytes there may be extensions, which are no part of the datagram. */
static size_t quoted(const __u8 *icmp, size_t len)
{
	size_t said = icmp[5] * 4u;

	return said && said < len - ICMP4_HEAD ? said : len - ICMP4_HEAD;
}

/* OTHER: not about our tunnel. */
static enum bed4_outcome read_error(const struct tunnel *t, __u8 *icmp, size_t len, struct about *a)
{
	const struct bed4_ip4 *ip4 = (void *)(icmp + ICMP4_HEAD);
	const struct bed4_udp *udp = (const void *)(ip4 + 1);
	const struct bed4_ip6 *ip6 = (const void *)(udp + 1);
	size_t n;

	if (len < ICMP4_HEAD + BED4_OUTER_LEN ||
	    (icmp[0] != UNREACH && icmp[0] != TIME_EXCEEDED && icmp[0] != PARAM_PROBLEM))
		return BED4_OTHER;
	if (ip4->vhl != 0x45 || ip4->proto != BED4_PROTO_UDP || ip4->src != t->self.listen.addr ||
	    ip4->frag & BED4_HTONS(0x1fff) || udp->src != t->self.listen.port)
		return BED4_OTHER;
	if (bed4_csum_fold(bed4_csum_buf(0, icmp, len)) != 0xffff)
		return BED4_ICMP4_FOREIGN;
	n = quoted(icmp, len);
	if (n < BED4_OUTER_LEN + BED4_IP6_LEN)
		return BED4_ICMP4_SHORT;
	n -= BED4_OUTER_LEN;
	if ((ip6->vtf & BED4_HTONL(0xf0000000)) != BED4_HTONL(0x60000000))
		return BED4_ICMP4_FOREIGN;
	*a = (struct about){ .to = bed4_ep(ip4->dst, udp->dst), .type = icmp[0], .code = icmp[1],
			     .mtu = (__u32)icmp[6] << 8 | icmp[7], .inner = (__u8 *)ip6, .len = n };
	n = BED4_IP6_LEN + (size_t)BED4_NTOHS(ip6->len);
	if (a->len > n)
		a->len = n;
	return BED4_GO;
}

/* Would we have sent this packet to that endpoint? */
static bool is_ours(const struct tunnel *t, const struct about *a)
{
	const struct bed4_ip6 *ip6 = (const void *)a->inner;
	struct bed4_ep at;

	if (t->config.role == BED4_ROLE_PEER)
		return t->self.flags & BED4_SELF_ADDR && bed4_in6_eq(&ip6->src, &t->self.own) &&
		       (bed4_ep_eq(a->to, t->self.server) || neigh_is_at(t, &ip6->dst, a->to));
	if (bed4_elsewhere(&t->self, &ip6->dst, &at))
		return bed4_ep_eq(a->to, at) && bed4_same_prefix(&ip6->src, &t->self.own);
	return bed4_same_prefix(&ip6->dst, &t->self.own) && bed4_iid_is(&ip6->dst, a->to) &&
	       !bed4_src_never(&ip6->src);
}

/*
 * Where the inner source is: false: on our side of the tunnel, @ep stands in for it; true: a peer that we
 * have relayed for, at @ep, or another router's, which is at @ep then.
 */
static bool is_relayed(const struct tunnel *t, const struct bed4_in6 *src, struct bed4_ep *ep)
{
	*ep = bed4_stand_in(src);
	return t->config.role == BED4_ROLE_ROUTER && bed4_inside(&t->self, src) &&
	       !bed4_in6_eq(src, &t->self.own) &&
	       bed4_locate_next(&t->self, src, t->config.policy, t->config.policy_arg, ep);
}

static void tell(struct pass *p, const struct about *a)
{
	static const struct bed4_in6 router = { .b = { 0xfe, 0x80 } };
	const struct bed4_ip6 *ip6 = (const void *)a->inner;
	bool big = a->type == UNREACH && a->code == FRAG_NEEDED;
	enum bed4_outcome o = big ? BED4_ICMP_BIG : BED4_ICMP_UNREACH;
	__u32 mtu = a->mtu > BED4_MTU + OUTER_OVERHEAD ? a->mtu - OUTER_OVERHEAD : BED4_MTU;
	bool relayed = is_relayed(p->t, &ip6->src, &p->src);
	size_t n;
	__u8 *room;

	if (!icmp6_may_answer(a->inner, a->len)) {
		engine_end(p, BED4_ICMP4_FOREIGN);
		return;
	}
	if (!limit_allow(p->t->limit, p->now, p->src, bed4_error_cost((__u32)a->len), 1)) {
		engine_end(p, BED4_LIMITED);
		return;
	}
	room = engine_room(p, BED4_ERROR_MAX);
	if (!room)
		return;
	n = icmp6_build(room, big ? BED4_ICMP6_TOO_BIG : BED4_ICMP6_UNREACH, big ? 0 : 3, big ? mtu : 0,
			p->t->config.role == BED4_ROLE_ROUTER ? &p->t->self.own : &router, a->inner,
			a->len);
	if (relayed)
		engine_udp(p, p->src, room, n, 0, o);
	else
		engine_tun(p, room, n, o);
}

void tunnel_rx_icmp4(struct tunnel *t, __u64 now, __u8 *icmp, size_t len, struct actions *actions)
{
	struct pass p = { .t = t, .now = now, .hook = BED4_HOOK_ICMP, .data = icmp, .len = len,
			  .a = actions };
	struct about a;
	enum bed4_outcome o = read_error(t, icmp, len, &a);

	if (o) {
		engine_end(&p, o);
		return;
	}
	if (!is_ours(t, &a)) {
		engine_end(&p, BED4_ICMP4_FOREIGN);
		return;
	}
	if (t->config.role == BED4_ROLE_PEER)
		neigh_doubt(t, now, &((const struct bed4_ip6 *)(void *)a.inner)->dst, a.to, actions);
	p.len = a.len;
	tell(&p, &a);
}
