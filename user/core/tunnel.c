// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The core's entry points: hands packets and time to the role, counts, collects actions. Must not
 * know what a role answers. Proved by selftests/unit/test_router.c and test_peer.c.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "6bed4/admit.h"
#include "core/engine.h"
#include "core/finish.h"
#include "core/icmp6.h"
#include "core/mss.h"
#include "core/neigh.h"

static enum bed4_policy no_policy(const void *arg, __be32 addr)
{
	(void)arg;
	(void)addr;
	return BED4_POLICY_NONE;
}

/* The decisions ask with the tunnel as argument, for they also ask for neighbours. */
static enum bed4_policy ask_policy(const void *tunnel, __be32 addr)
{
	const struct tunnel *t = tunnel;

	return t->config.policy(t->config.policy_arg, addr);
}

static int init_table(struct tunnel *t, const struct tunnel_config *config)
{
	int err = table_init(&t->table, config->neigh_max, config->seed);

	t->table.whole = config->plan == BED4_PLAN_SERVER;
	t->table.tally = config->tally;
	if (config->tally)
		memset(config->tally, 0, sizeof(*config->tally));
	return err;
}

/* Is the router's prefix what the plan makes of where others see it? */
static bool of_plan(const struct tunnel_config *config)
{
	struct bed4_in6 derived = {};

	bed4_plan_put(&derived, config->plan_prefix, config->public);
	return bed4_port_ok(config->public.port) && bed4_same_prefix(&derived, &config->prefix);
}

void engine_own(struct tunnel *t, const struct bed4_in6 *own)
{
	struct bed4_ep at;

	t->self.own = *own;
	t->self.flags &= ~BED4_SELF_PLAN;
	if (t->config.plan == BED4_PLAN_SERVER && own->h[0] == BED4_HTONS(t->config.plan_prefix) &&
	    bed4_plan_get(own, &at))
		t->self.flags |= BED4_SELF_PLAN;
}

int tunnel_init(struct tunnel *t, const struct tunnel_config *config, struct bed4_count *slow,
		struct limit *limit)
{
	const struct bed4_in6 *prefix = &config->prefix;
	struct bed4_in6 own;

	if (!bed4_port_ok(config->listen.port) || config->mtu < BED4_MTU ||
	    config->mtu > BED4_MTU_MAX)
		return -EINVAL;
	if (config->role == BED4_ROLE_ROUTER &&
	    (prefix->w[2] || prefix->w[3] || (config->plan == BED4_PLAN_SERVER && !of_plan(config))))
		return -EINVAL;
	memset(t, 0, sizeof(*t));
	t->config = *config;
	t->slow = slow;
	t->limit = limit;
	t->rng = config->seed | 1;
	if (!t->config.policy)
		t->config.policy = no_policy;
	t->self = (struct bed4_self){ .abi = BED4_ABI, .listen = config->listen,
				      .public = config->public, .server = config->server,
				      .role = config->role, .mtu = config->mtu };
	if (config->role == BED4_ROLE_PEER) {
		t->self.flags = config->eager ? BED4_SELF_EAGER : 0;
		return init_table(t, config);
	}
	own = *prefix;
	bed4_iid_put(&own, config->public);
	t->self.flags = BED4_SELF_ADDR;
	engine_own(t, &own);
	return 0;
}

void tunnel_exit(struct tunnel *t)
{
	table_free(&t->table);
}

void actions_clear(struct actions *a)
{
	a->count = 0;
	a->used = 0;
}

static void count(struct tunnel *t, enum bed4_hook hook, enum bed4_outcome o, size_t bytes)
{
	struct bed4_count *c = &t->slow[bed4_stat_row(hook, o)];

	c->packets++;
	c->bytes += bytes;
}

void engine_end(struct pass *p, enum bed4_outcome o)
{
	p->t->ended = o;
	count(p->t, p->hook, o, p->len);
}

struct action *engine_note(struct actions *a, enum action_kind kind)
{
	struct action *act;

	if (a->count == ACTIONS_MAX)
		return NULL;
	act = &a->list[a->count++];
	*act = (struct action){ .kind = kind };
	return act;
}

static struct action *carry(struct pass *p, enum action_kind kind, const __u8 *data, size_t len,
			    enum bed4_outcome o)
{
	struct action *act = engine_note(p->a, kind);

	if (!act) {
		engine_end(p, BED4_FAILED);
		return NULL;
	}
	act->data = data;
	act->len = len;
	act->hook = p->hook;
	act->outcome = o;
	act->counted = p->len;
	return act;
}

void engine_tun(struct pass *p, const __u8 *data, size_t len, enum bed4_outcome o)
{
	carry(p, ACTION_TUN, data, len, o);
}

void engine_udp(struct pass *p, struct bed4_ep to, const __u8 *data, size_t len, __u8 tos,
		enum bed4_outcome o)
{
	struct action *act = carry(p, ACTION_UDP, data, len, o);

	if (!act)
		return;
	act->to = to;
	act->tos = tos;
	act->ttl = BED4_TTL;
}

void engine_send(struct actions *a, struct bed4_ep to, const __u8 *data, size_t len, __u8 ttl)
{
	struct action *act = engine_note(a, ACTION_UDP);

	if (!act)
		return;
	act->data = data;
	act->len = len;
	act->to = to;
	act->ttl = ttl;
}

__u8 *engine_take(struct actions *a, size_t len)
{
	__u8 *room = a->room + a->used;

	if (len > sizeof(a->room) - a->used)
		return NULL;
	a->used += (len + 7) & ~7u; /* packets are 8-aligned, and so is the room's end */
	return room;
}

__u8 *engine_room(struct pass *p, size_t len)
{
	__u8 *room = engine_take(p->a, len);

	if (!room)
		engine_end(p, BED4_FAILED);
	return room;
}

void engine_trim(struct pass *p)
{
	struct bed4_ip6 *ip6 = (void *)p->data;

	p->len = p->v.len;
	ip6->vtf = bed4_with_tclass(ip6->vtf, p->v.tclass);
}

bool engine_allowed(struct pass *p, __u32 cost, __u32 draws)
{
	const struct bed4_ip6 *ip6 = (const void *)p->data;
	struct bed4_ep who = p->src;

	if (p->hook == BED4_HOOK_TUN)
		who = bed4_stand_in(&ip6->src);
	if (limit_allow(p->t->limit, p->now, who, cost, draws))
		return true;
	engine_end(p, BED4_LIMITED);
	return false;
}

__u64 engine_random(struct tunnel *t, __u64 n)
{
	t->rng ^= t->rng << 13;
	t->rng ^= t->rng >> 7;
	t->rng ^= t->rng << 17;
	return t->rng % n;
}

void engine_error(struct pass *p, enum bed4_icmp6_type type, __u8 code, __u32 param,
		  enum bed4_outcome o)
{
	static const struct bed4_in6 router = { .b = { 0xfe, 0x80 } };
	bool has_addr = p->t->config.role == BED4_ROLE_ROUTER;
	size_t n;
	__u8 *room;

	p->len = p->v.len;
	if (!icmp6_may_answer(p->data, p->len)) {
		engine_end(p, o);
		return;
	}
	if (!engine_allowed(p, bed4_error_cost((__u32)p->len), 1))
		return;
	room = engine_room(p, BED4_ERROR_MAX);
	if (!room)
		return;
	n = icmp6_build(room, type, code, param, has_addr ? &p->t->self.own : &router, p->data,
			p->len);
	if (p->hook == BED4_HOOK_TUN)
		engine_tun(p, room, n, o);
	else
		engine_udp(p, p->src, room, n, 0, o);
}

/* Will the packet go on its way, by either role? Then what TCP and UDP have in it is put right. */
static void prepare_upper(struct pass *p, enum bed4_outcome o)
{
	if (o != BED4_IN_NATIVE && o != BED4_IN_LOCAL && o != BED4_RELAY && o != BED4_OUT &&
	    o != BED4_OUT_ROUTER && o != BED4_SLOW_ECHO)
		return;
	if (p->hook == BED4_HOOK_UDP)
		finish_csum(p->data, p->v.len);
	if (p->t->config.mss)
		mss_clamp(p->data, p->v.len, p->t->config.mss);
}

void tunnel_rx_udp(struct tunnel *t, __u64 now, struct bed4_ep src, __u8 tos, __u8 *data,
		   size_t len, struct actions *a)
{
	struct pass p = { .t = t, .now = now, .hook = BED4_HOOK_UDP, .src = src, .data = data,
			  .len = len, .a = a };
	struct bed4_dgram dg = { .src = src, .tos = tos, .len = len,
				 .payload = { data, data + len } };
	enum bed4_outcome o;

	o = bed4_decide_in(&t->self, &dg, ask_policy, neigh_lookup, t, &p.v);
	prepare_upper(&p, o);
	if (t->config.role == BED4_ROLE_ROUTER)
		router_rx_udp(&p, o);
	else
		peer_rx_udp(&p, o);
}

void tunnel_rx_lan(struct tunnel *t, __u64 now, struct bed4_ep src, __u8 *data, size_t len,
		   struct actions *a)
{
	struct pass p = { .t = t, .now = now, .hook = BED4_HOOK_UDP, .src = src, .data = data,
			  .len = len, .a = a };
	struct bed4_cur cur = { data, data + len };
	enum bed4_outcome o = bed4_parse_inner(&cur, len, &p.v);

	if (!o)
		o = bed4_look_above(cur, p.v.ip6->next);
	if (o == BED4_SLOW_ND && t->config.role == BED4_ROLE_PEER)
		peer_rx_lan(&p);
	else
		engine_end(&p, o && o != BED4_SLOW_ND ? o : BED4_MULTICAST);
}

void tunnel_rx_tun(struct tunnel *t, __u64 now, __u8 *data, size_t len, struct actions *a)
{
	struct pass p = { .t = t, .now = now, .hook = BED4_HOOK_TUN, .data = data, .len = len,
			  .a = a };
	struct bed4_cur cur = { data, data + len };
	enum bed4_outcome o;

	o = bed4_decide_out(&t->self, cur, len, BED4_FROM_TUN, ask_policy, t, &p.v);
	prepare_upper(&p, o);
	if (t->config.role == BED4_ROLE_ROUTER)
		router_rx_tun(&p, o);
	else
		peer_rx_tun(&p, o);
}

void tunnel_tick(struct tunnel *t, __u64 now, struct actions *a)
{
	if (t->config.role == BED4_ROLE_PEER)
		peer_tick(t, now, a);
	ping_tick(t, now, a);
}

__u64 tunnel_deadline(const struct tunnel *t)
{
	__u64 due = t->config.role == BED4_ROLE_PEER ? peer_deadline(t) : UINT64_MAX;
	__u64 ping = ping_deadline(t);

	return ping < due ? ping : due;
}

void tunnel_start(struct tunnel *t, __u64 now)
{
	if (t->config.role == BED4_ROLE_PEER)
		peer_start(t, now);
}

void tunnel_adopt(struct tunnel *t, __u64 now, const struct bed4_self *old)
{
	t->self.generation = old->generation;
	if (t->config.role == BED4_ROLE_PEER)
		peer_adopt(t, now, old);
}

void tunnel_neigh_adopt(struct tunnel *t, __u64 now, const struct bed4_in6 *addr,
			const struct bed4_neigh *v, struct actions *a)
{
	if (t->config.role == BED4_ROLE_PEER)
		neigh_adopt(t, now, addr, v, a);
}

void tunnel_write_all(struct tunnel *t, __u64 now, struct actions *a)
{
	if (t->config.role == BED4_ROLE_PEER)
		neigh_write_all(t, now, a);
}

void tunnel_rebound(struct tunnel *t, __u64 now, struct bed4_ep listen)
{
	t->config.listen = t->self.listen = listen;
	if (t->config.role == BED4_ROLE_PEER)
		peer_rebound(t, now);
}

void tunnel_used(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, __u32 used,
		__u32 heard, struct actions *a)
{
	if (t->config.role == BED4_ROLE_PEER)
		neigh_used(t, now, addr, used, heard, a);
}

void tunnel_pulse(struct tunnel *t, __u64 now, const struct bed4_pulse *pulse)
{
	if (t->config.role == BED4_ROLE_PEER)
		peer_pulse(t, now, pulse);
}

bool tunnel_stamp(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, const struct bed4_neigh *v,
		  struct actions *a)
{
	return t->config.role != BED4_ROLE_PEER || neigh_stamp(t, now, addr, v, a);
}

int tunnel_neigh_add(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct bed4_ep at,
		     struct actions *a)
{
	return t->config.role == BED4_ROLE_PEER ? neigh_add(t, now, addr, at, a) : -EOPNOTSUPP;
}

int tunnel_neigh_del(struct tunnel *t, const struct bed4_in6 *addr, struct actions *a)
{
	return t->config.role == BED4_ROLE_PEER ? neigh_del(t, addr, a) : -EOPNOTSUPP;
}

void tunnel_neigh_flush(struct tunnel *t, struct actions *a)
{
	if (t->config.role == BED4_ROLE_PEER)
		neigh_flush(t, a);
}

int tunnel_ping(struct tunnel *t, __u64 now, const struct ping_request *r)
{
	return ping_start(t, now, r);
}

void tunnel_ping_stop(struct tunnel *t, unsigned int slot)
{
	ping_stop(t, slot);
}

int tunnel_search(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct actions *a)
{
	return t->config.role == BED4_ROLE_PEER ? neigh_search(t, now, addr, a) : -EOPNOTSUPP;
}

void tunnel_done(struct tunnel *t, const struct action *act, bool ok)
{
	if (act->outcome)
		count(t, act->hook, ok ? act->outcome : BED4_FAILED, act->counted);
}
