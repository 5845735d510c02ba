// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Measures paths; see ping.h. Straight to a neighbour, and on a LAN, by a Neighbour Solicitation, whose
 * answer goes to where it came from; by the router, and where no solicitation may go, by an ICMPv6 echo.
 * A solicitation carries no number: so there is one at a time, none beside those of the cache, and only
 * the neighbour's own endpoint answers it. An echo reply has to bring a secret back. States of the cache
 * are not touched, but that an answer confirms a path like any other. Must not know sockets or clocks.
 * Proved by selftests/unit/test_ping.c.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/engine.h"
#include "core/nd.h"
#include "core/neigh.h"

#define LOOK	 (50 * NSEC_PER_MSEC) /* between two looks whether the cache has done asking */
#define PATIENCE (5 * NSEC_PER_SEC) /* with a cache that does not stop */

/* What follows the head of an echo request. */
struct payload {
	__u8 secret[PING_SECRET];
	__be32 seq;
	__u8 path;
	__u8 pad[35]; /* 56 bytes in all, as ping(8) sends */
};

#define ECHO_LEN (BED4_IP6_LEN + sizeof(struct bed4_echo) + sizeof(struct payload))

_Static_assert(sizeof(struct payload) == 56, "");

/* Actions and bytes that one ping's turn may need. */
#define ROOM_ACTIONS 12
#define ROOM_BYTES   (PING_PATHS * ECHO_LEN + ND_NS_LEN)

static void tell(struct tunnel *t, const struct ping *p, struct ping_event ev, struct actions *a)
{
	struct action *act = engine_note(a, ACTION_PING);

	if (!act)
		return;
	ev.seq = p->seq;
	ev.slot = (unsigned int)(p - t->pings.list);
	act->in6 = p->request.addr;
	act->ping = ev;
}

static struct neigh *entry(const struct tunnel *t, const struct ping *p)
{
	return t->config.role == BED4_ROLE_PEER ? neigh_find(t, &p->request.addr) : NULL;
}

/* --- which paths there are ------------------------------------------------------------------------- */

static void skip(struct tunnel *t, struct ping *p, enum bed4_path path, enum bed4_reason reason,
		 struct actions *a)
{
	struct ping_ask *ask = &p->ask[path];

	ask->planned = false;
	if (!ask->skipped)
		tell(t, p, (struct ping_event){ .kind = PING_SKIPPED, .path = path, .reason = reason }, a);
	ask->skipped = true;
}

static void plan(struct ping *p, enum bed4_path path, struct bed4_ep to, bool echo)
{
	struct ping_ask *ask = &p->ask[path];

	ask->to = to;
	ask->echo = echo;
	ask->planned = true;
	ask->skipped = false;
}

/* Where a packet straight to it goes: a router's to a peer of another router goes to that. */
static bool locate(const struct tunnel *t, const struct bed4_in6 *addr, struct bed4_ep *to)
{
	return t->config.role == BED4_ROLE_ROUTER ?
		       bed4_locate_next(&t->self, addr, t->config.policy, t->config.policy_arg, to) :
		       bed4_locate(&t->self, addr, t->config.policy, t->config.policy_arg, to);
}

/* Straight to another peer, if its address says where that is. */
static void plan_direct(struct tunnel *t, struct ping *p, const struct neigh *n, struct actions *a)
{
	struct bed4_ep to;

	if (n && n->state == BED4_NEIGH_PERMANENT)
		plan(p, BED4_PATH_DIRECT, neigh_at(n), true); /* nobody's NA is heard there */
	else if (!bed4_iid_get(&p->request.addr, &to))
		skip(t, p, BED4_PATH_DIRECT, BED4_REASON_ODD_PORT, a);
	else if (!locate(t, &p->request.addr, &to))
		skip(t, p, BED4_PATH_DIRECT, BED4_REASON_REFUSED, a);
	else if (t->config.role == BED4_ROLE_PEER && !n)
		skip(t, p, BED4_PATH_DIRECT, BED4_REASON_FULL, a); /* answers of strangers are not heard */
	else
		plan(p, BED4_PATH_DIRECT, to, t->config.role == BED4_ROLE_ROUTER);
}

static bool is_neighbour(const struct tunnel *t, const struct bed4_in6 *addr)
{
	return bed4_inside(&t->self, addr) &&
	       (t->config.role == BED4_ROLE_ROUTER || !bed4_is_router(&t->self, addr));
}

static void plan_round(struct tunnel *t, __u64 now, struct ping *p, struct actions *a)
{
	struct neigh *n = entry(t, p);

	if (t->config.role == BED4_ROLE_PEER)
		plan(p, BED4_PATH_ROUTER, t->self.server, true);
	if (!is_neighbour(t, &p->request.addr))
		return;
	if (t->config.role == BED4_ROLE_PEER && !n) {
		/* As any packet to it does: this begins the search, too. */
		neigh_used(t, now, &p->request.addr, 0, 0, a);
		n = entry(t, p);
	}
	plan_direct(t, p, n, a);
	if (n && n->lan_addr && n->state != BED4_NEIGH_PERMANENT)
		plan(p, BED4_PATH_LAN, neigh_lan(n), false);
}

/* --- asking ---------------------------------------------------------------------------------------- */

static void build_echo(const struct tunnel *t, const struct ping *p, enum bed4_path path, __u8 *room)
{
	struct bed4_ip6 ip6 = { .vtf = BED4_HTONL(0x60000000), .next = BED4_PROTO_ICMP6, .hops = 64,
				.len = BED4_HTONS(ECHO_LEN - BED4_IP6_LEN), .src = t->self.own,
				.dst = p->request.addr };
	struct bed4_echo echo = { .type = BED4_ICMP6_ECHO, .id_seq = t->self.ping };
	struct payload load = { .seq = BED4_HTONL(p->seq), .path = path };
	__u8 *icmp = room + sizeof(ip6);

	memcpy(load.secret, p->request.secret, sizeof(load.secret));
	memcpy(room, &ip6, sizeof(ip6));
	memcpy(icmp, &echo, sizeof(echo));
	memcpy(icmp + sizeof(echo), &load, sizeof(load));
	echo.csum = bed4_csum_upper((const void *)room, BED4_PROTO_ICMP6, icmp, ECHO_LEN - sizeof(ip6));
	memcpy(icmp, &echo, sizeof(echo));
}

/* May it be sent now? One beside the cache's own could not be told from those by its answer. */
static bool may_send(const struct tunnel *t, __u64 now, const struct ping *p, const struct ping_ask *ask)
{
	const struct neigh *n = ask->echo ? NULL : entry(t, p);
	__u64 own = p->ask[BED4_PATH_DIRECT].sent;

	if (p->ask[BED4_PATH_LAN].sent > own)
		own = p->ask[BED4_PATH_LAN].sent;
	return !n || now >= p->give_up || !neigh_asking(n, now, own);
}

static void send(struct tunnel *t, __u64 now, struct ping *p, enum bed4_path path, struct actions *a)
{
	struct ping_ask *ask = &p->ask[path];
	struct neigh *n = entry(t, p);
	__u8 *room = engine_take(a, ECHO_LEN);
	struct ping_event ev = { .kind = PING_SENT, .path = path, .ep = ask->to, .echo = ask->echo };
	size_t len = ECHO_LEN;

	if (!room)
		return;
	if (ask->echo)
		build_echo(t, p, path, room);
	else
		len = nd_build_ns(room, &t->self.own, &p->request.addr, t->self.public);
	engine_send(a, ask->to, room, len, BED4_TTL);
	if (!ask->echo && n)
		neigh_asked(n, now);
	if (path == BED4_PATH_ROUTER)
		peer_sent_to_router(t, now);
	ask->sent = now;
	ask->open = true;
	ask->planned = false;
	tell(t, p, ev, a);
}

/* --- rounds ---------------------------------------------------------------------------------------- */

static bool settled(const struct ping *p)
{
	unsigned int i;

	for (i = 0; i < PING_PATHS; i++) {
		if (p->ask[i].open || p->ask[i].planned)
			return false;
	}
	return true;
}

static bool last_round(const struct ping *p)
{
	return p->request.count && p->seq == p->request.count;
}

static void release(struct tunnel *t, struct ping *p)
{
	p->active = false;
	if (!--t->pings.active)
		t->self.ping = 0;
}

static void over(struct tunnel *t, struct ping *p, struct actions *a)
{
	struct ping_event ev = { .kind = PING_OVER };
	const struct neigh *n = entry(t, p);

	if (n)
		ev.neigh = neigh_value(n);
	tell(t, p, ev, a);
	release(t, p);
}

static void begin_round(struct tunnel *t, __u64 now, struct ping *p, struct actions *a)
{
	p->seq++;
	p->round_at = now + p->request.gap;
	p->give_up = now + PATIENCE;
	plan_round(t, now, p, a);
}

static void give_up_late_ones(struct tunnel *t, __u64 now, struct ping *p, struct actions *a)
{
	unsigned int i;

	for (i = 0; i < PING_PATHS; i++) {
		if (!p->ask[i].open || now < p->ask[i].sent + p->request.wait)
			continue;
		p->ask[i].open = false;
		tell(t, p, (struct ping_event){ .kind = PING_UNANSWERED, .path = i, .ep = p->ask[i].to,
						.echo = p->ask[i].echo }, a);
	}
}

static void turn(struct tunnel *t, __u64 now, struct ping *p, struct actions *a)
{
	unsigned int i;

	give_up_late_ones(t, now, p, a);
	if (settled(p) && (last_round(p) || !(t->self.flags & BED4_SELF_ADDR))) {
		over(t, p, a);
		return;
	}
	if (settled(p) && now >= p->round_at)
		begin_round(t, now, p, a);
	p->again_at = 0;
	for (i = 0; i < PING_PATHS; i++) {
		if (p->ask[i].planned && may_send(t, now, p, &p->ask[i]))
			send(t, now, p, i, a);
		if (p->ask[i].planned)
			p->again_at = now + LOOK;
	}
}

/* When it has something to do. */
static __u64 due(const struct ping *p)
{
	__u64 at = UINT64_MAX, end;
	unsigned int i;

	if (settled(p))
		return last_round(p) ? 0 : p->round_at;
	if (p->again_at)
		at = p->again_at;
	for (i = 0; i < PING_PATHS; i++) {
		end = p->ask[i].sent + p->request.wait;
		if (p->ask[i].open && end < at)
			at = end;
	}
	return at;
}

void ping_tick(struct tunnel *t, __u64 now, struct actions *a)
{
	unsigned int i;

	for (i = 0; i < PING_MAX && t->pings.active; i++) {
		if (a->count + ROOM_ACTIONS > ACTIONS_MAX || a->used + ROOM_BYTES > sizeof(a->room))
			return; /* those that are left are due still */
		if (t->pings.list[i].active && due(&t->pings.list[i]) <= now)
			turn(t, now, &t->pings.list[i], a);
	}
}

__u64 ping_deadline(const struct tunnel *t)
{
	__u64 first = UINT64_MAX, at;
	unsigned int i;

	for (i = 0; i < PING_MAX && t->pings.active; i++) {
		at = t->pings.list[i].active ? due(&t->pings.list[i]) : UINT64_MAX;
		first = at < first ? at : first;
	}
	return first;
}

/* --- beginning and ending -------------------------------------------------------------------------- */

/* What cannot be pinged at all. A router knows its peers only: others are ping(8)'s. */
static int check(const struct tunnel *t, const struct ping_request *r)
{
	bool inside = bed4_inside(&t->self, &r->addr);
	unsigned int i;

	if (!(t->self.flags & BED4_SELF_ADDR))
		return -EADDRNOTAVAIL;
	if (bed4_in6_multicast(&r->addr) || bed4_dst_never(&r->addr) || bed4_in6_eq(&r->addr, &t->self.own) ||
	    (t->config.role == BED4_ROLE_ROUTER && !inside) || !r->key)
		return -EINVAL;
	if (r->gap < PING_GAP_MIN || r->gap > PING_TIME_MAX || !r->wait || r->wait > PING_TIME_MAX)
		return -ERANGE;
	for (i = 0; i < PING_MAX; i++) {
		if (t->pings.list[i].active && bed4_in6_eq(&t->pings.list[i].request.addr, &r->addr))
			return -EBUSY;
	}
	return 0;
}

/*
 * Begins at the next tunnel_tick(). The slot, by which events and ping_stop() know it; -EADDRNOTAVAIL: no
 * own address yet; -EINVAL: that is no address to be reached from here; -ERANGE: times out of bounds;
 * -EBUSY: it is being pinged; -EAGAIN: PING_MAX others are.
 */
int ping_start(struct tunnel *t, __u64 now, const struct ping_request *r)
{
	int err = check(t, r), i;

	if (err)
		return err;
	for (i = 0; i < PING_MAX && t->pings.list[i].active; i++)
		;
	if (i == PING_MAX)
		return -EAGAIN;
	t->pings.list[i] = (struct ping){ .request = *r, .active = true, .round_at = now };
	if (!t->pings.active++)
		t->self.ping = r->key;
	return i;
}

/* It is ended, without an event. Fine when it has ended by itself. */
void ping_stop(struct tunnel *t, unsigned int slot)
{
	if (slot < PING_MAX && t->pings.list[slot].active)
		release(t, &t->pings.list[slot]);
}

/* --- answers --------------------------------------------------------------------------------------- */

static void answered(struct pass *p, struct ping *ping, enum bed4_path path)
{
	struct ping_ask *ask = &ping->ask[path];
	struct ping_event ev = { .kind = PING_ANSWERED, .path = path, .back = path, .ep = p->src,
				 .echo = ask->echo, .rtt = p->now - ask->sent };

	ask->open = false;
	if (ask->echo && p->t->config.role == BED4_ROLE_PEER)
		ev.back = bed4_ep_eq(p->src, p->t->self.server) ? BED4_PATH_ROUTER :
			  bed4_iid_is(&ping->request.addr, p->src) ? BED4_PATH_DIRECT : BED4_PATH_LAN;
	tell(p->t, ping, ev, p->a);
}

bool ping_advertised(struct pass *p, const struct bed4_in6 *addr)
{
	struct pings *all = &p->t->pings;
	unsigned int i, path;

	for (i = 0; i < PING_MAX && all->active; i++) {
		if (!all->list[i].active || !bed4_in6_eq(&all->list[i].request.addr, addr))
			continue;
		for (path = BED4_PATH_DIRECT; path < PING_PATHS; path++) {
			struct ping_ask *ask = &all->list[i].ask[path];

			if (!ask->open || ask->echo || !bed4_ep_eq(ask->to, p->src) ||
			    p->now >= ask->sent + all->list[i].request.wait)
				continue;
			answered(p, &all->list[i], path);
			return true;
		}
	}
	return false;
}

/* The payload of an echo reply that is whole and of the kind that we ask for. */
static bool read_reply(const struct pass *p, struct payload *load)
{
	const __u8 *icmp = p->data + BED4_IP6_LEN;
	struct bed4_echo echo;

	if (p->v.len != ECHO_LEN)
		return false;
	memcpy(&echo, icmp, sizeof(echo));
	if (echo.code || bed4_csum_upper(p->v.ip6, BED4_PROTO_ICMP6, icmp, ECHO_LEN - BED4_IP6_LEN))
		return false;
	memcpy(load, icmp + sizeof(echo), sizeof(*load));
	return load->path < PING_PATHS;
}

bool ping_replied(struct pass *p)
{
	struct pings *all = &p->t->pings;
	struct payload load;
	struct ping *ping;
	unsigned int i;

	if (!read_reply(p, &load))
		return false;
	for (i = 0; i < PING_MAX; i++) {
		ping = &all->list[i];
		if (!ping->active || !bed4_in6_eq(&p->v.ip6->src, &ping->request.addr) ||
		    memcmp(load.secret, ping->request.secret, sizeof(load.secret)))
			continue;
		if (!ping->ask[load.path].open || !ping->ask[load.path].echo ||
		    BED4_NTOHL(load.seq) != ping->seq)
			return true; /* ours, but late, or there already */
		answered(p, ping, load.path);
		return true;
	}
	return false;
}
