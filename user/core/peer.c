// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The peer (PROTOCOL section 7): finds its address, keeps its NAT mapping alive, notices when router
 * or mapping are gone, answers its neighbours. Must not know sockets, devices, clocks, nor how a
 * path to a neighbour is found (neigh.h). Proved by selftests/unit/test_peer.c.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "6bed4/admit.h"
#include "core/engine.h"
#include "core/nd.h"
#include "core/neigh.h"

#define SUSPECT	   (10 * NSEC_PER_SEC) /* of sending unheard, and between two suspicions */
#define RETRY	   NSEC_PER_SEC /* between RS to a router that has answered before */
#define UNANSWERED 3 /* such RS that mean the router is lost */
#define ODD_PORTS  8 /* local ports tried against a NAT that gives odd ones */
#define ODD_RETRY  (30 * NSEC_PER_SEC)
#define KEEPALIVES_PER_RS 10

static const struct bed4_in6 router_ll = { .b = { 0xfe, 0x80 } };

/* @ns, up to a tenth earlier: many NATs forget after exactly 30 s, and peers should not march. */
static __u64 jittered(struct tunnel *t, __u64 ns)
{
	return ns - engine_random(t, ns / 10 + 1);
}

static __u64 solicit_interval(const struct peer *peer)
{
	static const __u8 seconds[] = { 1, 3, 7, 15, 30 };
	unsigned int i = peer->rs_count ? peer->rs_count - 1 : 0;

	return seconds[i < sizeof(seconds) ? i : sizeof(seconds) - 1] * NSEC_PER_SEC;
}

static void send_rs(struct tunnel *t, __u64 now, struct actions *a)
{
	__u8 *room = engine_take(a, ND_RS_LEN);

	if (!room)
		return;
	engine_send(a, t->self.server, room, nd_build_rs(room), BED4_TTL);
	t->peer.tx_last = now;
}

static void solicit_anew(struct tunnel *t, enum peer_state state, __u64 at)
{
	t->peer.state = state;
	t->peer.rs_count = t->peer.unanswered = 0;
	t->peer.rs_at = at;
}

/* Something is odd with router or mapping: one RS, at most one per 10 s. */
static void suspect(struct tunnel *t, __u64 now)
{
	struct peer *peer = &t->peer;

	if (peer->state != PEER_CONFIGURED || peer->unanswered ||
	    (peer->rs_last && now - peer->rs_last < SUSPECT))
		return;
	peer->rs_last = now;
	peer->rs_at = now;
}

/* One that has adopted an address only has it confirmed. */
void peer_start(struct tunnel *t, __u64 now)
{
	if (t->peer.state != PEER_CONFIGURED)
		solicit_anew(t, PEER_SOLICITING, now);
}

void peer_adopt(struct tunnel *t, __u64 now, const struct bed4_self *old)
{
	struct bed4_ep named;

	if (old->role != BED4_ROLE_PEER || !(old->flags & BED4_SELF_ADDR) ||
	    !bed4_ep_eq(old->server, t->self.server) || !bed4_ep_eq(old->listen, t->self.listen) ||
	    !bed4_iid_get(&old->own, &named) || !bed4_ep_eq(named, old->public))
		return;
	engine_own(t, &old->own);
	t->self.public = old->public;
	t->self.flags |= BED4_SELF_ADDR;
	t->peer.state = PEER_CONFIGURED;
	t->peer.rs_last = t->peer.rs_at = now;
	if (t->config.keepalive_sec)
		t->peer.keepalive_at = now + jittered(t, t->config.keepalive_sec * NSEC_PER_SEC);
}

void peer_rebound(struct tunnel *t, __u64 now)
{
	t->peer.tx_unheard = 0;
	solicit_anew(t, PEER_SOLICITING, now + (t->peer.odd_ports ? RETRY : 0));
}

static void rs_due(struct tunnel *t, __u64 now, struct actions *a)
{
	struct peer *peer = &t->peer;

	if (peer->state == PEER_CONFIGURED) {
		if (peer->unanswered == UNANSWERED) {
			solicit_anew(t, PEER_LOST, now + NSEC_PER_SEC);
			return;
		}
		peer->unanswered++;
		peer->rs_at = now + RETRY;
	} else {
		peer->rs_count++;
		peer->rs_at = now + (peer->state == PEER_ODD_PORT ? ODD_RETRY :
								    jittered(t, solicit_interval(peer)));
	}
	send_rs(t, now, a);
}

static void keepalive_due(struct tunnel *t, __u64 now, struct actions *a)
{
	struct peer *peer = &t->peer;
	__u64 period = t->config.keepalive_sec * NSEC_PER_SEC;

	peer->keepalive_at = now + jittered(t, period);
	if (peer->tx_last && now - peer->tx_last < period / 2) {
		/* Other traffic has just refreshed the mapping; count from there. */
		peer->keepalive_at = peer->tx_last + jittered(t, period);
		return;
	}
	if (++peer->keepalives % KEEPALIVES_PER_RS)
		engine_send(a, t->self.server, a->room, 0, t->config.keepalive_ttl);
	else if (!peer->unanswered)
		peer->rs_at = now;
}

void peer_tick(struct tunnel *t, __u64 now, struct actions *a)
{
	struct peer *peer = &t->peer;

	if (peer->tx_unheard && now - peer->tx_unheard >= SUSPECT) {
		suspect(t, now);
		peer->tx_unheard = now;
	}
	if (peer->keepalive_at && now >= peer->keepalive_at)
		keepalive_due(t, now, a);
	if (peer->rs_at && now >= peer->rs_at)
		rs_due(t, now, a);
	neigh_tick(t, now, a);
}

/* Whole seconds: being heard in the second in which we sent counts as an answer. */
void peer_pulse(struct tunnel *t, __u64 now, const struct bed4_pulse *pulse)
{
	struct peer *peer = &t->peer;
	__u64 tx = pulse->tx * NSEC_PER_SEC;
	__u32 seconds = (__u32)(now / NSEC_PER_SEC);

	if (!bed4_stamp_ok(seconds, pulse->tx) || !bed4_stamp_ok(seconds, pulse->rx))
		return;
	if (pulse->rx != peer->pulse.rx)
		peer->tx_unheard = 0;
	if (pulse->tx != peer->pulse.tx) {
		if (tx > peer->tx_last)
			peer->tx_last = tx;
		if (!peer->tx_unheard && pulse->tx > pulse->rx)
			peer->tx_unheard = tx;
	}
	peer->pulse = *pulse;
}

static __u64 earlier(__u64 a, __u64 b)
{
	return b && b < a ? b : a;
}

__u64 peer_deadline(const struct tunnel *t)
{
	const struct peer *peer = &t->peer;
	__u64 at = earlier(earlier(UINT64_MAX, peer->rs_at), peer->keepalive_at);

	at = earlier(at, neigh_deadline(t));
	return peer->tx_unheard ? earlier(at, peer->tx_unheard + SUSPECT) : at;
}

/* The RA shows an odd external port: no address can tell it. Another local port may do better. */
static void on_odd_port(struct pass *p)
{
	struct tunnel *t = p->t;

	if (!t->config.fixed_port && t->peer.odd_ports < ODD_PORTS) {
		t->peer.odd_ports++;
		t->peer.rs_at = 0;
		engine_note(p->a, ACTION_REBIND);
		return;
	}
	solicit_anew(t, PEER_ODD_PORT, p->now + ODD_RETRY);
	if (t->self.flags & BED4_SELF_ADDR) {
		t->self.flags &= ~BED4_SELF_ADDR;
		engine_note(p->a, ACTION_ADDR_DEL);
	}
}

static void set_address(struct pass *p, const struct bed4_in6 *prefix, struct bed4_ep public)
{
	struct tunnel *t = p->t;
	struct bed4_in6 own = *prefix;
	struct action *act;

	bed4_iid_put(&own, public);
	t->peer.state = PEER_CONFIGURED;
	t->peer.rs_count = t->peer.unanswered = t->peer.odd_ports = 0;
	t->peer.rs_at = 0;
	if (!t->peer.keepalive_at && t->config.keepalive_sec)
		t->peer.keepalive_at = p->now + jittered(t, t->config.keepalive_sec * NSEC_PER_SEC);
	if (t->self.flags & BED4_SELF_ADDR && bed4_in6_eq(&own, &t->self.own))
		return;
	act = engine_note(p->a, ACTION_ADDR_SET);
	if (!act)
		return;
	act->in6 = own;
	engine_own(t, &own);
	t->self.public = public;
	t->self.flags |= BED4_SELF_ADDR;
	t->self.generation++;
	neigh_flush(t, p->a);
}

/* PROTOCOL section 7, rule 2. The flow label and traffic class do not matter. */
static void on_ra(struct pass *p, const struct nd_msg *m)
{
	struct bed4_in6 dst = m->ip6->dst;
	struct bed4_ep public;
	bool well_formed = bed4_iid_get(&dst, &public);
	struct bed4_in6 again = bed4_link_local(public);

	if (!bed4_ep_eq(p->src, p->t->self.server)) {
		engine_end(p, BED4_ND_UNWANTED);
		return;
	}
	/* An odd port makes the identifier ill-formed, but it still reads back the same. */
	if (!bed4_in6_eq(&m->ip6->src, &router_ll) || !bed4_in6_eq(&dst, &again) || !m->has_prefix ||
	    !public.port) {
		engine_end(p, BED4_ND_INVALID);
		return;
	}
	engine_end(p, BED4_RA_TAKEN);
	if (well_formed)
		set_address(p, &m->prefix, public);
	else
		on_odd_port(p);
}

static bool asks_for_us(const struct tunnel *t, const struct bed4_in6 *target)
{
	struct bed4_in6 own_ll = bed4_link_local(t->self.public);

	return t->self.flags & BED4_SELF_ADDR &&
	       (bed4_in6_eq(target, &t->self.own) || bed4_in6_eq(target, &own_ll));
}

/* To where the question came from; false: not allowed just now. */
static bool answer_ns(struct pass *p, const struct nd_msg *m)
{
	struct tunnel *t = p->t;
	struct bed4_in6 src = m->ip6->src;
	__u8 *room;
	size_t n;

	if (!engine_allowed(p, BED4_NS_DRAWS, BED4_NS_DRAWS))
		return false;
	room = engine_room(p, ND_NA_LEN);
	if (!room)
		return false;
	n = nd_build_na(room, &m->target, &src, &m->target, t->self.public,
			ND_NA_SOLICITED | ND_NA_OVERRIDE);
	engine_udp(p, p->src, room, n, 0, BED4_NS_ANSWERED);
	return true;
}

/* Somebody who is who it says asks for us. */
static void on_ns(struct pass *p, const struct nd_msg *m)
{
	struct tunnel *t = p->t;
	struct bed4_in6 src = m->ip6->src;
	bool straight = bed4_speaks_for_itself(&t->self, &src, p->src) &&
			!bed4_check_sender(&t->self, p->src, t->config.policy, t->config.policy_arg);

	if (!asks_for_us(t, &m->target) || bed4_in6_eq(&src, &t->self.own) ||
	    !(straight || neigh_is_at(t, &src, p->src))) {
		engine_end(p, BED4_ND_UNWANTED);
		return;
	}
	if (answer_ns(p, m))
		neigh_solicited(p, &src, !straight);
}

/* The same by LAN multicast: only from a connected subnet, by somebody behind our own address. */
void peer_rx_lan(struct pass *p)
{
	struct tunnel *t = p->t;
	struct bed4_in6 src;
	struct bed4_ep ep;
	struct nd_msg m;

	if (nd_parse(p->data, p->v.len, &m)) {
		engine_end(p, BED4_ND_INVALID);
		return;
	}
	src = m.ip6->src;
	if (m.type != BED4_ND_NS || !(t->self.flags & BED4_SELF_ADDR) ||
	    !bed4_in6_eq(&m.target, &t->self.own) || !bed4_inside(&t->self, &src) ||
	    bed4_in6_eq(&src, &t->self.own) || !bed4_iid_get(&src, &ep) ||
	    ep.addr != t->self.public.addr || !p->src.port || !t->config.onlink ||
	    !t->config.onlink(t->config.policy_arg, p->src.addr)) {
		engine_end(p, BED4_ND_UNWANTED);
		return;
	}
	if (answer_ns(p, &m))
		neigh_solicited(p, &src, true);
}

/* An NA speaks for its own sender. */
static void on_na(struct pass *p, const struct nd_msg *m)
{
	struct tunnel *t = p->t;
	struct bed4_in6 src = m->ip6->src, dst = m->ip6->dst;
	bool good = t->self.flags & BED4_SELF_ADDR && bed4_in6_eq(&dst, &t->self.own) &&
		    bed4_in6_eq(&src, &m->target) && bed4_inside(&t->self, &src);
	bool asked;

	asked = good && ping_advertised(p, &src);
	good = good && neigh_advertised(p, &src);
	engine_end(p, good || asked ? BED4_NA_TAKEN : BED4_ND_UNWANTED);
}

/* The reference router tells a changed mapping by garbage from fe80:: (PROTOCOL section 11). */
static void on_bad_nd(struct pass *p)
{
	if (p->len >= BED4_IP6_LEN && bed4_ep_eq(p->src, p->t->self.server) &&
	    !memcmp(p->data + offsetof(struct bed4_ip6, src), &router_ll, sizeof(router_ll)))
		suspect(p->t, p->now);
}

static void on_nd(struct pass *p)
{
	struct nd_msg m;

	if (nd_parse(p->data, p->v.len, &m)) {
		engine_end(p, BED4_ND_INVALID);
		on_bad_nd(p);
	} else if (m.type == BED4_ND_RA) {
		on_ra(p, &m);
	} else if (m.type == BED4_ND_NS) {
		on_ns(p, &m);
	} else if (m.type == BED4_ND_NA) {
		on_na(p, &m);
	} else {
		engine_end(p, m.type == BED4_ND_REDIRECT && neigh_redirected(p, &m.redirected) ?
				      BED4_REDIRECT_TAKEN : BED4_ND_UNWANTED);
	}
}

static void deliver(struct pass *p)
{
	struct bed4_in6 src = p->v.ip6->src;

	engine_trim(p);
	engine_tun(p, p->data, p->len, BED4_IN_LOCAL);
	if (!bed4_ep_eq(p->src, p->t->self.server))
		neigh_heard(p, &src);
}

void peer_rx_udp(struct pass *p, enum bed4_outcome o)
{
	if (bed4_ep_eq(p->src, p->t->self.server))
		p->t->peer.tx_unheard = 0;
	switch (o) {
	case BED4_IN_LOCAL:
		deliver(p);
		break;
	case BED4_SLOW_ND:
		on_nd(p);
		break;
	case BED4_SLOW_ECHO:
		if (ping_replied(p))
			engine_end(p, BED4_ECHO_TAKEN);
		else
			deliver(p);
		break;
	case BED4_MALFORMED:
	case BED4_SRC_NEVER:
		on_bad_nd(p);
		engine_end(p, o);
		break;
	default:
		engine_end(p, o);
	}
}

void peer_sent_to_router(struct tunnel *t, __u64 now)
{
	t->peer.tx_last = now;
	if (!t->peer.tx_unheard)
		t->peer.tx_unheard = now;
}

static void leave(struct pass *p)
{
	enum bed4_outcome o = neigh_choose(p);

	p->len = p->v.len;
	engine_udp(p, p->v.to, p->data, p->len, p->v.tclass, o);
	if (o == BED4_OUT_ROUTER)
		peer_sent_to_router(p->t, p->now);
}

void peer_rx_tun(struct pass *p, enum bed4_outcome o)
{
	switch (o) {
	case BED4_OUT_ROUTER:
		leave(p);
		break;
	case BED4_SLOW_BIG:
		engine_error(p, BED4_ICMP6_TOO_BIG, 0, p->t->self.mtu, BED4_ICMP_BIG);
		break;
	default:
		engine_end(p, o);
	}
}
