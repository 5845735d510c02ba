// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * States and timers of the neighbour cache; see neigh.h. Must not know sockets, maps or clocks.
 * Proved by selftests/unit/test_neigh.c and test_sim.c.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/neigh_priv.h"

#define NS_GAP	     (50 * NSEC_PER_MSEC)
#define NS_WAIT	     NSEC_PER_SEC /* for an answer to the last NS; RFC 4861's RetransTimer */
#define NS_LAN	     2
#define NS_DIRECT    3
#define PROBES	     3
#define DELAY_TIME   (5 * NSEC_PER_SEC)
#define STRANGERS(t) ((t)->max / 4) /* entries made for peers that we have not sent to */

struct bed4_in6 neigh_addr(const struct tunnel *t, const struct neigh *n)
{
	struct bed4_in6 addr = t->self.own;

	if (t->table.whole) {
		addr.w[0] = n->prefix[0];
		addr.w[1] = n->prefix[1];
	}
	addr.w[2] = n->iid[0];
	addr.w[3] = n->iid[1];
	return addr;
}

void neigh_place(const struct tunnel *t, struct neigh *n)
{
	struct bed4_in6 addr = neigh_addr(t, n);
	struct bed4_ep ep;

	bed4_iid_get(&addr, &ep);
	neigh_set_at(n, ep);
}

/* Was a stamp, if @set, made less than NS_WAIT ago? */
static bool lately(bool set, __u64 now, __u32 stamp)
{
	return set && neigh_ticks(now) - stamp < neigh_ticks(NS_WAIT);
}

void neigh_set_state(struct tunnel *t, __u64 now, struct neigh *n, enum bed4_neigh_state state, __u64 state_at)
{
	table_set_state(&t->table, n, state);
	n->since = neigh_seconds(now);
	n->state_at = state_at;
	n->wake = state == BED4_NEIGH_STALE ? 0 : BED4_NEVER;
	table_timer(&t->table, n);
}

static bool send_ns(struct tunnel *t, __u64 now, struct neigh *n, struct bed4_ep to, __u8 ttl,
		    struct actions *a)
{
	struct bed4_in6 addr = neigh_addr(t, n);
	__u8 *room = engine_take(a, ND_NS_LEN);

	if (!room)
		return false;
	engine_send(a, to, room, nd_build_ns(room, &t->self.own, &addr, t->self.public), ttl);
	neigh_asked(n, now);
	return true;
}

/* The next NS of a search: the LAN first, then straight. */
static void next_ns(struct tunnel *t, __u64 now, struct neigh *n, struct actions *a)
{
	static const struct bed4_ep lan = { .addr = BED4_HTONL(0xe0000001),
					    .port = BED4_HTONS(BED4_PORT) };

	if (n->ns_lan) {
		n->ns_lan--;
		n->asked_lan = true;
		send_ns(t, now, n, lan, t->config.radius, a);
	} else if (n->ns_left) {
		n->ns_left--;
		send_ns(t, now, n, n->to_lan ? neigh_lan(n) : neigh_at(n), BED4_TTL, a);
	}
	n->ns_at = n->ns_lan + n->ns_left ? now + NS_GAP : 0;
	table_timer(&t->table, n);
}

/* Is it behind our own public address, so that it may be on our LAN? */
static bool maybe_on_lan(const struct tunnel *t, const struct neigh *n)
{
	struct bed4_in6 addr = neigh_addr(t, n);
	struct bed4_ep ep;

	return t->config.radius && bed4_iid_get(&addr, &ep) && ep.addr == t->self.public.addr;
}

static void start_search(struct tunnel *t, __u64 now, struct neigh *n, bool lan, struct actions *a)
{
	n->ns_lan = lan ? NS_LAN : 0;
	n->ns_left = NS_DIRECT;
	n->asked_lan = n->to_lan = false;
	next_ns(t, now, n, a);
}

static void via_router(struct tunnel *t, __u64 now, struct neigh *n, enum bed4_reason reason,
		       struct actions *a)
{
	__u32 wait = 5u << (n->backoff < 6 ? n->backoff : 6);

	neigh_set_lan(n, bed4_ep(0, 0)); /* who is on the LAN is found anew */
	neigh_place(t, n);
	table_set_path(&t->table, n, BED4_PATH_ROUTER);
	n->reason = reason;
	n->ns_at = 0;
	n->ns_lan = n->ns_left = 0;
	neigh_set_state(t, now, n, BED4_NEIGH_VIA_ROUTER, 0);
	if (reason == BED4_REASON_NO_ANSWER) {
		n->wake = neigh_seconds(now) + (wait < 300 ? wait : 300);
		n->backoff += n->backoff < 6;
	}
	neigh_publish(t, n, a);
}

/*
 * May it be solicited now? Under another router identifiers are what that router says, so a flood from there
 * can name any endpoint: what solicitations it draws is bounded as answers to it would be.
 */
static bool may_search(struct tunnel *t, __u64 now, const struct neigh *n)
{
	struct bed4_in6 addr = neigh_addr(t, n);
	struct bed4_ep at;

	return !bed4_elsewhere(&t->self, &addr, &at) ||
	       limit_allow(t->limit, now, at, NS_DIRECT, NS_DIRECT);
}

/* INCOMPLETE: packets go by the router until an NA comes. */
static void search(struct tunnel *t, __u64 now, struct neigh *n, struct actions *a)
{
	bool lan = maybe_on_lan(t, n);
	__u64 sending = (NS_DIRECT - 1 + (lan ? NS_LAN : 0)) * NS_GAP;

	if (!may_search(t, now, n)) {
		via_router(t, now, n, BED4_REASON_NO_ANSWER, a);
		return;
	}
	if (!n->lan_addr)
		neigh_place(t, n);
	table_set_path(&t->table, n, BED4_PATH_ROUTER);
	n->reason = BED4_REASON_ASKING;
	neigh_set_state(t, now, n, BED4_NEIGH_INCOMPLETE, now + sending + NS_WAIT);
	neigh_publish(t, n, a);
	start_search(t, now, n, lan, a);
}

struct neigh *neigh_enter(struct tunnel *t, const struct bed4_in6 *addr, bool wanted)
{
	struct neigh *n = wanted || t->strangers < STRANGERS(&t->table) ?
				  table_add(&t->table, addr) : NULL;

	if (!n) {
		t->refused += wanted;
		return NULL;
	}
	n->wanted = wanted;
	t->strangers += !wanted;
	return n;
}

static void want(struct tunnel *t, struct neigh *n)
{
	t->strangers -= !n->wanted;
	n->wanted = true;
}

/* Begins with a path by the router, and looks for a better one where that may be. */
static void seek(struct tunnel *t, __u64 now, struct neigh *n, struct actions *a)
{
	struct bed4_in6 addr = neigh_addr(t, n);
	struct bed4_ep ep;

	if (!bed4_iid_get(&addr, &ep))
		via_router(t, now, n, BED4_REASON_ODD_PORT, a);
	else if (!bed4_locate(&t->self, &addr, t->config.policy, t->config.policy_arg, &ep) &&
		 !maybe_on_lan(t, n))
		via_router(t, now, n, BED4_REASON_REFUSED, a);
	else
		search(t, now, n, a);
}

static void first_use(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct actions *a)
{
	struct neigh *n = neigh_enter(t, addr, true);

	if (!n)
		return;
	n->used = neigh_seconds(now);
	seek(t, now, n, a);
}

static void probe(struct tunnel *t, __u64 now, struct neigh *n, struct actions *a)
{
	if (n->state != BED4_NEIGH_PROBE) {
		n->probes = 0;
		neigh_set_state(t, now, n, BED4_NEIGH_PROBE, now + NS_WAIT);
		neigh_publish(t, n, a);
	}
	if (n->probes == PROBES) {
		via_router(t, now, n, BED4_REASON_NO_ANSWER, a);
		return;
	}
	n->probes++;
	n->state_at = now + NS_WAIT;
	table_timer(&t->table, n);
	send_ns(t, now, n, neigh_at(n), BED4_TTL, a);
}

/*
 * DELAY is 5 s of silence under traffic, so that a dead path is left 8 s after it died: it counts
 * from when the neighbour was last heard, unless we had not sent since. @used: the use before.
 */
static __u64 delay_end(__u64 now, const struct neigh *n, __u32 used)
{
	bool idle = bed4_since(n->used, used) >= BED4_DOUBT;

	return (idle ? now : n->heard * NSEC_PER_SEC) + DELAY_TIME;
}

struct neigh *neigh_find(const struct tunnel *t, const struct bed4_in6 *addr)
{
	return bed4_inside(&t->self, addr) ? table_find(&t->table, addr) : NULL;
}

/* Can there be a path to it beside the one by our router? */
static bool may_have_path(const struct tunnel *t, const struct bed4_in6 *addr)
{
	return t->self.flags & BED4_SELF_ADDR && bed4_inside(&t->self, addr) &&
	       !bed4_in6_eq(addr, &t->self.own) && !bed4_is_router(&t->self, addr);
}

void neigh_used(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, __u32 used,
		__u32 heard, struct actions *a)
{
	struct neigh *n;

	if (!may_have_path(t, addr))
		return;
	n = table_find(&t->table, addr);
	if (!n) {
		first_use(t, now, addr, a);
		return;
	}
	want(t, n);
	if (!used && !heard)
		neigh_publish(t, n, a); /* somebody has deleted it */
	n->used = neigh_seconds(now);
	if (heard > n->heard && bed4_stamp_ok(n->used, heard))
		n->heard = heard;
	if (n->state == BED4_NEIGH_STALE) {
		if (bed4_since(n->used, n->heard) >= BED4_SILENCE) {
			search(t, now, n, a);
			return;
		}
		neigh_set_state(t, now, n, BED4_NEIGH_DELAY, delay_end(now, n, used));
		neigh_publish(t, n, a);
	} else if (n->state == BED4_NEIGH_REACHABLE &&
		   bed4_since(n->used, n->heard) >= BED4_DOUBT) {
		/*
		 * RFC 4861 would go on for up to 48 s. The silence has lasted as long as DELAY, so
		 * a path that died while in use is left after 8 s.
		 */
		probe(t, now, n, a);
	} else if (n->state == BED4_NEIGH_VIA_ROUTER && n->wake != BED4_NEVER && n->used >= n->wake) {
		search(t, now, n, a);
	}
}

enum bed4_outcome neigh_choose(struct pass *p)
{
	struct tunnel *t = p->t;
	struct bed4_in6 dst = p->v.ip6->dst;
	struct neigh *n = neigh_find(t, &dst);
	struct bed4_neigh value = n ? neigh_value(n) : (struct bed4_neigh){};
	struct bed4_cur upper = { p->data + BED4_IP6_LEN, p->data + p->v.len };
	enum bed4_outcome o;
	__u32 used;
	bool tell;

	o = bed4_choose_path(&t->self, n ? &value : NULL, neigh_seconds(p->now), upper, t->config.policy,
			     t->config.policy_arg, &p->v, &tell);
	used = n ? n->used : 0;
	if (n)
		n->used = neigh_seconds(p->now);
	if (tell)
		neigh_used(t, p->now, &dst, used, 0, p->a);
	n = neigh_find(t, &dst); /* it may have come just now */
	if (!n)
		return o;
	n->tx_packets++;
	n->tx_bytes += p->v.len;
	neigh_write_later(t, p->now, n);
	return o;
}

void neigh_heard(struct pass *p, const struct bed4_in6 *addr)
{
	struct neigh *n = table_find(&p->t->table, addr);

	if (!n)
		return;
	n->heard = neigh_seconds(p->now);
	n->rx_packets++;
	n->rx_bytes += p->len;
	neigh_write_later(p->t, p->now, n);
}

bool neigh_is_at(const struct tunnel *t, const struct bed4_in6 *addr, struct bed4_ep src)
{
	const struct neigh *n = neigh_find(t, addr);

	return n && (bed4_ep_eq(neigh_at(n), src) || (n->lan_addr && bed4_ep_eq(neigh_lan(n), src)));
}

const struct bed4_neigh *neigh_lookup(const void *tunnel, const struct bed4_in6 *addr)
{
	struct tunnel *t = (struct tunnel *)tunnel;
	const struct neigh *n = table_find(&t->table, addr);

	if (!n)
		return NULL;
	t->found = neigh_value(n);
	return &t->found;
}

/* Confirmed: @n is at @at. */
static void reachable(struct tunnel *t, __u64 now, struct neigh *n, struct bed4_ep at,
		      enum bed4_path path, struct actions *a)
{
	__u64 ms = REACHABLE_MS / 2 + engine_random(t, REACHABLE_MS);

	neigh_set_at(n, at);
	table_set_path(&t->table, n, path);
	n->reason = BED4_REASON_NONE;
	n->backoff = n->ns_left = n->ns_lan = 0;
	n->ns_at = 0;
	n->heard = neigh_seconds(now);
	neigh_set_state(t, now, n, BED4_NEIGH_REACHABLE, now + ms * NSEC_PER_MSEC);
	neigh_publish(t, n, a);
}

bool neigh_advertised(struct pass *p, const struct bed4_in6 *addr)
{
	struct tunnel *t = p->t;
	struct neigh *n = table_find(&t->table, addr);
	struct bed4_ep named;
	bool direct, lan;

	if (!n || n->state == BED4_NEIGH_PERMANENT || !lately(n->solicited, p->now, n->ns_sent))
		return false;
	direct = bed4_iid_get(addr, &named) && bed4_ep_eq(named, p->src) &&
		 bed4_endpoint_policy(&t->self, p->src.addr, t->config.policy,
				      t->config.policy_arg) == BED4_POLICY_PERMIT;
	lan = (n->asked_lan && t->config.onlink && t->config.onlink(t->config.policy_arg, p->src.addr)) ||
	      (n->lan_addr && bed4_ep_eq(neigh_lan(n), p->src));
	if (!direct && !lan)
		return false;
	if (direct && n->state == BED4_NEIGH_REACHABLE && n->path == BED4_PATH_LAN)
		return true; /* the LAN is better */
	if (lan)
		neigh_set_lan(n, p->src);
	reachable(t, p->now, n, p->src, lan ? BED4_PATH_LAN : BED4_PATH_DIRECT, p->a);
	return true;
}

void neigh_solicited(struct pass *p, const struct bed4_in6 *addr, bool lan)
{
	struct tunnel *t = p->t;
	struct neigh *n = table_find(&t->table, addr);

	if (!n) {
		n = neigh_enter(t, addr, false);
		if (!n)
			return;
		n->used = neigh_seconds(p->now);
		neigh_place(t, n);
		n->reason = BED4_REASON_ASKING;
		neigh_set_state(t, p->now, n, BED4_NEIGH_INCOMPLETE,
			  p->now + (NS_DIRECT - 1) * NS_GAP + NS_WAIT);
		neigh_publish(t, n, p->a);
	}
	if (n->state == BED4_NEIGH_PERMANENT)
		return;
	if (lan && n->path != BED4_PATH_LAN) {
		neigh_set_lan(n, p->src);
		if (n->path == BED4_PATH_ROUTER)
			neigh_set_at(n, p->src); /* accepted from there, not yet sent to */
		neigh_publish(t, n, p->a);
	}
	if (n->state == BED4_NEIGH_PROBE && !lan)
		return; /* is being asked already */
	if (n->state == BED4_NEIGH_REACHABLE && !(lan && n->path != BED4_PATH_LAN)) {
		/* It doubts the path. If ours has not been confirmed lately either, so do we. */
		if (bed4_since(neigh_seconds(p->now), n->since) >= BED4_DOUBT)
			probe(t, p->now, n, p->a);
		return;
	}
	if (lately(n->answered, p->now, n->answered_at))
		return;
	n->answered_at = neigh_ticks(p->now);
	n->answered = true;
	n->to_lan = lan;
	n->ns_lan = 0;
	n->ns_left = NS_DIRECT;
	next_ns(t, p->now, n, p->a);
}

void neigh_doubt(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct bed4_ep at,
		 struct actions *a)
{
	struct neigh *n = neigh_find(t, addr);

	if (!n || n->path == BED4_PATH_ROUTER || !bed4_ep_eq(neigh_at(n), at))
		return;
	if (n->state == BED4_NEIGH_REACHABLE || n->state == BED4_NEIGH_STALE ||
	    n->state == BED4_NEIGH_DELAY)
		probe(t, now, n, a);
}

bool neigh_redirected(struct pass *p, const struct bed4_in6 *addr)
{
	struct tunnel *t = p->t;
	struct neigh *n = neigh_find(t, addr);
	struct bed4_ep from;

	if (!n || n->state == BED4_NEIGH_PERMANENT || n->state == BED4_NEIGH_INCOMPLETE)
		return false;
	from = n->path == BED4_PATH_ROUTER ? t->self.server : neigh_at(n);
	if (!bed4_ep_eq(p->src, from) || n->ns_at ||
	    lately(n->answered, p->now, n->answered_at))
		return false;
	n->answered_at = neigh_ticks(p->now);
	n->answered = true;
	if (n->path != BED4_PATH_ROUTER)
		start_search(t, p->now, n, maybe_on_lan(t, n), p->a);
	else if (n->reason == BED4_REASON_NO_ANSWER)
		search(t, p->now, n, p->a);
	return true;
}

static void state_over(struct tunnel *t, __u64 now, struct neigh *n, struct actions *a)
{
	switch (n->state) {
	case BED4_NEIGH_INCOMPLETE:
		if (n->wanted)
			via_router(t, now, n, BED4_REASON_NO_ANSWER, a);
		else
			neigh_drop(t, n, a);
		break;
	case BED4_NEIGH_REACHABLE:
		neigh_set_state(t, now, n, BED4_NEIGH_STALE, 0);
		neigh_publish(t, n, a);
		break;
	case BED4_NEIGH_DELAY:
	case BED4_NEIGH_PROBE:
		probe(t, now, n, a);
		break;
	default:
		n->state_at = 0;
		table_timer(&t->table, n);
	}
}

void neigh_tick(struct tunnel *t, __u64 now, struct actions *a)
{
	struct neigh *n;

	while (neigh_room_left(a) && (n = table_first(&t->table)) && table_due(n) <= now) {
		if (n->ns_at && n->ns_at <= now)
			next_ns(t, now, n, a);
		else
			state_over(t, now, n, a);
	}
	if (t->write_at && now >= t->write_at)
		neigh_write_all(t, now, a);
}

__u64 neigh_deadline(const struct tunnel *t)
{
	const struct neigh *n = table_first(&t->table);
	__u64 due = n ? table_due(n) : UINT64_MAX;

	return t->write_at && t->write_at < due ? t->write_at : due;
}

int neigh_add(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct bed4_ep at,
	      struct actions *a)
{
	struct neigh *n;

	if (!bed4_inside(&t->self, addr) || bed4_in6_eq(addr, &t->self.own) ||
	    (!at.addr && !bed4_iid_get(addr, &at)) || !bed4_port_ok(at.port))
		return -EINVAL;
	n = table_find(&t->table, addr);
	if (!n)
		n = neigh_enter(t, addr, true);
	if (!n)
		return -ENOSPC;
	want(t, n);
	neigh_set_at(n, at);
	table_set_path(&t->table, n, BED4_PATH_DIRECT);
	n->reason = BED4_REASON_NONE;
	n->ns_at = 0;
	n->ns_lan = n->ns_left = 0;
	neigh_set_state(t, now, n, BED4_NEIGH_PERMANENT, 0);
	neigh_publish(t, n, a);
	return 0;
}

int neigh_search(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct actions *a)
{
	struct neigh *n;

	if (!may_have_path(t, addr))
		return -EINVAL;
	n = table_find(&t->table, addr);
	if (!n) {
		first_use(t, now, addr, a);
		return table_find(&t->table, addr) ? 0 : -ENOSPC;
	}
	if (n->state == BED4_NEIGH_PERMANENT)
		return -EPERM;
	want(t, n);
	n->used = neigh_seconds(now);
	n->backoff = 0;
	if (n->path == BED4_PATH_ROUTER) {
		seek(t, now, n, a);
		return 0;
	}
	if (n->state == BED4_NEIGH_PROBE)
		return 0; /* is under way */
	probe(t, now, n, a);
	if (n->path == BED4_PATH_DIRECT && maybe_on_lan(t, n))
		start_search(t, now, n, true, a); /* there may be something better */
	return 0;
}

void neigh_asked(struct neigh *n, __u64 now)
{
	n->ns_sent = neigh_ticks(now);
	n->solicited = true;
}

bool neigh_asking(const struct neigh *n, __u64 now, __u64 own)
{
	return n->ns_at || (n->ns_sent != neigh_ticks(own) && lately(n->solicited, now, n->ns_sent));
}

int neigh_del(struct tunnel *t, const struct bed4_in6 *addr, struct actions *a)
{
	struct neigh *n = neigh_find(t, addr);

	if (!n)
		return -ENOENT;
	neigh_drop(t, n, a);
	return 0;
}
