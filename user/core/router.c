// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The router (PROTOCOL section 6): answers solicitations, relays, forwards, refuses. Stateless but
 * for rate limits. Must not know sockets or time sources. Proved by selftests/unit/test_router.c.
 */
#include <string.h>

#include "6bed4/admit.h"
#include "core/engine.h"
#include "core/icmp6.h"
#include "core/nd.h"

static const struct bed4_in6 router_ll = { .b = { 0xfe, 0x80 } };

/*
 * A sender that may be told of in `neigh`: @in6 is its address, @ep where it is. Another router stands for
 * all that are under it.
 */
static void note_seen(struct pass *p)
{
	struct action *act;
	struct bed4_ep at;

	if (!bed4_port_ok(p->src.port))
		return;
	act = engine_note(p->a, ACTION_SEEN);
	if (!act)
		return;
	act->to = p->src;
	act->len = p->len;
	act->in6 = bed4_elsewhere(&p->t->self, &p->v.ip6->src, &at) ? p->v.ip6->src : p->t->self.own;
	bed4_iid_put(&act->in6, p->src);
}

/* Somebody speaks in the name of another: mostly itself, before its NAT gave it another endpoint. */
static void note_mismatch(struct pass *p)
{
	struct action *act = engine_note(p->a, ACTION_MISMATCH);

	if (!act)
		return;
	act->to = p->src;
	act->in6 = p->v.ip6->src;
}

/* The RA tells the sender its public endpoint: its destination's iid. */
static void send_ra(struct pass *p, enum bed4_outcome o)
{
	struct bed4_in6 dst = bed4_link_local(p->src);
	__u8 *room;

	if (!engine_allowed(p, bed4_answer_cost(ND_RA_LEN, p->v.len), 1))
		return;
	room = engine_room(p, ND_RA_LEN);
	if (room)
		engine_udp(p, p->src, room, nd_build_ra(room, &dst, &p->t->self.own), 0, o);
}

static bool asks_for_us(const struct tunnel *t, const struct bed4_in6 *target)
{
	struct bed4_in6 own_ll = bed4_link_local(t->self.public);

	return bed4_in6_eq(target, &router_ll) || bed4_in6_eq(target, &own_ll) ||
	       bed4_in6_eq(target, &t->self.own);
}

static void on_ns(struct pass *p, const struct nd_msg *m)
{
	struct tunnel *t = p->t;
	struct bed4_in6 src = m->ip6->src, ll = bed4_link_local(p->src);
	bool known = bed4_validated(&t->self, &src, p->src) ||
		     (bed4_port_ok(p->src.port) && bed4_in6_eq(&src, &ll));
	__u8 *room;
	size_t n;

	if (!known || !asks_for_us(t, &m->target)) {
		engine_end(p, BED4_ND_UNWANTED);
		return;
	}
	if (!engine_allowed(p, bed4_answer_cost(ND_NA_LEN, p->v.len), 1))
		return;
	room = engine_room(p, ND_NA_LEN);
	if (!room)
		return;
	n = nd_build_na(room, &router_ll, &src, &t->self.own, t->self.public,
			ND_NA_ROUTER | ND_NA_SOLICITED);
	engine_udp(p, p->src, room, n, 0, BED4_NS_ANSWERED);
}

static void on_nd(struct pass *p)
{
	struct nd_msg m;

	if (nd_parse(p->data, p->v.len, &m)) {
		engine_end(p, BED4_ND_INVALID);
	} else if (m.type == BED4_ND_RS) {
		send_ra(p, BED4_RS_ANSWERED);
		if (p->a->count)
			note_seen(p);
	} else if (m.type == BED4_ND_NS) {
		on_ns(p, &m);
	} else {
		engine_end(p, BED4_ND_UNWANTED);
	}
}

/* The hop limit is at its end: between peers it is ours to say so, elsewhere the kernel's. */
static void on_last_hop(struct pass *p)
{
	if (bed4_inside(&p->t->self, &p->v.ip6->dst)) {
		engine_error(p, BED4_ICMP6_TIME_EXCEEDED, 0, 0, BED4_ICMP_HOPS);
		return;
	}
	engine_trim(p);
	engine_tun(p, p->data, p->len, BED4_IN_NATIVE);
	note_seen(p);
}

static void relay(struct pass *p)
{
	engine_trim(p);
	((struct bed4_ip6 *)(void *)p->data)->hops--;
	engine_udp(p, p->v.to, p->data, p->len, p->v.tclass, BED4_RELAY);
}

void router_rx_udp(struct pass *p, enum bed4_outcome o)
{
	switch (o) {
	case BED4_IN_NATIVE:
	case BED4_IN_LOCAL:
		engine_trim(p);
		engine_tun(p, p->data, p->len, o);
		note_seen(p);
		break;
	case BED4_SLOW_ECHO:
		if (ping_replied(p)) {
			engine_end(p, BED4_ECHO_TAKEN);
		} else {
			engine_trim(p);
			engine_tun(p, p->data, p->len, BED4_IN_LOCAL);
		}
		note_seen(p);
		break;
	case BED4_RELAY:
		relay(p);
		note_seen(p);
		break;
	case BED4_SLOW_ND:
		on_nd(p);
		break;
	case BED4_SLOW_MISMATCH:
		send_ra(p, BED4_RA_MISMATCH);
		if (p->a->count)
			note_mismatch(p);
		break;
	case BED4_SLOW_UNREACH:
		engine_error(p, BED4_ICMP6_UNREACH, 3, 0, BED4_ICMP_UNREACH);
		break;
	case BED4_SLOW_BIG:
		engine_error(p, BED4_ICMP6_TOO_BIG, 0, p->t->self.mtu, BED4_ICMP_BIG);
		break;
	case BED4_SLOW_HOPS:
		on_last_hop(p);
		break;
	default:
		engine_end(p, o);
	}
}

void router_rx_tun(struct pass *p, enum bed4_outcome o)
{
	switch (o) {
	case BED4_OUT:
		p->len = p->v.len;
		engine_udp(p, p->v.to, p->data, p->len, p->v.tclass, o);
		break;
	case BED4_SLOW_UNREACH:
		engine_error(p, BED4_ICMP6_UNREACH, 3, 0, BED4_ICMP_UNREACH);
		break;
	case BED4_SLOW_BIG:
		engine_error(p, BED4_ICMP6_TOO_BIG, 0, p->t->self.mtu, BED4_ICMP_BIG);
		break;
	default:
		engine_end(p, o);
	}
}
