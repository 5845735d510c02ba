// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The cache and map `neigh`: what the fast path is told of an entry, what its stamps say, what an earlier daemon has
 * left there, and what somebody else has written; see neigh.h. Must not know what states mean nor how a path is
 * sought. Proved by selftests/unit/test_neigh.c and test_tally.c, on a real map by selftests/prog/test_fastpath.c.
 */
#include <string.h>

#include "core/neigh_priv.h"

#define IDLE	   600 /* s without use after which an entry goes */
#define WRITE_TIME NSEC_PER_SEC /* counters of the slow path reach the map this late */

struct bed4_neigh neigh_value(const struct neigh *n)
{
	return (struct bed4_neigh){ .addr = n->at_addr, .port = n->at_port, .state = n->state,
				    .path = n->path, .used = n->used, .heard = n->heard,
				    .since = n->since, .wake = n->wake, .reason = n->reason,
				    .rx_packets = n->rx_packets, .rx_bytes = n->rx_bytes,
				    .tx_packets = n->tx_packets, .tx_bytes = n->tx_bytes };
}

void neigh_publish(struct tunnel *t, struct neigh *n, struct actions *a)
{
	struct action *act = engine_note(a, ACTION_NEIGH_SET);

	if (!act) {
		table_mark(&t->table, n);
		t->write_at = 1; /* as soon as there is room */
		return;
	}
	act->in6 = neigh_addr(t, n);
	act->neigh = neigh_value(n);
	n->rx_packets = n->rx_bytes = n->tx_packets = n->tx_bytes = 0;
}

/* False: the list is full. */
static bool forget(struct actions *a, const struct bed4_in6 *addr)
{
	struct action *act = engine_note(a, ACTION_NEIGH_DEL);

	if (act)
		act->in6 = *addr;
	return act;
}

void neigh_drop(struct tunnel *t, struct neigh *n, struct actions *a)
{
	struct bed4_in6 addr = neigh_addr(t, n);

	if (!forget(a, &addr))
		return;
	t->strangers -= !n->wanted;
	table_del(&t->table, n);
}

void neigh_write_later(struct tunnel *t, __u64 now, struct neigh *n)
{
	table_mark(&t->table, n);
	if (!t->write_at)
		t->write_at = now + WRITE_TIME;
}

void neigh_write_all(struct tunnel *t, __u64 now, struct actions *a)
{
	struct neigh *n;

	while (neigh_room_left(a) && (n = table_take_marked(&t->table)))
		neigh_publish(t, n, a);
	t->write_at = t->table.dirty ? now : 0;
}

/* Is @v what the map was told of @n, or will be at once, with stamps that the fast path can have made? */
static bool as_told(const struct tunnel *t, __u64 now, const struct neigh *n, const struct bed4_neigh *v)
{
	if (t->write_at && t->write_at <= now)
		return true;
	return v->word == neigh_value(n).word && v->since == n->since && v->wake == n->wake &&
	       bed4_stamp_ok(neigh_seconds(now), v->used) && bed4_stamp_ok(neigh_seconds(now), v->heard);
}

bool neigh_stamp(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, const struct bed4_neigh *v,
		 struct actions *a)
{
	struct neigh *n = neigh_find(t, addr);
	__u32 last;
	bool good;

	if (!n) {
		forget(a, addr);
		return false;
	}
	good = as_told(t, now, n, v);
	if (good) {
		n->used = v->used > n->used ? v->used : n->used;
		n->heard = v->heard > n->heard ? v->heard : n->heard;
	} else {
		forget(a, addr);
		neigh_publish(t, n, a);
	}
	last = n->used > n->heard ? n->used : n->heard;
	if (n->state != BED4_NEIGH_PERMANENT && bed4_since(neigh_seconds(now), last) >= IDLE)
		neigh_drop(t, n, a);
	return good;
}

/* May packets go where the map says? It is not as safe as our own memory. */
static bool good_place(const struct tunnel *t, const struct bed4_in6 *addr, const struct bed4_neigh *v)
{
	struct bed4_ep at = bed4_ep(v->addr, v->port), named;

	if (v->path == BED4_PATH_LAN)
		return at.port && t->config.onlink && t->config.onlink(t->config.policy_arg, at.addr);
	return v->path == BED4_PATH_DIRECT && bed4_locate(&t->self, addr, t->config.policy,
							  t->config.policy_arg, &named) &&
	       bed4_ep_eq(at, named);
}

/* State and path of an entry that another daemon has left; what it was just doing begins anew. */
static void adopt_state(struct tunnel *t, __u64 now, struct neigh *n, const struct bed4_neigh *v)
{
	bool good = v->state == BED4_NEIGH_REACHABLE || v->state == BED4_NEIGH_STALE ||
		    v->state == BED4_NEIGH_DELAY || v->state == BED4_NEIGH_PROBE;
	struct bed4_in6 addr = neigh_addr(t, n);
	__u64 left = (v->since * NSEC_PER_SEC) + REACHABLE_MS / 2 * NSEC_PER_MSEC;

	neigh_place(t, n);
	if (v->state == BED4_NEIGH_PERMANENT || (good && good_place(t, &addr, v))) {
		neigh_set_at(n, bed4_ep(v->addr, v->port));
		table_set_path(&t->table, n, v->path == BED4_PATH_LAN ? BED4_PATH_LAN : BED4_PATH_DIRECT);
		if (n->path == BED4_PATH_LAN)
			neigh_set_lan(n, neigh_at(n));
		if (v->state == BED4_NEIGH_PERMANENT)
			neigh_set_state(t, now, n, BED4_NEIGH_PERMANENT, 0);
		else if (v->state == BED4_NEIGH_REACHABLE && left > now && v->since <= neigh_seconds(now))
			neigh_set_state(t, now, n, BED4_NEIGH_REACHABLE, left);
		else
			neigh_set_state(t, now, n, BED4_NEIGH_STALE, 0);
		return;
	}
	table_set_path(&t->table, n, BED4_PATH_ROUTER);
	n->reason = v->reason < BED4_REASONS && v->reason ? v->reason : BED4_REASON_NO_ANSWER;
	neigh_set_state(t, now, n, BED4_NEIGH_VIA_ROUTER, 0);
	if (n->reason == BED4_REASON_NO_ANSWER || n->reason == BED4_REASON_ASKING)
		n->wake = neigh_seconds(now);
}

void neigh_adopt(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, const struct bed4_neigh *v,
		 struct actions *a)
{
	struct neigh *n = NULL;

	if (neigh_find(t, addr))
		return; /* met twice */
	if (t->self.flags & BED4_SELF_ADDR && bed4_inside(&t->self, addr) &&
	    !bed4_in6_eq(addr, &t->self.own))
		n = neigh_enter(t, addr, true);
	if (!n) {
		forget(a, addr);
		return;
	}
	n->used = v->used < neigh_seconds(now) ? v->used : neigh_seconds(now);
	n->heard = v->heard < neigh_seconds(now) ? v->heard : neigh_seconds(now);
	adopt_state(t, now, n, v);
	if (n->state == v->state && v->since < n->since)
		n->since = v->since;
	neigh_publish(t, n, a);
}

void neigh_flush(struct tunnel *t, struct actions *a)
{
	__u32 i;

	while (table_take_marked(&t->table))
		; /* counters of those that go */
	for (i = 1; i < t->table.fresh; i++) {
		struct neigh *n = &t->table.node[i];

		if (n->state == BED4_NEIGH_PERMANENT)
			table_mark(&t->table, n);
		else if (n->state != BED4_NEIGH_NONE)
			table_del(&t->table, n);
	}
	t->strangers = 0;
	t->write_at = 1; /* those that stay are told anew */
	engine_note(a, ACTION_NEIGH_FLUSH);
}
