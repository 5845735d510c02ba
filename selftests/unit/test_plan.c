// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The plan `server-prefix`: its arithmetic, the decisions of both roles with it, each forged combination
 * refused, and what the core keeps of peers of other routers. Must not know programs (selftests/prog).
 */
#include <errno.h>
#include <stdio.h>

#include "core.h"
#include "core/neigh.h"

/* Ours at ROUTER4:PORT, another router at 131.1.2.4:25788; peers at PEER4:PPORT and 131.9.9.9:PPORT. */
#define OWN	"fc64:9188:1:64bc:be64:91ff:fe88:1"
#define OURS	"fc64:9188:1:64bc:52c3:91ff:fe88:7" /* PEER4:PPORT */
#define OTHER4	FAR4
#define OTHER	"fc64:8301:204:64bc:be64:83ff:fe01:204"
#define THEIRS4 "131.9.9.9"
#define THEIRS	"fc64:8301:204:64bc:52c3:83ff:fe09:909" /* THEIRS4:PPORT */
#define ODD	"fc64:8301:204:64bd:52c3:83ff:fe09:909" /* a router's port cannot be odd */
#define PRIVATE "fc64:a01:203:64bc:52c3:83ff:fe09:909" /* router 10.1.2.3 */
#define MYSELF	"fc64:9188:1:64be:52c3:83ff:fe09:909" /* router at our own address, another port */

static struct bed4_neigh known;
static struct bed4_in6 known_at;
static enum bed4_policy policy_answer;

static const struct bed4_neigh *ask_known(const void *arg, const struct bed4_in6 *addr)
{
	(void)arg;
	return known.port && bed4_in6_eq(addr, &known_at) ? &known : NULL;
}

static enum bed4_policy ask_policy(const void *arg, __be32 addr)
{
	(void)arg;
	(void)addr;
	return policy_answer;
}

static struct bed4_self planned(enum bed4_role role)
{
	struct bed4_self s = fixture_self;

	s.role = role;
	s.flags |= BED4_SELF_PLAN | BED4_SELF_ADDR;
	s.own = in6(role == BED4_ROLE_ROUTER ? OWN : OURS);
	if (role == BED4_ROLE_PEER) {
		s.server = ep(ROUTER4, PORT);
		s.listen = s.public = ep(PEER4, PPORT);
		s.own4_count = 0;
	}
	return s;
}

static struct bed4_verdict v; /* of the last decision */

static enum bed4_outcome in(const struct bed4_self *s, const char *src4, unsigned int port,
			    const char *src6, const char *dst6)
{
	struct bed4_dgram dg;
	static struct pkt p;

	pkt_udp6(&p, src6, dst6, 64, 10);
	dg = (struct bed4_dgram){ .src = ep(src4, port), .len = p.len, .payload = { p.b, p.b + p.len } };
	return bed4_decide_in(s, &dg, ask_policy, ask_known, NULL, &v);
}

static enum bed4_outcome out(const struct bed4_self *s, enum bed4_from from, const char *src6, const char *dst6)
{
	static struct pkt p;

	pkt_udp6(&p, src6, dst6, 64, 10);
	return bed4_decide_out(s, (struct bed4_cur){ p.b, p.b + p.len }, p.len, from, ask_policy, NULL, &v);
}

static enum bed4_outcome choose(const struct bed4_self *s, const char *dst6, const struct bed4_neigh *n, bool *tell)
{
	assert_int_equal(out(s, BED4_FROM_TUN, OURS, dst6), BED4_OUT_ROUTER);
	return bed4_choose_path(s, n, 1000, (struct bed4_cur){ NULL, NULL }, ask_policy, NULL, &v, tell);
}

/* --- arithmetic ------------------------------------------------------------------------------------ */

static void prefixes_tell_routers(void **state)
{
	static const struct {
		const char *addr;
		unsigned int port;
		const char *prefix;
	} rows[] = {
		{ "145.136.0.1", 25788, "fc64:9188:1:64bc::" },
		{ "255.254.253.252", 65534, "fc64:fffe:fdfc:fffe::" },
		{ "1.0.0.0", 2, "fc64:100:0:2::" },
	};
	struct bed4_in6 a, want;
	struct bed4_ep got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		a = in6("::1:2:3:4");
		bed4_plan_put(&a, 0xfc64, ep(rows[i].addr, rows[i].port));
		want = in6(rows[i].prefix);
		assert_true(bed4_same_prefix(&a, &want));
		assert_int_equal(ntohl(a.w[2]), 0x00010002); /* the lower half stays */
		assert_true(bed4_plan_get(&a, &got));
		assert_ep(got, ep(rows[i].addr, rows[i].port));
	}
	bed4_plan_put(&a, 0x2a10, ep("1.2.3.4", 2));
	assert_int_equal(a.b[0] << 8 | a.b[1], 0x2a10);
	for (unsigned int port = 0; port < 65536; port++) {
		bed4_plan_put(&a, 0xfc64, ep("1.2.3.4", port));
		assert_int_equal(bed4_plan_get(&a, &got), port && !(port & 1));
		assert_ep(got, ep("1.2.3.4", port));
	}
}

/* --- a router -------------------------------------------------------------------------------------- */

static void router_relays_to_others(void **state)
{
	struct bed4_self s = planned(BED4_ROLE_ROUTER);
	struct bed4_in6 theirs = in6(THEIRS);

	(void)state;
	assert_int_equal(in(&s, PEER4, PPORT, OURS, THEIRS), BED4_RELAY);
	assert_ep(v.to, ep(OTHER4, PORT));
	assert_int_equal(in(&s, PEER4, PPORT, OURS, OTHER), BED4_RELAY);
	assert_ep(v.to, ep(OTHER4, PORT));
	/* Within the own prefix, and to native IPv6, as ever. */
	assert_int_equal(in(&s, PEER4, PPORT, OURS, "fc64:9188:1:64bc:52c3:83ff:fe09:909"), BED4_RELAY);
	assert_ep(v.to, ep(THEIRS4, PPORT));
	assert_int_equal(in(&s, PEER4, PPORT, OURS, HOST6), BED4_IN_NATIVE);
	assert_int_equal(in(&s, PEER4, PPORT, OURS, OWN), BED4_IN_LOCAL);
	/* No router can be there. */
	assert_int_equal(in(&s, PEER4, PPORT, OURS, ODD), BED4_SLOW_UNREACH);
	assert_int_equal(in(&s, PEER4, PPORT, OURS, PRIVATE), BED4_SLOW_UNREACH);
	assert_int_equal(in(&s, PEER4, PPORT, OURS, MYSELF), BED4_SLOW_UNREACH);
	s.flags |= BED4_SELF_POLICY;
	policy_answer = BED4_POLICY_NONE;
	assert_int_equal(in(&s, PEER4, PPORT, OURS, THEIRS), BED4_RELAY);
	policy_answer = BED4_POLICY_PERMIT;
	assert_int_equal(in(&s, PEER4, PPORT, OURS, PRIVATE), BED4_RELAY);
	policy_answer = BED4_POLICY_DENY;
	assert_false(bed4_locate_next(&s, &theirs, ask_policy, NULL, &v.to));
	policy_answer = BED4_POLICY_NONE;
}

static void router_takes_for_its_own(void **state)
{
	struct bed4_self s = planned(BED4_ROLE_ROUTER);

	(void)state;
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, OURS), BED4_RELAY);
	assert_ep(v.to, ep(PEER4, PPORT));
	assert_int_equal(in(&s, OTHER4, PORT, OTHER, OURS), BED4_RELAY);
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, OWN), BED4_IN_LOCAL);
	/* For nobody else: neither natively nor to a third router. */
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, HOST6), BED4_DST_FOREIGN);
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, "fc64:8309:909:64bc:52c3:91ff:fe88:7"), BED4_DST_FOREIGN);
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, OTHER), BED4_DST_FOREIGN);
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, ODD), BED4_DST_FOREIGN);
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, "fc64:9188:1:64bc:be64:7fff:fe00:1"), BED4_SLOW_UNREACH);
}

static void router_refuses_forgeries(void **state)
{
	struct bed4_self s = planned(BED4_ROLE_ROUTER);
	static const struct {
		const char *src4;
		unsigned int port;
		const char *src6;
		enum bed4_outcome want;
	} rows[] = {
		{ THEIRS4, PPORT, THEIRS, BED4_SRC_SPOOFED }, /* the peer itself, past its router */
		{ OTHER4, PORT + 2, THEIRS, BED4_SRC_SPOOFED },
		{ OTHER4, PPORT, THEIRS, BED4_SRC_SPOOFED },
		{ PEER4, PPORT, THEIRS, BED4_SRC_SPOOFED }, /* one of ours in the name of one of theirs */
		{ OTHER4, PORT, OURS, BED4_SLOW_MISMATCH }, /* and the other way */
		{ OTHER4, PORT, OWN, BED4_SLOW_MISMATCH },
		{ OTHER4, PORT, HOST6, BED4_SRC_FOREIGN },
		{ OTHER4, PORT, "fc64:8301:204:64bc::1", BED4_SRC_SPOOFED }, /* nobody can have that */
		{ OTHER4, PORT, "fc64:8301:204:64bc:53c3:83ff:fe09:909", BED4_SRC_SPOOFED },
		{ OTHER4, PORT + 1, ODD, BED4_SRC_SPOOFED },
		{ OTHER4, PORT, "fc65:8301:204:64bc:52c3:83ff:fe09:909", BED4_SRC_FOREIGN }, /* another plan */
		{ "10.1.2.3", PORT, PRIVATE, BED4_SRC_SPECIAL },
		{ ROUTER4, PORT + 2, MYSELF, BED4_SRC_OWN },
		{ OTHER4, PORT, "fe80::1", BED4_SRC_NEVER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum bed4_outcome o = in(&s, rows[i].src4, rows[i].port, rows[i].src6, OURS);

		if (o != rows[i].want)
			fail_msg("row %zu: %d, expected %d", i, o, rows[i].want);
	}
}

static void router_sends(void **state)
{
	struct bed4_self s = planned(BED4_ROLE_ROUTER);

	(void)state;
	assert_int_equal(out(&s, BED4_FROM_TUN, OWN, THEIRS), BED4_OUT);
	assert_ep(v.to, ep(OTHER4, PORT));
	assert_int_equal(out(&s, BED4_FROM_TUN, OWN, PRIVATE), BED4_SLOW_UNREACH);
	assert_int_equal(out(&s, BED4_FROM_TUN, OWN, ODD), BED4_DST_FOREIGN);
	/* Other routers would not believe us a native source. */
	assert_int_equal(out(&s, BED4_FROM_TUN, HOST6, THEIRS), BED4_DST_FOREIGN);
	assert_int_equal(out(&s, BED4_FROM_NATIVE, HOST6, THEIRS), BED4_OTHER);
	assert_int_equal(out(&s, BED4_FROM_NATIVE, OWN, THEIRS), BED4_OTHER);
	/* Nobody on the native side has an address of the plan, well-formed or not. */
	assert_int_equal(out(&s, BED4_FROM_NATIVE, THEIRS, OURS), BED4_SRC_SPOOFED);
	assert_int_equal(out(&s, BED4_FROM_TUN, THEIRS, OURS), BED4_SRC_SPOOFED);
	assert_int_equal(out(&s, BED4_FROM_NATIVE, ODD, OURS), BED4_SRC_SPOOFED);
	assert_int_equal(out(&s, BED4_FROM_NATIVE, HOST6, OURS), BED4_OUT);
	assert_ep(v.to, ep(PEER4, PPORT));
}

/* --- a peer ---------------------------------------------------------------------------------------- */

static void peer_takes(void **state)
{
	struct bed4_self s = planned(BED4_ROLE_PEER);

	(void)state;
	assert_int_equal(in(&s, ROUTER4, PORT, THEIRS, OURS), BED4_IN_LOCAL);
	assert_int_equal(in(&s, ROUTER4, PORT, HOST6, OURS), BED4_IN_LOCAL);
	assert_int_equal(in(&s, THEIRS4, PPORT, THEIRS, OURS), BED4_IN_LOCAL);
	/* Forged: by the other router itself, by another port, by somebody else, of an impossible prefix. */
	assert_int_equal(in(&s, OTHER4, PORT, THEIRS, OURS), BED4_SRC_SPOOFED);
	assert_int_equal(in(&s, THEIRS4, PPORT + 2, THEIRS, OURS), BED4_SRC_SPOOFED);
	assert_int_equal(in(&s, FAR4, PPORT, THEIRS, OURS), BED4_SRC_SPOOFED);
	assert_int_equal(in(&s, THEIRS4, PPORT, ODD, OURS), BED4_SRC_FOREIGN);
	assert_int_equal(in(&s, THEIRS4, PPORT, "fc65:8301:204:64bc:52c3:83ff:fe09:909", OURS), BED4_SRC_FOREIGN);
	assert_int_equal(in(&s, THEIRS4, PPORT, HOST6, OURS), BED4_SRC_FOREIGN);
	assert_int_equal(in(&s, "10.0.0.1", PPORT, "fc64:8301:204:64bc:52c3:aff:fe00:1", OURS), BED4_SRC_SPECIAL);
	/* From where the cache knows it. */
	known = (struct bed4_neigh){ .addr = ep("10.0.0.2", 4000).addr, .port = htons(4000) };
	known_at = in6(THEIRS);
	assert_int_equal(in(&s, "10.0.0.2", 4000, THEIRS, OURS), BED4_IN_LOCAL);
	assert_int_equal(in(&s, "10.0.0.2", 4002, THEIRS, OURS), BED4_SRC_SPECIAL);
	memset(&known, 0, sizeof(known));
}

static void peer_sends(void **state)
{
	struct bed4_self s = planned(BED4_ROLE_PEER);
	struct bed4_neigh n = { .addr = ep(THEIRS4, PPORT).addr, .port = htons(PPORT), .path = BED4_PATH_DIRECT,
				.state = BED4_NEIGH_REACHABLE, .heard = 1000, .wake = BED4_NEVER };
	bool tell;

	(void)state;
	assert_int_equal(choose(&s, THEIRS, NULL, &tell), BED4_OUT_ROUTER);
	assert_true(tell);
	assert_ep(v.to, ep(ROUTER4, PORT));
	assert_int_equal(choose(&s, THEIRS, &n, &tell), BED4_OUT);
	assert_ep(v.to, ep(THEIRS4, PPORT));
	/* No peers: routers, ours and others, and what has no router. */
	assert_int_equal(choose(&s, OTHER, NULL, &tell), BED4_OUT_ROUTER);
	assert_false(tell);
	assert_int_equal(choose(&s, OWN, NULL, &tell), BED4_OUT_ROUTER);
	assert_false(tell);
	assert_int_equal(choose(&s, ODD, NULL, &tell), BED4_OUT_ROUTER);
	assert_false(tell);
	assert_int_equal(choose(&s, HOST6, NULL, &tell), BED4_OUT_ROUTER);
	assert_false(tell);
}

/* All of it hangs on the flag. */
static void nothing_without_the_plan(void **state)
{
	struct bed4_self r = planned(BED4_ROLE_ROUTER), p = planned(BED4_ROLE_PEER);
	bool tell;

	(void)state;
	r.flags &= ~BED4_SELF_PLAN;
	p.flags &= ~BED4_SELF_PLAN;
	assert_int_equal(in(&r, PEER4, PPORT, OURS, THEIRS), BED4_IN_NATIVE);
	assert_int_equal(in(&r, OTHER4, PORT, THEIRS, OURS), BED4_SRC_FOREIGN);
	assert_int_equal(out(&r, BED4_FROM_NATIVE, THEIRS, OURS), BED4_OUT);
	assert_int_equal(out(&r, BED4_FROM_TUN, OWN, THEIRS), BED4_DST_FOREIGN);
	assert_int_equal(in(&p, THEIRS4, PPORT, THEIRS, OURS), BED4_SRC_FOREIGN);
	assert_int_equal(choose(&p, THEIRS, NULL, &tell), BED4_OUT_ROUTER);
	assert_false(tell);
}

/* --- the core -------------------------------------------------------------------------------------- */

static struct core core;

static struct tunnel_config config(enum bed4_role role)
{
	return (struct tunnel_config){ .role = role, .listen = role ? ep(PEER4, PPORT) : ep(ROUTER4, PORT),
				       .public = ep(ROUTER4, PORT), .server = ep(ROUTER4, PORT), .mtu = 1280,
				       .seed = 7, .prefix = in6("fc64:9188:1:64bc::"), .neigh_max = 64,
				       .plan = BED4_PLAN_SERVER, .plan_prefix = 0xfc64 };
}

static void a_router_has_the_prefix_of_the_plan(void **state)
{
	struct tunnel_config c = config(BED4_ROLE_ROUTER);

	(void)state;
	assert_int_equal(core_begin(&core, &c), 0);
	assert_true(core.t.self.flags & BED4_SELF_PLAN);
	c.prefix = in6("fc64:9188:2:64bc::");
	assert_int_equal(core_begin(&core, &c), -EINVAL);
	c.prefix = in6("2001:67c:127c::");
	assert_int_equal(core_begin(&core, &c), -EINVAL);
	c.plan = BED4_PLAN_V01;
	assert_int_equal(core_begin(&core, &c), 0);
	assert_false(core.t.self.flags & BED4_SELF_PLAN);
	core_end(&core);
}

/* The slow path does the same; another router is known by its own address, whoever spoke by it. */
static void router_core(void **state)
{
	struct tunnel_config c = config(BED4_ROLE_ROUTER);
	const struct action *act;
	struct pkt p;

	(void)state;
	assert_int_equal(core_begin(&core, &c), 0);
	pkt_udp6(&p, THEIRS, OURS, 64, 10);
	core_udp(&core, ep(OTHER4, PORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_RELAY), 1);
	assert_ep(core_did(&core, ACTION_UDP)->to, ep(PEER4, PPORT));
	assert_int_equal(core_did(&core, ACTION_UDP)->data[7], 63);
	act = core_did(&core, ACTION_SEEN);
	assert_non_null(act);
	assert_memory_equal(act->in6.b, in6(OTHER).b, 16);
	assert_ep(act->to, ep(OTHER4, PORT));
	pkt_udp6(&p, OURS, THEIRS, 64, 10);
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_ep(core_did(&core, ACTION_UDP)->to, ep(OTHER4, PORT));
	assert_memory_equal(core_did(&core, ACTION_SEEN)->in6.b, in6(OURS).b, 16);
	/* The last hop is answered here, and the answer goes to the other router. */
	pkt_udp6(&p, THEIRS, OURS, 1, 10);
	core_udp(&core, ep(OTHER4, PORT), &p);
	act = core_did(&core, ACTION_UDP);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ICMP_HOPS), 1);
	assert_ep(act->to, ep(OTHER4, PORT));
	assert_memory_equal(act->data + 24, in6(THEIRS).b, 16);
	pkt_udp6(&p, OURS, THEIRS, 1, 10);
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ICMP_HOPS), 2);
	pkt_udp6(&p, OWN, THEIRS, 64, 10);
	core_tun(&core, &p);
	assert_ep(core_did(&core, ACTION_UDP)->to, ep(OTHER4, PORT));
	core_end(&core);
}

/* The RA of our router, with @prefix, to PEER4:PPORT. */
static void advertise(const char *prefix)
{
	struct bed4_in6 dst = bed4_link_local(ep(PEER4, PPORT)), at = in6(prefix);
	struct pkt p;

	p.len = nd_build_ra(p.b, &dst, &at);
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
}

static void begin_peer(const char *prefix)
{
	struct tunnel_config c = config(BED4_ROLE_PEER);

	assert_int_equal(core_begin(&core, &c), 0);
	tunnel_start(&core.t, core.now);
	advertise(prefix);
}

static void a_peer_has_a_plan_if_its_router_has(void **state)
{
	(void)state;
	begin_peer("fc64:9188:1:64bc::");
	assert_true(core.t.self.flags & BED4_SELF_PLAN);
	advertise("2001:67c:127c::");
	assert_false(core.t.self.flags & BED4_SELF_PLAN);
	advertise("fc64:9188:1:64bd::");
	assert_false(core.t.self.flags & BED4_SELF_PLAN);
	advertise("fc64:9188:1:64bc::");
	assert_true(core.t.self.flags & BED4_SELF_PLAN);
	core_end(&core);
}

static const struct action *to(struct bed4_ep ep)
{
	for (unsigned int i = 0; i < core.a.count; i++)
		if (core.a.list[i].kind == ACTION_UDP && bed4_ep_eq(core.a.list[i].to, ep))
			return &core.a.list[i];
	return NULL;
}

/* By the router, then straight, as with peers of the own router; and each prefix is another neighbour. */
static void peer_core(void **state)
{
	static const char namesake[] = "fc64:9188:1:64bc:52c3:83ff:fe09:909"; /* THEIRS4:PPORT under our router */
	struct bed4_in6 there = in6(THEIRS), here = in6(namesake);
	const struct action *act;
	struct pkt p;

	(void)state;
	begin_peer("fc64:9188:1:64bc::");
	pkt_udp6(&p, OURS, THEIRS, 64, 10);
	core_tun(&core, &p);
	assert_non_null(to(ep(ROUTER4, PORT)));
	act = to(ep(THEIRS4, PPORT)); /* the solicitation */
	assert_non_null(act);
	assert_memory_equal(act->data + 8, in6(OURS).b, 16);
	assert_memory_equal(act->data + 24, in6(THEIRS).b, 16);
	assert_int_equal(neigh_lookup(&core.t, &there)->state, BED4_NEIGH_INCOMPLETE);
	assert_null(neigh_lookup(&core.t, &here));
	nd_neigh(&p, namesake, OURS, BED4_ND_NA, 0x60, namesake, 2);
	core_udp(&core, ep(THEIRS4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ND_UNWANTED), 1);
	nd_neigh(&p, THEIRS, OURS, BED4_ND_NA, 0x60, THEIRS, 2);
	core_udp(&core, ep(OTHER4, PORT), &p); /* from its router: not straight */
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ND_UNWANTED), 2);
	core_udp(&core, ep(THEIRS4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NA_TAKEN), 1);
	assert_int_equal(neigh_lookup(&core.t, &there)->state, BED4_NEIGH_REACHABLE);
	pkt_udp6(&p, OURS, THEIRS, 64, 10);
	core_tun(&core, &p);
	assert_non_null(to(ep(THEIRS4, PPORT)));
	assert_null(to(ep(ROUTER4, PORT)));
	/* It asks us, and is answered where it is; under a forged endpoint it is not. */
	nd_neigh(&p, THEIRS, OURS, BED4_ND_NS, 0, OURS, 1);
	core_udp(&core, ep(THEIRS4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 1);
	core_udp(&core, ep(THEIRS4, PPORT + 2), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 1);
	core_end(&core);
}

/* Whoever owns an endpoint has all prefixes to name: its entries are bounded all the same. */
static void one_endpoint_cannot_fill_the_table(void **state)
{
	char text[INET6_ADDRSTRLEN];
	unsigned int i;
	struct pkt p;

	(void)state;
	begin_peer("fc64:9188:1:64bc::");
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "fc64:8301:%x:64bc:52c3:83ff:fe09:909", 0x200 + i);
		pkt_udp6(&p, OURS, text, 64, 10);
		core_tun(&core, &p);
		core.now += SEC;
	}
	assert_int_equal(core.t.table.count, TABLE_SAME_IID);
	core_end(&core);
}

/* Nor can a router have us send solicitations to whom it likes, as often as it likes. */
static void searches_are_bounded_per_router(void **state)
{
	unsigned int i, sent = 0;
	char text[INET6_ADDRSTRLEN];
	struct pkt p;

	(void)state;
	begin_peer("fc64:9188:1:64bc::");
	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "fc64:8301:204:64bc:52c3:83ff:fe09:%x", 0x100 + i);
		pkt_udp6(&p, OURS, text, 64, 10);
		core_tun(&core, &p);
		sent += core.a.count > 2 && core_did(&core, ACTION_NEIGH_SET)->neigh.state == BED4_NEIGH_INCOMPLETE;
		assert_non_null(to(ep(ROUTER4, PORT))); /* it goes by the router in any case */
	}
	assert_true(sent >= 5 && sent <= 16);
	assert_int_equal(core.t.table.count, 50);
	core_end(&core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_tell_routers),
		cmocka_unit_test(router_relays_to_others),
		cmocka_unit_test(router_takes_for_its_own),
		cmocka_unit_test(router_refuses_forgeries),
		cmocka_unit_test(router_sends),
		cmocka_unit_test(peer_takes),
		cmocka_unit_test(peer_sends),
		cmocka_unit_test(nothing_without_the_plan),
		cmocka_unit_test(a_router_has_the_prefix_of_the_plan),
		cmocka_unit_test(router_core),
		cmocka_unit_test(a_peer_has_a_plan_if_its_router_has),
		cmocka_unit_test(peer_core),
		cmocka_unit_test(one_endpoint_cannot_fill_the_table),
		cmocka_unit_test(searches_are_bounded_per_router),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
