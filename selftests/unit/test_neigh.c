// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The neighbour cache (core/neigh.c, neigh_map.c, table.c) under a clock of the test: every transition of
 * PROTOCOL section 8, LAN neighbours, bounds, the operator's entries. A row of the table, a test.
 */
#include <errno.h>

#include "core.h"
#include "core/icmp4.h"
#include "core/neigh.h"

#define ME4   "131.1.0.2"
#define ME6   "2001:67c:127c:0:52c3:83ff:fe01:2" /* ME4:PPORT */
#define NAT4  "131.9.9.9" /* shared by us and SAME6 in the LAN tests */
#define SAME6 "2001:67c:127c:0:54c3:83ff:fe09:909" /* NAT4:50006 */
#define LAN4  "192.168.7.3"

static struct core core;
static unsigned int ns_sent, ns_lan; /* since they were set to 0 */
static struct bed4_ep ns_to;
static struct bed4_neigh map; /* the last NEIGH_SET */
static unsigned int sets, dels;

static bool onlink(const void *arg, __be32 addr)
{
	(void)arg;
	return (ntohl(addr) & 0xffffff00) == 0xc0a80700;
}

static void look(struct core *c)
{
	for (unsigned int i = 0; i < c->a.count; i++) {
		const struct action *act = &c->a.list[i];

		if (act->kind == ACTION_UDP && act->len == 72 && act->data[40] == 135) {
			ns_sent++;
			ns_to = act->to;
			ns_lan += act->to.addr == htonl(0xe0000001);
			assert_memory_equal(act->data + 24, act->data + 48, 16);
		}
		if (act->kind == ACTION_NEIGH_SET) {
			map = act->neigh;
			sets++;
		}
		dels += act->kind == ACTION_NEIGH_DEL;
	}
}

static void give_address(struct bed4_ep public)
{
	core.t.self.own = in6("2001:67c:127c::");
	core.t.self.public = public;
	bed4_iid_put(&core.t.self.own, public);
	core.t.self.flags |= BED4_SELF_ADDR;
	core.t.peer.state = PEER_CONFIGURED;
	core.t.peer.rs_at = 0;
}

static int set_up_with(unsigned int max, bool eager)
{
	struct tunnel_config config = { .role = BED4_ROLE_PEER, .listen = ep(ME4, PPORT),
					.public = ep(ME4, PPORT), .server = ep(ROUTER4, PORT),
					.mtu = BED4_MTU, .seed = 7, .radius = 1, .neigh_max = max,
					.onlink = onlink, .eager = eager };

	if (core_begin(&core, &config))
		return -1;
	give_address(ep(ME4, PPORT));
	ns_sent = ns_lan = sets = dels = 0;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(64, false);
}

static int tear_down(void **state)
{
	(void)state;
	core_end(&core);
	return 0;
}

static const struct neigh *entry(const char *addr)
{
	struct bed4_in6 a = in6(addr);

	return table_find(&core.t.table, &a);
}

static void assert_state(const char *addr, enum bed4_neigh_state state, enum bed4_path path)
{
	const struct neigh *n = entry(addr);

	assert_non_null(n);
	assert_int_equal(n->state, state);
	assert_int_equal(n->path, path);
	assert_int_equal(map.state, state); /* the map was told */
	assert_int_equal(map.path, path);
}

/* Sends a packet; says whether it left straight, else it went by the router: never neither. */
static bool sends_direct(const char *dst)
{
	const struct action *out = NULL;
	struct pkt p;

	pkt_udp6(&p, ME6, dst, 64, 100);
	memcpy(p.b + 8, &core.t.self.own, 16);
	core_tun(&core, &p);
	look(&core);
	for (unsigned int i = 0; i < core.a.count; i++)
		if (core.a.list[i].kind == ACTION_UDP && core.a.list[i].len == p.len)
			out = &core.a.list[i];
	assert_non_null(out);
	if (bed4_ep_eq(out->to, ep(ROUTER4, PORT)))
		return false;
	assert_ep(out->to, entry(dst) ? neigh_at(entry(dst)) : ep(FAR4, PPORT));
	return true;
}

static void hear(const char *src6, struct bed4_ep src)
{
	struct pkt p;

	pkt_udp6(&p, src6, ME6, 64, 100);
	memcpy(p.b + 24, &core.t.self.own, 16);
	core_udp(&core, src, &p);
	look(&core);
}

/* An NA of 72 bytes (64 without the option) from @src6 at @src. Was it taken? */
static bool advertise(const char *src6, struct bed4_ep src, bool opt)
{
	__u64 before = core_count(&core, BED4_HOOK_UDP, BED4_NA_TAKEN);
	char own[INET6_ADDRSTRLEN];
	struct pkt p;

	inet_ntop(AF_INET6, &core.t.self.own, own, sizeof(own));
	nd_neigh(&p, src6, own, 136, 0x60, src6, opt ? 2 : 0);
	core_udp(&core, src, &p);
	look(&core);
	return core_count(&core, BED4_HOOK_UDP, BED4_NA_TAKEN) == before + 1;
}

static void solicit(const char *src6, struct bed4_ep src, bool lan)
{
	char own[INET6_ADDRSTRLEN];
	struct pkt p;

	inet_ntop(AF_INET6, &core.t.self.own, own, sizeof(own));
	nd_neigh(&p, src6, own, 135, 0, own, 1);
	if (!lan) {
		core_udp(&core, src, &p);
	} else {
		core_keep(&core, &p);
		tunnel_rx_lan(&core.t, core.now, src, core.packet, p.len, &core.a);
		for (unsigned int i = 0; i < core.a.count; i++)
			tunnel_done(&core.t, &core.a.list[i], true);
	}
	look(&core);
}

static void run(__u64 ns)
{
	core_run(&core, core.now + ns, look);
}

static void make_reachable(void)
{
	assert_false(sends_direct(FAR6));
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
}

static void first_packet_starts_a_search(void **state)
{
	(void)state;
	assert_false(sends_direct(FAR6));
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	assert_int_equal(ns_sent, 1);
	assert_ep(ns_to, ep(FAR4, PPORT));
	run(49 * MSEC);
	assert_int_equal(ns_sent, 1);
	run(1 * MSEC);
	assert_int_equal(ns_sent, 2);
	run(50 * MSEC);
	assert_int_equal(ns_sent, 3);
	assert_int_equal(ns_lan, 0);
	assert_false(sends_direct(FAR6)); /* and no second search */
	run(500 * MSEC);
	assert_int_equal(ns_sent, 3);
}

static void solicited_na_confirms(void **state)
{
	(void)state;
	make_reachable();
	assert_true(sends_direct(FAR6));
	run(500 * MSEC);
	assert_int_equal(ns_sent, 1); /* the rest of the search is off */
	set_up(NULL);
	assert_false(sends_direct(FAR6));
	assert_true(advertise(FAR6, ep(FAR4, PPORT), false)); /* 64 bytes */
	assert_true(sends_direct(FAR6));
}

static void nothing_else_confirms(void **state)
{
	(void)state;
	assert_false(advertise(FAR6, ep(FAR4, PPORT), true)); /* nobody asked */
	assert_null(entry(FAR6));
	assert_false(sends_direct(FAR6));
	hear(FAR6, ep(FAR4, PPORT));
	assert_false(sends_direct(FAR6)); /* traffic is no proof */
	assert_false(advertise(FAR6, ep(FAR4, 50002), true)); /* another port: symmetric NAT */
	assert_false(advertise(FAR6, ep(ROUTER4, PORT), true));
	assert_false(advertise(DARK6, ep(DARK4, PPORT), true)); /* somebody else's */
	assert_false(sends_direct(FAR6));
	run(1200 * MSEC);
	assert_false(advertise(FAR6, ep(FAR4, PPORT), true)); /* too late */
	assert_false(sends_direct(FAR6));
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ND_UNWANTED), 5);
}

static void no_answer_means_router_with_back_off(void **state)
{
	static const unsigned int waits[] = { 5, 10, 20, 40, 80, 160, 300, 300 };

	(void)state;
	assert_false(sends_direct(FAR6));
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		run(1200 * MSEC);
		assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
		assert_int_equal(map.reason, BED4_REASON_NO_ANSWER);
		assert_int_equal(map.wake - map.since, waits[i]);
		ns_sent = 0;
		run((waits[i] - 2) * SEC);
		assert_false(sends_direct(FAR6));
		assert_int_equal(ns_sent, 0);
		run(3 * SEC); /* without traffic nothing happens */
		assert_int_equal(ns_sent, 0);
		assert_false(sends_direct(FAR6));
		assert_int_equal(ns_sent, 1);
		assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	}
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_int_equal(entry(FAR6)->backoff, 0);
}

static void reachable_becomes_stale(void **state)
{
	__u64 least = UINT64_MAX, most = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		__u64 start;

		set_up(NULL);
		core.t.rng = 7919 * (i + 1);
		make_reachable();
		start = core.now;
		core_run(&core, core.now + 15999 * MSEC, look);
		assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
		while (entry(FAR6)->state == BED4_NEIGH_REACHABLE)
			run(100 * MSEC);
		assert_state(FAR6, BED4_NEIGH_STALE, BED4_PATH_DIRECT);
		assert_int_equal(map.wake, 0);
		least = core.now - start < least ? core.now - start : least;
		most = core.now - start > most ? core.now - start : most;
	}
	assert_true(least < 18 * SEC && most > 46 * SEC && most <= 48100 * MSEC);
}

static void make_stale(void)
{
	make_reachable();
	run(48 * SEC);
	assert_state(FAR6, BED4_NEIGH_STALE, BED4_PATH_DIRECT);
	ns_sent = 0;
}

static void stale_and_heard_is_delayed_then_probed(void **state)
{
	(void)state;
	make_stale();
	hear(FAR6, ep(FAR4, PPORT));
	run(19 * SEC);
	assert_true(sends_direct(FAR6));
	assert_state(FAR6, BED4_NEIGH_DELAY, BED4_PATH_DIRECT);
	run(4900 * MSEC);
	hear(FAR6, ep(FAR4, PPORT)); /* no proof */
	assert_int_equal(ns_sent, 0);
	run(100 * MSEC);
	assert_state(FAR6, BED4_NEIGH_PROBE, BED4_PATH_DIRECT);
	assert_int_equal(ns_sent, 1);
	assert_true(sends_direct(FAR6));
	run(1 * SEC);
	assert_int_equal(ns_sent, 2);
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	assert_true(sends_direct(FAR6));
}

static void dead_path_falls_back_in_eight_seconds(void **state)
{
	__u64 start;

	(void)state;
	make_stale();
	hear(FAR6, ep(FAR4, PPORT));
	start = core.now;
	assert_true(sends_direct(FAR6));
	while (sends_direct(FAR6))
		run(100 * MSEC);
	assert_int_equal(ns_sent, 3);
	assert_true(core.now - start <= 8 * SEC);
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
}

/* RFC 4861 would trust the path for up to 48 s; see neigh_used(). */
static void dead_path_while_reachable_too(void **state)
{
	__u64 start;

	(void)state;
	make_reachable();
	start = core.now;
	ns_sent = 0;
	while (sends_direct(FAR6))
		run(100 * MSEC);
	assert_int_equal(ns_sent, 3);
	assert_true(core.now - start <= 8 * SEC);
	set_up(NULL);
	make_reachable();
	ns_sent = 0;
	for (int i = 0; i < 120; i++) { /* heard now and then: no doubt */
		assert_true(sends_direct(FAR6));
		hear(FAR6, ep(FAR4, PPORT));
		run(100 * MSEC);
	}
	assert_int_equal(ns_sent, 0);
	run(5 * SEC); /* sending unheard, but it is there */
	assert_true(sends_direct(FAR6));
	assert_state(FAR6, BED4_NEIGH_PROBE, BED4_PATH_DIRECT);
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_true(sends_direct(FAR6));
}

static void their_doubt_is_ours(void **state)
{
	(void)state;
	make_reachable();
	ns_sent = 0;
	run(6 * SEC);
	solicit(FAR6, ep(FAR4, PPORT), false);
	assert_state(FAR6, BED4_NEIGH_PROBE, BED4_PATH_DIRECT);
	assert_int_equal(ns_sent, 1);
	assert_true(sends_direct(FAR6));
}

static void stale_and_silent_goes_by_the_router(void **state)
{
	(void)state;
	make_stale();
	assert_false(sends_direct(FAR6));
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	assert_int_equal(ns_sent, 1);
	assert_false(sends_direct(FAR6));
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_true(sends_direct(FAR6));
}

/* The fast path tells of a use; what it heard counts. */
static void fast_path_uses_count(void **state)
{
	struct bed4_in6 far = in6(FAR6);

	(void)state;
	actions_clear(&core.a);
	tunnel_used(&core.t, core.now, &far, 0, 0, &core.a);
	look(&core);
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	run(48 * SEC);
	actions_clear(&core.a);
	tunnel_used(&core.t, core.now, &far, 0, core.now / SEC - 5, &core.a);
	look(&core);
	assert_state(FAR6, BED4_NEIGH_DELAY, BED4_PATH_DIRECT);
	far = in6(HOST6); /* not ours to seek */
	actions_clear(&core.a);
	tunnel_used(&core.t, core.now, &far, 0, 0, &core.a);
	far = in6(OWN6);
	tunnel_used(&core.t, core.now, &far, 0, 0, &core.a);
	assert_int_equal(core.t.table.count, 1);
}

static void an_ns_is_answered_and_returned(void **state)
{
	(void)state;
	solicit(FAR6, ep(FAR4, PPORT), false);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 1);
	assert_int_equal(ns_sent, 1);
	assert_ep(ns_to, ep(FAR4, PPORT));
	assert_false(sends_direct(FAR6)); /* an NS changes no path */
	run(100 * MSEC);
	assert_int_equal(ns_sent, 3);
	assert_true(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_true(sends_direct(FAR6));
	ns_sent = 0;
	run(SEC);
	solicit(FAR6, ep(FAR4, PPORT), false); /* known to be there */
	assert_int_equal(ns_sent, 0);
}

static void strangers_leave_when_silent(void **state)
{
	(void)state;
	solicit(FAR6, ep(FAR4, PPORT), false);
	assert_non_null(entry(FAR6));
	run(2 * SEC);
	assert_null(entry(FAR6));
	assert_int_equal(dels, 1);
	assert_int_equal(core.t.strangers, 0);
}

static void strangers_fill_a_quarter_at_most(void **state)
{
	char addr[INET6_ADDRSTRLEN];
	struct bed4_in6 a = core.t.self.own;
	struct bed4_ep from;

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		from = bed4_ep(htonl(0x83020000 + i), htons(PPORT));
		bed4_iid_put(&a, from);
		inet_ntop(AF_INET6, &a, addr, sizeof(addr));
		solicit(addr, from, false);
	}
	assert_int_equal(core.t.table.count, 16);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 64);
}

static void full_cache_goes_by_the_router(void **state)
{
	char addr[INET6_ADDRSTRLEN];
	struct bed4_in6 a = core.t.self.own;

	(void)state;
	for (unsigned int i = 0; i < 70; i++) {
		bed4_iid_put(&a, bed4_ep(htonl(0x83020000 + i), htons(PPORT)));
		inet_ntop(AF_INET6, &a, addr, sizeof(addr));
		assert_false(sends_direct(addr));
	}
	assert_int_equal(core.t.table.count, 64);
	assert_int_equal(core.t.refused, 6);
}

static void no_endpoint_is_never_sought(void **state)
{
	static const struct { const char *addr; enum bed4_reason reason; } cases[] = {
		{ "2001:67c:127c:0:53c3:83ff:fe01:204", BED4_REASON_ODD_PORT },
		{ "2001:67c:127c::1234", BED4_REASON_ODD_PORT },
		{ "2001:67c:127c:0:52c3:aff:fe00:1", BED4_REASON_REFUSED }, /* 10.0.0.1 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(sends_direct(cases[i].addr));
		assert_state(cases[i].addr, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
		assert_int_equal(map.reason, cases[i].reason);
		assert_int_equal(map.wake, BED4_NEVER);
	}
	assert_int_equal(ns_sent, 0);
	assert_false(sends_direct(OWN6)); /* the router itself */
	assert_false(sends_direct(HOST6));
	assert_int_equal(core.t.table.count, 3);
}

static void lan_first_then_straight(void **state)
{
	(void)state;
	give_address(ep(NAT4, PPORT));
	assert_false(sends_direct(SAME6));
	assert_int_equal(ns_lan, 1);
	run(50 * MSEC);
	assert_int_equal(ns_lan, 2);
	run(150 * MSEC);
	assert_int_equal(ns_sent, 5);
	assert_int_equal(ns_lan, 2);
	assert_ep(ns_to, ep(NAT4, 50006));
	assert_true(advertise(SAME6, ep(NAT4, 50006), true)); /* the NAT hairpins */
	assert_state(SAME6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	assert_true(advertise(SAME6, ep(LAN4, 50004), true)); /* better */
	assert_state(SAME6, BED4_NEIGH_REACHABLE, BED4_PATH_LAN);
	assert_true(sends_direct(SAME6));
	assert_ep(neigh_at(entry(SAME6)), ep(LAN4, 50004));
	hear(SAME6, ep(LAN4, 50004));
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_IN_LOCAL), 1);
	hear(SAME6, ep(LAN4, 50008)); /* not where it is */
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_IN_LOCAL), 1);
}

static void lan_only_from_a_connected_subnet(void **state)
{
	(void)state;
	give_address(ep(NAT4, PPORT));
	assert_false(sends_direct(SAME6));
	assert_false(advertise(SAME6, ep("192.168.8.3", 50004), true));
	solicit(SAME6, ep("192.168.8.3", 50004), true);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 0);
	solicit(FAR6, ep(LAN4, 50004), true); /* not behind our NAT */
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 0);
	set_up(NULL);
	assert_false(sends_direct(FAR6)); /* nor was the LAN asked for that one */
	assert_false(advertise(FAR6, ep(LAN4, 50004), true));
	core.t.config.radius = 0;
	give_address(ep(NAT4, PPORT));
	assert_false(sends_direct(SAME6));
	assert_int_equal(ns_lan, 0);
}

static void lan_multicast_is_answered_and_returned(void **state)
{
	(void)state;
	give_address(ep(NAT4, PPORT));
	solicit(SAME6, ep(LAN4, 50004), true);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NS_ANSWERED), 1);
	assert_ep(core_did(&core, ACTION_UDP)->to, ep(LAN4, 50004));
	assert_int_equal(ns_sent, 1);
	assert_ep(ns_to, ep(LAN4, 50004));
	hear(SAME6, ep(LAN4, 50004)); /* acceptable from now on */
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_IN_LOCAL), 1);
	assert_false(sends_direct(SAME6)); /* but not yet confirmed */
	assert_true(advertise(SAME6, ep(LAN4, 50004), true));
	assert_state(SAME6, BED4_NEIGH_REACHABLE, BED4_PATH_LAN);
	assert_true(sends_direct(SAME6));
}

static void eager_syn_goes_straight_once(void **state)
{
	struct bed4_ep first;
	struct pkt p;

	(void)state;
	set_up_with(64, true);
	pkt_ip6(&p, ME6, FAR6, 6, 64, 20, 16);
	p.b[40 + 13] = 0x02;
	core_tun(&core, &p);
	look(&core);
	first = core.a.list[core.a.count - 1].to;
	assert_ep(first, ep(FAR4, PPORT));
	assert_int_equal(ns_sent, 1); /* the search begins all the same */
	core_tun(&core, &p);
	assert_ep(core_did(&core, ACTION_UDP)->to, ep(ROUTER4, PORT));
	set_up_with(64, true);
	p.b[40 + 13] = 0x12; /* an answer is no first packet */
	core_tun(&core, &p);
	assert_ep(core.a.list[core.a.count - 1].to, ep(ROUTER4, PORT));
}

/* The map's walk meets it as it was told, but for its last use, s. */
static bool stamp(const struct bed4_in6 *addr, __u32 used)
{
	const struct neigh *n = neigh_find(&core.t, addr);
	struct bed4_neigh v = n ? neigh_value(n) : (struct bed4_neigh){};

	v.used = used;
	v.heard = 0;
	return tunnel_stamp(&core.t, core.now, addr, &v, &core.a);
}

static void unused_entries_go(void **state)
{
	struct bed4_in6 far = in6(FAR6);

	(void)state;
	make_reachable();
	run(599 * SEC);
	actions_clear(&core.a);
	stamp(&far, 0);
	assert_non_null(entry(FAR6));
	stamp(&far, core.now / SEC); /* used by the fast path */
	run(300 * SEC);
	actions_clear(&core.a);
	stamp(&far, 0);
	assert_non_null(entry(FAR6));
	run(300 * SEC);
	actions_clear(&core.a);
	stamp(&far, 0);
	look(&core);
	assert_null(entry(FAR6));
	assert_int_equal(dels, 1);
}

/* Writes @v into the map, which should hold what the cache says: the entry is made anew, and once is enough. */
static void check_tampered(const struct bed4_in6 *addr, struct bed4_neigh v)
{
	actions_clear(&core.a);
	sets = dels = 0;
	assert_false(tunnel_stamp(&core.t, core.now, addr, &v, &core.a));
	look(&core);
	assert_int_equal(dels, 1);
	assert_int_equal(sets, 1);
	assert_int_equal(core.a.list[0].kind, ACTION_NEIGH_DEL);
	assert_int_equal(map.state, BED4_NEIGH_REACHABLE);
	assert_true(map.used <= core.now / SEC && map.heard <= core.now / SEC);
	actions_clear(&core.a);
	assert_true(tunnel_stamp(&core.t, core.now, addr, &map, &core.a));
	assert_int_equal(core.a.count, 0);
}

static void what_others_write_goes(void **state)
{
	struct bed4_in6 far = in6(FAR6), dark = in6(DARK6);
	struct bed4_neigh good, v;
	__u32 seconds;

	(void)state;
	make_reachable();
	run(SEC);
	seconds = core.now / SEC;
	good = neigh_value(entry(FAR6));
	for (unsigned int byte = 0; byte < sizeof(v.word); byte++) {
		v = good;
		v.word ^= 1ull << (8 * byte);
		check_tampered(&far, v);
	}
	v = good;
	v.since--;
	check_tampered(&far, v);
	v = good;
	v.wake = seconds;
	check_tampered(&far, v);
	v = good;
	v.used = seconds + 2; /* it would never be idle */
	check_tampered(&far, v);
	v = good;
	v.heard = seconds + 2; /* it would never be doubted */
	check_tampered(&far, v);
	tunnel_used(&core.t, core.now, &far, seconds, seconds + 1000, &core.a);
	assert_true(entry(FAR6)->heard <= seconds);
	v = good;
	v.used = v.heard = seconds + 1;
	assert_true(tunnel_stamp(&core.t, core.now, &far, &v, &core.a)); /* another CPU's second */
	actions_clear(&core.a);
	assert_false(tunnel_stamp(&core.t, core.now, &dark, &good, &core.a));
	assert_non_null(core_did(&core, ACTION_NEIGH_DEL));
	assert_int_equal(core.a.count, 1);
}

/* Somebody has deleted it from the map: packets go by the router, until the fast path has told of one. */
static void what_others_delete_comes_back(void **state)
{
	struct bed4_in6 far = in6(FAR6);

	(void)state;
	make_reachable();
	actions_clear(&core.a);
	tunnel_used(&core.t, core.now, &far, 0, 0, &core.a);
	assert_int_equal(core_did(&core, ACTION_NEIGH_SET)->neigh.state, BED4_NEIGH_REACHABLE);
	actions_clear(&core.a);
	tunnel_used(&core.t, core.now, &far, core.now / SEC, core.now / SEC, &core.a);
	assert_null(core_did(&core, ACTION_NEIGH_SET));
}

static void new_address_empties_the_cache(void **state)
{
	uint8_t body[44] = { 0, 0x18, 0xff, 0xff, [12] = 3, 4, 64, 0xc0 };
	struct bed4_in6 dark = in6(DARK6);
	struct pkt p;

	(void)state;
	make_reachable();
	actions_clear(&core.a);
	assert_int_equal(tunnel_neigh_add(&core.t, core.now, &dark, ep(DARK4, 50010), &core.a), 0);
	inet_pton(AF_INET6, "2001:67c:127c::", body + 28);
	nd_packet(&p, "fe80::", "fe80::56c3:83ff:fe01:2", 134, body, sizeof(body));
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_non_null(core_did(&core, ACTION_NEIGH_FLUSH));
	assert_null(entry(FAR6));
	assert_int_equal(entry(DARK6)->state, BED4_NEIGH_PERMANENT);
	assert_ep(neigh_at(entry(DARK6)), ep(DARK4, 50010));
	sets = 0;
	run(MSEC); /* the operator's go back into the map */
	assert_int_equal(sets, 1);
	assert_int_equal(map.state, BED4_NEIGH_PERMANENT);
}

/* A stamp of the next second, by another CPU, is no silence of 136 years. */
static void stamps_may_be_ahead(void **state)
{
	struct bed4_in6 far = in6(FAR6);

	(void)state;
	make_stale();
	actions_clear(&core.a);
	tunnel_used(&core.t, core.now, &far, 0, core.now / SEC + 1, &core.a);
	look(&core);
	assert_state(FAR6, BED4_NEIGH_DELAY, BED4_PATH_DIRECT);
}

static void permanent_entries_stay_as_they_are(void **state)
{
	struct bed4_in6 far = in6(FAR6), host = in6(HOST6), own = core.t.self.own;

	(void)state;
	actions_clear(&core.a);
	assert_int_equal(tunnel_neigh_add(&core.t, core.now, &far, ep(DARK4, 50010), &core.a), 0);
	look(&core);
	assert_state(FAR6, BED4_NEIGH_PERMANENT, BED4_PATH_DIRECT);
	assert_true(sends_direct(FAR6));
	run(700 * SEC);
	stamp(&far, 0);
	assert_true(sends_direct(FAR6));
	assert_false(advertise(FAR6, ep(FAR4, PPORT), true));
	assert_int_equal(ns_sent, 0);
	actions_clear(&core.a);
	assert_int_equal(tunnel_neigh_add(&core.t, core.now, &host, ep(DARK4, 50010), &core.a), -EINVAL);
	assert_int_equal(tunnel_neigh_add(&core.t, core.now, &own, ep(DARK4, 50010), &core.a), -EINVAL);
	assert_int_equal(tunnel_neigh_add(&core.t, core.now, &far, ep(DARK4, 50011), &core.a), -EINVAL);
	assert_int_equal(tunnel_neigh_del(&core.t, &far, &core.a), 0);
	assert_int_equal(tunnel_neigh_del(&core.t, &far, &core.a), -ENOENT);
	assert_false(sends_direct(FAR6));
	assert_int_equal(ns_sent, 1);
}

static void redirect_is_a_hint(void **state)
{
	uint8_t body[36] = { 0 };
	struct pkt p;

	(void)state;
	make_reachable();
	ns_sent = 0;
	inet_pton(AF_INET6, FAR6, body + 4);
	inet_pton(AF_INET6, FAR6, body + 20);
	nd_packet(&p, FAR6, ME6, 137, body, sizeof(body));
	core_udp(&core, ep(DARK4, PPORT), &p); /* not its path */
	look(&core);
	assert_int_equal(ns_sent, 0);
	core_udp(&core, ep(FAR4, PPORT), &p);
	look(&core);
	assert_int_equal(ns_sent, 1);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_REDIRECT_TAKEN), 1);
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
}

/* An ICMPv4 error about a datagram to @to, from ours to FAR6; is its sender told? */
static bool draw_error(struct bed4_ep to)
{
	char own[INET6_ADDRSTRLEN], addr[INET_ADDRSTRLEN];
	const struct action *act;
	struct pkt p;

	inet_ntop(AF_INET6, &core.t.self.own, own, sizeof(own));
	inet_ntop(AF_INET, &to.addr, addr, sizeof(addr));
	pkt_udp6(&p, own, FAR6, 64, 100);
	pkt_outer(&p, ME4, PPORT, addr, ntohs(to.port), 0, CSUM_FULL);
	pkt_push(&p, 8);
	p.b[0] = 3;
	p.b[1] = 1;
	pkt_put16(p.b + 2, pkt_fold(pkt_sum(0, p.b, p.len)));
	core_keep(&core, &p);
	tunnel_rx_icmp4(&core.t, core.now, core.packet, p.len, &core.a);
	look(&core);
	act = core_did(&core, ACTION_TUN);
	return act && act->data[40] == 1 && act->data[41] == 3;
}

static void an_error_makes_a_path_doubtful(void **state)
{
	(void)state;
	make_reachable();
	assert_false(draw_error(ep(FAR4, PPORT + 2))); /* nothing was sent there */
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	assert_true(draw_error(ep(ROUTER4, PORT))); /* told, but it is another path */
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	ns_sent = 0;
	assert_true(draw_error(ep(FAR4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_PROBE, BED4_PATH_DIRECT);
	assert_int_equal(ns_sent, 1);
	draw_error(ep(FAR4, PPORT)); /* one doubt is enough */
	assert_int_equal(ns_sent, 1);
	run(4 * SEC);
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
}

static void counters_follow_within_a_second(void **state)
{
	(void)state;
	make_reachable();
	run(SEC);
	sets = 0;
	for (int i = 0; i < 5; i++)
		sends_direct(FAR6);
	hear(FAR6, ep(FAR4, PPORT));
	assert_int_equal(sets, 0);
	run(SEC);
	assert_int_equal(sets, 1);
	assert_int_equal(map.tx_packets, 5);
	assert_int_equal(map.tx_bytes, 5 * 148);
	assert_int_equal(map.rx_packets, 1);
}

/* Against a plain array: whatever is added, timed and removed in any order. */
static void table_keeps_its_order(void **state)
{
	static struct { bool there; __u64 due; } model[256];
	struct bed4_in6 a = core.t.self.own;
	struct table t;
	__u64 r = 1;

	(void)state;
	assert_int_equal(table_init(&t, 200, 99), 0);
	memset(model, 0, sizeof(model));
	for (int step = 0; step < 50000; step++) {
		struct neigh *n, *first;
		__u64 least = UINT64_MAX;
		unsigned int i, k, count = 0;

		r = r * 6364136223846793005ull + 1442695040888963407ull;
		k = r >> 33 & 255;
		bed4_iid_put(&a, bed4_ep(htonl(k), htons(2)));
		n = table_find(&t, &a);
		assert_int_equal(n != NULL, model[k].there);
		if (!n && t.count < 200) {
			n = table_add(&t, &a);
			assert_non_null(n);
			model[k].there = true;
			model[k].due = 0;
		} else if (!n) {
			assert_null(table_add(&t, &a));
		} else if (r >> 60 < 5) {
			table_del(&t, n);
			model[k].there = false;
			n = NULL;
		}
		if (n) {
			n->state_at = model[k].due = r >> 60 < 8 ? 0 : 1 + (r >> 45 & 1023);
			table_timer(&t, n);
			table_mark(&t, n);
		}
		for (i = 0; i < 256; i++) {
			count += model[i].there;
			if (model[i].there && model[i].due && model[i].due < least)
				least = model[i].due;
		}
		first = table_first(&t);
		assert_int_equal(t.count, count);
		assert_true((first ? table_due(first) : UINT64_MAX) == least);
	}
	while (table_take_marked(&t))
		;
	table_free(&t);
}

/* --- a daemon that takes over ------------------------------------------------------------------------ */

/* What the map holds of @addr when a daemon begins that knows nothing. */
static void adopt(const char *addr, struct bed4_neigh v)
{
	struct bed4_in6 a = in6(addr);

	actions_clear(&core.a);
	tunnel_neigh_adopt(&core.t, core.now, &a, &v, &core.a);
	look(&core);
}

static struct bed4_neigh left(enum bed4_neigh_state state, enum bed4_path path, struct bed4_ep at)
{
	__u32 now = core.now / SEC;

	return (struct bed4_neigh){ .addr = at.addr, .port = at.port, .state = state, .path = path,
				    .used = now - 1, .heard = now - 1, .since = now - 2, .wake = BED4_NEVER,
				    .rx_packets = 17 };
}

static void confirmed_paths_are_adopted(void **state)
{
	static const enum bed4_neigh_state states[] = { BED4_NEIGH_REACHABLE, BED4_NEIGH_STALE, BED4_NEIGH_DELAY,
							BED4_NEIGH_PROBE };

	for (size_t i = 0; i < 4; i++) {
		set_up(state);
		adopt(FAR6, left(states[i], BED4_PATH_DIRECT, ep(FAR4, PPORT)));
		assert_state(FAR6, i ? BED4_NEIGH_STALE : BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
		assert_int_equal(map.rx_packets, 0); /* what is in the map stays there; nothing to add */
		assert_true(sends_direct(FAR6));
		assert_int_equal(dels, 0);
	}
	set_up(state);
	adopt(SAME6, left(BED4_NEIGH_REACHABLE, BED4_PATH_LAN, ep(LAN4, PPORT)));
	assert_state(SAME6, BED4_NEIGH_REACHABLE, BED4_PATH_LAN);
	assert_true(sends_direct(SAME6));
}

/* The reachable time goes on where it was, and an old one is over. */
static void adopted_time_goes_on(void **state)
{
	struct bed4_neigh v = left(BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, ep(FAR4, PPORT));

	(void)state;
	v.since -= 60;
	adopt(FAR6, v);
	assert_state(FAR6, BED4_NEIGH_STALE, BED4_PATH_DIRECT);
	v = left(BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, ep(DARK4, PPORT));
	v.since += 1000; /* not of this clock */
	adopt(DARK6, v);
	assert_state(DARK6, BED4_NEIGH_STALE, BED4_PATH_DIRECT);
}

static void searches_begin_anew(void **state)
{
	struct bed4_neigh v = left(BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER, ep(DARK4, PPORT));

	(void)state;
	adopt(FAR6, left(BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER, ep(FAR4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	assert_false(sends_direct(FAR6));
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	v.reason = BED4_REASON_REFUSED;
	adopt(DARK6, v);
	assert_false(sends_direct(DARK6));
	assert_state(DARK6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	assert_int_equal(map.reason, BED4_REASON_REFUSED);
}

/* A map is not our own memory: what it says is no reason to send anywhere. */
static void lies_of_the_map_steer_nothing(void **state)
{
	(void)state;
	adopt(FAR6, left(BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, ep(DARK4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	adopt(DARK6, left(BED4_NEIGH_REACHABLE, BED4_PATH_LAN, ep("10.0.0.1", PPORT)));
	assert_state(DARK6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	assert_int_equal(dels, 0);
	adopt("2001:db8::1", left(BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, ep(FAR4, PPORT)));
	assert_int_equal(dels, 1);
	adopt(ME6, left(BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, ep(ME4, PPORT)));
	assert_int_equal(dels, 2);
	assert_int_equal(core.t.table.count, 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(first_packet_starts_a_search), T(solicited_na_confirms), T(nothing_else_confirms),
		T(no_answer_means_router_with_back_off), T(reachable_becomes_stale),
		T(stale_and_heard_is_delayed_then_probed), T(dead_path_falls_back_in_eight_seconds),
		T(dead_path_while_reachable_too), T(their_doubt_is_ours),
		T(stale_and_silent_goes_by_the_router), T(fast_path_uses_count),
		T(an_ns_is_answered_and_returned), T(strangers_leave_when_silent),
		T(strangers_fill_a_quarter_at_most), T(full_cache_goes_by_the_router),
		T(no_endpoint_is_never_sought), T(lan_first_then_straight),
		T(lan_only_from_a_connected_subnet), T(lan_multicast_is_answered_and_returned),
		T(eager_syn_goes_straight_once), T(unused_entries_go), T(what_others_write_goes),
		T(what_others_delete_comes_back), T(new_address_empties_the_cache),
		T(permanent_entries_stay_as_they_are), T(stamps_may_be_ahead), T(redirect_is_a_hint),
		T(an_error_makes_a_path_doubtful),
		T(counters_follow_within_a_second), T(table_keeps_its_order),
		T(confirmed_paths_are_adopted), T(adopted_time_goes_on), T(searches_begin_anew),
		T(lies_of_the_map_steer_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
