// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A forger who cannot send from a neighbour's IPv4 address and port, nor from the router's, but knows all
 * else: in a million tries (FORGE_RUNS) nothing of a peer's neighbours or address changes. And what one
 * can do who can: nothing but delay, for it never decides where packets go. PROTOCOL sections 7 and 8.
 */
#include <stdio.h>

#include "core.h"

#define ME4 "131.1.0.2"
#define ME6 "2001:67c:127c:0:52c3:83ff:fe01:2" /* ME4:PPORT */

static struct core core;
static uint64_t seed = 6;

static uint32_t rnd(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 32);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)(((uint64_t)rnd() * n) >> 32);
}

/* A peer that asks for DARK6 and has a confirmed path to FAR6. */
static int set_up(void **state)
{
	struct tunnel_config config = { .role = BED4_ROLE_PEER, .listen = ep(ME4, PPORT),
					.public = ep(ME4, PPORT), .server = ep(ROUTER4, PORT),
					.mtu = BED4_MTU, .seed = 7, .neigh_max = 64 };
	struct pkt p;

	(void)state;
	if (core_begin(&core, &config))
		return -1;
	core.t.self.own = in6(ME6);
	core.t.self.public = ep(ME4, PPORT);
	core.t.self.flags |= BED4_SELF_ADDR;
	core.t.peer.state = PEER_CONFIGURED;
	core.t.peer.rs_at = 0;
	pkt_udp6(&p, ME6, FAR6, 64, 100);
	core_tun(&core, &p);
	nd_neigh(&p, FAR6, ME6, 136, 0x60, FAR6, 2);
	core_udp(&core, ep(FAR4, PPORT), &p);
	pkt_udp6(&p, ME6, DARK6, 64, 100);
	core_tun(&core, &p);
	return 0;
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

/* Anywhere but where the neighbours and the router are; often only the port differs, or the address. */
static struct bed4_ep elsewhere(void)
{
	static const char *const near[] = { FAR4, DARK4, ROUTER4, "131.1.0.3", "192.168.7.3" };
	struct bed4_ep e;

	do {
		e = ep(near[below(5)], rnd() & 1 ? PPORT : below(65536));
		if (!below(4))
			e = bed4_ep(htonl(rnd()), htons(below(2) ? PPORT : PORT));
	} while (bed4_ep_eq(e, ep(FAR4, PPORT)) || bed4_ep_eq(e, ep(DARK4, PPORT)) ||
		 bed4_ep_eq(e, ep(ROUTER4, PORT)));
	return e;
}

static const char *one_of(const char *const *list, uint32_t n)
{
	return list[below(n)];
}

/* Well-formed, with good sums and hop limits, saying whatever might be believed. */
static void forge(struct pkt *p)
{
	static const char *const who[] = { FAR6, DARK6, OWN6, "fe80::52c3:83ff:fe01:2", "fe80::", "2001:db8::1" };
	static const char *const to[] = { ME6, "ff02::1", "fe80::52c3:83ff:fe01:2" };
	uint8_t body[60] = {};
	uint32_t kind = below(6);

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)rnd();
	switch (kind) {
	case 0:
	case 1: /* NA and NS, with link-layer addresses of the forger's */
		nd_neigh(p, one_of(who, 6), one_of(to, 3), 135 + (kind == 0), rnd() & 0xe0, one_of(who, 6), below(3));
		break;
	case 2: /* RA with a prefix of the forger's, perhaps for an address of its making */
		memcpy(body + 12, (uint8_t[]){ 3, 4, 64, 0xc0 }, 4);
		nd_packet(p, "fe80::", one_of(to, 3), 134, body, 44);
		break;
	case 3: /* Redirect to a target of the forger's */
		inet_pton(AF_INET6, one_of(who, 6), body + 4);
		inet_pton(AF_INET6, one_of(who, 6), body + 20);
		nd_packet(p, one_of(who, 6), ME6, 137, body, 36);
		break;
	case 4:
		pkt_udp6(p, one_of(who, 6), ME6, 64, below(100));
		break;
	default: /* an ICMPv6 error about a flow that exists */
		pkt_ip6(p, one_of(who, 6), ME6, 58, 64, 8 + 48, 2);
	}
}

static void changes_nothing(void **state)
{
	unsigned long n, tries = getenv("FORGE_RUNS") ? strtoul(getenv("FORGE_RUNS"), NULL, 0) : 100000;
	struct neigh far = *entry(FAR6), dark = *entry(DARK6);
	struct bed4_self self = core.t.self;
	struct pkt p;

	(void)state;
	for (n = 0; n < tries; n++) {
		forge(&p);
		core_udp(&core, elsewhere(), &p);
		if (entry(FAR6)->state != far.state || entry(FAR6)->path != far.path ||
		    entry(DARK6)->state != dark.state || entry(DARK6)->path != dark.path ||
		    !bed4_ep_eq(neigh_at(entry(FAR6)), neigh_at(&far)) ||
		    !bed4_ep_eq(neigh_at(entry(DARK6)), neigh_at(&dark)))
			fail_msg("try %lu has changed a neighbour", n);
		if (memcmp(&self, &core.t.self, sizeof(self)))
			fail_msg("try %lu has changed the peer itself", n);
		if (core_did(&core, ACTION_TUN) && p.b[6] == 58 && p.b[40] >= 133 && p.b[40] <= 137)
			fail_msg("try %lu has brought ND to the kernel", n);
	}
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_NA_TAKEN), 1); /* the real one */
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_RA_TAKEN), 0);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_REDIRECT_TAKEN), 0);
}

/* Who can send as the neighbour may keep a path alive or have it probed; where it leads is in the address. */
static void never_steers(void **state)
{
	struct bed4_ep liar = ep(FAR4, PPORT);
	struct pkt p;

	(void)state;
	for (unsigned int n = 0; n < 20000; n++) {
		forge(&p);
		core_udp(&core, liar, &p);
		pkt_udp6(&p, ME6, FAR6, 64, 100);
		core_tun(&core, &p);
		for (unsigned int i = 0; i < core.a.count; i++) {
			const struct action *act = &core.a.list[i];

			if (act->kind == ACTION_UDP && !bed4_ep_eq(act->to, ep(FAR4, PPORT)) &&
			    !bed4_ep_eq(act->to, ep(ROUTER4, PORT)))
				fail_msg("after %u lies a packet went elsewhere", n);
		}
		core.now += 10 * MSEC;
		core_run(&core, core.now, NULL);
	}
}

/* Does a packet to FAR6 leave straight? */
static bool goes_straight(void)
{
	struct pkt p;

	pkt_udp6(&p, ME6, FAR6, 64, 100);
	core_tun(&core, &p);
	for (unsigned int i = 0; i < core.a.count; i++)
		if (core.a.list[i].kind == ACTION_UDP && core.a.list[i].len == p.len)
			return bed4_ep_eq(core.a.list[i].to, ep(FAR4, PPORT));
	fail_msg("a packet went nowhere");
	return false;
}

/*
 * The path is dead, and who can send as the neighbour confirms it at just the right time, time and again at
 * any distance: after the last lie it is left within 8 s, as if it had just died.
 */
static void black_hole_ends_in_eight_seconds(void **state)
{
	unsigned int holes = 0;
	struct pkt lie;
	__u64 start;

	(void)state;
	for (unsigned int n = 0; n < 200; n++) {
		core.now += below(100000) * MSEC;
		core_run(&core, core.now, NULL);
		for (unsigned int i = 0; i < 4000 && !goes_straight(); i++) {
			nd_neigh(&lie, FAR6, ME6, 136, 0x60, FAR6, 2);
			core_udp(&core, ep(FAR4, PPORT), &lie);
			core_run(&core, core.now + 100 * MSEC, NULL);
		}
		start = core.now;
		holes += goes_straight();
		while (goes_straight() && core.now - start < 20 * SEC)
			core_run(&core, core.now + 100 * MSEC, NULL);
		assert_true(core.now - start <= 8 * SEC + 100 * MSEC);
	}
	assert_int_equal(holes, 200); /* they are believed, or this would show nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_steers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(black_hole_ends_in_eight_seconds, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
